//! Everything that can be wrong: with a datagram, with the exchange, with the configuration.

use core::net::Ipv4Addr;

use bootproto_core::ParseError;

bootproto_core::numbered! {
    /// Why a datagram changed nothing.
    pub enum Ignored {
        /// The bytes are no DHCP message.
        Malformed {
            /// What is wrong, and where.
            error: ParseError
        } = 1101, "not a DHCP message: {error}", "Capture the packet: the sender or a middlebox garbles it.";
        /// The ports are not those of an answer to us.
        WrongPort = 1102, "the ports are not those of an answer", "Nothing to do: not for this client.";
        /// A message from another client.
        NotReply = 1103, "not a server's message", "Nothing to do: another client speaks.";
        /// The transaction id is not the present exchange's.
        WrongXid = 1104, "the answer belongs to another exchange", "Nothing to do, unless no answer ever fits: then a server or relay changes xid.";
        /// The hardware address or client identifier is another machine's.
        NotForUs = 1105, "the answer is for another machine", "Nothing to do, unless no answer ever fits: then compare the client identifiers.";
        /// This kind of message makes no sense at this point.
        Unexpected {
            /// The message type, option 53; 0 is BOOTP.
            kind: u8
        } = 1106, "a message of type {kind} is not expected now", "Nothing to do.";
        /// An offer or acknowledgement without option 54.
        NoServerId = 1107, "the server does not say who it is (option 54)", "Correct the DHCP server.";
        /// The address given can't be anybody's.
        BadAddress {
            /// The address.
            address: Ipv4Addr
        } = 1108, "the server gives the address {address}, which nobody can have", "Correct the DHCP server's pool.";
        /// A lease of no time at all.
        ZeroLease = 1109, "the server gives a lease of zero seconds", "Correct the DHCP server's lease time.";
        /// An answer of a server that was not chosen.
        NotSelected {
            /// Who spoke.
            server: Ipv4Addr
        } = 1110, "{server} answers but was not asked", "Nothing to do; two DHCP servers serve this network.";
        /// Enough offers have been looked at.
        TooManyOffers = 1111, "enough offers have been looked at", "Find out who floods the network with offers.";
        /// This answer came before.
        Duplicate = 1112, "this answer came before", "Nothing to do.";
        /// An answer that gives neither an address nor anything to boot.
        Useless = 1113, "the answer gives neither an address nor a boot file", "Correct the server: its answer says nothing.";
        /// The exchange is over.
        Finished = 1114, "the exchange is over", "Nothing to do.";
        /// The answer is not from a PXE server though only one could answer.
        NotPxe = 1115, "the answer is not from a PXE server (option 60)", "Let the boot server send option 60 = PXEClient.";
    }
}

