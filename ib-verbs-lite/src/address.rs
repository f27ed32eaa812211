//! The numbers that InfiniBand addresses things with, printed as the field's tools print them.

use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

use bootproto_core::num;

/// A local identifier, which the subnet manager gives to a port (IBTA 4.1.3). Unicast ones print in decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Lid(pub u16);

impl Lid {
    /// No LID: the port has not been configured.
    pub const NONE: Self = Self(0);
    /// The LID of directed-route packets, which every port takes.
    pub const PERMISSIVE: Self = Self(0xffff);

    /// Whether a port can have it: 1 to 0xbfff.
    #[must_use]
    pub const fn is_unicast(self) -> bool {
        self.0 >= 1 && self.0 <= 0xbfff
    }

    /// Whether it names a multicast group: 0xc000 to 0xfffe.
    #[must_use]
    pub const fn is_multicast(self) -> bool {
        self.0 >= 0xc000 && self.0 != 0xffff
    }
}

impl fmt::Display for Lid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 >= 0xc000 { write!(f, "0x{:04x}", self.0) } else { write!(f, "{}", self.0) }
    }
}

/// An EUI-64 that a node, a system or a port was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Guid(pub u64);

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:016x}", self.0)
    }
}

/// A global identifier: a subnet prefix and a GUID, or a multicast group. It has the form of an IPv6 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Gid(pub [u8; 16]);

impl Gid {
    /// The prefix of a subnet that nobody gave one: `fe80::/64`.
    pub const DEFAULT_PREFIX: u64 = 0xfe80_0000_0000_0000;

    /// The GID of a port.
    #[must_use]
    pub const fn new(prefix: u64, guid: Guid) -> Self {
        let [a, b, c, d, e, f, g, h] = prefix.to_be_bytes();
        let [i, j, k, l, m, n, o, p] = guid.0.to_be_bytes();
        Self([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])
    }

    /// The first half.
    #[must_use]
    pub const fn prefix(self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }

    /// The second half.
    #[must_use]
    pub const fn guid(self) -> Guid {
        let [.., a, b, c, d, e, f, g, h] = self.0;
        Guid(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }

    /// Whether it names a multicast group.
    #[must_use]
    pub const fn is_multicast(self) -> bool {
        let [first, ..] = self.0;
        first == 0xff
    }

    /// The group that IPoIB has for an IPv4 group, or for the broadcast address (RFC 4391 section 4).
    ///
    /// `scope` is 2 for a subnet; the P_Key goes in with its membership bit set, whatever `p_key` says.
    #[must_use]
    pub const fn ipoib_v4(scope: u8, p_key: PKey, group: Ipv4Addr) -> Self {
        let [high, low] = (p_key.0 | 0x8000).to_be_bytes();
        // A multicast address keeps its low 28 bits; broadcast stays all ones.
        let [a, b, c, d] = group.octets();
        let a = if group.is_broadcast() { a } else { a & 0x0f };
        Self([0xff, 0x10 | (scope & 0x0f), 0x40, 0x1b, high, low, 0, 0, 0, 0, 0, 0, a, b, c, d])
    }

    /// The group that IPoIB has for an IPv6 group (RFC 4391 section 4).
    #[must_use]
    pub const fn ipoib_v6(scope: u8, p_key: PKey, group: Ipv6Addr) -> Self {
        let [high, low] = (p_key.0 | 0x8000).to_be_bytes();
        let [.., a, b, c, d, e, f, g, h, i, j] = group.octets();
        Self([0xff, 0x10 | (scope & 0x0f), 0x60, 0x1b, high, low, a, b, c, d, e, f, g, h, i, j])
    }
}

impl fmt::Display for Gid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ipv6Addr::from(self.0).fmt(f)
    }
}

/// The number of a queue pair, 24 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Qpn(u32);

impl Qpn {
    /// Queue pair 0: subnet management.
    pub const SMI: Self = Self(0);
    /// Queue pair 1: general services.
    pub const GSI: Self = Self(1);
    /// The destination of every multicast packet.
    pub const MULTICAST: Self = Self(0x00ff_ffff);

    /// The low 24 bits of `number`.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number & 0x00ff_ffff)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Qpn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:06x}", self.0)
    }
}

/// A partition key: 15 bits of key, and the bit that tells full from limited members (IBTA 10.9.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PKey(pub u16);

impl PKey {
    /// The default partition, full member.
    pub const DEFAULT: Self = Self(0xffff);

    /// The key without the membership bit.
    #[must_use]
    pub const fn base(self) -> u16 {
        self.0 & 0x7fff
    }

