//! The words that the four speakers of MADs share: transactions, the two agents, and the SA client.
//!
//! What belongs here: why a MAD changed nothing, how a request can fail, and what a caller can get wrong. What does
//! not: anything that speaks.

use bootproto_core::ParseError;

use crate::mad::{AttributeId, Method, MgmtClass, Status};
use crate::{Lid, Qpn};

bootproto_core::numbered! {
    /// Why a MAD changed nothing. It is news for a log, never an error.
    pub enum Ignored {
        /// It is no MAD.
        Malformed { /// What is wrong, and where.
            error: ParseError } = 5040, "not a MAD: {error}", "Capture the packet: the sender encodes it wrongly.";
        /// It answers nothing, and here only answers count.
        NotAnAnswer { /// What it is.
            method: Method } = 5041, "{method} is no answer", "Nothing to do; somebody asks where nobody answers.";
        /// There is no request with this transaction identifier: an answer that comes late or twice, or a forged one.
        UnknownTransaction { /// Who sent it.
            lid: Lid } = 5042, "LID {lid} answers a request that is not, or no longer, open", "Nothing to do; many of them from one LID: somebody guesses.";
        /// The transaction identifier is right, and it comes from somewhere else than the request went to.
        WrongSource { /// Who sent it.
            lid: Lid,
            /// From which queue pair.
            qpn: Qpn } = 5043, "an answer comes from LID {lid}, queue pair {qpn}, which was not asked", "Somebody else on this subnet answers: find the port with this LID.";
        /// The transaction identifier is right, and it answers something else than what was asked.
        WrongAnswer { /// Its class.
            class: MgmtClass,
            /// Its method.
            method: Method,
            /// Its attribute.
            attribute: AttributeId } = 5044, "{class} {method} {attribute} is not what was asked for", "Capture the packet: the peer answers wrongly.";
        /// The peer can't answer now; it is asked again.
        Busy = 5045, "the peer is busy", "Nothing to do; it is asked again.";
        /// A segment of a long answer that was here already; it is acknowledged again.
        DuplicateSegment { /// Its number.
            segment: u32 } = 5046, "segment {segment} was here already", "Nothing to do; many of them mean a slow path.";
        /// A segment of a long answer before those that precede it; the peer sends it again.
        MissingSegment { /// Its number.
            segment: u32,
            /// The one that is waited for.
            expected: u32 } = 5047, "segment {segment} came, {expected} is waited for", "Nothing to do; many of them mean loss.";
        /// A segment of a long answer whose flags, number and length contradict each other.
        BadSegment { /// Its number.
            segment: u32 } = 5048, "segment {segment} of a long answer contradicts itself", "Capture the packet: the peer encodes it wrongly.";
        /// An agent got a MAD of a class that is not its own.
        OtherClass { /// Which.
            class: MgmtClass } = 5050, "{class} is not this agent's class", "Nothing to do.";
        /// A response that nobody waits for. It is never answered, or two nodes would do so for ever.
        UnaskedResponse { /// What it is.
            method: Method } = 5051, "{method} answers nothing that was asked", "Nothing to do.";
        /// A directed route that does not end here, or is on its way back.
        NotTheEnd { /// Where on its path it is.
            hop_pointer: u8,
            /// How long the path is.
            hop_count: u8 } = 5053, "hop {hop_pointer} of {hop_count} is not this port's", "An adapter forwards nothing: the route is wrong.";
        /// The answer to the MAD before this one still waits to be sent.
        AnswerPending = 5054, "the answer to an earlier MAD waits to be sent", "The program must drain before it takes more.";
        /// A trap is acknowledged that was not sent, or by somebody else.
        UnknownTrap = 5055, "TrapRepress for a trap that was not sent", "Nothing to do.";
        /// Only the subnet manager's port may say this.
        NotTheManager { /// Who did.
            lid: Lid } = 5056, "LID {lid} is not the subnet manager", "Somebody else on this subnet pretends: find the port with this LID.";
        /// A report that was here already; it is answered again.
        DuplicateReport = 5057, "the report was here already", "Nothing to do.";
        /// Nothing of this kind was subscribed to, or the method has no place here.
        Unexpected { /// What it is.
            method: Method,
            /// About what.
            attribute: AttributeId } = 5058, "{method} {attribute} has no place here", "Nothing to do.";
    }
}

