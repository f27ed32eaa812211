//! What an answer says.

use core::net::Ipv4Addr;

use bootproto_core::{BufferTooSmall, Writer};

use super::answer::{Answer, Kind};
use super::layout::{self, OptionList};
use super::request::{Class, Request};
use super::{Config, LeftOut, Role};
use crate::wire::{Header, OptionCode, PxeCode, write_sub_option};

/// What option 43 of an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Vendor {
    /// Nothing: there is no option 43.
    None,
    /// That the boot file is in this very answer.
    FileHere,
    /// The menu.
    Menu,
    /// The menu item that this answers.
    Item(u16, u16),
}

/// The boot information of an answer.
#[derive(Debug, Clone, Copy)]
struct Boot<'c> {
    file: &'c [u8],
    server: Ipv4Addr,
    /// Option 60, if the answer is one of PXE or HTTP boot.
    class: Option<&'static [u8]>,
    vendor: Vendor,
}

const PXE: Option<&[u8]> = Some(b"PXEClient");
const HTTP: Option<&[u8]> = Some(b"HTTPClient");

impl<'c> Boot<'c> {
    const NOTHING: Self =
        Self { file: &[], server: Ipv4Addr::UNSPECIFIED, class: None, vendor: Vendor::None };

    fn of(config: &'c Config, answer: &Answer) -> Self {
        let request = &answer.request;
        match answer.kind {
            Kind::Nak { .. } => Self::NOTHING,
            Kind::BootServer => Self::from_boot_server(config, request),
            Kind::ProxyOffer if request.class == Class::Pxe && request.is_efi() => {
                // EDK2 takes the boot file from the PXE port only; an empty offer leads it there, to `siaddr`.
                Self { server: config.address, class: PXE, ..Self::NOTHING }
            }
            Kind::Offer { .. } | Kind::Ack { .. } | Kind::Inform | Kind::Bootp { .. } | Kind::ProxyOffer => {
                Self::in_place(config, request)
            }
        }
    }

    /// For answers that carry the boot information themselves.
    fn in_place(config: &'c Config, request: &Request) -> Self {
        let is_pxe = request.class == Class::Pxe;
        if is_pxe && config.menu.has_lines(request.arch) {
            return Self { class: PXE, vendor: Vendor::Menu, ..Self::NOTHING };
        }
        let Some(file) = config.boot_files.file_for(request) else { return Self::NOTHING };
        let plain = Self { file, server: next_server(config), ..Self::NOTHING };
        match request.class {
            Class::Http => Self { class: HTTP, ..plain },
            // A DHCP answer that says PXEClient would send EDK2 looking for a boot server.
            Class::Pxe if config.role == Role::Dhcp && request.is_efi() => plain,
            Class::Pxe => Self { class: PXE, vendor: Vendor::FileHere, ..plain },
            Class::Other => plain,
        }
    }

    fn from_boot_server(config: &'c Config, request: &Request) -> Self {
        let arch = request.arch;
        let found = match request.item {
            Some((kind, _)) => config.menu.choice(arch, kind),
            None if config.menu.has_lines(arch) => {
                return Self { server: config.address, class: PXE, vendor: Vendor::Menu, ..Self::NOTHING };
            }
            None => None,
        };
        let own = || config.boot_files.file_for(request).map(|file| (file, None));
        let (file, server) = found.or_else(own).unwrap_or_default();
        let vendor = request.item.map_or(Vendor::None, |(kind, layer)| Vendor::Item(kind, layer));
        Self { file, server: server.unwrap_or_else(|| next_server(config)), class: PXE, vendor }
    }
}

fn next_server(config: &Config) -> Ipv4Addr {
    config.next_server.unwrap_or(config.address)
}

/// The parts of an answer before they have their places.
struct Draft<'c> {
    header: Header,
    /// The boot file where it fits the field `file`.
    file: &'c [u8],
    list: OptionList,
    /// The longest message that may come of it.
    limit: usize,
}

