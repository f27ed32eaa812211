//! What the boot client tells its caller.

use core::fmt;
use core::net::Ipv4Addr;
use core::time::Duration;

use bootproto_dhcp::IpoibDialect;
use bootproto_dhcp::client::Offer;

use super::Ignored;
use crate::Failure;

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileKind {
    /// The boot file that DHCP names, where it is not itself a kernel.
    Nbp,
    /// A configuration text: `pxelinux.cfg/...`, or a text that one of them includes.
    Configuration,
    /// The list of digests beside the configuration (`SHA256SUMS`).
    Manifest,
    /// The kernel.
    Kernel,
    /// An initial RAM disk; the first has index 0.
    Initrd(u8),
    /// A flattened device tree.
    DeviceTree,
}

impl FileKind {
    /// Whether the caller keeps it as text for [`Client::continue_with`](super::Client::continue_with).
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Configuration | Self::Manifest)
    }

    /// Whether it lies at an address of the [memory map](super::Config::with_memory) in the end.
    #[must_use]
    pub const fn is_placed(self) -> bool {
        matches!(self, Self::Kernel | Self::Initrd(_) | Self::DeviceTree)
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nbp => f.write_str("boot file"),
            Self::Configuration => f.write_str("configuration"),
            Self::Manifest => f.write_str("manifest"),
            Self::Kernel => f.write_str("kernel"),
            Self::Initrd(index) => write!(f, "initrd {index}"),
            Self::DeviceTree => f.write_str("device tree"),
        }
    }
}

/// What a call to the [`Client`](super::Client) tells its caller.
///
/// The order within one file is always [`Open`](Self::Open), then [`Data`](Self::Data) any number of times, then
/// [`Received`](Self::Received). An event that needs an answer says which method gives it; until then the client
/// waits, and its lease is kept meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'d> {
    /// Nothing to tell.
    Nothing,
    /// The datagram changed nothing, for this reason.
    Ignored(Ignored),
    /// Somebody answered our search for a configuration.
    Offered(Offer),
    /// No DHCP server answered as we presented ourselves; this is how we do now, over InfiniBand. For the log.
    Dialect(IpoibDialect),
    /// Probe this address (ARP) and answer with [`probe_result`](super::Client::probe_result).
    ProbeAddress(Ipv4Addr),
    /// There is a lease ([`lease`](super::Client::lease)): configure the stack **now**.
    Configured,
    /// The DHCP server refuses the address; the client starts over. Drop the address if there was one.
    Refused {
        /// Who refuses.
        server: Ipv4Addr,
        /// The server's reason. Not to be trusted as text.
        message: &'d [u8],
    },
    /// The network offers a menu of boot servers: show [`dhcp().menu()`](super::Client::dhcp), answer with
    /// [`choose_server`](super::Client::choose_server).
    DhcpMenu,
    /// The lease was renewed; [`lease`](super::Client::lease) may have changed.
    Renewed,
    /// The lease is over before the boot had begun: drop the address. The client starts over.
    Expired,
    /// A file begins. Make room; nothing larger than `size` (or than the kind's cap) will be delivered.
    ///
    /// [`file_name`](super::Client::file_name) is its name. Store
    /// [`head`](super::Client::head), the bytes that came before the address was known, at offset 0: it is empty
    /// most of the time, but never for a kernel. Fill [`pad`](super::Client::pad), where there is one, with zeros.
    Open {
        /// What the file is for.
        kind: FileKind,
        /// The size that the server announced, in bytes.
        size: Option<u64>,
        /// Where it is to lie in memory; only for the kinds that [are placed](FileKind::is_placed).
        address: Option<u64>,
    },
    /// Bytes of the file: copy them once, to `address + offset` or to wherever you keep this kind.
    ///
    /// Blocks may come in any order; no byte comes twice.
    Data {
        /// What the file is for.
        kind: FileKind,
        /// Where the file begins in memory; only for the kinds that [are placed](FileKind::is_placed).
        address: Option<u64>,
        /// Where in the file these bytes begin.
        offset: u64,
        /// The bytes.
        bytes: &'d [u8],
    },
    /// The file is complete.
    Received {
        /// What the file is for.
        kind: FileKind,
        /// How many bytes it has.
        size: u64,
    },
    /// The server has no file of this name, and the boot goes on with the next name or without it.
    NotFound {
        /// What the file is for.
        kind: FileKind,
    },
    /// The transfer starts again from its first byte: forget what was stored of this file. [`Open`](Self::Open) comes
    /// again.
    Retrying {
        /// What the file is for.
        kind: FileKind,
        /// How many tries have failed.
        tries: u8,
    },
    /// The client needs a look at the texts: answer with
    /// [`continue_with`](super::Client::continue_with).
    NeedText,
    /// An entry of the configuration is to be chosen; answer with [`choose`](super::Client::choose).
    ///
    /// Without a timeout the client waits as long as it takes. With one,
    /// [`hold_choice`](super::Client::hold_choice) stops the clock (somebody pressed a key).
    Choose {
        /// The entry that the timeout would take, as an index into the menu's entries.
        default: Option<usize>,
        /// When [`ChoiceTimedOut`](Self::ChoiceTimedOut) comes.
        timeout: Option<Duration>,
    },
    /// Nobody chose: answer with [`continue_with`](super::Client::continue_with), which takes the default entry.
    ChoiceTimedOut,
    /// The file is to be checked as it lies in memory: hand its bytes from there to
    /// [`verify_bytes`](super::Client::verify_bytes), in pieces of any size, from first to last.
    Verify {
        /// What the file is for.
        kind: FileKind,
        /// Where it lies.
        address: Option<u64>,
        /// How many bytes it has.
        size: u64,
    },
    /// The file is the one that the manifest names.
    Verified {
        /// What the file is for.
        kind: FileKind,
        /// Its SHA-256.
        digest: [u8; 32],
    },
    /// The chosen entry, or the line of the DHCP menu, says to boot from the local disk. The client has finished.
    LocalBoot {
        /// The number after `LOCALBOOT`, which is the firmware's to understand; -1 means to return to it.
        disk: i32,
    },
    /// Everything is in memory and checked: [`plan`](super::Client::plan) and
    /// [`command_line`](super::Client::command_line) say how to start it. The client has finished.
    Ready,
    /// The boot has failed. The client has finished.
    Failed {
        /// Which step, which peer, why.
        failure: Failure,
        /// What the peer said about it, in its own words; mostly empty. Not to be trusted as text.
        message: &'d [u8],
    },
}
