//! What the server tells its caller.

use core::fmt;
use core::net::Ipv4Addr;

use bootproto_core::{ParseErrorKind, numbered};

use super::LeftOut;
use crate::HardwareAddress;

numbered! {
    /// Why a datagram changed nothing and is not answered.
    pub enum Ignored {
        /// It is no BOOTP or DHCP message.
        Malformed { /// What is wrong.
            kind: ParseErrorKind, /// Where, in bytes from the start.
            offset: usize } = 1151, "not a DHCP message: {kind}, at byte {offset}", "Capture the packet: its sender encodes it wrongly.";
        /// It arrived on a port that is not ours.
        WrongPort { /// The port.
            port: u16 } = 1152, "arrived on port {port}, where nothing is served", "Hand over datagrams of the server port and of the PXE port only.";
        /// It is an answer, not a request.
        NotARequest = 1153, "an answer of a server, not a request", "Another server's broadcast; nothing to do.";
        /// The message type is none that a server takes.
        WrongType { /// Option 53.
            kind: u8 } = 1154, "message type {kind} is none that a server takes", "Nothing to do.";
        /// Neither a hardware address nor a client identifier.
        NoIdentity = 1155, "the client sent neither a hardware address nor a client identifier", "Give the client an identifier (RFC 4390 clients must have one).";
        /// The message is for another server.
        OtherServer { /// Option 54.
            server: Ipv4Addr } = 1156, "meant for the server {server}", "Nothing to do: the client chose another server.";
        /// An option that the message needs is missing.
        MissingOption { /// Which.
            option: u8 } = 1157, "option {option} is missing", "The client's message is incomplete; capture it.";
        /// Nothing is known about this client: RFC 2131 section 4.3.2 wants silence.
        NoRecord { /// The address it claims.
            address: Ipv4Addr } = 1158, "no record of this client and {address}", "Another server may know it; the client asks anew if none does.";
        /// The relay agent or the client is on a network that the pool does not serve.
        OtherNetwork { /// The address of the relay agent or client.
            address: Ipv4Addr } = 1159, "{address} is not in the network of the pool", "Configure a pool for that network, or a host entry.";
        /// No address is free.
        PoolExhausted = 1160, "no address is free", "Enlarge the pool or the lease table, or shorten the leases.";
        /// This server gives no addresses, and the client asks for nothing else.
        NotPxe = 1161, "a proxy answers PXE clients only", "Nothing to do: the DHCP server answers this client.";
        /// A PXE client, but nothing is configured for its architecture.
        NoBootFile { /// Option 93, 65535 if it said none.
            arch: u16 } = 1162, "no boot file for architecture {arch}", "Configure a boot file for this architecture, or a default one.";
        /// A menu item that is not offered.
        NoSuchItem { /// The boot server type asked for.
            item: u16 } = 1163, "boot server type {item} is not served here", "Another boot server may have it.";
        /// A BOOTP client without a fixed address.
        BootpNotServed = 1164, "a BOOTP client without a host entry", "Add a host entry for it, or allow dynamic BOOTP.";
        /// The field `giaddr` holds an address that no relay agent can have.
        BadRelay { /// The address.
            address: Ipv4Addr } = 1165, "{address} can't be a relay agent's address", "Capture the packet: its sender is broken, or means harm.";
        /// An option that has to be returned whole is longer than an answer can hold.
        TooLongToReturn { /// The option.
            option: u8 } = 1166, "option {option} is too long to be returned", "Shorten the client's identifier, or what the relay agent adds.";
    }
}

numbered! {
    /// What is wrong with a configuration or a table.
    pub enum ConfigError {
        /// The server's own address is not a host's.
        NoAddress = 1351, "the server needs an address of its own", "Give the address of the interface it serves.";
        /// Last before first, or across networks.
        BadPool { /// First address.
            first: Ipv4Addr, /// Last address.
            last: Ipv4Addr } = 1352, "{first} to {last} is no range inside one network", "Give the first and the last address of one network, in this order.";
        /// The mask has holes.
        BadMask { /// The mask.
            mask: Ipv4Addr } = 1353, "{mask} is no netmask", "A netmask is ones followed by zeros, such as 255.255.255.0.";
        /// The table holds nothing, but addresses are to be given.
        EmptyTable = 1354, "the lease table has no rows", "Give a row for each client that is to be served at a time.";
        /// A value is longer than its field or our room.
        TooLong { /// Which option.
            option: u8 } = 1355, "the value for option {option} is too long", "Shorten it.";
        /// More entries than there is room for.
        TooMany { /// Which option.
            option: u8 } = 1356, "too many entries for option {option}", "Leave some out.";
        /// Menu, prompt and server list do not fit one option.
        MenuTooLong = 1357, "menu, prompt and servers together exceed 255 bytes", "Shorten the texts or leave out items.";
        /// Server port and PXE port are the same, or 0.
        BadPorts = 1358, "the ports must differ and not be 0", "Give distinct ports.";
        /// A proxy has nothing to say without a boot file or menu.
        NothingToServe = 1359, "a proxy needs a boot file or a menu", "Configure a boot file.";
    }
}