impl<'c> Draft<'c> {
    fn of(config: &'c Config, answer: &Answer) -> Self {
        let request = &answer.request;
        let boot = Boot::of(config, answer);
        let fits_field = boot.file.len() <= 127;
        let list = options(config, answer, &boot, fits_field);
        // The relay agent takes its option out again: the client needs no room for it.
        let relayed = list.encoded_len(OptionCode::RELAY_AGENT);
        Self {
            header: header(answer, boot.server),
            file: if fits_field { boot.file } else { &[] },
            list,
            limit: request.limit.saturating_add(relayed).min(Request::MAX_ANSWER),
        }
    }
}

/// Writes the answer.
pub(super) fn write<'b>(
    config: &Config,
    answer: &Answer,
    buf: &'b mut [u8],
) -> Result<&'b [u8], BufferTooSmall> {
    let draft = Draft::of(config, answer);
    layout::write(buf, &draft.header, draft.file, &draft.list, draft.limit)
}

/// The options that the answer has no room for.
pub(super) fn left_out(config: &Config, answer: &Answer) -> LeftOut {
    let draft = Draft::of(config, answer);
    layout::left_out(draft.file, &draft.list, draft.limit)
}

fn header(answer: &Answer, boot_server: Ipv4Addr) -> Header {
    let request = &answer.request.header;
    let mut header = Header::reply_to(request);
    header.yiaddr = answer.kind.given().unwrap_or(Ipv4Addr::UNSPECIFIED);
    header.siaddr = boot_server;
    match answer.kind {
        Kind::Ack { .. } | Kind::Inform | Kind::BootServer | Kind::Bootp { .. } => {
            header.ciaddr = request.ciaddr;
        }
        //= https://www.rfc-editor.org/rfc/rfc2131#section-4.3.2
        //# If 'giaddr' is set in the DHCPREQUEST message, the client is on a
        //# different subnet.  The server MUST set the broadcast bit in the
        //# DHCPNAK
        Kind::Nak { .. } => header.flags |= Header::BROADCAST,
        Kind::Offer { .. } => {}
        // There is no address to send it to but everybody's.
        Kind::ProxyOffer => header.flags |= Header::BROADCAST,
    }
    header
}

fn options(config: &Config, answer: &Answer, boot: &Boot<'_>, file_in_field: bool) -> OptionList {
    let request = &answer.request;
    let mut list = OptionList::default();
    if let Some(kind) = answer.kind.message_type() {
        list.push(OptionCode::MESSAGE_TYPE, &[kind.0]);
        list.push(OptionCode::SERVER_ID, &config.address.octets());
    }
    //= https://www.rfc-editor.org/rfc/rfc6842#section-3
    //# the server MUST return the 'client identifier' option, unaltered,
    //# in its response message.
    if let Some(id) = &request.client_id {
        list.push(OptionCode::CLIENT_ID, id);
    }
    match answer.kind {
        Kind::Nak { reason } => list.push(OptionCode::MESSAGE, reason.text().as_bytes()),
        Kind::Offer { .. } | Kind::Ack { .. } | Kind::Inform | Kind::Bootp { .. } => {
            push_network(config, answer, &mut list);
            push_boot(config, request, boot, file_in_field, &mut list);
        }
        Kind::ProxyOffer | Kind::BootServer => push_boot(config, request, boot, file_in_field, &mut list),
    }
    //= https://www.rfc-editor.org/rfc/rfc3046#section-2.2
    //# DHCP servers claiming to support the Relay Agent Information option
    //# SHALL echo the entire contents of the Relay Agent Information option
    //# in all replies.
    if let Some(relay) = &request.relay {
        list.push(OptionCode::RELAY_AGENT, relay);
    }
    list
}

