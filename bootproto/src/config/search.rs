//! Under which names a configuration file may lie, in PXELINUX's order.

use crate::config::name::{FileName, directory};
use crate::config::{Fault, Location};
use core::net::Ipv4Addr;

/// What the names are made of: what DHCP told and what the machine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts<'f> {
    /// DHCP option 209, the configuration file's name.
    pub config_file: Option<&'f [u8]>,
    /// DHCP option 210, the path prefix; without it the boot file's directory counts.
    pub path_prefix: Option<&'f [u8]>,
    /// The boot file's name as DHCP gave it.
    pub boot_file: &'f [u8],
    /// The system's UUID as DHCP option 97 carries it: the first three groups little-endian, as SMBIOS has them.
    pub uuid: Option<[u8; 16]>,
    /// The hardware type of DHCP: 1 for Ethernet, 32 for InfiniBand.
    pub hardware_type: u8,
    /// The hardware address.
    pub hardware: &'f [u8],
    /// The machine's own address.
    pub address: Option<Ipv4Addr>,
}

impl<'f> Facts<'f> {
    /// What names are relative to: option 210, or everything up to the last slash of the boot file.
    #[must_use]
    pub fn prefix(&self) -> &'f [u8] {
        self.path_prefix.unwrap_or_else(|| directory(self.boot_file))
    }
}

/// Which rule a name comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// Option 209.
    ConfigFile,
    /// The UUID with its bytes in the order of option 97: what PXELINUX asks for.
    UuidAsSent,
    /// The UUID as people read it, where that differs.
    UuidAsPrinted,
    /// Hardware type and address.
    Hardware,
    /// So many hexadecimal digits of the address, 8 to 1.
    Address {
        /// How many.
        digits: u8,
    },
    /// The file `default`.
    Default,
}

/// A name to try.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Candidate {
    /// Which rule made it.
    pub rule: Rule,
    /// The name with its prefix; may name another server, see [`Location`].
    pub name: FileName,
}

impl Candidate {
    /// The name taken apart into server and path. It is complete: no prefix goes before it.
    #[must_use]
    pub fn location(&self) -> Location<'_> {
        Location { relative: false, ..Location::parse(self.name.as_bytes()) }
    }
}

/// The names to try, one after the other. It keeps its place only; the facts come with each call.
///
/// Order: option 209, UUID, hardware type and address, the address in hexadecimal shortened digit by digit, `default`.
/// Rules whose fact is missing are passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Search {
    next: u8,
}

const _: () = assert!(size_of::<Search>() <= 8);

impl Search {
    /// At the beginning.
    #[must_use]
    pub const fn new() -> Self {
        Self { next: 0 }
    }

    /// The next name, `None` after the last.
    ///
    /// # Errors
    /// [`Fault::NameTooLong`] for a name that no TFTP request can carry; the search goes on behind it.
    pub fn next(&mut self, facts: &Facts<'_>) -> Option<Result<Candidate, Fault>> {
        loop {
            let rule = rule_at(self.next)?;
            self.next = self.next.saturating_add(1);
            match name_by(rule, facts) {
                Ok(Some(name)) => return Some(Ok(Candidate { rule, name })),
                Ok(None) => {}
                Err(fault) => return Some(Err(fault)),
            }
        }
    }
}

const fn rule_at(index: u8) -> Option<Rule> {
    Some(match index {
        0 => Rule::ConfigFile,
        1 => Rule::UuidAsSent,
        2 => Rule::UuidAsPrinted,
        3 => Rule::Hardware,
        4..=11 => Rule::Address { digits: 12_u8.saturating_sub(index) },
        12 => Rule::Default,
        _ => return None,
    })
}

