//! How a boot fails: the one value that says which step, which peer, why, after how many tries, and what came last.

use core::fmt;
use core::net::SocketAddr;

use bootproto_core::{Code, Entry, Numbered};

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

    /// The stable number.
    #[must_use]
    pub fn code(&self) -> Code {
        self.entry().code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entry = self.entry();
        write!(f, "{}", self.step)?;
        if let Some(peer) = self.peer {
            write!(f, " with {peer}")?;
        }
        write!(f, ": {}", entry.code)?;
        if let Some(pxe) = entry.pxe {
            write!(f, " ({pxe})")?;
        }
        write!(f, " {}", self.cause)?;
        if self.tries > 1 {
            write!(f, ", after {} tries", self.tries)?;
        }
        write!(f, "; last heard: {}. {}", self.last, entry.hint)
    }
}

impl core::error::Error for Failure {}

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
            Self::Dhcp { message_type } => write!(f, "DHCP message type {message_type}"),
            Self::Opened => f.write_str("the file's announcement"),
            Self::Data { offset } => write!(f, "data at byte {offset}"),
            Self::End => f.write_str("the end of the file"),
            Self::Error => f.write_str("an error message"),
        }
    }
}

bootproto_core::numbered! {
    /// Why the boot client gave up.
    pub enum Fault {
        /// The DHCP answer names no boot file.
        NoBootFile = 3201 ["PXE-E53"], "DHCP named no boot file", "Set the boot file (option 67 or the file field) on the DHCP server for this machine's architecture.";
        /// The DHCP answer names no server to fetch from.
        NoServer = 3202 ["PXE-E53"], "DHCP named no server to boot from", "Set next-server (siaddr) or option 66 on the DHCP server.";
        /// The server is a host name; there is no DNS client yet.
        HostName = 3203, "the boot server is given as a name, not as an address", "Give the server's IPv4 address: names are not resolved yet.";
        /// A file name is longer than can be asked for.
        NameTooLong { /** Its bytes. */ bytes: u32 } = 3204, "a file name of {bytes} bytes is too long", "Shorten the path on the server; 255 bytes fit.";
        /// No name of the search order exists on the server.
        NoConfiguration { /** How many names were tried. */ tried: u16 } = 3205 ["PXE-E3B"], "none of {tried} configuration file names exists on the server", "Put a file pxelinux.cfg/default beside the boot file on the TFTP server.";
        /// The configuration has no entry that boots anything.
        NoEntry = 3206, "the configuration has nothing to boot", "Add a LABEL with a KERNEL line, or a DEFAULT that names one.";
        /// The entry's type is one that we can't start.
        UnknownEntry { /** The number that the caller gave. */ entry: u16 } = 3207, "the menu has no entry {entry}", "Choose one of the entries that are shown.";
        /// The entry has no kernel.
        NoKernel = 3208, "the chosen entry names no kernel", "Add a KERNEL or LINUX line to the entry.";
        /// INCLUDEs go round in a circle or too deep.
        IncludeLimit { /** How many were followed. */ includes: u16 } = 3209, "{includes} INCLUDEs were followed and there are still more", "Look for configuration files that include each other.";
        /// More initrds than fit the plan.
        TooManyInitrds { /** How many the entry names. */ initrds: u16 } = 3210, "the entry names {initrds} initrds", "Join some of them into one file: initrds may be concatenated.";
        /// The server announced, or sent, more than the cap for this kind of file.
        TooLarge { /** The size seen so far. */ size: u64, /** The most that is allowed. */ cap: u64 } = 3211 ["PXE-E79"], "the file has {size} bytes or more, {cap} are allowed", "Raise the cap for this kind of file, or serve the right file.";
        /// More bytes came than the server had announced.
        SizeChanged { /** What was announced. */ announced: u64, /** What came. */ received: u64 } = 3212, "{received} bytes came where {announced} were announced", "The file changed during the transfer, or the server is faulty: try again.";
        /// The file has no bytes.
        Empty = 3213, "the file is empty", "Look at the file on the server: an interrupted copy leaves an empty file.";
        /// The manifest is required and not there.
        NoManifest = 3214, "there is no manifest (SHA256SUMS) beside the configuration, and one is required", "Make one with sha256sum, or let the policy do without.";
        /// The manifest is required and does not list this file.
        NotListed = 3215, "the manifest does not list the file", "Add the file to SHA256SUMS.";
        /// The manifest can't be read.
        BadManifest = 3216, "the manifest can't be read", "Make it again with sha256sum.";
        /// The digest in memory is not the manifest's.
        WrongDigest { /** The first four bytes of what is there. */ found: u32, /** The first four bytes of what should be there. */ expected: u32 } = 3217, "the SHA-256 begins with {found:08x} where the manifest says {expected:08x}", "Serve the file that the manifest describes, or make the manifest again. If both are right, memory or network corrupts data.";
        /// The lease ended while the boot was under way.
        LeaseLost = 3218, "the lease ended during the boot and the address is no longer ours", "Give longer leases, or look why the DHCP server stopped answering.";
        /// The text handed over is not the one that was fetched.
        TextMissing = 3219, "the text handed over is empty or not the one that was fetched", "A fault of the driver: hand over the texts that were received.";
        /// Another boot program took our place: too many refusals of the same address.
        BadRequest = 3220, "a transfer can't be asked for like this", "A fault of the configuration: look at ports, block size and window.";
        /// The kernel is for another machine.
        WrongMachine = 3221, "the kernel is for another kind of processor", "Serve a kernel for this machine's architecture (DHCP option 93 tells the server which).";
    }
}