/// Lease times, netmask, routers and what else belongs to the network.
fn push_network(config: &Config, answer: &Answer, list: &mut OptionList) {
    let request = &answer.request;
    //= https://www.rfc-editor.org/rfc/rfc2131#section-4.3.5
    //# The server MUST NOT send a lease
    //# expiration time to the client
    if let Some(lease) = answer.kind.lease() {
        list.push(OptionCode::LEASE_TIME, &lease.to_be_bytes());
        let (t1, t2) = (lease / 2, lease.saturating_sub((lease / 8).max(1)));
        //= https://www.rfc-editor.org/rfc/rfc2131#section-4.4.5
        //# T1 MUST be
        //# earlier than T2, which, in turn, MUST be earlier than the time at
        //# which the client's lease will expire.
        if lease != u32::MAX && t1 > 0 && t1 < t2 {
            list.push(OptionCode::RENEWAL_TIME, &t1.to_be_bytes());
            list.push(OptionCode::REBINDING_TIME, &t2.to_be_bytes());
        }
    }
    list.push(OptionCode::SUBNET_MASK, &config.mask.octets());
    if request.wants(OptionCode::ROUTERS) {
        push_addresses(list, OptionCode::ROUTERS, &config.routers);
    }
    if request.wants(OptionCode::DNS_SERVERS) {
        push_addresses(list, OptionCode::DNS_SERVERS, &config.dns);
    }
    if let Some(broadcast) = config.broadcast()
        && request.wants(OptionCode::BROADCAST_ADDRESS)
    {
        list.push(OptionCode::BROADCAST_ADDRESS, &broadcast.octets());
    }
    if let Some(mtu) = config.mtu
        && request.wants(OptionCode::INTERFACE_MTU)
    {
        list.push(OptionCode::INTERFACE_MTU, &mtu.to_be_bytes());
    }
}

fn push_addresses(list: &mut OptionList, code: OptionCode, addresses: &[Ipv4Addr]) {
    let mut room = [0; 16];
    let mut writer = Writer::new(&mut room);
    for address in addresses {
        writer.bytes(&address.octets());
    }
    if let Ok(bytes) = writer.finish()
        && !bytes.is_empty()
    {
        list.push(code, bytes);
    }
}

/// PXE's options, what the operator added, and last the boot file: EDK2 writes a NUL after option 67, into whatever
/// follows it.
fn push_boot(config: &Config, request: &Request, boot: &Boot<'_>, in_field: bool, list: &mut OptionList) {
    if let Some(class) = boot.class {
        list.push(OptionCode::VENDOR_CLASS, class);
    }
    if let Some(uuid) = &request.uuid {
        list.push(OptionCode::CLIENT_UUID, uuid);
    }
    let mut room = [0; 255];
    let mut writer = Writer::new(&mut room);
    match boot.vendor {
        Vendor::None => {}
        Vendor::FileHere => {
            write_sub_option(&mut writer, PxeCode::DISCOVERY_CONTROL.0, &[8]);
            writer.u8(PxeCode::END.0);
        }
        Vendor::Menu => config.menu.write(&mut writer, request.arch, config.address),
        Vendor::Item(kind, layer) => {
            let [a, b] = kind.to_be_bytes();
            let [c, d] = layer.to_be_bytes();
            write_sub_option(&mut writer, PxeCode::BOOT_ITEM.0, &[a, b, c, d]);
            writer.u8(PxeCode::END.0);
        }
    }
    if let Ok(vendor) = writer.finish()
        && !vendor.is_empty()
    {
        list.push(OptionCode::VENDOR_SPECIFIC, vendor);
    }
    let boots = request.boots();
    list.push_encoded(&config.extra, |code| {
        let is_pxelinux =
            matches!(OptionCode(code), OptionCode::PXELINUX_CONFIG_FILE | OptionCode::PXELINUX_PATH_PREFIX);
        is_pxelinux && !boots
    });
    if boot.file.is_empty() {
        return;
    }
    if request.wants(OptionCode::TFTP_SERVER_NAME) && boot.class != HTTP {
        let mut room = [0; 15];
        let mut writer = Writer::new(&mut room);
        let [first, rest @ ..] = boot.server.octets();
        writer.decimal(u64::from(first));
        for octet in rest {
            writer.bytes(b".");
            writer.decimal(u64::from(octet));
        }
        if let Ok(name) = writer.finish() {
            list.push(OptionCode::TFTP_SERVER_NAME, name);
        }
    }
    if !in_field || request.wants(OptionCode::BOOT_FILE_NAME) || boot.class == HTTP {
        list.push(OptionCode::BOOT_FILE_NAME, boot.file);
    }
}