    /// Whether it makes a full member.
    #[must_use]
    pub const fn is_full(self) -> bool {
        self.0 & 0x8000 != 0
    }

    /// Whether it names no partition: an empty place in a table.
    #[must_use]
    pub const fn is_invalid(self) -> bool {
        self.base() == 0
    }

    /// Whether a packet with `other` may pass a port with this key: the same partition, and not two limited members
    /// (IBTA 10.9.3).
    #[must_use]
    pub const fn admits(self, other: Self) -> bool {
        !self.is_invalid() && self.base() == other.base() && (self.is_full() || other.is_full())
    }
}

impl fmt::Display for PKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:04x}", self.0)
    }
}

/// A queue key, which a datagram must carry to be let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct QKey(pub u32);

impl QKey {
    /// The key of queue pair 1 (IBTA 10.2.4).
    pub const GSI: Self = Self(0x8001_0000);

    /// Whether only privileged senders may use it: the high bit.
    #[must_use]
    pub const fn is_privileged(self) -> bool {
        self.0 & 0x8000_0000 != 0
    }
}

impl fmt::Display for QKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08x}", self.0)
    }
}

/// A packet sequence number, 24 bits that wrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Psn(u32);

impl Psn {
    /// The low 24 bits of `number`.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number & 0x00ff_ffff)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The number `count` packets later.
    #[must_use]
    pub const fn after(self, count: u32) -> Self {
        Self::new(self.0.wrapping_add(count))
    }

    /// How many packets after `earlier` this one is, modulo 2^24: below 2^23 it is later, above it is earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u32 {
        self.0.wrapping_sub(earlier.0) & 0x00ff_ffff
    }
}

impl fmt::Display for Psn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:06x}", self.0)
    }
}

/// A service level, 0 to 15.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ServiceLevel(u8);

impl ServiceLevel {
    /// The low four bits of `level`.
    #[must_use]
    pub const fn new(level: u8) -> Self {
        Self(level & 0x0f)
    }

    /// The level.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for ServiceLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The code of a largest payload (IBTA 14.2.5.6, `NeighborMTU`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mtu(pub u8);

impl Mtu {
    /// 256 bytes.
    pub const MTU_256: Self = Self(1);
    /// 512 bytes.
    pub const MTU_512: Self = Self(2);
    /// 1024 bytes.
    pub const MTU_1024: Self = Self(3);
    /// 2048 bytes.
    pub const MTU_2048: Self = Self(4);
    /// 4096 bytes.
    pub const MTU_4096: Self = Self(5);

    /// In bytes; `None` for a code that means nothing.
    #[must_use]
    pub const fn bytes(self) -> Option<u16> {
        Some(match self {
            Self::MTU_256 => 256,
            Self::MTU_512 => 512,
            Self::MTU_1024 => 1024,
            Self::MTU_2048 => 2048,
            Self::MTU_4096 => 4096,
            _ => return None,
        })
    }
}

impl fmt::Display for Mtu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bytes() {
            Some(bytes) => write!(f, "{bytes}"),
            None => write!(f, "MTU code {}", self.0),
        }
    }
}

/// The code of a static rate (IBTA 15.2.5.16, `Rate` of `PathRecord`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Rate(pub u8);

impl Rate {
    /// Tenths of Gbit/s; `None` for a code that means nothing.
    #[must_use]
    pub const fn tenths_of_gigabit(self) -> Option<u16> {
        Some(match self.0 {
            2 => 25,
            3 => 100,
            4 => 300,
            5 => 50,
            6 => 200,
            7 => 400,
            8 => 600,
            9 => 800,
            10 => 1200,
            11 => 140,
            12 => 560,
            13 => 1120,
            14 => 1680,
            15 => 250,
            16 => 1000,
            17 => 2000,
            18 => 3000,
            19 => 280,
            20 => 500,
            21 => 4000,
            22 => 6000,
            _ => return None,
        })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tenths_of_gigabit() {
            Some(25) => f.write_str("2.5 Gb/sec"),
            Some(tenths) => write!(f, "{} Gb/sec", tenths / 10),
            None => write!(f, "rate code {}", self.0),
        }
    }
}

/// The low bits of a number read from the wire, as each type takes them; see [`mad`](crate::mad).
pub(crate) trait Field: Sized {
    fn from_bits(bits: u128) -> Self;
    fn to_bits(self) -> u128;
}

