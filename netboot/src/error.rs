//! What a person is told when something goes wrong: one line with what, why, what to do and a number.

use std::fmt;
use std::io;
use std::net::Ipv4Addr;

use bootproto_core::{Code, Entry, Numbered};

bootproto_core::numbered! {
    /// Something went wrong during the work; the exit code is 1.
    pub enum Trouble {
        /// Reading or writing a local file failed.
        LocalFile = 6201, "reading or writing a local file failed", "look at the disk: is it full or gone?";
        /// A signal ended the work.
        Interrupted = 6202, "stopped by a signal", "start again; nothing was left under the final name";
        /// The operating system refused to send or receive.
        Network = 6203, "the operating system could not send or receive", "look at the interface and the route (ip addr, ip route)";
        /// Every slot for transfers is in use.
        Busy = 6204, "all transfers that are allowed at once are running", "try again later, or serve with a larger --max-transfers";
        /// The name leads out of the root, or is no regular file.
        Forbidden = 6205 ["PXE-E3C"], "only regular files under the root are served", "put the file itself under the root; links out of it are not followed";
        /// There is no such file.
        NotFound = 6206 ["PXE-E3B"], "no such file under the root", "compare the name with the root; upper and lower case differ";
        /// Uploads are off.
        ReadOnly = 6207 ["PXE-E3C"], "this server is read-only", "serve with --allow-upload";
        /// The file is there already.
        Exists = 6208 ["PXE-E3C"], "the file exists already", "serve with --overwrite, or choose another name";
        /// More bytes than the limit.
        TooLarge = 6209, "the file is larger than the limit", "raise the limit if the file is the right one";
        /// The request is none.
        BadRequest = 6210, "that is no TFTP request", "capture the packet: the client encodes it wrongly";
        /// The client asked anew before the transfer was over.
        Replaced = 6211, "the client began again", "Nothing to do: the machine was restarted in the middle.";
        /// No cable, or nobody at its other end.
        NoLink = 6212 ["PXE-E61"], "there is no link", "check the cable, the switch's port and the machine at the other end";
        /// Nobody has the address of the next machine on the way.
        NoArp { /// Whose hardware address was asked for.
            address: Ipv4Addr } = 6213 ["PXE-E11"], "nobody answers ARP for {address}", "is the machine with that address on, and in this network (VLAN)?";
        /// The file is there, and the server's user may not open it.
        NoAccess = 6214 ["PXE-E3C"], "the server itself may not open the file", "make file and directories readable for the user that serves (chmod a+rX)";
        /// The log has no capture, or not all of it.
        NoCapture = 6215, "there is no whole capture in the log", "log the serial line from before the machine starts until after the line END BOOTPROTO PCAPNG";
        /// Nobody has configured the port.
        NoSubnetManager = 6216, "no subnet manager has made the port active", "does opensm run on this fabric? On its node: sminfo";
        /// The subnet manager's administration lets us into no broadcast group.
        NoGroup = 6217, "the subnet manager does not answer for the broadcast group", "see opensm's log; sminfo on its node says whether it is the master";
        /// The port is not in the partition.
        NoPartition { /// Its key.
            p_key: u16 } = 6218, "the subnet manager has not put this port into partition {p_key:#06x}", "add the port's GUID to the partition in opensm's partitions.conf, or give another --p-key";
    }
}

bootproto_core::numbered! {
    /// A mistake in how the program was called; the exit code is 2.
    pub enum Mistake {
        /// An argument can't be what it is.
        Argument = 6301, "that argument can't be used", "see --help for the form and an example";
        /// There is no interface of that name.
        NoInterface = 6302, "no such interface", "see `ip link` for the names";
        /// The interface is down.
        InterfaceDown = 6303, "the interface is down", "bring it up: ip link set NAME up";
        /// The interface has no IPv4 address.
        NoAddress = 6304, "the interface has no IPv4 address", "give it one: ip addr add 192.0.2.1/24 dev NAME";
        /// The operating system forbids it.
        NoRight = 6305, "the operating system does not allow it", "run as root, or choose ports above 1023";
        /// The root is not a directory.
        RootNotDirectory = 6306, "the root is not a directory that can be opened", "name an existing directory";
        /// The port is in use.
        PortTaken = 6307, "another program uses the port", "stop it (`ss -lunp` names it), or choose another port";
        /// The address is not one of this machine.
        NotOurs = 6308, "the address is not one of this machine", "see `ip addr` for the addresses";
        /// A local file can't be read.
        Unreadable = 6309, "the file can't be read", "name an existing regular file that you may read";
        /// A local file can't be written.
        Unwritable = 6310, "the file can't be written there", "name a place in an existing directory that you may write to";
        /// The host's name does not resolve.
        UnknownHost = 6311, "the name of the host has no address", "write the address itself";
        /// Nobody listens at the fabric's socket.
        NoFabric = 6312, "there is no fabric at that socket", "start what listens there first; the socket is of the kind SOCK_SEQPACKET";
    }
}

/// One line for a person, with the number, the exit code and where the machines have one the PXE code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    entry: &'static Entry,
    what: String,
    why: String,
    hint: Option<String>,
    exit: u8,
    step: Option<&'static str>,
}

impl Error {
    /// A mistake of the person: `what` was tried, and what it was tried on. The exit code is 2.
    #[must_use]
    pub fn mistake(mistake: Mistake, what: impl Into<String>) -> Self {
        Self {
            entry: mistake.entry(),
            what: what.into(),
            why: mistake.to_string(),
            hint: None,
            exit: 2,
            step: None,
        }
    }