fn name_by(rule: Rule, facts: &Facts<'_>) -> Result<Option<FileName>, Fault> {
    let mut own = FileName::new();
    match rule {
        Rule::ConfigFile => match facts.config_file {
            Some(file) if !file.is_empty() => own.push(file)?,
            _ => return Ok(None),
        },
        Rule::UuidAsSent => match facts.uuid {
            Some(uuid) if is_real(uuid) => push_uuid(&mut own, uuid)?,
            _ => return Ok(None),
        },
        Rule::UuidAsPrinted => match facts.uuid {
            Some(uuid) if is_real(uuid) && printed(uuid) != uuid => push_uuid(&mut own, printed(uuid))?,
            _ => return Ok(None),
        },
        Rule::Hardware if facts.hardware.is_empty() => return Ok(None),
        Rule::Hardware => push_hardware(&mut own, facts.hardware_type, facts.hardware)?,
        Rule::Address { digits } => match facts.address {
            Some(address) => push_address(&mut own, address, digits)?,
            None => return Ok(None),
        },
        Rule::Default => own.push(b"default")?,
    }
    let directory: &[u8] = if rule == Rule::ConfigFile { b"" } else { b"pxelinux.cfg/" };
    let prefix = if Location::parse(own.as_bytes()).relative { facts.prefix() } else { b"" };
    FileName::join(&[prefix, directory, own.as_bytes()]).map(Some)
}

/// Machines without a UUID send zeros or ones.
fn is_real(uuid: [u8; 16]) -> bool {
    uuid != [0; 16] && uuid != [0xff; 16]
}

/// The UUID in the order in which it is printed: SMBIOS keeps the first three groups little-endian.
#[must_use]
pub const fn printed(uuid: [u8; 16]) -> [u8; 16] {
    let [a, b, c, d, e, f, g, h, rest @ ..] = uuid;
    let [i, j, k, l, m, n, o, p] = rest;
    [d, c, b, a, f, e, h, g, i, j, k, l, m, n, o, p]
}

const LOWER: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8; 16] = b"0123456789ABCDEF";

/// Adds `byte` in hexadecimal.
fn hex(byte: u8, digits: &[u8; 16], put: &mut dyn FnMut(u8)) {
    for value in [byte >> 4, byte & 0x0f] {
        put(digits.get(usize::from(value)).copied().unwrap_or(b'0'));
    }
}

/// `uuid` byte by byte in lower-case hexadecimal, with the dashes of a printed UUID.
pub(crate) fn uuid_text(uuid: [u8; 16], put: &mut dyn FnMut(u8)) {
    for (byte, index) in uuid.into_iter().zip(0_u8..) {
        if matches!(index, 4 | 6 | 8 | 10) {
            put(b'-');
        }
        hex(byte, LOWER, put);
    }
}

/// `01-88-99-aa-bb-cc-dd`.
pub(crate) fn hardware_text(hardware_type: u8, hardware: &[u8], put: &mut dyn FnMut(u8)) {
    hex(hardware_type, LOWER, put);
    for byte in hardware {
        put(b'-');
        hex(*byte, LOWER, put);
    }
}

/// Adds what `write` puts.
fn push_all(name: &mut FileName, write: impl FnOnce(&mut dyn FnMut(u8))) -> Result<(), Fault> {
    let mut pushed = Ok(());
    write(&mut |byte| {
        if pushed.is_ok() {
            pushed = name.push(&[byte]);
        }
    });
    pushed
}

fn push_uuid(name: &mut FileName, uuid: [u8; 16]) -> Result<(), Fault> {
    push_all(name, |put| uuid_text(uuid, put))
}

fn push_hardware(name: &mut FileName, hardware_type: u8, hardware: &[u8]) -> Result<(), Fault> {
    push_all(name, |put| hardware_text(hardware_type, hardware, put))
}

fn push_address(name: &mut FileName, address: Ipv4Addr, digits: u8) -> Result<(), Fault> {
    let mut left = digits;
    push_all(name, |put| {
        for octet in address.octets() {
            hex(octet, UPPER, &mut |digit| {
                if left > 0 {
                    left = left.saturating_sub(1);
                    put(digit);
                }
            });
        }
    })
}
