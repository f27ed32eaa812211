//! What an answer says about the boot.

use core::net::Ipv4Addr;

use bootproto_core::num;

use super::{Boot, Client};
use crate::Text;
use crate::wire::{OptionCode, Packet, PxeCode, Value};

/// How many bytes of option 43 are kept: menus of real servers stay below one option's 255.
pub(super) const PXE_BYTES: usize = 512;

/// What one answerer says about the boot: where from and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    /// Who speaks: option 54, or where the datagram came from.
    pub(super) server: Ipv4Addr,
    pub(super) siaddr: Option<Ipv4Addr>,
    pub(super) tftp_name: Option<Ipv4Addr>,
    pub(super) tftp_servers: Option<Ipv4Addr>,
    /// Whether option 60 says `PXEClient`.
    pub(super) is_pxe: bool,
    pub(super) file: Text<255>,
    /// The length of a file name that is longer than that; 0 otherwise.
    pub(super) too_long: u16,
}

impl Facts {
    /// What `packet` says.
    pub(super) fn new(packet: &Packet<'_>, source: Ipv4Addr) -> Self {
        let mut facts = Self {
            server: source,
            siaddr: None,
            tftp_name: None,
            tftp_servers: None,
            is_pxe: false,
            file: Text::EMPTY,
            too_long: 0,
        };
        facts.update(packet, source);
        facts
    }

    /// Takes what `packet` says; what it leaves out keeps its old value.
    pub(super) fn update(&mut self, packet: &Packet<'_>, source: Ipv4Addr) {
        self.server = server_id(packet).unwrap_or(source);
        self.is_pxe |= is_pxe(packet);
        let siaddr = packet.header.siaddr;
        self.siaddr = Some(siaddr).filter(|address| !address.is_unspecified()).or(self.siaddr);
        self.tftp_name =
            packet.option(OptionCode::TFTP_SERVER_NAME).and_then(|name| literal(name)).or(self.tftp_name);
        let servers = packet.option(OptionCode::TFTP_SERVERS).and_then(Value::addresses);
        self.tftp_servers = servers.and_then(|mut list| list.next()).or(self.tftp_servers);
        let name = file_name(packet);
        if !name.is_empty() {
            let text = Text::from_value(&name);
            self.too_long = if text.is_some() { 0 } else { num::u16_from_usize_saturating(name.len()) };
            self.file = text.unwrap_or_default();
        }
    }

    /// Whether a boot file is named.
    pub(super) fn has_file(&self) -> bool {
        !self.file.is_empty() || self.too_long != 0
    }
}

/// Who a server says it is.
pub(super) fn server_id(packet: &Packet<'_>) -> Option<Ipv4Addr> {
    packet.option(OptionCode::SERVER_ID)?.address()
}

/// The boot file: the field `file`, or option 67 where the field is empty or holds options. NULs at the end are no
/// part of it: dnsmasq counts one into option 67.
pub(super) fn file_name<'a>(packet: &Packet<'a>) -> Value<'a> {
    let field = Value::new(packet.file());
    if !field.is_empty() {
        return field;
    }
    packet.option(OptionCode::BOOT_FILE_NAME).map_or(field, Value::trim_nul)
}

/// Whether option 60 says `PXEClient`. Only then is option 43 PXE's.
pub(super) fn is_pxe(packet: &Packet<'_>) -> bool {
    packet.option(OptionCode::VENDOR_CLASS).is_some_and(|class| class.starts_with(b"PXEClient"))
}

/// Option 43 of a PXE answer, if it says anything that we act on.
pub(super) fn pxe_options(packet: &Packet<'_>) -> Option<Text<PXE_BYTES>> {
    let value = packet.option(OptionCode::VENDOR_SPECIFIC).filter(|_| is_pxe(packet))?;
    let useful = [PxeCode::DISCOVERY_CONTROL, PxeCode::BOOT_MENU, PxeCode::BOOT_SERVERS];
    useful.into_iter().find_map(|code| value.pxe().option(code))?;
    Text::from_value(&value)
}

