//! The programs that take part.

use crate::packages::{How, Peer};

macro_rules! peers {
    ($($(#[$doc:meta])* $constant:ident = $name:literal, $package:literal, $how:expr, $file:literal;)+) => {
        $($(#[$doc])* pub static $constant: Peer =
            Peer { name: $name, package: $package, how: $how, file: $file };)+
        /// All of them.
        pub static ALL: &[&Peer] = &[$(&$constant),+];
    };
}

peers! {
    /// DHCP, ProxyDHCP and TFTP server.
    DNSMASQ = "dnsmasq", "dnsmasq-base", How::Install, "usr/sbin/dnsmasq";
    /// ISC's later DHCP server.
    KEA = "Kea", "kea-dhcp4-server", How::Install, "usr/sbin/kea-dhcp4";
    /// ISC's earlier DHCP server; its package would start it.
    DHCPD = "ISC dhcpd", "isc-dhcp-server", How::Unpack(&[]), "usr/sbin/dhcpd";
    /// ISC's DHCP client.
    DHCLIENT = "ISC dhclient", "isc-dhcp-client", How::Unpack(&[]), "sbin/dhclient";
    /// busybox, with its DHCP and TFTP clients; also the userland of the initrd.
    BUSYBOX = "busybox", "busybox-static", How::Unpack(&[]), "bin/busybox";
    /// H. Peter Anvin's TFTP server; conflicts with atftpd.
    TFTPD_HPA = "tftpd-hpa", "tftpd-hpa", How::Unpack(&["libwrap0"]), "usr/sbin/in.tftpd";
    /// The TFTP client of the same.
    TFTP_HPA = "tftp-hpa", "tftp-hpa", How::Unpack(&["libreadline8"]), "usr/bin/tftp";
    /// The TFTP server with windowsize and multicast.
    ATFTPD = "atftpd", "atftpd", How::Unpack(&["libwrap0", "libpcre2-8-0"]), "usr/sbin/atftpd";
    /// The TFTP client of the same.
    ATFTP = "atftp", "atftp", How::Unpack(&["libreadline8"]), "usr/bin/atftp";
    /// A TFTP client that everybody has.
    CURL = "curl", "curl", How::Install, "usr/bin/curl";
    /// The machine.
    QEMU = "QEMU", "qemu-system-x86", How::Install, "usr/bin/qemu-system-x86_64";
    /// Its firmware.
    SEABIOS = "SeaBIOS", "seabios", How::Install, "usr/share/seabios/bios-256k.bin";
    /// The other firmware: UEFI.
    OVMF = "OVMF", "ovmf", How::Install, "usr/share/OVMF/OVMF_CODE_4M.fd";
    /// The machine with 64-bit ARM processors.
    QEMU_ARM64 = "QEMU for arm64", "qemu-system-arm", How::Install, "usr/bin/qemu-system-aarch64";
    /// Its firmware: UEFI.
    AAVMF = "AAVMF", "qemu-efi-aarch64", How::Install, "usr/share/AAVMF/AAVMF_CODE.fd";
    /// The board with a microcontroller.
    QEMU_ARM = "QEMU for ARM", "qemu-system-arm", How::Install, "usr/bin/qemu-system-arm";
    /// What signs programs for Secure Boot.
    SBSIGN = "sbsign", "sbsigntool", How::Install, "usr/bin/sbsign";
    /// The machine's PXE ROM.
    IPXE = "iPXE ROM", "ipxe-qemu", How::Install, "usr/lib/ipxe/qemu/pxe-e1000.rom";
    /// A boot loader that a PXE ROM starts.
    PXELINUX = "PXELINUX", "pxelinux", How::Unpack(&["syslinux-common"]), "usr/lib/PXELINUX/pxelinux.0";
    /// Another one, as modules, and the program that joins them to a boot file.
    GRUB = "GRUB", "grub-pc-bin", How::Unpack(&["grub-common", "libdevmapper1.02.1", "liblzma5"]), "usr/lib/grub/i386-pc/pxe.mod";
    /// iPXE as a boot file: over the ROM's UNDI, and with drivers of its own.
    UNDIONLY = "undionly.kpxe", "ipxe", How::Unpack(&[]), "usr/lib/ipxe/undionly.kpxe";
    /// GRUB for UEFI.
    GRUB_EFI = "GRUB (UEFI)", "grub-efi-amd64-bin", How::Unpack(&["grub-common", "libdevmapper1.02.1", "liblzma5"]), "usr/lib/grub/x86_64-efi/efinet.mod";
    /// Reads captures, in Wireshark's words.
    TSHARK = "tshark", "tshark", How::Install, "usr/bin/tshark";
    /// Debian's kernel for virtual machines.
    LINUX = "Linux", "linux-image-cloud-amd64", How::Unpack(&[]), "boot";
    /// The same for 64-bit ARM.
    LINUX_ARM64 = "Linux for arm64", "linux-image-cloud-arm64", How::UnpackFor("arm64"), "boot";
    /// busybox for the initrd there.
    BUSYBOX_ARM64 = "busybox for arm64", "busybox-static", How::UnpackFor("arm64"), "bin/busybox";
    /// Debian's kernel with every driver: those of InfiniBand, and the NFS server.
    LINUX_ALL = "Linux with InfiniBand", "linux-image-amd64", How::Unpack(&[]), "boot";
    /// The subnet manager, unpacked for machines that run it.
    OPENSM_INSIDE = "opensm", "opensm",
        How::Unpack(&["libopensm9", "libosmcomp5", "libosmvendor5", "libibumad3", "libwrap0"]), "usr/sbin/opensm";
    /// A fabric in one process, and the library that lets programs believe in it.
    IBSIM = "ibsim", "ibsim-utils", How::Unpack(&["libumad2sim0", "libibmad5", "libibumad3"]), "usr/bin/ibsim";
    /// What an administrator asks a fabric with.
    IBDIAGS = "infiniband-diags", "infiniband-diags", How::Unpack(&["libibnetdisc5", "libibmad5", "libibumad3"]), "usr/sbin/saquery";
    /// Reads and writes the fields of MADs, for infiniband-diags.
    LIBIBMAD = "libibmad", "libibmad5", How::Unpack(&["libibumad3"]), "usr/lib/x86_64-linux-gnu/libibmad.so.5";
    /// The names of its fields.
    LIBIBMAD_HEADER = "libibmad's header", "libibmad-dev", How::Unpack(&[]), "usr/include/infiniband/mad.h";
    /// Ping-pong programs over verbs.
    IBVERBS = "ibv_ud_pingpong, ibv_rc_pingpong", "ibverbs-utils",
        How::Unpack(&["libibverbs1", "ibverbs-providers", "libnl-3-200", "libnl-route-3-200"]), "usr/bin/ibv_ud_pingpong";
    /// A server that is connected to by the CM.
    UCMATOSE = "ucmatose", "rdmacm-utils",
        How::Unpack(&["librdmacm1", "libibverbs1", "libnl-3-200", "libnl-route-3-200"]), "usr/bin/ucmatose";
    /// A compiler of C.
    GCC = "gcc", "gcc", How::Install, "usr/bin/gcc";
    /// Its libraries' headers.
    LIBC_HEADERS = "the C library's headers", "libc6-dev", How::Install, "usr/include/stdio.h";
    /// Runs a program and watches every access to memory.
    VALGRIND = "valgrind", "valgrind", How::Install, "usr/bin/valgrind";
    /// Builds by a Makefile.
    MAKE = "make", "make", How::Install, "usr/bin/make";
    /// Builds by a CMakeLists.txt.
    CMAKE = "CMake", "cmake", How::Install, "usr/bin/cmake";
    /// Says what to compile and link with.
    PKG_CONFIG = "pkg-config", "pkg-config", How::Install, "usr/bin/pkg-config";
    /// Makes a device of RoCE out of a network card.
    RDMA = "rdma", "iproute2", How::Install, "usr/bin/rdma";
}
