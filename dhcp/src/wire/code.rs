//! The one table of options, and the message types.

use core::fmt;

/// An option code. Prints its name where we know one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OptionCode(pub u8);

/// The type of an option's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionKind {
    /// No value: PAD and END.
    Marker,
    /// One byte, 0 or 1.
    Flag,
    /// One byte.
    U8,
    /// Two bytes.
    U16,
    /// Four bytes.
    U32,
    /// Four bytes, signed.
    I32,
    /// A list of bytes, such as the parameter list.
    U8List,
    /// A list of two-byte numbers.
    U16List,
    /// One address.
    Address,
    /// One address or more.
    Addresses,
    /// Pairs of addresses.
    AddressPairs,
    /// Text; NULs at the end don't count.
    Text,
    /// Classless routes (RFC 3442).
    Routes,
    /// Domain names in the compressed form of DNS (RFC 1035 section 4.1.4).
    DomainList,
    /// Code, length, value again (options 43 and 82).
    SubOptions,
    /// Bytes with an inner form of their own, or none.
    Opaque,
}

/// A row of the table of options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionEntry {
    /// The code.
    pub code: OptionCode,
    /// The constant's name, which is the RFC's name in upper case.
    pub name: &'static str,
    /// The type of the value.
    pub kind: OptionKind,
}