/// Whether `packet` names a boot file, or carries a menu.
pub(super) fn names_boot(packet: &Packet<'_>) -> bool {
    let menu = || pxe_options(packet).is_some_and(|text| Value::new(&text).pxe().menu().next().is_some());
    !file_name(packet).is_empty() || menu()
}

/// Who says something about the boot. The proxy's word goes first, as it does for server and file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    /// The DHCP server, which fills the gaps that a proxy leaves.
    Dhcp,
    /// The proxy or the boot server.
    Proxy,
}

impl Client {
    /// Takes what an answer says about the boot beside server and file, unless the search has ended.
    pub(super) fn note_boot(&mut self, packet: &Packet<'_>, from: Speaker) {
        if self.has_searched() {
            return;
        }
        let mut said = self.boot.clone();
        said.update(packet);
        if from == Speaker::Dhcp && self.proxy.is_some() {
            said.prefer(&self.boot);
        }
        self.boot = said;
    }

    /// Forgets what the offer so far said about the boot: there is a better one.
    pub(super) const fn forget_offer(&mut self) {
        self.dhcp = None;
        if !self.pxe_from_proxy {
            self.pxe = Text::EMPTY;
        }
        if self.proxy.is_none() && !self.has_searched() {
            self.boot = Boot::EMPTY;
        }
    }
}

impl Boot {
    /// Nothing known yet.
    pub(super) const EMPTY: Self = Self {
        server: Ipv4Addr::UNSPECIFIED,
        server_from: super::Source::DhcpServer,
        file: Text::EMPTY,
        config_file: Text::EMPTY,
        path_prefix: Text::EMPTY,
        reboot_time: None,
        root_path: Text::EMPTY,
        server_name: Text::EMPTY,
    };

    /// Takes what `packet` says beside server and file; what it leaves out keeps its old value.
    pub(super) fn update(&mut self, packet: &Packet<'_>) {
        keep(&mut self.config_file, packet, OptionCode::PXELINUX_CONFIG_FILE);
        keep(&mut self.path_prefix, packet, OptionCode::PXELINUX_PATH_PREFIX);
        keep(&mut self.root_path, packet, OptionCode::ROOT_PATH);
        let time = packet.option(OptionCode::PXELINUX_REBOOT_TIME).and_then(Value::u32);
        self.reboot_time = time.or(self.reboot_time);
        let names = [packet.option(OptionCode::TFTP_SERVER_NAME), Some(Value::new(packet.sname()))];
        let mut names = names.into_iter().flatten().map(Value::trim_nul);
        let name = names.find(|name| !name.is_empty() && literal(*name).is_none());
        self.server_name =
            name.and_then(|name| Text::from_value(&name)).unwrap_or_else(|| self.server_name.clone());
    }

    /// Takes what `first` says wherever it says something.
    fn prefer(&mut self, first: &Self) {
        prefer(&mut self.config_file, &first.config_file);
        prefer(&mut self.path_prefix, &first.path_prefix);
        prefer(&mut self.root_path, &first.root_path);
        prefer(&mut self.server_name, &first.server_name);
        self.reboot_time = first.reboot_time.or(self.reboot_time);
    }
}

/// Takes `first` if it says something.
fn prefer<const N: usize>(text: &mut Text<N>, first: &Text<N>) {
    if !first.is_empty() {
        text.clone_from(first);
    }
}

/// Takes a text option where it is there and fits.
pub(super) fn keep<const N: usize>(text: &mut Text<N>, packet: &Packet<'_>, code: OptionCode) {
    let new = packet.option(code).and_then(|value| Text::from_value(&value.trim_nul()));
    if let Some(new) = new.filter(|new| !new.is_empty()) {
        *text = new;
    }
}

/// An IPv4 address written in digits; a name would need DNS.
fn literal(text: Value<'_>) -> Option<Ipv4Addr> {
    let text: Text<15> = Text::from_value(&text.trim_nul())?;
    let address = bootproto_core::text::ipv4(&text)?;
    (!address.is_unspecified()).then_some(address)
}
