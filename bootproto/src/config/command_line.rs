//! The kernel's command line, made from an entry and from what the machine is.

use crate::config::search::{hardware_text, uuid_text};
use crate::config::{Entry, Fault};
use bootproto_core::Writer;
use core::net::Ipv4Addr;

/// InfiniBand's hardware type in the ARP registry.
const INFINIBAND: u8 = 32;

/// What SYSAPPEND may tell the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SystemFacts<'f> {
    /// The machine's own address.
    pub address: Option<Ipv4Addr>,
    /// Where the files came from.
    pub boot_server: Option<Ipv4Addr>,
    /// The first router.
    pub gateway: Option<Ipv4Addr>,
    /// The netmask.
    pub netmask: Option<Ipv4Addr>,
    /// The hardware type of DHCP: 1 for Ethernet, 32 for InfiniBand.
    pub hardware_type: u8,
    /// The hardware address.
    pub hardware: &'f [u8],
    /// The same for InfiniBand, where there is one: then `BOOTIF` comes from here.
    pub infiniband: Option<InfinibandFacts<'f>>,
    /// The UUID in the byte order of DHCP option 97.
    pub uuid: Option<[u8; 16]>,
    /// Texts for the other bits, from the machine's own tables: (bit number, text), such as `(4, b"QEMU")`.
    pub texts: &'f [(u8, &'f [u8])],
}

/// What Linux needs to find a port of InfiniBand again, and to be the same DHCP client on it.
///
/// With bit 1 of SYSAPPEND, `ip=` also names the interface and says that nothing more is to be asked
/// (`ip=client:server:router:mask::ib0:none`), for an address of 20 bytes can't be told by `BOOTIF` to anybody: it has
/// the number of a queue pair in it, which is another one in Linux. With bit 2, `BOOTIF=20-` and the port's GUID come as
/// PXELINUX would write them, and then `ib.pkey=` (where the partition is not the default one) and
/// `rd.net.dhcp.client-id=`, which `NetworkManager`'s initrd understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InfinibandFacts<'f> {
    /// The port's GUID.
    pub port_guid: [u8; 8],
    /// The partition that the boot went over, with its membership bit.
    pub p_key: u16,
    /// The client identifier of DHCP (option 61), type byte first; empty if there was none.
    pub client_id: &'f [u8],
    /// What Linux calls the port's interface, such as `ib0`; empty if that is not known.
    pub interface: &'f [u8],
}

impl InfinibandFacts<'_> {
    /// Whether Linux has an interface of its own for the partition, whose name ends in the key.
    const fn is_child(&self) -> bool {
        self.p_key & 0x7fff != 0x7fff
    }

    /// `ib0`, or `ib0.8001`. Linux sets the bit for full membership in the name.
    fn write_interface(&self, writer: &mut Writer<'_>) {
        writer.bytes(self.interface);
        if self.is_child() {
            writer.u8(b'.');
            let [high, low] = (self.p_key | 0x8000).to_be_bytes();
            hex(&[high, low], None, writer);
        }
    }
}

/// The names of the bits from 3 on; the first three are made here.
const NAMES: [(u8, &[u8]); 16] = [
    (3, b"CPU="),
    (4, b"SYSVENDOR="),
    (5, b"SYSPRODUCT="),
    (6, b"SYSVERSION="),
    (7, b"SYSSERIAL="),
    (8, b"SYSSKU="),
    (9, b"SYSFAMILY="),
    (10, b"MBVENDOR="),
    (11, b"MBPRODUCT="),
    (12, b"MBVERSION="),
    (13, b"MBSERIAL="),
    (14, b"MBASSET="),
    (15, b"BIOSVENDOR="),
    (16, b"BIOSVERSION="),
    (17, b"SYSFF="),
    (18, b"FSUUID="),
];

/// Writes the command line of `entry` into `buf`, without a NUL at its end. `limit` is what the kernel takes.
///
/// The order is PXELINUX's: `BOOT_IMAGE=` and the kernel's name, APPEND, `initrd=` where the entry has INITRD lines,
/// the texts of SYSAPPEND; and last what was typed, so that it overrides the rest.
///
/// # Errors
/// [`Fault::CommandLineTooLong`] if it does not fit `limit` or `buf`.
pub fn command_line<'b>(
    entry: &Entry<'_>,
    facts: &SystemFacts<'_>,
    limit: usize,
    buf: &'b mut [u8],
) -> Result<&'b [u8], Fault> {
    let limit = limit.min(buf.len());
    let mut writer = Writer::new(buf);
    write_command_line(entry, facts, &mut writer);
    let length = writer.position();
    if length > limit {
        return Err(Fault::CommandLineTooLong { length, limit });
    }
    writer.finish().map_err(|small| Fault::CommandLineTooLong { length: small.needed, limit })
}

