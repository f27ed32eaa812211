//! Everything that can be wrong with a frame, a group, a neighbour, a configuration.

use core::net::{IpAddr, Ipv4Addr};

use bootproto_core::ParseError;

use crate::{Gid, Lid, Mtu, PKey, Qpn};

bootproto_core::numbered! {
    /// Why a frame changed nothing.
    pub enum Ignored {
        /// It is shorter than its header, or its ARP or neighbour discovery message is broken.
        Malformed { /// What is wrong, and where.
            error: ParseError } = 5080, "not an IPoIB frame: {error}", "Capture the packet: the sender encodes it wrongly.";
        /// A type that nobody here speaks.
        UnknownType { /// The `EtherType`.
            kind: u16 } = 5081, "a frame of EtherType {kind:#06x}", "Nothing to do: another protocol.";
        /// It was sent to a group that we are not in.
        OtherGroup { /// Which.
            group: Gid } = 5082, "for the group {group}, which we are not in", "Nothing to do; the HCA lets too much through.";
        /// ARP or neighbour discovery for somebody else.
        NotForUs = 5083, "it asks or answers somebody else", "Nothing to do.";
        /// The hardware address in the packet is not that of the queue pair and port that sent it.
        Forged { /// Who sent it.
            lid: Lid,
            /// From which queue pair.
            qpn: Qpn } = 5084, "LID {lid}, queue pair {qpn}, speaks of another's address as its own", "Somebody on this subnet pretends to be another: find the port with this LID.";
        /// An answer that nobody asked for. It creates no entry.
        Unasked { /// Whose address it tells.
            address: IpAddr } = 5085, "nobody asked who has {address}", "Nothing to do; many of them from one port: somebody tries to take an address over.";
        /// An entry is alive, and somebody says that its address is elsewhere.
        Alive { /// Whose address.
            address: IpAddr } = 5086, "somebody claims {address}, whose owner is known and alive", "Two machines have the same address, or somebody tries to take it over.";
        /// An answer that came before.
        Duplicate = 5087, "the answer was here already", "Nothing to do.";
        /// An answer to an earlier question waits to be sent.
        AnswerPending = 5088, "the answer to an earlier question waits to be sent", "The program must drain before it takes more.";
        /// The interface has no queue pair yet.
        NotStarted = 5089, "the interface is not up yet", "Nothing to do: the broadcast group is not joined yet.";
        /// Our own frame came back from the group.
        Own = 5090, "our own frame came back", "Nothing to do.";
    }
}

bootproto_core::numbered! {
    /// What does not work. The interface goes on.
    pub enum Failure {
        /// Nobody has the address.
        Unreachable { /// Which.
            address: IpAddr,
            /// How often everybody was asked.
            tries: u8 } = 5280, "nobody answers for {address}, asked {tries} times", "Is the machine up, and its port in the same partition (P_Key)?";
        /// There is a neighbour but no way to its port.
        NoPath { /// Whose.
            address: IpAddr } = 5281, "the subnet manager knows no path to {address}", "Is its port still active? On the SM's node: saquery -p.";
        /// The group's Q_Key, MTU or LID makes no sense.
        BadGroup { /// Which.
            group: Gid } = 5282, "the subnet manager's record of group {group} makes no sense", "See the group by `saquery -g` on the SM's node.";
        /// The group's MTU is larger than the port's: a node that can't take it must not join (RFC 4391 section 4).
        GroupMtu { /// The group's.
            group: Mtu,
            /// The port's.
            port: Mtu } = 5283, "the broadcast group has an MTU of {group}, this port takes {port}", "Lower the group's MTU in the subnet manager's partitions.conf.";
        /// The group is in another partition than it should be.
        GroupPartition { /// The group's.
            p_key: PKey } = 5284, "the broadcast group is in partition {p_key}", "Correct the subnet manager's partitions.conf.";
        /// A packet had to be dropped since too many wait.
        QueueFull = 5285, "too many packets wait for their neighbours", "Is the link up? Nothing is leaving this machine.";
        /// The neighbour cache is full of neighbours in use.
        TooManyNeighbours { /// Who is the one too many.
            address: IpAddr } = 5286, "no room for {address}: every known neighbour is in use", "A boot needs two or three: find out what asks for so many.";
        /// The packet is longer than the group's MTU allows.
        TooLong { /// Its length.
            length: usize,
            /// What is allowed.
            limit: usize } = 5287, "a packet of {length} bytes is longer than the MTU of {limit}", "Ask TFTP for smaller blocks.";
        /// The bytes are no IP packet.
        NotIp = 5288, "what is to be sent is no IP packet", "The program's own fault.";
        /// The destination is neither on our network nor behind a router that we know.
        NoRoute { /// Where it was to go.
            to: Ipv4Addr } = 5289, "there is no route to {to}", "The server is on another network: DHCP must give a router (option 3) and a netmask (option 1).";
        /// No more groups can be kept.
        TooManyGroups = 5290, "too many multicast groups", "Leave one first.";
        /// The SM does not let us send to the group.
        GroupRefused { /// Which.
            group: Gid } = 5291, "the subnet manager does not let us into the group {group}", "See its log; a group of IPv4 multicast exists only while somebody is in it.";
    }
}

bootproto_core::numbered! {
    /// The caller's mistake at construction.
    pub enum ConfigError {
        /// A partition key of which only the membership bit is set, or nothing.
        NoPartition { /// The key.
            p_key: PKey } = 5360, "{p_key} is no partition", "0xffff is the default partition.";
        /// No multicast scope.
        BadScope { /// The scope.
            scope: u8 } = 5361, "the scope {scope} is outside 1 to 14", "2 is the subnet.";
        /// Questions without pause.
        NoInterval = 5362, "the interval between questions is below a millisecond", "0.5 s suits most fabrics.";
    }
}
