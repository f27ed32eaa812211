//! What a client calls itself in option 61.

use bootproto_core::Writer;

use crate::{HardwareAddress, Text};

/// The longest identifier that we send, in bytes: type 255, an IAID and the longest DUID (RFC 8415 section 11.1).
pub const MAX_CLIENT_ID: usize = 135;

/// The client identifier, option 61. Servers key leases on it, so every stage of a boot should send the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientId {
    /// No option 61: the server goes by the hardware address.
    None,
    /// The hardware type and address, as RFC 2132 section 9.14 describes and most PXE ROMs send.
    Hardware,
    /// Type 255, an IAID and a DUID (RFC 4361 section 6.1). [`ClientId::duid`] makes one.
    Duid {
        /// Tells the interfaces of one machine apart.
        iaid: u32,
        /// Names the machine.
        duid: Text<MAX_CLIENT_ID>,
    },
    /// The caller's own bytes, type byte included. [`ClientId::raw`] makes one.
    Raw(Text<MAX_CLIENT_ID>),
}

impl ClientId {
    /// An identifier of the caller's own; `None` if it is shorter than the 2 bytes that RFC 2132 asks for or longer
    /// than [`MAX_CLIENT_ID`].
    #[must_use]
    pub fn raw(bytes: &[u8]) -> Option<Self> {
        (bytes.len() >= 2).then(|| Text::new(bytes).map(Self::Raw)).flatten()
    }

    /// An identifier by RFC 4361; `None` if the DUID is shorter than 3 or longer than 130 bytes.
    #[must_use]
    pub fn duid(iaid: u32, duid: &[u8]) -> Option<Self> {
        (3..=130)
            .contains(&duid.len())
            .then(|| Text::new(duid).map(|duid| Self::Duid { iaid, duid }))
            .flatten()
    }

    /// Writes the value of option 61 into `buf` and answers it; `None` if there is to be no option.
    #[must_use]
    pub fn encode<'b>(
        &self,
        hardware: &HardwareAddress,
        buf: &'b mut [u8; MAX_CLIENT_ID],
    ) -> Option<&'b [u8]> {
        let mut writer = Writer::new(buf);
        match self {
            Self::None => return None,
            Self::Hardware if hardware.bytes().is_empty() => return None,
            Self::Hardware => {
                writer.u8(hardware.htype);
                writer.bytes(hardware.bytes());
            }
            Self::Duid { iaid, duid } => {
                writer.u8(255);
                writer.u32(*iaid);
                writer.bytes(duid);
            }
            Self::Raw(raw) => writer.bytes(raw),
        }
        writer.finish().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{ClientId, MAX_CLIENT_ID};
    use crate::HardwareAddress;

    #[test]
    fn encodes_each_kind() {
        let hardware = HardwareAddress::ethernet([1, 2, 3, 4, 5, 6]);
        let mut buf = [0xa5; MAX_CLIENT_ID];
        assert_eq!(ClientId::None.encode(&hardware, &mut buf), None);
        assert_eq!(ClientId::Hardware.encode(&hardware, &mut buf).unwrap(), &[1, 1, 2, 3, 4, 5, 6]);
        let duid = ClientId::duid(0x1112_1314, &[0, 3, 0, 32, 9]).unwrap();
        assert_eq!(duid.encode(&hardware, &mut buf).unwrap(), b"\xff\x11\x12\x13\x14\x00\x03\x00\x20\x09");
        let raw = ClientId::raw(b"\0abc").unwrap();
        assert_eq!(raw.encode(&hardware, &mut buf).unwrap(), b"\0abc");
    }

    #[test]
    fn refuses_what_does_not_fit() {
        assert_eq!(ClientId::raw(&[0; MAX_CLIENT_ID + 1]), None);
        assert_eq!(ClientId::raw(&[0]), None);
        assert_eq!(ClientId::duid(1, &[0; 131]), None);
        assert!(ClientId::duid(1, &[0; 130]).is_some());
        let nothing = HardwareAddress::empty(32);
        assert_eq!(ClientId::Hardware.encode(&nothing, &mut [0; MAX_CLIENT_ID]), None);
    }
}
