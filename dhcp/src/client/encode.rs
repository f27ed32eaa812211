//! The messages that the client sends, one encoder for first and repeated ones.

use core::net::{Ipv4Addr, SocketAddrV4};

use bootproto_core::{BufferTooSmall, Instant, UdpPath, Writer};

use super::Client;
use super::machine::{Phase, State, Way};
use super::{Config, VendorClass};
use crate::MAX_CLIENT_ID;
use crate::wire::{Builder, Header, MessageType, OptionCode, PxeCode, write_sub_option};

/// The largest message we take: Ethernet's 1500 bytes without the headers of IPv4 and UDP.
const LARGEST_MESSAGE: u16 = 1472;

/// What we ask for, in the order of use. 121 stands before 3 as RFC 3442 wants; 128 to 135 are PXE's (PXE 2.1 table
/// 2-1). dnsmasq and Kea send nothing that is not asked for.
const PARAMETERS: [u8; 32] = [
    1, 121, 3, 6, 12, 15, 17, 26, 28, 42, 43, 51, 54, 58, 59, 60, 66, 67, 97, 150, 208, 209, 210, 211, 128,
    129, 130, 131, 132, 133, 134, 135,
];

/// Which message, and what it carries beside what all carry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outline {
    kind: MessageType,
    xid: u32,
    secs: u16,
    ciaddr: Ipv4Addr,
    requested: Option<Ipv4Addr>,
    server: Option<Ipv4Addr>,
    boot_item: Option<u16>,
    /// DECLINE and RELEASE say nothing about what we want.
    terse: bool,
    /// Where it goes.
    remote: SocketAddrV4,
}

impl Client {
    /// The pending message of the address's exchange.
    pub(super) fn outline(&self, now: Instant) -> Option<Outline> {
        let address = self.lease.as_ref().map_or(Ipv4Addr::UNSPECIFIED, |lease| lease.address);
        let server_id = self.lease.as_ref().and_then(|lease| lease.server_id);
        let port = self.config.server_port;
        let everybody = SocketAddrV4::new(Ipv4Addr::BROADCAST, port);
        let base = Outline {
            kind: MessageType::REQUEST,
            xid: self.exchange.xid,
            secs: self.exchange.elapsed(now),
            ciaddr: Ipv4Addr::UNSPECIFIED,
            requested: None,
            server: None,
            boot_item: None,
            terse: false,
            remote: everybody,
        };
        let to_server = server_id.map_or(everybody, |server| SocketAddrV4::new(server, port));
        match self.state {
            State::Selecting { .. } => Some(Outline { kind: MessageType::DISCOVER, ..base }),
            State::Requesting => {
                let offer = self.offer?;
                //= https://www.rfc-editor.org/rfc/rfc2131#section-3.1
                //# the DHCPREQUEST
                //# message MUST use the same value in the DHCP message header's
                //# 'secs' field and be sent to the same IP broadcast address as the
                //# original DHCPDISCOVER message.
                let secs = self.exchange.secs;
                //= https://www.rfc-editor.org/rfc/rfc2131#section-3.1
                //# The client broadcasts a DHCPREQUEST message that MUST include the
                //# 'server identifier' option to indicate which server it has
                //# selected, and that MAY include other options specifying desired
                //# configuration values. The 'requested IP address' option MUST be
                //# set to the value of 'yiaddr' in the DHCPOFFER message from the
                //# server.
                Some(Outline { requested: Some(offer.address), server: Some(offer.server), secs, ..base })
            }
            //= https://www.rfc-editor.org/rfc/rfc2131#section-4.4.2
            //# The client MUST insert its known network address as a 'requested
            //# IP address' option in the DHCPREQUEST message.
            State::Rebooting => Some(Outline { requested: self.config.requested, ..base }),
            //= https://www.rfc-editor.org/rfc/rfc2131#section-4.4.3
            //# DHCPINFORM messages MUST be directed to the 'DHCP server' UDP
            //# port.
            State::Informing => {
                let ciaddr = self.config.inform?;
                Some(Outline { kind: MessageType::INFORM, ciaddr, ..base })
            }
            //= https://www.rfc-editor.org/rfc/rfc2131#section-4.3.2
            //# 'server identifier' MUST NOT be filled in, 'requested IP address'
            //# option MUST NOT be filled in, 'ciaddr' MUST be filled in with
            //# client's IP address.
            State::Renewing => Some(Outline { ciaddr: address, remote: to_server, ..base }),
            //= https://www.rfc-editor.org/rfc/rfc2131#section-4.3.2
            //# This message MUST be broadcast to the 0xffffffff IP broadcast
            //# address.
            State::Rebinding => Some(Outline { ciaddr: address, ..base }),
            State::Resting { .. } => {
                let declined = self.declined?;
                let kind = MessageType::DECLINE;
                Some(Outline { kind, requested: Some(declined), server: server_id, terse: true, ..base })
            }
            State::Releasing => {
                let kind = MessageType::RELEASE;
                Some(Outline {
                    kind,
                    ciaddr: address,
                    server: server_id,
                    terse: true,
                    remote: to_server,
                    ..base
                })
            }
            State::Probing { .. } | State::Bound | State::Finished => None,
        }
    }