macro_rules! newtype_field {
    ($($name:ident($inner:ty)),+) => { $(
        impl $crate::address::Field for $name {
            fn from_bits(bits: u128) -> Self {
                Self(<$inner as $crate::address::Field>::from_bits(bits))
            }
            fn to_bits(self) -> u128 {
                $crate::address::Field::to_bits(self.0)
            }
        }
    )+ };
}
pub(crate) use newtype_field;
newtype_field!(Lid(u16), Guid(u64), Gid([u8; 16]), PKey(u16), QKey(u32), Mtu(u8), Rate(u8));

macro_rules! narrow_field {
    ($($name:ident),+) => { $(
        impl Field for $name {
            fn from_bits(bits: u128) -> Self {
                Self::new(Field::from_bits(bits))
            }
            fn to_bits(self) -> u128 {
                self.0.into()
            }
        }
    )+ };
}
narrow_field!(Qpn, Psn, ServiceLevel);

impl Field for bool {
    fn from_bits(bits: u128) -> Self {
        bits != 0
    }
    fn to_bits(self) -> u128 {
        u128::from(self)
    }
}

impl Field for u8 {
    fn from_bits(bits: u128) -> Self {
        let [.., low] = bits.to_be_bytes();
        low
    }
    fn to_bits(self) -> u128 {
        u128::from(self)
    }
}

impl Field for u16 {
    fn from_bits(bits: u128) -> Self {
        num::low_u16(u64::from_bits(bits))
    }
    fn to_bits(self) -> u128 {
        u128::from(self)
    }
}

impl Field for u32 {
    fn from_bits(bits: u128) -> Self {
        num::low_u32(u64::from_bits(bits))
    }
    fn to_bits(self) -> u128 {
        u128::from(self)
    }
}

impl Field for u64 {
    fn from_bits(bits: u128) -> Self {
        let [.., a, b, c, d, e, f, g, h] = bits.to_be_bytes();
        Self::from_be_bytes([a, b, c, d, e, f, g, h])
    }
    fn to_bits(self) -> u128 {
        u128::from(self)
    }
}

impl Field for u128 {
    fn from_bits(bits: u128) -> Self {
        bits
    }
    fn to_bits(self) -> u128 {
        self
    }
}

impl Field for [u8; 16] {
    fn from_bits(bits: u128) -> Self {
        bits.to_be_bytes()
    }
    fn to_bits(self) -> u128 {
        u128::from_be_bytes(self)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn numbers_print_as_the_tools_print_them() {
        assert_eq!(Lid(3).to_string(), "3");
        assert_eq!(Lid(0xc000).to_string(), "0xc000");
        assert_eq!(Guid(0x0002_c903_0000_1234).to_string(), "0x0002c90300001234");
        assert_eq!(Gid::new(Gid::DEFAULT_PREFIX, Guid(0x10_0001)).to_string(), "fe80::10:1");
        assert_eq!(Qpn::new(0xff00_0048).to_string(), "0x000048");
        assert_eq!(Mtu::MTU_2048.to_string(), "2048");
        assert_eq!(Rate(3).to_string(), "10 Gb/sec");
    }

    #[test]
    fn the_groups_of_ipoib_are_those_that_opensm_shows() {
        let broadcast = Gid::ipoib_v4(2, PKey(0x7fff), Ipv4Addr::BROADCAST);
        assert_eq!(broadcast.to_string(), "ff12:401b:ffff::ffff:ffff");
        let all_hosts = Gid::ipoib_v4(2, PKey::DEFAULT, Ipv4Addr::new(224, 0, 0, 1));
        assert_eq!(all_hosts.to_string(), "ff12:401b:ffff::1");
        let all_nodes = Gid::ipoib_v6(2, PKey::DEFAULT, "ff02::1".parse().unwrap());
        assert_eq!(all_nodes.to_string(), "ff12:601b:ffff::1");
    }

    #[test]
    fn two_limited_members_do_not_meet() {
        assert!(PKey(0x8001).admits(PKey(0x0001)));
        assert!(PKey(0x0001).admits(PKey(0x8001)));
        assert!(!PKey(0x0001).admits(PKey(0x0001)));
        assert!(!PKey(0x8000).admits(PKey(0x8000)));
        assert!(!PKey(0x8001).admits(PKey(0x8002)));
    }

    #[test]
    fn sequence_numbers_wrap() {
        assert_eq!(Psn::new(0x00ff_ffff).after(1), Psn::new(0));
        assert_eq!(Psn::new(1).since(Psn::new(0x00ff_ffff)), 2);
        assert_eq!(Psn::new(0x00ff_ffff).since(Psn::new(1)), 0x00ff_fffe);
    }
}
