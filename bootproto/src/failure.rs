//! How a boot fails: the one value that says which step, which peer, why, after how many tries, and what came last.

use core::fmt;
use core::net::{IpAddr, SocketAddr};

use bootproto_core::text::{Dotted, Number};
use bootproto_core::{Advice, Code, Entry, Numbered};
use bootproto_dhcp::wire::MessageType;

use crate::{Step, transfer};

/// Why and where a boot ended.
///
/// It prints as one line: step, peer, number, PXE code where there is one, text, tries, and what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// Which of the eight steps.
    pub step: Step,
    /// With whom we were speaking, once that was known.
    pub peer: Option<SocketAddr>,
    /// Why.
    pub cause: Cause,
    /// How many times it was tried.
    pub tries: u8,
    /// What the last datagram was that the peer had to say.
    pub last: LastPacket,
}

impl Failure {
    /// The row in the table of numbers: name, text, hint and PXE code.
    #[must_use]
    pub fn entry(&self) -> &'static Entry {
        self.cause.entry()
    }

    /// What of that row is for a person: number, PXE code and hint.
    #[must_use]
    pub fn advice(&self) -> &'static Advice {
        self.cause.advice()
    }

    /// The stable number.
    #[must_use]
    pub fn code(&self) -> Code {
        self.advice().code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let advice = self.advice();
        write!(f, "{}", self.step)?;
        if let Some(peer) = self.peer {
            write!(f, " with {}", Peer(peer))?;
        }
        write!(f, ": {}", advice.code)?;
        if let Some(pxe) = advice.pxe {
            write!(f, " ({pxe})")?;
        }
        write!(f, " {}", self.cause)?;
        if self.tries > 1 {
            write!(f, ", after {} tries", self.tries)?;
        }
        write!(f, "; last heard: {}. {}", self.last, advice.hint)
    }
}

impl core::error::Error for Failure {}

/// An address and a port. Of IPv6 no zeros are left out: no address of our protocols is one, and firmware has better uses
/// for the bytes that it takes.
pub(crate) struct Peer(pub(crate) SocketAddr);

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.ip() {
            IpAddr::V4(address) => Dotted(address).fmt(f)?,
            IpAddr::V6(address) => {
                for (index, part) in address.segments().into_iter().enumerate() {
                    write!(f, "{}{part:x}", if index > 0 { ":" } else { "[" })?;
                }
                f.write_str("]")?;
            }
        }
        write!(f, ":{}", self.0.port())
    }
}

/// Why a boot ended, in the words of the part that found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The boot client itself.
    Boot(Fault),
    /// DHCP.
    Dhcp(bootproto_dhcp::client::Failure),
    /// A file transfer.
    Transfer(transfer::Failure),
    /// The configuration's text.
    Configuration(crate::config::Fault),
    /// The kernel's header.
    Header(crate::linux::HeaderError),
    /// Something has no place in memory.
    Placement(crate::linux::PlaceError),
    /// The manifest, or what it says.
    Verify(crate::verify::VerifyError),
}

impl From<Fault> for Cause {
    fn from(cause: Fault) -> Self {
        Self::Boot(cause)
    }
}

impl From<crate::config::Fault> for Cause {
    fn from(cause: crate::config::Fault) -> Self {
        Self::Configuration(cause)
    }
}

impl From<crate::verify::VerifyError> for Cause {
    fn from(cause: crate::verify::VerifyError) -> Self {
        Self::Verify(cause)
    }
}

impl Cause {
    /// The row in the table of numbers.
    #[must_use]
    pub fn entry(&self) -> &'static Entry {
        match self {
            Self::Boot(cause) => cause.entry(),
            Self::Dhcp(cause) => cause.entry(),
            Self::Transfer(cause) => cause.entry(),
            Self::Configuration(cause) => cause.entry(),
            Self::Header(cause) => cause.entry(),
            Self::Placement(cause) => cause.entry(),
            Self::Verify(cause) => cause.entry(),
        }
    }

    /// What of that row is for a person.
    #[must_use]
    pub fn advice(&self) -> &'static Advice {
        match self {
            Self::Boot(cause) => cause.advice(),
            Self::Dhcp(cause) => cause.advice(),
            Self::Transfer(cause) => cause.advice(),
            Self::Configuration(cause) => cause.advice(),
            Self::Header(cause) => cause.advice(),
            Self::Placement(cause) => cause.advice(),
            Self::Verify(cause) => cause.advice(),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boot(cause) => cause.fmt(f),
            Self::Dhcp(cause) => cause.fmt(f),
            Self::Transfer(cause) => cause.fmt(f),
            Self::Configuration(cause) => cause.fmt(f),
            Self::Header(cause) => cause.fmt(f),
            Self::Placement(cause) => cause.fmt(f),
            Self::Verify(cause) => cause.fmt(f),
        }
    }
}