    /// A failure of the work itself: any numbered value. The exit code is 1.
    #[must_use]
    pub fn failure(value: &impl Numbered, what: impl Into<String>) -> Self {
        Self {
            entry: value.entry(),
            what: what.into(),
            why: value.to_string(),
            hint: None,
            exit: 1,
            step: None,
        }
    }

    /// A failure in one of the eight steps of a boot.
    #[must_use]
    pub fn of_step(
        step: &'static str,
        entry: &'static Entry,
        what: impl Into<String>,
        why: impl Into<String>,
    ) -> Self {
        Self { entry, what: what.into(), why: why.into(), hint: None, exit: 1, step: Some(step) }
    }

    /// The same, in this step of a boot.
    #[must_use]
    pub fn in_step(mut self, step: &'static str) -> Self {
        self.step = Some(step);
        self
    }

    /// The same, in this step of a boot unless it knows its own.
    #[must_use]
    pub fn or_in_step(mut self, step: &'static str) -> Self {
        self.step.get_or_insert(step);
        self
    }

    /// The same with another text for why it went wrong.
    #[must_use]
    pub fn because(mut self, why: impl fmt::Display) -> Self {
        self.why = why.to_string();
        self
    }

    /// The same with another text for what to do.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A local file that could not be read or written in the middle of the work.
    #[must_use]
    pub fn local_file(what: impl Into<String>, error: &io::Error) -> Self {
        let told = Self::failure(&Trouble::LocalFile, what).because(plain(error));
        match error.kind() {
            io::ErrorKind::BrokenPipe => told.with_hint("whoever read the output has gone away"),
            _ => told,
        }
    }

    /// The operating system could not send or receive.
    #[must_use]
    pub fn network(what: impl Into<String>, error: &io::Error) -> Self {
        Self::failure(&Trouble::Network, what).because(error)
    }

    /// A socket that could not be opened: the port is taken, or there is no right to it.
    #[must_use]
    pub fn open_socket(what: impl Into<String>, error: &io::Error) -> Self {
        let mistake = match error.kind() {
            io::ErrorKind::AddrInUse => Mistake::PortTaken,
            io::ErrorKind::PermissionDenied => Mistake::NoRight,
            io::ErrorKind::AddrNotAvailable => Mistake::NotOurs,
            _ => return Self::network(what, error),
        };
        Self::mistake(mistake, what)
    }

    /// The stable number.
    #[must_use]
    pub fn code(&self) -> Code {
        self.entry.code
    }

    /// The code that the PXE specification has for it.
    #[must_use]
    pub fn pxe(&self) -> Option<&'static str> {
        self.entry.pxe
    }

    /// What the program answers to its caller.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.exit
    }

    /// What was tried and why it did not work, without what to do about it.
    #[must_use]
    pub fn message(&self) -> String {
        format!("{}: {}", self.what, self.why)
    }

    /// What the person can do.
    #[must_use]
    pub fn hint(&self) -> &str {
        self.hint.as_deref().unwrap_or(self.entry.hint)
    }

    /// The fields of a JSON event.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "event": "failed",
            "step": self.step,
            "code": self.code().to_string(),
            "pxe": self.pxe(),
            "what": one_line(&self.what),
            "why": one_line(&self.why),
            "hint": one_line(self.hint()),
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hint = self.hint();
        let hint = hint.strip_suffix('.').unwrap_or(hint);
        write!(f, "{} ({}", one_line(&self.message()), self.code())?;
        if let Some(pxe) = self.pxe() {
            write!(f, ", {pxe}")?;
        }
        write!(f, "); {}", one_line(hint))
    }
}

impl std::error::Error for Error {}

/// What the operating system said, without the name of a temporary file that nobody knows.
pub(crate) fn plain(error: &io::Error) -> String {
    let code = error.raw_os_error();
    let inner = || error.get_ref().and_then(|inner| inner.source()?.downcast_ref::<io::Error>());
    match code.or_else(|| inner()?.raw_os_error()) {
        Some(code) => io::Error::from_raw_os_error(code).to_string(),
        None => io::Error::from(error.kind()).to_string().to_lowercase(),
    }
}

/// Text from outside on one line: control characters, which could also move the cursor, become `?`.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// Bytes from the network as text on one line.
pub(crate) fn printable(bytes: &[u8]) -> String {
    one_line(&String::from_utf8_lossy(bytes))
}

#[cfg(test)]
mod tests {
    use super::{Error, Mistake, Trouble};
    use bootproto_core::Numbered;

    #[test]
    fn a_line_says_what_why_code_and_what_to_do() {
        let error = Error::mistake(Mistake::NoInterface, "eth9");
        assert_eq!(error.to_string(), "eth9: no such interface (BP6302); see `ip link` for the names");
        assert_eq!(error.exit_code(), 2);
        let error = Error::failure(&Trouble::NotFound, "a\nb\x1b[2J");
        assert!(error.to_string().starts_with("a?b?[2J: no such file under the root (BP6206, PXE-E3B);"));
        assert_eq!(error.exit_code(), 1);
    }

    #[test]
    fn numbers_are_unique_and_in_their_ranges() {
        let mut codes: Vec<u16> =
            Trouble::TABLE.iter().chain(Mistake::TABLE).map(|entry| entry.code.0).collect();
        assert!(codes.iter().all(|code| (6201..6400).contains(code)));
        codes.sort_unstable();
        let all = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), all);
    }
}