/// Why a client got a NAK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The address is not of the client's network.
    WrongNetwork,
    /// The client has another address here.
    OtherAddress,
    /// Somebody else has it, or nobody was offered it.
    NotAvailable,
}

impl Refusal {
    /// What the NAK says in option 56.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::WrongNetwork => "wrong network",
            Self::OtherAddress => "another address is kept for you",
            Self::NotAvailable => "address not available",
        }
    }
}

/// What a datagram led to: one line of a log. Printing it gives that line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Nothing changed and nothing is answered.
    Ignored(Ignored),
    /// An address was offered.
    Offered {
        /// The client's.
        hardware: HardwareAddress,
        /// What was offered.
        address: Ipv4Addr,
        /// The options that the answer has no room for.
        left_out: LeftOut,
    },
    /// A lease was given or prolonged.
    Acknowledged {
        /// The client's.
        hardware: HardwareAddress,
        /// What was given.
        address: Ipv4Addr,
        /// The options that the answer has no room for.
        left_out: LeftOut,
    },
    /// A BOOTP client was answered.
    Bootp {
        /// The client's.
        hardware: HardwareAddress,
        /// What was given, for ever.
        address: Ipv4Addr,
        /// The options that the answer has no room for.
        left_out: LeftOut,
    },
    /// A NAK was sent.
    Refused {
        /// The client's.
        hardware: HardwareAddress,
        /// What it asked for.
        address: Ipv4Addr,
        /// Why.
        reason: Refusal,
    },
    /// The client chose another server; the address that we offered is free again.
    Withdrawn {
        /// The client's.
        hardware: HardwareAddress,
        /// What had been offered.
        address: Ipv4Addr,
    },
    /// The client found its address in use; it is not given out for a while.
    Declined {
        /// The client's.
        hardware: HardwareAddress,
        /// The address in use.
        address: Ipv4Addr,
    },
    /// The client gave its address back.
    Released {
        /// The client's.
        hardware: HardwareAddress,
        /// The address.
        address: Ipv4Addr,
    },
    /// A client that has an address from elsewhere was told the rest.
    Informed {
        /// The client's.
        hardware: HardwareAddress,
        /// Its address.
        address: Ipv4Addr,
        /// The options that the answer has no room for.
        left_out: LeftOut,
    },
    /// A PXE client was offered boot information without an address.
    ProxyOffered {
        /// The client's.
        hardware: HardwareAddress,
        /// The options that the answer has no room for.
        left_out: LeftOut,
    },
    /// A PXE client was told its boot file or menu by the boot server.
    BootServed {
        /// The client's.
        hardware: HardwareAddress,
        /// The boot server type asked for; `None` if it asked for whatever there is.
        item: Option<u16>,
        /// The options that the answer has no room for.
        left_out: LeftOut,
    },
}

impl Event {
    /// The same event with the options that its answer has no room for.
    pub(super) const fn without(mut self, options: LeftOut) -> Self {
        if let Self::Offered { left_out, .. }
        | Self::Acknowledged { left_out, .. }
        | Self::Bootp { left_out, .. }
        | Self::Informed { left_out, .. }
        | Self::ProxyOffered { left_out, .. }
        | Self::BootServed { left_out, .. } = &mut self
        {
            *left_out = options;
        }
        self
    }

    /// The options that the answer has no room for; none where there is no answer.
    #[must_use]
    pub const fn left_out(&self) -> LeftOut {
        match self {
            Self::Offered { left_out, .. }
            | Self::Acknowledged { left_out, .. }
            | Self::Bootp { left_out, .. }
            | Self::Informed { left_out, .. }
            | Self::ProxyOffered { left_out, .. }
            | Self::BootServed { left_out, .. } => *left_out,
            Self::Ignored(_)
            | Self::Refused { .. }
            | Self::Withdrawn { .. }
            | Self::Declined { .. }
            | Self::Released { .. } => LeftOut::NOTHING,
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ignored(ignored) => write!(f, "ignored: {ignored}"),
            Self::Offered { hardware, address, .. } => write!(f, "offered {address} to {hardware}"),
            Self::Acknowledged { hardware, address, .. } => write!(f, "gave {address} to {hardware}"),
            Self::Bootp { hardware, address, .. } => write!(f, "gave {address} to {hardware} by BOOTP"),
            Self::Refused { hardware, address, reason } => {
                write!(f, "refused {address} to {hardware}: {}", reason.text())
            }
            Self::Withdrawn { hardware, address } => {
                write!(f, "{hardware} chose another server, {address} is free")
            }
            Self::Declined { hardware, address } => write!(f, "{hardware} found {address} in use"),
            Self::Released { hardware, address } => write!(f, "{hardware} gave {address} back"),
            Self::Informed { hardware, address, .. } => write!(f, "informed {hardware} at {address}"),
            Self::ProxyOffered { hardware, .. } => write!(f, "offered boot information to {hardware}"),
            Self::BootServed { hardware, item: Some(item), .. } => {
                write!(f, "told {hardware} the boot file of type {item}")
            }
            Self::BootServed { hardware, item: None, .. } => write!(f, "told {hardware} its boot file"),
        }?;
        let left_out = self.left_out();
        if left_out.is_empty() { Ok(()) } else { write!(f, ", without options {left_out} for want of room") }
    }
}