    /// The pending message to a proxy or boot server.
    pub(super) fn boot_outline(&self, now: Instant) -> Option<Outline> {
        let pxe = |address| SocketAddrV4::new(address, self.config.pxe_port);
        let (remote, boot_item) = match self.phase {
            Phase::AskingProxy { server } => (pxe(server), None),
            Phase::Discovering { kind, way } => {
                let remote = match way {
                    Way::Multicast(group) => pxe(group),
                    Way::Broadcast => SocketAddrV4::new(Ipv4Addr::BROADCAST, self.config.server_port),
                    Way::Unicast { server, .. } => pxe(server),
                };
                (remote, Some(kind))
            }
            Phase::Waiting
            | Phase::Deciding { .. }
            | Phase::Choosing { .. }
            | Phase::Chosen { .. }
            | Phase::Ready
            | Phase::Over => return None,
        };
        Some(Outline {
            kind: MessageType::REQUEST,
            xid: self.boot_exchange.xid,
            secs: self.boot_exchange.elapsed(now),
            ciaddr: self.lease.as_ref()?.address,
            requested: None,
            server: None,
            boot_item,
            terse: false,
            remote,
        })
    }
}

impl Outline {
    /// The value of `secs`.
    pub(super) const fn secs(&self) -> u16 {
        self.secs
    }

    /// From where to where.
    pub(super) const fn path(&self, config: &Config) -> UdpPath {
        UdpPath::v4(SocketAddrV4::new(self.ciaddr, config.client_port), self.remote)
    }

    /// Writes the message.
    pub(super) fn encode<'b>(&self, config: &Config, buf: &'b mut [u8]) -> Result<&'b [u8], BufferTooSmall> {
        let mut header = Header::request(config.hardware, self.xid);
        header.secs = self.secs;
        header.ciaddr = self.ciaddr;
        // RFC 4390 section 2.2: who has an address gets his answers there, and must not ask for broadcasts.
        if config.broadcast && !self.terse && self.ciaddr.is_unspecified() {
            header.flags = Header::BROADCAST;
        }
        let mut message = Builder::new(buf, &header);
        message.message_type(self.kind);
        let mut id = [0; MAX_CLIENT_ID];
        //= https://www.rfc-editor.org/rfc/rfc2131#section-4.2
        //# If the client
        //# supplies a 'client identifier', the client MUST use the same 'client
        //# identifier' in all subsequent messages
        if let Some(id) = config.client_id.encode(&config.hardware, &mut id) {
            message.option(OptionCode::CLIENT_ID, id);
        }
        if let Some(requested) = self.requested {
            message.address(OptionCode::REQUESTED_ADDRESS, requested);
        }
        if let Some(server) = self.server {
            message.address(OptionCode::SERVER_ID, server);
        }
        if !self.terse {
            wishes(config, &mut message);
        }
        if let Some(kind) = self.boot_item {
            let [high, low] = kind.to_be_bytes();
            let mut item = [0; 7];
            let mut writer = Writer::new(&mut item);
            write_sub_option(&mut writer, PxeCode::BOOT_ITEM.0, &[high, low, 0, 0]);
            writer.u8(PxeCode::END.0);
            message.option(OptionCode::VENDOR_SPECIFIC, &item);
        }
        message.finish()
    }
}

/// What we are and what we want.
fn wishes(config: &Config, message: &mut Builder<'_>) {
    message.u16(OptionCode::MAXIMUM_MESSAGE_SIZE, LARGEST_MESSAGE);
    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.4.1
    //# If the client included a list of requested parameters in a
    //# DHCPDISCOVER message, it MUST include that list in all subsequent
    //# messages.
    let mut list = [0; 64];
    let mut writer = Writer::new(&mut list);
    writer.bytes(&PARAMETERS);
    writer.bytes(&config.parameters);
    if let Ok(list) = writer.finish() {
        message.option(OptionCode::PARAMETER_LIST, list);
    }
    let (major, minor) = config.undi;
    let mut class = [0; 64];
    let mut writer = Writer::new(&mut class);
    match &config.vendor_class {
        VendorClass::Pxe => arch_class(&mut writer, b"PXEClient", config),
        VendorClass::Http => arch_class(&mut writer, b"HTTPClient", config),
        VendorClass::Text(text) => writer.bytes(text),
        VendorClass::None => {}
    }
    if let Ok(class @ [_, ..]) = writer.finish() {
        message.option(OptionCode::VENDOR_CLASS, class);
    }
    if config.seeks_boot() {
        message.u16(OptionCode::CLIENT_ARCH, config.arch);
        message.option(OptionCode::CLIENT_NDI, &[1, major, minor]);
    }
    if let Some(uuid) = config.uuid {
        let mut value = [0; 17];
        let mut writer = Writer::new(&mut value);
        writer.u8(0);
        writer.bytes(&uuid);
        message.option(OptionCode::CLIENT_UUID, &value);
    }
    for (code, text) in
        [(OptionCode::USER_CLASS, &config.user_class), (OptionCode::HOST_NAME, &config.host_name)]
    {
        if !text.is_empty() {
            message.option(code, text);
        }
    }
}

/// `PXEClient:Arch:00007:UNDI:003016` (PXE 2.1 section 2.1.1).
fn arch_class(writer: &mut Writer<'_>, name: &[u8], config: &Config) {
    let (major, minor) = config.undi;
    writer.bytes(name);
    writer.bytes(b":Arch:");
    digits(writer, config.arch, 5);
    writer.bytes(b":UNDI:");
    digits(writer, major.into(), 3);
    digits(writer, minor.into(), 3);
}

/// `value` in at least `width` digits.
fn digits(writer: &mut Writer<'_>, value: u16, width: usize) {
    let mut buf = [0; 5];
    let mut own = Writer::new(&mut buf);
    own.decimal(value.into());
    if let Ok(text) = own.finish() {
        for _ in text.len()..width {
            writer.u8(b'0');
        }
        writer.bytes(text);
    }
}