macro_rules! options {
    ($( $code:literal $name:ident $kind:ident $doc:literal; )+) => {
        impl OptionCode {
            $( #[doc = $doc] pub const $name: Self = Self($code); )+

            /// Every option that we know, by code.
            pub const TABLE: &[OptionEntry] = &[
                $( OptionEntry { code: Self($code), name: stringify!($name), kind: OptionKind::$kind }, )+
            ];
        }
    };
}

options! {
    0 PAD Marker "Fills (RFC 2132 section 3.1).";
    1 SUBNET_MASK Address "Subnet mask (RFC 2132 section 3.3).";
    2 TIME_OFFSET I32 "Seconds east of UTC (RFC 2132 section 3.4).";
    3 ROUTERS Addresses "Routers in order of preference (RFC 2132 section 3.5).";
    4 TIME_SERVERS Addresses "RFC 868 time servers (RFC 2132 section 3.6).";
    5 NAME_SERVERS Addresses "IEN 116 name servers (RFC 2132 section 3.7).";
    6 DNS_SERVERS Addresses "DNS servers (RFC 2132 section 3.8).";
    7 LOG_SERVERS Addresses "Log servers (RFC 2132 section 3.9).";
    8 COOKIE_SERVERS Addresses "Cookie servers (RFC 2132 section 3.10).";
    9 LPR_SERVERS Addresses "Line printer servers (RFC 2132 section 3.11).";
    10 IMPRESS_SERVERS Addresses "Impress servers (RFC 2132 section 3.12).";
    11 RESOURCE_LOCATION_SERVERS Addresses "Resource location servers (RFC 2132 section 3.13).";
    12 HOST_NAME Text "The client's name (RFC 2132 section 3.14).";
    13 BOOT_FILE_SIZE U16 "Boot file size in 512-byte blocks (RFC 2132 section 3.15).";
    14 MERIT_DUMP_FILE Text "Where to dump core (RFC 2132 section 3.16).";
    15 DOMAIN_NAME Text "Domain name (RFC 2132 section 3.17).";
    16 SWAP_SERVER Address "Swap server (RFC 2132 section 3.18).";
    17 ROOT_PATH Text "Root disk (RFC 2132 section 3.19).";
    18 EXTENSIONS_PATH Text "File with more options (RFC 2132 section 3.20).";
    19 IP_FORWARDING Flag "Forward packets (RFC 2132 section 4.1).";
    20 NON_LOCAL_SOURCE_ROUTING Flag "Forward source-routed packets (RFC 2132 section 4.2).";
    21 POLICY_FILTER AddressPairs "Allowed source routes (RFC 2132 section 4.3).";
    22 MAXIMUM_DATAGRAM_REASSEMBLY U16 "Largest datagram to reassemble (RFC 2132 section 4.4).";
    23 DEFAULT_IP_TTL U8 "Time to live (RFC 2132 section 4.5).";
    24 PATH_MTU_AGING_TIMEOUT U32 "Seconds (RFC 2132 section 4.6).";
    25 PATH_MTU_PLATEAU_TABLE U16List "Path MTU sizes (RFC 2132 section 4.7).";
    26 INTERFACE_MTU U16 "MTU (RFC 2132 section 5.1).";
    27 ALL_SUBNETS_LOCAL Flag "All subnets have this MTU (RFC 2132 section 5.2).";
    28 BROADCAST_ADDRESS Address "Broadcast address (RFC 2132 section 5.3).";
    29 PERFORM_MASK_DISCOVERY Flag "Mask discovery by ICMP (RFC 2132 section 5.4).";
    30 MASK_SUPPLIER Flag "Answer mask requests (RFC 2132 section 5.5).";
    31 PERFORM_ROUTER_DISCOVERY Flag "Router discovery (RFC 2132 section 5.6).";
    32 ROUTER_SOLICITATION_ADDRESS Address "Where to solicit routers (RFC 2132 section 5.7).";
    33 STATIC_ROUTES AddressPairs "Classful routes (RFC 2132 section 5.8).";
    34 TRAILER_ENCAPSULATION Flag "Trailers (RFC 2132 section 6.1).";
    35 ARP_CACHE_TIMEOUT U32 "Seconds (RFC 2132 section 6.2).";
    36 ETHERNET_ENCAPSULATION Flag "IEEE 802.3 framing (RFC 2132 section 6.3).";
    37 TCP_DEFAULT_TTL U8 "Time to live of TCP (RFC 2132 section 7.1).";
    38 TCP_KEEPALIVE_INTERVAL U32 "Seconds (RFC 2132 section 7.2).";
    39 TCP_KEEPALIVE_GARBAGE Flag "A byte of garbage in keepalives (RFC 2132 section 7.3).";
    40 NIS_DOMAIN Text "NIS domain (RFC 2132 section 8.1).";
    41 NIS_SERVERS Addresses "NIS servers (RFC 2132 section 8.2).";
    42 NTP_SERVERS Addresses "NTP servers (RFC 2132 section 8.3).";
    43 VENDOR_SPECIFIC SubOptions "Vendor's own; PXE sub-options in PXE answers (RFC 2132 section 8.4).";
    44 NETBIOS_NAME_SERVERS Addresses "`NetBIOS` name servers (RFC 2132 section 8.5).";
    45 NETBIOS_DISTRIBUTION_SERVERS Addresses "`NetBIOS` datagram distribution servers (RFC 2132 section 8.6).";
    46 NETBIOS_NODE_TYPE U8 "`NetBIOS` node type (RFC 2132 section 8.7).";
    47 NETBIOS_SCOPE Opaque "`NetBIOS` scope (RFC 2132 section 8.8).";
    48 X_FONT_SERVERS Addresses "X font servers (RFC 2132 section 8.9).";
    49 X_DISPLAY_MANAGERS Addresses "X display managers (RFC 2132 section 8.10).";
    50 REQUESTED_ADDRESS Address "The address asked for (RFC 2132 section 9.1).";
    51 LEASE_TIME U32 "Lease in seconds (RFC 2132 section 9.2).";
    52 OVERLOAD U8 "Which fields hold options too: 1 file, 2 sname, 3 both (RFC 2132 section 9.3).";
    53 MESSAGE_TYPE U8 "Message type (RFC 2132 section 9.6).";
    54 SERVER_ID Address "The server's address (RFC 2132 section 9.7).";
    55 PARAMETER_LIST U8List "Options asked for (RFC 2132 section 9.8).";
    56 MESSAGE Text "Error text (RFC 2132 section 9.9).";
    57 MAXIMUM_MESSAGE_SIZE U16 "Largest DHCP message, headers included (RFC 2132 section 9.10).";
    58 RENEWAL_TIME U32 "T1 in seconds (RFC 2132 section 9.11).";
    59 REBINDING_TIME U32 "T2 in seconds (RFC 2132 section 9.12).";
    60 VENDOR_CLASS Text "Vendor class (RFC 2132 section 9.13).";
    61 CLIENT_ID Opaque "Client identifier (RFC 2132 section 9.14, RFC 4361).";
    64 NISPLUS_DOMAIN Text "NIS+ domain (RFC 2132 section 8.11).";
    65 NISPLUS_SERVERS Addresses "NIS+ servers (RFC 2132 section 8.12).";
    66 TFTP_SERVER_NAME Text "TFTP server (RFC 2132 section 9.4).";
    67 BOOT_FILE_NAME Text "Boot file (RFC 2132 section 9.5).";
    68 MOBILE_IP_HOME_AGENTS Opaque "Mobile IP home agents, possibly none (RFC 2132 section 8.13).";
    69 SMTP_SERVERS Addresses "SMTP servers (RFC 2132 section 8.14).";
    70 POP3_SERVERS Addresses "POP3 servers (RFC 2132 section 8.15).";
    71 NNTP_SERVERS Addresses "NNTP servers (RFC 2132 section 8.16).";
    72 WWW_SERVERS Addresses "WWW servers (RFC 2132 section 8.17).";
    73 FINGER_SERVERS Addresses "Finger servers (RFC 2132 section 8.18).";
    74 IRC_SERVERS Addresses "IRC servers (RFC 2132 section 8.19).";
    75 STREETTALK_SERVERS Addresses "`StreetTalk` servers (RFC 2132 section 8.20).";
    76 STDA_SERVERS Addresses "`StreetTalk` directory assistance servers (RFC 2132 section 8.21).";
    77 USER_CLASS Opaque "User class (RFC 3004); iPXE sends plain text.";
    82 RELAY_AGENT SubOptions "Relay agent information (RFC 3046).";
    93 CLIENT_ARCH U16List "Client system architecture (RFC 4578 section 2.1).";
    94 CLIENT_NDI Opaque "Network device interface: type, major, minor (RFC 4578 section 2.2).";
    97 CLIENT_UUID Opaque "Type 0 and the machine's UUID (RFC 4578 section 2.3).";
    119 DOMAIN_SEARCH DomainList "Domain search list (RFC 3397).";
    121 CLASSLESS_ROUTES Routes "Classless static routes (RFC 3442).";
    150 TFTP_SERVERS Addresses "TFTP servers (RFC 5859).";
    175 ETHERBOOT Opaque "iPXE's own sub-options.";
    208 PXELINUX_MAGIC Opaque "F1:00:74:7E (RFC 5071 section 3).";
    209 PXELINUX_CONFIG_FILE Text "Configuration file (RFC 5071 section 4).";
    210 PXELINUX_PATH_PREFIX Text "Prefix of file names (RFC 5071 section 5).";
    211 PXELINUX_REBOOT_TIME U32 "Seconds until a restart (RFC 5071 section 6).";
    255 END Marker "The end (RFC 2132 section 3.2).";
}

impl OptionCode {
    /// The table's row for this code.
    #[must_use]
    pub fn entry(self) -> Option<&'static OptionEntry> {
        Self::TABLE.iter().find(|entry| entry.code == self)
    }

    /// The name, such as `ROOT_PATH`.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        self.entry().map(|entry| entry.name)
    }

    /// The type of the value; opaque where we don't know the option.
    #[must_use]
    pub fn kind(self) -> OptionKind {
        self.entry().map_or(OptionKind::Opaque, |entry| entry.kind)
    }
}

