//! What the server needs to know of a request, after the datagram is gone.

use core::net::Ipv4Addr;

use heapless::Vec;

use super::config::is_unicast;
use super::{ClientKey, Ignored};
use crate::wire::{Header, MessageType, Op, OptionCode, Packet, Value};

/// What a client says it is in option 60.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Nothing that boots.
    Other,
    /// `PXEClient`.
    Pxe,
    /// `HTTPClient`, UEFI's HTTP boot.
    Http,
}

/// The facts of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) header: Header,
    /// `None` in BOOTP.
    pub(super) kind: Option<MessageType>,
    pub(super) key: ClientKey,
    pub(super) client_id: Option<Vec<u8, 255>>,
    /// Option 82, pieces joined.
    pub(super) relay: Option<Vec<u8, 512>>,
    pub(super) requested: Option<Ipv4Addr>,
    pub(super) server: Option<Ipv4Addr>,
    pub(super) lease: Option<u32>,
    /// The longest answer, in bytes of UDP payload.
    pub(super) limit: usize,
    pub(super) class: Class,
    pub(super) arch: Option<u16>,
    pub(super) is_ipxe: bool,
    pub(super) uuid: Option<[u8; 17]>,
    /// The boot server type and layer of 43.71.
    pub(super) item: Option<(u16, u16)>,
    wanted: Option<[u8; 32]>,
}

impl Request {
    /// Longest answer: what an Ethernet frame carries. A client that says 65280 (EDK2) means "no limit".
    pub(super) const MAX_ANSWER: usize = 1472;
    /// What every client must take: a datagram of 576 bytes, less its IPv4 and UDP headers.
    const MIN_ANSWER: usize = 548;

    pub(super) fn read(data: &[u8]) -> Result<Self, Ignored> {
        let packet = Packet::parse(data)
            .map_err(|error| Ignored::Malformed { kind: error.kind, offset: error.offset })?;
        let header = packet.header;
        if header.op != Op::REQUEST {
            return Err(Ignored::NotARequest);
        }
        if !header.giaddr.is_unspecified() && !is_unicast(header.giaddr) {
            return Err(Ignored::BadRelay { address: header.giaddr });
        }
        let client_id = returned(&packet, OptionCode::CLIENT_ID)?.filter(|id| id.len() >= 2);
        //= https://www.rfc-editor.org/rfc/rfc2131#section-4.2
        //# If the client does not provide a 'client identifier' option,
        //# the server MUST use the contents of the 'chaddr' field to identify
        //# the client.
        let key = match &client_id {
            Some(id) => ClientKey::identifier(id),
            None if header.hardware.bytes().is_empty() => return Err(Ignored::NoIdentity),
            None => ClientKey::hardware(header.hardware),
        };
        let address = |code| packet.option(code).and_then(Value::address);
        let class = class_of(&packet);
        let kind = packet.message_type();
        Ok(Self {
            header,
            kind,
            key,
            client_id,
            relay: returned(&packet, OptionCode::RELAY_AGENT)?,
            requested: address(OptionCode::REQUESTED_ADDRESS),
            server: address(OptionCode::SERVER_ID),
            lease: packet.option(OptionCode::LEASE_TIME).and_then(Value::u32),
            limit: limit(&packet, kind.is_some()),
            class,
            arch: arch_of(&packet),
            is_ipxe: packet.option(OptionCode::USER_CLASS).is_some_and(says_ipxe),
            uuid: packet.option(OptionCode::CLIENT_UUID).and_then(Value::array),
            item: item_of(&packet, class),
            wanted: wanted(&packet),
        })
    }

    /// Whether the client listed this option in option 55. A client without a list wants everything.
    pub(super) fn wants(&self, code: OptionCode) -> bool {
        self.wanted.as_ref().is_none_or(|set| {
            let byte = set.get(usize::from(code.0 / 8)).copied().unwrap_or(0);
            byte.wrapping_shr(u32::from(code.0 % 8)) & 1 == 1
        })
    }

    /// Whether the client boots from the network.
    pub(super) const fn boots(&self) -> bool {
        matches!(self.class, Class::Pxe | Class::Http) || self.arch.is_some()
    }

    /// Whether the client's firmware is EFI; BIOS is architecture 0.
    pub(super) fn is_efi(&self) -> bool {
        self.arch.is_some_and(|arch| arch != 0)
    }
}

/// An option that has to go back unaltered. One that is too long for that must not be answered: without it the answer
/// would be another client's, or no relay agent's.
fn returned<const N: usize>(packet: &Packet<'_>, code: OptionCode) -> Result<Option<Vec<u8, N>>, Ignored> {
    let Some(value) = packet.option(code) else { return Ok(None) };
    let mut bytes = Vec::new();
    bytes.resize(value.len(), 0).map_err(|_| Ignored::TooLongToReturn { option: code.0 })?;
    value.copy_to(&mut bytes);
    Ok(Some(bytes))
}

fn class_of(packet: &Packet<'_>) -> Class {
    match packet.option(OptionCode::VENDOR_CLASS) {
        Some(class) if class.starts_with(b"PXEClient") => Class::Pxe,
        Some(class) if class.starts_with(b"HTTPClient") => Class::Http,
        Some(_) | None => Class::Other,
    }
}

/// Option 93, or else the digits in the vendor class: `PXEClient:Arch:00007:UNDI:003000`.
fn arch_of(packet: &Packet<'_>) -> Option<u16> {
    if let Some(mut list) = packet.option(OptionCode::CLIENT_ARCH)
        && let Some(first) = list.take_array()
    {
        return Some(u16::from_be_bytes(first));
    }
    let class = packet.option(OptionCode::VENDOR_CLASS)?.as_slice()?;
    let at = class.windows(6).position(|window| window == b":Arch:")?;
    let digits = class.get(at.saturating_add(6)..)?.get(..5)?;
    digits.iter().try_fold(0_u16, |value, digit| {
        let digit = char::from(*digit).to_digit(10)?;
        value.checked_mul(10)?.checked_add(u16::try_from(digit).ok()?)
    })
}

/// RFC 3004 wants each class with its length in front; iPXE sends plain text.
fn says_ipxe(value: Value<'_>) -> bool {
    value == *b"iPXE" || value == *b"\x04iPXE"
}

fn item_of(packet: &Packet<'_>, class: Class) -> Option<(u16, u16)> {
    if class != Class::Pxe {
        return None;
    }
    packet.option(OptionCode::VENDOR_SPECIFIC)?.pxe().boot_item()
}

fn limit(packet: &Packet<'_>, is_dhcp: bool) -> usize {
    if !is_dhcp {
        // RFC 1542 section 2.1: what BOOTP clients have room for.
        return 300;
    }
    //= https://www.rfc-editor.org/rfc/rfc2131#section-2
    //# A DHCP client must be prepared to receive DHCP messages with an
    //# 'options' field of at least length 312 octets.
    let said = packet.option(OptionCode::MAXIMUM_MESSAGE_SIZE).and_then(Value::u16).unwrap_or(576);
    usize::from(said).saturating_sub(28).clamp(Request::MIN_ANSWER, Request::MAX_ANSWER)
}

fn wanted(packet: &Packet<'_>) -> Option<[u8; 32]> {
    let list = packet.option(OptionCode::PARAMETER_LIST)?;
    let mut set = [0_u8; 32];
    for code in list.bytes() {
        if let Some(byte) = set.get_mut(usize::from(code / 8)) {
            *byte |= 1_u8.wrapping_shl(u32::from(code % 8));
        }
    }
    Some(set)
}
