//! What a fetch tells its caller, and what can go wrong.

use crate::SegmentOffset;
use crate::opcode::{Opcode, Status};
use bootproto_core::numbered;

/// What a call's return means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Nothing to do.
    Nothing,
    /// Something was left out, and why.
    Ignored(Ignored),
    /// The server told the file's size. With [`Way::WholeOnceSized`](super::Way::WholeOnceSized) it is time for
    /// [`Fetch::place`](super::Fetch::place).
    Size(u32),
    /// Nothing has come yet: the same call is due again. How long to go on is the caller's choice; the ROM has time
    /// limits of its own.
    Waiting,
    /// A piece of the file lies in the buffer: copy it before the next call.
    Data {
        /// Where.
        at: SegmentOffset,
        /// How many bytes; they do not wrap the segment and fit the buffer.
        length: u16,
        /// Where in the file they belong.
        offset: u64,
    },
    /// The whole file is there.
    Done {
        /// How many bytes it has.
        size: u64,
        /// It lies at the physical address already; else it came as data.
        placed: bool,
    },
    /// There will be no file.
    Failed(Failure),
}

numbered! {
    /// Why an answer of the ROM changed nothing.
    pub enum Ignored {
        /// No call was due.
        NoCallPending = 4141, "an answer came though no call was made", "This is a fault of the program: it answers twice.";
        /// A packet came twice.
        Duplicate { /// Which.
            packet: u16 } = 4142, "packet {packet} came twice", "Nothing to do.";
        /// A call that need not succeed did not.
        Refused { /// Which.
            opcode: Opcode, /// Why.
            status: Status } = 4143, "{opcode} failed: {status}", "Nothing to do: the fetch goes on without it.";
    }
}

numbered! {
    /// Why there will be no file.
    pub enum Failure {
        /// The server does not answer.
        ServerSilent = 4221 ["PXE-E32"], "the TFTP server does not answer", "Check that the server runs and that no firewall drops UDP port 69.";
        /// The server fell silent.
        ServerStopped = 4222 ["PXE-E35"], "the TFTP server stopped answering", "Check the server and the link.";
        /// There is no such file.
        NotFound = 4223 ["PXE-E3B"], "the server has no such file", "Check the name, upper and lower case, and the server's root folder.";
        /// The server does not give it out.
        AccessViolation = 4224 ["PXE-E3C"], "the server refuses the file", "Make the file readable for the TFTP server.";
        /// Nobody answers for the server's address.
        NoArp = 4225 ["PXE-E11"], "nobody answers for the server's address", "Check the address, the netmask and the router.";
        /// The server sent an error.
        ServerError = 4226 ["PXE-E36"], "the server sent an error", "Look into the server's log.";
        /// The file is larger than its room.
        TooBig { /// How large, as far as is known.
            size: u64 } = 4227 ["PXE-E79"], "the file of {size} bytes does not fit", "Make the file smaller, or give the machine more memory.";
        /// Someone pressed a key.
        Cancelled = 4228 ["PXE-EA0"], "cancelled by keystroke", "Start again.";
        /// The file ended early or late.
        WrongSize { /// What the server said.
            expected: u64, /// What came.
            got: u64 } = 4229, "{got} bytes came of a file of {expected}", "Fetch it again; check that nobody writes the file.";
        /// The ROM answers what can't be.
        Misbehaved { /// In which call.
            opcode: Opcode } = 4230, "the ROM's answer to {opcode} is impossible", "Update the ROM, or use its UNDI.";
        /// A call failed for another reason.
        CallFailed { /// Which.
            opcode: Opcode, /// Why.
            status: Status } = 4231, "{opcode} failed: {status}", "Look up the status; update the ROM, or use its UNDI.";
        /// The caller ended it.
        Ended = 4232, "the fetch was ended", "Nothing to do.";
        /// The ROM has not got iPXE's FILE calls.
        NoFileApi = 4233, "the ROM has no calls for URLs", "Use TFTP, or load iPXE.";
    }
}

numbered! {
    /// What a caller asked that can't be.
    pub enum ConfigError {
        /// The name is empty, holds a NUL or has more than 127 bytes.
        BadName = 4321, "the file's name does not fit the ROM's call", "Use a name of 1 to 127 bytes.";
        /// A buffer wraps its segment.
        BufferWraps = 4322, "the buffer wraps around its segment", "Put it at a lower offset of its segment.";
        /// The packet size is none that TFTP allows.
        BadPacketSize = 4323, "the packet size is not from 512 to 65464", "Use 512 to 1456.";
        /// The physical address and room exceed 4 GiB, or there is no room.
        NoRoom = 4324, "there is no room at that address", "Give an address and a size within 4 GiB.";
        /// The file is larger than the room.
        DoesNotFit { /// How large it is.
            size: u32 } = 4325, "a file of {size} bytes does not fit there", "Give at least as many bytes of room.";
        /// No place was asked for.
        NoPlaceWanted = 4326, "no place is wanted now", "Name it once, after the size was told, and only with that way.";
    }
}

impl Failure {
    /// What a status means for a file.
    pub(super) const fn from_status(opcode: Opcode, status: Status) -> Self {
        match status {
            Status::TFTP_OPEN_TIMEOUT | Status::TFTP_CANNOT_OPEN_CONNECTION => Self::ServerSilent,
            Status::TFTP_READ_TIMEOUT | Status::TFTP_CANNOT_READ_FROM_CONNECTION => Self::ServerStopped,
            Status::TFTP_FILE_NOT_FOUND => Self::NotFound,
            Status::TFTP_ACCESS_VIOLATION => Self::AccessViolation,
            Status::TFTP_CANNOT_ARP_ADDRESS | Status::ARP_TIMEOUT => Self::NoArp,
            Status::TFTP_ERROR_OPCODE => Self::ServerError,
            Status::BSTRAP_FILE_TOO_BIG => Self::TooBig { size: 0 },
            Status::BINL_CANCELED_BY_KEYSTROKE => Self::Cancelled,
            _ => Self::CallFailed { opcode, status },
        }
    }

    /// Whether another call for the same file could not do better: what the server or the person said stands.
    pub(super) const fn is_final(self) -> bool {
        !matches!(self, Self::CallFailed { .. } | Self::Misbehaved { .. } | Self::TooBig { .. })
    }
}
