//! A link-layer address of 0 to 16 bytes with its type.

use core::fmt;

use bootproto_core::{copy_into, num};

/// A hardware address as the BOOTP header carries it: `htype`, `hlen` and `chaddr`.
///
/// A length of 0 is legal: over InfiniBand the address doesn't fit and RFC 4390 leaves it out.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HardwareAddress {
    /// The hardware type of the ARP registry: 1 Ethernet, 32 InfiniBand.
    pub htype: u8,
    length: u8,
    bytes: [u8; 16],
}

impl HardwareAddress {
    /// The type of Ethernet.
    pub const ETHERNET: u8 = 1;
    /// The type of InfiniBand (RFC 4390).
    pub const INFINIBAND: u8 = 32;

    /// An Ethernet address.
    #[must_use]
    pub const fn ethernet(address: [u8; 6]) -> Self {
        let [a, b, c, d, e, f] = address;
        Self { htype: Self::ETHERNET, length: 6, bytes: [a, b, c, d, e, f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] }
    }

    /// An address of any type; `None` if it is longer than the 16 bytes that `chaddr` holds.
    #[must_use]
    pub fn new(htype: u8, address: &[u8]) -> Option<Self> {
        let mut bytes = [0; 16];
        (copy_into(&mut bytes, address) == address.len()).then(|| Self {
            htype,
            length: num::u8_from_usize_saturating(address.len()),
            bytes,
        })
    }

    /// The first `hlen` bytes of `chaddr`; `None` if there are not so many. What follows them does not count.
    pub(crate) fn from_chaddr(htype: u8, hlen: u8, chaddr: [u8; 16]) -> Option<Self> {
        let mut bytes = chaddr;
        // A pass over all sixteen is a few instructions; to copy so many as were asked for is a call.
        for (index, place) in (0_u8..).zip(&mut bytes) {
            if index >= hlen {
                *place = 0;
            }
        }
        (usize::from(hlen) <= bytes.len()).then_some(Self { htype, length: hlen, bytes })
    }

    /// No address, only a type.
    #[must_use]
    pub const fn empty(htype: u8) -> Self {
        Self { htype, length: 0, bytes: [0; 16] }
    }

    /// The address, 0 to 16 bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// The address padded with zeros: the field `chaddr`.
    #[must_use]
    pub const fn chaddr(&self) -> &[u8; 16] {
        &self.bytes
    }

    /// The length of the address: the field `hlen`.
    #[must_use]
    pub const fn hlen(&self) -> u8 {
        self.length
    }
}

impl fmt::Display for HardwareAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for byte in self.bytes() {
            write!(f, "{separator}{byte:02x}")?;
            separator = ":";
        }
        Ok(())
    }
}

impl fmt::Debug for HardwareAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HardwareAddress({}/{self})", self.htype)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::HardwareAddress;
    use std::string::ToString;

    #[test]
    fn holds_at_most_sixteen_bytes() {
        assert_eq!(HardwareAddress::new(32, &[7; 16]).unwrap().bytes(), &[7; 16]);
        assert_eq!(HardwareAddress::new(32, &[7; 17]), None);
        assert_eq!(HardwareAddress::new(32, &[]).unwrap(), HardwareAddress::empty(32));
    }

    #[test]
    fn what_follows_the_address_in_chaddr_does_not_count() {
        for length in 0..=16 {
            let address = HardwareAddress::from_chaddr(1, length, [9; 16]).unwrap();
            assert_eq!(address, HardwareAddress::new(1, &[9; 16][..usize::from(length)]).unwrap());
        }
        assert_eq!(HardwareAddress::from_chaddr(1, 17, [9; 16]), None);
    }

    #[test]
    fn prints_in_colons() {
        let address = HardwareAddress::ethernet([0x52, 0x54, 0, 0x12, 0x34, 0x56]);
        assert_eq!(address.to_string(), "52:54:00:12:34:56");
        assert_eq!(address.hlen(), 6);
    }
}
