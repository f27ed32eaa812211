//! What a node boots: Debian's kernel, and an initrd that carries on over InfiniBand by what the command line says, up to
//! a root file system over NFS. The initrd knows no address, name or GUID of the fabric.

use crate::guest::Guest;
use crate::{Outcome, guest, payload, peers};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;

/// The configuration file that the boot client finds. Bits 1 and 2 of SYSAPPEND are `ip=` and `BOOTIF=`.
pub const CONFIGURATION: &str = "DEFAULT linux
LABEL linux
  KERNEL vmlinuz
  INITRD initrd.img
  SYSAPPEND 3
  APPEND console=ttyS0 quiet panic=-1 root=/dev/nfs nfsroot=10.50.0.1:/,vers=4.2,ro
";

/// The initrd's script: from the command line to the root. What it says is what the tests look for.
const SCRIPT: &str = r#"
say() { echo "SEED: $1 ($(cut -d' ' -f1 /proc/uptime) s)"; }
fail() { echo "SEED: can't go on: $1"; dmesg | tail -60; poweroff -f; sleep 10; }
await() { n=0; while ! eval "$1"; do n=$((n+1)); [ $n -gt 300 ] && fail "never: $1"; sleep 0.1; done; }
# word NAME: what follows NAME= on the command line, the last one.
word() { for word in $(cat /proc/cmdline); do case $word in $1=*) value=${word#*=};; esac; done; echo "$value"; }
say "the command line is: $(cat /proc/cmdline)"
bootif=$(word BOOTIF); ip=$(word ip); pkey=$(word ib.pkey); root=$(word nfsroot)
case $bootif in 20-*) ;; *) fail "BOOTIF=$bootif is no InfiniBand port";; esac
guid=$(echo ${bootif#20-} | tr - :)
# The interface whose hardware address, of 20 bytes, ends in the GUID of the port that was booted from.
for path in /sys/class/net/*; do case $(cat $path/address) in *:$guid) parent=${path##*/};; esac; done
[ -n "$parent" ] || fail "no port has the GUID $guid"
say "port $guid is $parent"
address=$(echo "$ip" | cut -d: -f1); mask=$(echo "$ip" | cut -d: -f4); interface=$(echo "$ip" | cut -d: -f6)
[ -n "$address" ] && [ -n "$mask" ] && [ -n "$interface" ] || fail "ip=$ip does not say address, mask and interface"
if [ -n "$pkey" ]; then
  [ "${pkey%.*}" = "$parent" ] || fail "ib.pkey=$pkey is not on $parent"
  echo 0x${pkey#*.} > /sys/class/net/$parent/create_child || fail "no partition ${pkey#*.}"
  ip link set $parent up
fi
[ -d /sys/class/net/$interface ] || fail "there is no $interface"
await 'grep -q ACTIVE /sys/class/infiniband/*/ports/1/state'
say "the subnet manager gave LID $(cat /sys/class/infiniband/*/ports/1/lid)"
ip link set $interface up
await '[ "$(cat /sys/class/net/$interface/carrier)" = 1 ]'
ifconfig $interface $address netmask $mask || fail "no address"
say "$interface is up: $(ip addr show $interface | grep -o 'inet [^ ]*')"
server=${root%%:*}; rest=${root#*:}; path=${rest%%,*}; options=${rest#*,}
mkdir /new
mount -t nfs4 -o $options,addr=$server,clientaddr=$address $server:$path /new || fail "NFS does not mount $root"
say "root is mounted from $root"
ip neigh show $server
exec switch_root /new /sbin/init
"#;

/// What runs from the root over NFS.
const INIT: &str = r#"#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
echo "ROOT: $($b grep ' / nfs4 ' /proc/mounts)"
echo "ROOT: payload $($b sha256sum < /payload.bin)"
echo "ROOT: FINISHED"
$b poweroff -f
"#;

/// Bytes of the file in the root whose digest it prints.
const PAYLOAD: usize = 4 << 20;

/// What is served.
#[derive(Debug)]
pub struct Seed {
    /// The kernel.
    pub kernel: Vec<u8>,
    /// The initrd, compressed.
    pub initrd: Vec<u8>,
}

impl Seed {
    /// Makes it.
    ///
    /// # Errors
    /// A package isn't here.
    pub fn new() -> Outcome<Self> {
        let mut initrd = Guest::new()?;
        for (module, parameters) in [("ib_qib", "ibmtu=4"), ("ib_ipoib", ""), ("nfsv4", "")] {
            initrd.module(module, parameters)?;
        }
        let mut compressed = GzEncoder::new(Vec::new(), Compression::fast());
        compressed.write_all(&initrd.finish(SCRIPT)?)?;
        Ok(Self { kernel: std::fs::read(guest::kernel()?)?, initrd: compressed.finish()? })
    }

    /// Digests of kernel and initrd.
    #[must_use]
    pub fn digests(&self) -> [String; 2] {
        [payload::digest(&self.kernel), payload::digest(&self.initrd)]
    }

    /// Puts the files for TFTP into the server, under `/tftp`.
    pub fn serve(&self, server: &mut Guest) {
        server.folder("tftp");
        server.folder("tftp/pxelinux.cfg");
        server.file("tftp/vmlinuz", &self.kernel);
        server.file("tftp/initrd.img", &self.initrd);
        server.file("tftp/pxelinux.0", &payload::random(3, 26_000));
        server.file("tftp/pxelinux.cfg/default", CONFIGURATION.as_bytes());
        let [kernel, initrd] = self.digests();
        let manifest = format!("{kernel}  ../vmlinuz\n{initrd}  ../initrd.img\n");
        server.file("tftp/pxelinux.cfg/SHA256SUMS", manifest.as_bytes());
    }
}

/// Puts the root file system that is exported by NFS into the server, under `/root.nfs`, and gives the digest of its
/// payload.
///
/// # Errors
/// busybox isn't here.
pub fn root(server: &mut Guest) -> Outcome<String> {
    for folder in ["", "/bin", "/dev", "/proc", "/sbin"] {
        server.folder(&format!("root.nfs{folder}"));
    }
    let content = payload::random(4, PAYLOAD);
    server.file("root.nfs/bin/busybox", &std::fs::read(peers::BUSYBOX.path()?)?);
    server.file("root.nfs/sbin/init", INIT.as_bytes());
    server.file("root.nfs/payload.bin", &content);
    Ok(payload::digest(&content))
}
