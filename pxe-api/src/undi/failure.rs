//! What can go wrong with a UNDI, in three words.

use crate::opcode::{Opcode, Status};
use bootproto_core::numbered;

numbered! {
    /// Why an answer of the ROM changed nothing, or something was left out.
    pub enum Ignored {
        /// No call was due.
        NoCallPending = 4121, "an answer came though no call was made", "This is a fault of the program: it answers twice.";
        /// A piece whose lengths contradict each other; VMware's ROM sends such.
        InsaneLength { /// What it says the frame has.
            frame: u16, /// What it says the piece has.
            piece: u16 } = 4122, "a piece of {piece} bytes of a frame of {frame}", "Nothing to do: the piece is dropped.";
        /// A frame longer than we are prepared to take.
        FrameTooLong { /// What it says the frame has.
            frame: u16 } = 4123, "a frame of {frame} bytes is too long", "Check for jumbo frames on this network.";
        /// A piece that lies at an impossible address.
        BadAddress = 4124, "a piece of a frame wraps around its segment", "Update the ROM.";
        /// The ROM said DONE with a frame half handed out.
        Unfinished { /// What it has.
            frame: u16, /// What came of it.
            got: u16 } = 4125, "only {got} of {frame} bytes of a frame came", "Nothing to do: the frame is dropped and will be sent again.";
        /// An answer to ISR that the specification does not have; VMware's ROM gives such.
        UnknownFlag { /// Which.
            flag: u16 } = 4126, "the ROM answers an interrupt call with {flag}", "Nothing to do: the round ends here.";
        /// The ROM says that it is in the middle of an interrupt.
        Busy = 4127, "the ROM is busy with an interrupt", "Nothing to do: it is asked again.";
        /// ISR failed.
        IsrFailed { /// Why.
            status: Status } = 4128, "the interrupt call failed: {status}", "Nothing to do: it is asked again.";
        /// The ROM goes on and on.
        RoundTooLong = 4129, "the ROM does not come to an end handing out frames", "Update the ROM; until then it is asked again.";
        /// The ROM does not take the hardware address.
        StationRefused { /// Why.
            status: Status } = 4130, "the ROM does not set the hardware address: {status}", "Nothing to do: it keeps its own.";
        /// A call that need not succeed did not.
        Refused { /// Which.
            opcode: Opcode, /// Why.
            status: Status } = 4131, "{opcode} failed: {status}", "Nothing to do: the boot goes on without it.";
        /// The machine has ended.
        Ended = 4132, "the machine has ended", "This is a fault of the program: it goes on calling.";
    }
}

numbered! {
    /// Why there will be no frames.
    pub enum Failure {
        /// `START_UNDI` failed.
        StartFailed { /// Why.
            status: Status } = 4201, "the driver in the ROM does not start: {status}", "Update the ROM, or boot through the BIOS's own network boot.";
        /// `UNDI_STARTUP` failed.
        StartupFailed { /// Why.
            status: Status } = 4202, "the driver in the ROM does not come up: {status}", "Update the ROM, or boot through the BIOS's own network boot.";
        /// There is no link.
        NoMedia { /// How often it was tried.
            tries: u8 } = 4203 ["PXE-E61"], "no link after {tries} tries", "Check the cable and the port of the switch.";
        /// `UNDI_INITIALIZE` failed for another reason.
        InitializeFailed { /// Why.
            status: Status, /// How often it was tried.
            tries: u8 } = 4204 ["PXE-E63"], "the network card does not start: {status}, {tries} tries", "Switch the machine off and on; update the ROM.";
        /// `UNDI_GET_INFORMATION` failed.
        InformationFailed { /// Why.
            status: Status } = 4205, "the ROM does not tell its hardware address: {status}", "Update the ROM.";
        /// The hardware address is all zeros.
        NoAddress = 4206 ["PXE-E67"], "the network card has no hardware address", "Restore the address with the maker's tool.";
        /// `UNDI_OPEN` failed.
        OpenFailed { /// Why.
            status: Status } = 4207, "the network card does not open: {status}", "Switch the machine off and on; update the ROM.";
    }
}

numbered! {
    /// What a caller asked that can't be.
    pub enum ConfigError {
        /// The parameter area wraps its segment.
        AreaWraps = 4301, "the parameter area wraps around its segment", "Put it at a lower offset of its segment.";
        /// A hardware address longer than PXE has room for.
        AddressTooLong { /// How long.
            length: usize } = 4302, "a hardware address of {length} bytes has no room", "PXE holds at most 16 bytes.";
        /// More multicast groups than the call has room for.
        TooManyGroups = 4303, "more than 8 multicast groups", "Open promiscuously instead.";
        /// A limit of zero or too small for any frame.
        LimitTooSmall = 4304, "no frame fits the limit", "Give at least 60 bytes.";
        /// A frame too short for its header, or empty.
        FrameTooShort = 4305, "the frame is shorter than its header", "Give a whole frame.";
        /// A frame in more pieces than the call has room for.
        TooManyPieces = 4306, "a frame in more than 9 pieces", "Copy it together.";
        /// A piece of a frame wraps its segment, or the frame is too long.
        PieceWraps = 4307, "a piece of the frame wraps around its segment", "Put it at a lower offset of its segment.";
        /// The machine is not open, or has something to send already.
        NotReady = 4308, "the machine can't take this now", "Wait for the event that ends what it is doing.";
    }
}