bootproto_core::numbered! {
    /// Why a request failed. The machine that sent it goes on.
    pub enum Failure {
        /// Nobody answered.
        NoAnswer { /// How often it was asked.
            tries: u8 } = 5230, "no answer, asked {tries} times", "Does a subnet manager run? On its node: sminfo. On this one: is the port active?";
        /// A status that has no row of its own here.
        Refused { /// What it says.
            status: Status } = 5231, "the answer is: {status}", "The other side's log says more.";
        /// The SA has no room.
        NoResources = 5232, "the subnet manager says 0x0100: no resources", "Its log says of what; too many groups, perhaps.";
        /// The SA finds the request invalid.
        Invalid = 5233, "the subnet manager says 0x0200: invalid request", "Its log says why; for a group, MTU, rate or P_Key may not fit it.";
        /// The SA has no such record.
        NoRecords = 5234, "the subnet manager says 0x0300: no such record", "Is the other port active, and in a partition with this one? saquery shows what the SM knows.";
        /// The SA has more than one.
        TooManyRecords = 5235, "the subnet manager says 0x0400: more than one record", "Ask for a table, or more exactly.";
        /// The SA does not know the port that asks.
        InvalidGid = 5236, "the subnet manager says 0x0500: our GID is invalid", "It has not swept since the port came up, or the subnet prefix is wrong.";
        /// The group does not exist, and the request has not what it takes to create it.
        InsufficientComponents = 5237, "the subnet manager says 0x0600: no such group, and too little is said to create it", "The broadcast group is made by the SM: opensm wants ipoib in its partitions.conf.";
        /// The SA does not allow it.
        Denied = 5238, "the subnet manager says 0x0700: denied", "Its partition and access configuration decides.";
        /// Somebody else should be asked.
        Redirected = 5239, "the answer is a redirection, which is not followed", "Run the SA on the subnet manager's own port.";
        /// The MLID of a group is none.
        BadMlid { /// What came.
            lid: Lid } = 5240, "the group's MLID is {lid}, which is no multicast LID", "A bug of the subnet manager.";
        /// The LID of a path is none.
        BadDlid { /// What came.
            lid: Lid } = 5241, "the path leads to LID {lid}, which is no port", "A bug of the subnet manager.";
        /// The peer broke a long answer off.
        Aborted { /// With which RMPP status (IBTA 13.6.2.1).
            status: u8 } = 5242, "the peer broke the answer off with RMPP status {status}", "The other side's log says more.";
        /// A long answer is longer than the caller allows.
        TableTooLong { /// The most bytes allowed.
            limit: u32 } = 5243, "the answer has more than {limit} bytes", "Ask more exactly, or allow more.";
        /// The peer's answer ended too early for what it should hold.
        ShortAnswer = 5244, "the answer is too short for its record", "Capture it: a bug of the peer.";
        /// The answer is about something else than the question, such as another group.
        OtherRecord = 5245, "the answer's record is not the one that was asked for", "Capture it: a bug of the subnet manager.";
    }
}

bootproto_core::numbered! {
    /// What a caller got wrong.
    pub enum ConfigError {
        /// Too few bits of the transaction identifier are ours: anybody could guess it.
        TidTooNarrow { /// How many there are.
            bits: u32 } = 5320, "{bits} bits of the transaction identifier are too few", "Give at least 32.";
        /// All places for open requests are taken.
        TooManyRequests = 5321, "too many requests are open", "Wait for an answer, or cancel one.";
        /// All places for groups are taken.
        TooManyGroups = 5322, "too many groups", "Leave one first.";
        /// The group was not joined.
        NotAMember = 5323, "the group was not joined", "Join it first.";
        /// There is no subnet manager to ask.
        NoSubnetManager = 5324, "the port has no LID, or no subnet manager's", "Wait until the port is active, and tell the client.";
        /// The MAD is no request.
        NotARequest { /// What it is.
            method: Method } = 5325, "nothing answers {method}", "Give a Get, Set, GetTable, Delete or Report.";
        /// The bytes are no MAD.
        NotAMad { /// What is wrong.
            error: ParseError } = 5326, "not a MAD: {error}", "The program's own fault.";
        /// A GUID is zero.
        NoGuid = 5327, "a GUID is zero", "The HCA's serial memory has it.";
        /// A table is empty or too large.
        BadTableSize { /// How many places were asked for.
            size: u16 } = 5328, "a table of {size} places is not possible", "A multiple of 32 up to 128 suits P_Keys.";
        /// The GID names no multicast group.
        NotAGroup = 5329, "the GID is none of a multicast group", "It starts with ff.";
    }
}

impl Failure {
    /// What a status other than [`Status::OK`] means for a request.
    #[must_use]
    pub const fn from_status(status: Status) -> Self {
        match status {
            Status::SA_NO_RESOURCES => Self::NoResources,
            Status::SA_REQ_INVALID => Self::Invalid,
            Status::SA_NO_RECORDS => Self::NoRecords,
            Status::SA_TOO_MANY_RECORDS => Self::TooManyRecords,
            Status::SA_REQ_INVALID_GID => Self::InvalidGid,
            Status::SA_INSUFFICIENT_COMPONENTS => Self::InsufficientComponents,
            Status::SA_DENIED => Self::Denied,
            Status(bits) if bits & Status::REDIRECT.0 != 0 => Self::Redirected,
            _ => Self::Refused { status },
        }
    }
}