/// What the last datagram was that the peer had to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LastPacket {
    /// It never answered.
    Nothing,
    /// A DHCP message of this type (option 53; 0 is a BOOTP reply).
    Dhcp {
        /// The type.
        message_type: u8,
    },
    /// The announcement of a file, before its first byte.
    Opened,
    /// Bytes of a file.
    Data {
        /// Where in the file they began.
        offset: u64,
    },
    /// The last of the file.
    End,
    /// A refusal.
    Error,
}

impl fmt::Display for LastPacket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Dhcp { message_type: 0 } => f.write_str("a BOOTP reply"),
            Self::Dhcp { message_type } => match MessageType(*message_type).name() {
                Some(name) => f.write_str(name),
                None => write!(f, "a DHCP message of type {message_type}"),
            },
            Self::Opened => f.write_str("the file's announcement"),
            Self::Data { offset } => write!(f, "data at byte {}", Number(*offset)),
            Self::End => f.write_str("the end of the file"),
            Self::Error => f.write_str("an error message"),
        }
    }
}

bootproto_core::numbered! {
    /// Why the boot client itself gave up.
    pub enum Fault {
        /// The DHCP answer names no boot file.
        NoBootFile = 3201 ["PXE-E53"], "DHCP named no boot file", "Set the boot file (option 67 or the file field) on the DHCP server for this machine's architecture.";
        /// The server is a host name; there is no DNS client yet.
        HostName = 3202, "the server is given as a name, not as an address", "Give the server's IPv4 address: names are not resolved yet.";
        /// A protocol that can't be spoken.
        UnknownScheme = 3203, "the file is to come by a protocol that is not spoken here", "Serve it by TFTP.";
        /// No name of the search order exists on the server.
        NoConfiguration { /** How many names were tried. */ tried: u16 } = 3204 ["PXE-E3B"], "none of {tried} configuration file names exists on the server", "Put a file pxelinux.cfg/default beside the boot file on the TFTP server.";
        /// The caller chose an entry that is not there.
        NoSuchEntry { /** The index that the caller gave. */ entry: usize } = 3205, "the configuration has no entry {entry}, or one that starts nothing", "Choose one of the entries that are shown.";
        /// The entry starts something else than a kernel.
        NotBootable = 3206, "the chosen entry starts a program of another boot loader", "Choose an entry with LINUX or KERNEL.";
        /// More includes than are followed.
        IncludeLimit { /** How many were followed. */ includes: u16 } = 3207, "{includes} INCLUDEs were followed and there are still more", "Look for configuration files that include each other.";
        /// More initrds than are kept.
        TooManyInitrds { /** How many are kept. */ most: u8 } = 3208, "the entry names more than {most} initrds", "Join some of them into one file: initrds may be concatenated.";
        /// The server announced, or sent, more than the cap for this kind of file.
        TooLarge { /** The size as far as it is known, in bytes. */ size: u64, /** The most that is allowed. */ cap: u64 } = 3209 ["PXE-E79"], "the file has {size} bytes or more, {cap} are allowed", "Raise the cap for this kind of file, or serve the right file.";
        /// The file has no bytes.
        Empty = 3210, "the file is empty", "Look at the file on the server: an interrupted copy leaves an empty file.";
        /// The manifest is required and not there.
        NoManifest = 3211, "there is no SHA256SUMS beside the configuration, and one is required", "Make one with sha256sum, or let the policy do without.";
        /// The lease ended while the boot was under way.
        LeaseLost = 3212, "the lease ended during the boot: the address is no longer ours", "Give longer leases, or look why the DHCP server stopped answering.";
        /// The text handed over can't be the one that was fetched.
        TextMissing = 3213, "the text handed over is empty", "This is a defect in the program: it hands over the texts that were received.";
        /// The size in the announcement and the bytes that came differ.
        SizeChanged { /** What was announced. */ announced: u64, /** What came. */ received: u64 } = 3214, "{received} bytes came where {announced} were announced", "Did the file change during the transfer? Try again.";
    }
}
