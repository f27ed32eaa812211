//! BOOTP and DHCP packets as bytes: the fixed fields by their offsets in RFC 2131, figure 1.

use core::net::Ipv4Addr;

const COOKIE: [u8; 4] = [99, 130, 83, 99];

pub(super) const DISCOVER: u8 = 1;
pub(super) const OFFER: u8 = 2;
pub(super) const REQUEST: u8 = 3;
pub(super) const DECLINE: u8 = 4;
pub(super) const ACK: u8 = 5;
pub(super) const NAK: u8 = 6;
pub(super) const RELEASE: u8 = 7;
pub(super) const INFORM: u8 = 8;

/// A request, taken apart. Options 1 to 254 in the order they came, the option field only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The whole packet.
    pub packet: Vec<u8>,
    /// The options; none when there is no cookie (plain BOOTP).
    pub options: Vec<(u8, Vec<u8>)>,
}

impl Request {
    /// Takes a BOOTREQUEST apart; `None` when it is none, or when an option runs past the end.
    pub fn parse(packet: &[u8]) -> Option<Self> {
        if packet.len() < 236 || packet[0] != 1 || packet[2] > 16 {
            return None;
        }
        let mut options = Vec::new();
        let mut rest = packet[236..].strip_prefix(&COOKIE).unwrap_or_default();
        while let [code, tail @ ..] = rest {
            match (code, tail) {
                (0, _) => rest = tail,
                (255, _) => break,
                (_, [length, tail @ ..]) => {
                    let (value, tail) = tail.split_at_checked(usize::from(*length))?;
                    options.push((*code, value.to_vec()));
                    rest = tail;
                }
                (_, []) => return None,
            }
        }
        Some(Self { packet: packet.to_vec(), options })
    }

    /// The first option with that code.
    pub fn option(&self, code: u8) -> Option<&[u8]> {
        self.options.iter().find(|(other, _)| *other == code).map(|(_, value)| value.as_slice())
    }

    /// Option 53; 0 when there is none.
    pub fn message_type(&self) -> u8 {
        self.option(53).and_then(|value| value.first().copied()).unwrap_or(0)
    }

    /// An option that is an address.
    pub fn address(&self, code: u8) -> Option<Ipv4Addr> {
        let octets: [u8; 4] = self.option(code)?.try_into().ok()?;
        Some(Ipv4Addr::from(octets))
    }

    /// `ciaddr`.
    pub fn ciaddr(&self) -> Ipv4Addr {
        Ipv4Addr::new(self.packet[12], self.packet[13], self.packet[14], self.packet[15])
    }

    /// Whether the broadcast bit is set.
    pub fn wants_broadcast(&self) -> bool {
        self.packet[10] & 0x80 != 0
    }

    /// What a server knows the client by: option 61, else `htype` and `chaddr`.
    pub fn client(&self) -> Vec<u8> {
        let hardware = || [&self.packet[1..2], &self.packet[28..28 + usize::from(self.packet[2])]].concat();
        self.option(61).map_or_else(hardware, <[u8]>::to_vec)
    }
}

/// What goes into a reply.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields {
    pub(super) yiaddr: Option<Ipv4Addr>,
    pub(super) siaddr: Option<Ipv4Addr>,
    pub(super) sname: Vec<u8>,
    pub(super) file: Vec<u8>,
    /// `None` for plain BOOTP: no cookie, no options.
    pub(super) options: Option<Vec<(u8, Vec<u8>)>>,
}

/// The BOOTREPLY to `request`: its xid, flags, giaddr and chaddr, at least 300 bytes (RFC 951).
pub(super) fn reply(request: &Request, fields: &Fields) -> Vec<u8> {
    let mut packet = vec![0; 236];
    packet[0] = 2;
    packet[1..3].copy_from_slice(&request.packet[1..3]);
    packet[4..8].copy_from_slice(&request.packet[4..8]);
    packet[10..12].copy_from_slice(&request.packet[10..12]);
    packet[24..44].copy_from_slice(&request.packet[24..44]);
    packet[16..20].copy_from_slice(&fields.yiaddr.unwrap_or(Ipv4Addr::UNSPECIFIED).octets());
    packet[20..24].copy_from_slice(&fields.siaddr.unwrap_or(Ipv4Addr::UNSPECIFIED).octets());
    for (text, (at, room)) in [(&fields.sname, (44, 64)), (&fields.file, (108, 128))] {
        assert!(text.len() <= room, "a field of {room} bytes");
        packet[at..at + text.len()].copy_from_slice(text);
    }
    if let Some(options) = &fields.options {
        packet.extend(COOKIE);
        for (code, value) in options {
            // An empty value is one option too; a long one is split (RFC 3396).
            let pieces: Vec<&[u8]> = if value.is_empty() { vec![&[]] } else { value.chunks(255).collect() };
            for piece in pieces {
                packet.extend([*code, piece.len() as u8]);
                packet.extend(piece);
            }
        }
        packet.push(255);
    }
    packet.resize(packet.len().max(300), 0);
    packet
}

/// Sets `code` to `value`, in its place if it is there; an empty list of bytes is a value too.
pub(super) fn set(options: &mut Vec<(u8, Vec<u8>)>, code: u8, value: impl Into<Vec<u8>>) {
    let value = value.into();
    match options.iter_mut().find(|(other, _)| *other == code) {
        Some((_, old)) => *old = value,
        None => options.push((code, value)),
    }
}