impl fmt::Debug for OptionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name}({})", self.0),
            None => write!(f, "OptionCode({})", self.0),
        }
    }
}

impl fmt::Display for OptionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A message type, the value of option 53. Prints its name.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageType(pub u8);

impl MessageType {
    /// Who can give me an address?
    pub const DISCOVER: Self = Self(1);
    /// I can, this one.
    pub const OFFER: Self = Self(2);
    /// I take it; or: may I keep it?
    pub const REQUEST: Self = Self(3);
    /// Somebody else uses that address.
    pub const DECLINE: Self = Self(4);
    /// It is yours.
    pub const ACK: Self = Self(5);
    /// It is not yours.
    pub const NAK: Self = Self(6);
    /// I don't need it any more.
    pub const RELEASE: Self = Self(7);
    /// I have an address, tell me the rest.
    pub const INFORM: Self = Self(8);

    /// The name of RFC 2131 without `DHCP`.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::DISCOVER => "DISCOVER",
            Self::OFFER => "OFFER",
            Self::REQUEST => "REQUEST",
            Self::DECLINE => "DECLINE",
            Self::ACK => "ACK",
            Self::NAK => "NAK",
            Self::RELEASE => "RELEASE",
            Self::INFORM => "INFORM",
            Self(_) => return None,
        })
    }
}

impl fmt::Debug for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "MessageType({})", self.0),
        }
    }
}