/// The same into a writer, with no limit but the writer's own.
pub fn write_command_line(entry: &Entry<'_>, facts: &SystemFacts<'_>, writer: &mut Writer<'_>) {
    writer.bytes(b"BOOT_IMAGE=");
    writer.bytes(entry.kernel);
    for part in [entry.kernel_options, entry.append] {
        option(part, writer);
    }
    if entry.initrd_option().is_none() {
        for (name, separator) in
            entry.initrds().zip([&b" initrd="[..]].into_iter().chain(core::iter::repeat(&b","[..])))
        {
            writer.bytes(separator);
            writer.bytes(name);
        }
    }
    write_sysappend(entry.sysappend, facts, writer);
    option(entry.typed, writer);
}

fn option(text: &[u8], writer: &mut Writer<'_>) {
    if !text.is_empty() {
        writer.u8(b' ');
        writer.bytes(text);
    }
}

/// Writes ` ip=...`, ` BOOTIF=...` and so on for the bits of `mask`; what is not known is left out.
fn write_sysappend(mask: u32, facts: &SystemFacts<'_>, writer: &mut Writer<'_>) {
    if mask & 1 != 0
        && let Some(address) = facts.address
    {
        writer.bytes(b" ip=");
        quad(Some(address), writer);
        for next in [facts.boot_server, facts.gateway, facts.netmask] {
            writer.u8(b':');
            quad(next, writer);
        }
        if let Some(port) = facts.infiniband.filter(|port| !port.interface.is_empty()) {
            writer.bytes(b"::");
            port.write_interface(writer);
            writer.bytes(b":none");
        }
    }
    let (hardware_type, hardware) = match &facts.infiniband {
        Some(port) => (INFINIBAND, &port.port_guid[..]),
        None => (facts.hardware_type, facts.hardware),
    };
    if mask & 2 != 0 && !hardware.is_empty() {
        writer.bytes(b" BOOTIF=");
        hardware_text(hardware_type, hardware, &mut |byte| writer.u8(byte));
        if let Some(port) = &facts.infiniband {
            write_infiniband(port, writer);
        }
    }
    if mask & 4 != 0
        && let Some(uuid) = facts.uuid
    {
        writer.bytes(b" SYSUUID=");
        uuid_text(uuid, &mut |byte| writer.u8(byte));
    }
    for (bit, name) in NAMES {
        let asked = mask & 1_u32.wrapping_shl(bit.into()) != 0;
        let Some((_, text)) =
            facts.texts.iter().find(|(known, text)| asked && *known == bit && !text.is_empty())
        else {
            continue;
        };
        writer.u8(b' ');
        writer.bytes(name);
        // A blank would end the word.
        text.iter().for_each(|byte| writer.u8(if *byte <= b' ' { b'_' } else { *byte }));
    }
}

/// The partition and the client identifier.
fn write_infiniband(port: &InfinibandFacts<'_>, writer: &mut Writer<'_>) {
    if port.is_child() && !port.interface.is_empty() {
        writer.bytes(b" ib.pkey=");
        port.write_interface(writer);
    }
    if !port.client_id.is_empty() {
        writer.bytes(b" rd.net.dhcp.client-id=");
        hex(port.client_id, Some(b':'), writer);
    }
}

/// `bytes` in lower-case hexadecimal, two digits each.
fn hex(bytes: &[u8], separator: Option<u8>, writer: &mut Writer<'_>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (byte, index) in bytes.iter().zip(0_usize..) {
        if let Some(separator) = separator.filter(|_| index > 0) {
            writer.u8(separator);
        }
        for nibble in [byte >> 4, byte & 0x0f] {
            writer.bytes(DIGITS.get(usize::from(nibble)).map_or(&[], core::slice::from_ref));
        }
    }
}

fn quad(address: Option<Ipv4Addr>, writer: &mut Writer<'_>) {
    let Some(address) = address else { return };
    for (octet, index) in address.octets().into_iter().zip(0_u8..) {
        if index > 0 {
            writer.u8(b'.');
        }
        writer.decimal(octet.into());
    }
}