bootproto_core::numbered! {
    /// Why the machine is dead.
    pub enum Failure {
        /// Nobody answered DISCOVER.
        NoOffers {
            /// How often we asked.
            tries: u8
        } = 1201 ["PXE-E51"], "no DHCP server answered {tries} requests", "Check the cable, the switch port's VLAN and spanning tree, the DHCP server and its relay.";
        /// Only ProxyDHCP servers answered; nobody gives an address.
        ProxyOnly {
            /// How often we asked.
            tries: u8
        } = 1202 ["PXE-E52"], "a boot service answered but no DHCP server gave an address ({tries} requests)", "Start the DHCP server, or extend its pool.";
        /// There is an address but nothing to boot.
        NoBootFile {
            /// Who gave the address.
            server: Ipv4Addr
        } = 1203 ["PXE-E53"], "{server} gives an address but no boot file name", "Configure a boot file for this architecture (option 67), or start the ProxyDHCP service.";
        /// The server offered an address but never confirmed it.
        NoAcknowledgement {
            /// Who offered.
            server: Ipv4Addr,
            /// How often we asked.
            tries: u8
        } = 1204, "{server} offered an address but did not answer {tries} requests for it", "See the DHCP server's log.";
        /// Nobody answered INFORM.
        InformUnanswered {
            /// How often we asked.
            tries: u8
        } = 1205, "no DHCP server answered {tries} INFORMs", "Check that a DHCP server serves this subnet.";
        /// The ProxyDHCP server does not answer on port 4011.
        ProxySilent {
            /// Who was asked.
            server: Ipv4Addr
        } = 1206 ["PXE-E55"], "the boot service at {server} does not answer on its port 4011", "Let UDP port 4011 through the boot server's firewall.";
        /// The menu has no line, or none that can be chosen.
        BadMenu = 1207 ["PXE-E74"], "the boot menu is empty or broken", "Correct the boot service's menu.";
        /// Boot servers are to be found by multicast, but no address is given.
        NoDiscoveryMulticast {
            /// The boot server type.
            kind: u16
        } = 1208 ["PXE-E76"], "no multicast address to look for boot servers of type {kind}", "Give PXE sub-option 7 or 8 on the boot service.";
        /// Boot servers are to be found in a list that is not there.
        NoBootServerList {
            /// The boot server type.
            kind: u16
        } = 1209 ["PXE-E77"], "no list of boot servers of type {kind}", "Give PXE sub-option 8 on the boot service.";
        /// No boot server of the chosen type answers.
        NoBootServer {
            /// The boot server type.
            kind: u16
        } = 1210 ["PXE-E78"], "no boot server of type {kind} answers", "Start the boot server, or take it off the menu.";
        /// Every address offered is used by somebody else.
        AddressInUse {
            /// The last of them.
            address: Ipv4Addr
        } = 1211, "the address {address} is already in use, and so were those before", "Find the machines with fixed addresses inside the DHCP pool.";
        /// The server offers addresses and takes them back.
        Refused {
            /// Who refuses.
            server: Ipv4Addr
        } = 1212, "{server} offers addresses and refuses them again and again", "See the DHCP server's log.";
        /// The boot file's name is longer than any transfer can ask for.
        BootFileTooLong {
            /// Its length in bytes.
            length: u16
        } = 1213, "the boot file's name has {length} bytes, more than 255", "Shorten the boot file's path.";
    }
}

bootproto_core::numbered! {
    /// The caller's mistake at construction.
    pub enum ConfigError {
        /// A text is longer than its option or our storage.
        TextTooLong {
            /// The option.
            option: u8,
            /// Its length in bytes.
            length: usize
        } = 1301, "the text for option {option} has {length} bytes, which is too long", "Shorten it.";
        /// An address to ask for that nobody can have.
        BadRequestedAddress {
            /// The address.
            address: Ipv4Addr
        } = 1302, "{address} can't be asked for", "Give a unicast address.";
        /// A port of 0.
        PortZero = 1303, "a port is 0", "Give another port.";
        /// More extra options than the parameter list holds.
        TooManyParameters = 1304, "too many options are asked for", "Ask for fewer.";
        /// No hardware address and no client identifier: nobody could tell our answers from others'.
        NoIdentity = 1305, "there is neither a hardware address nor a client identifier", "Give a client identifier, as RFC 4390 asks.";
        /// The cached packet is not an acknowledgement.
        BadCache = 1306, "the cached packet is no DHCP acknowledgement", "Ask for a new lease.";
        /// More dialects than there are.
        TooManyDialects {
            /// How many.
            dialects: usize
        } = 1307, "{dialects} dialects are to be tried, 5 are kept", "Name each dialect once.";
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::{ConfigError, Failure, Ignored};
    use bootproto_core::{Entry, Numbered};
    use core::net::Ipv4Addr;
    use std::string::ToString;
    use std::vec::Vec;

    #[test]
    fn every_number_is_used_once_and_lies_in_its_range() {
        let ranges: [(&[Entry], _); 3] =
            [(Ignored::TABLE, 1101..1151), (Failure::TABLE, 1201..1251), (ConfigError::TABLE, 1301..1351)];
        for (table, range) in ranges {
            let mut codes: Vec<u16> = table.iter().map(|entry| entry.code.0).collect();
            assert!(codes.iter().all(|code| range.contains(code)));
            assert!(codes.is_sorted());
            codes.dedup();
            assert_eq!(codes.len(), table.len());
        }
    }

    #[test]
    fn a_failure_reads_as_a_sentence_and_has_the_code_that_people_look_up() {
        let failure = Failure::ProxySilent { server: Ipv4Addr::new(10, 77, 0, 2) };
        assert_eq!(failure.to_string(), "the boot service at 10.77.0.2 does not answer on its port 4011");
        assert_eq!((failure.entry().pxe, failure.code().to_string()), (Some("PXE-E55"), "BP1206".into()));
    }
}
