//! From an address to something to boot: proxy, menu, boot servers.

use core::net::Ipv4Addr;
use core::time::Duration;

use bootproto_core::Instant;

use super::exchange::Exchange;
use super::facts::{Facts, Speaker, file_name, is_pxe, pxe_options, server_id};
use super::machine::{Phase, Way};
use super::{Boot, Client, Event, Failure, Ignored, Source};
use crate::wire::{MenuItem, MessageType, OptionCode, Packet, Prompt};

/// How many boot servers of a list are asked.
const MAX_SERVERS: u8 = 8;
/// The prompt's time that means: for ever.
const FOREVER: u8 = 255;

impl Client {
    /// The address is there: where does the boot file come from?
    pub(super) fn decide(&mut self, now: Instant) -> Option<Event<'static>> {
        // A DHCP server that says PXEClient and nothing else is its own proxy: its port 4011 has the rest (PXE 2.1
        // section 2.2.3).
        let proxy = self.proxy.as_ref().filter(|_| !self.pxe_from_proxy);
        let dhcp =
            self.dhcp.as_ref().filter(|dhcp| self.proxy.is_none() && dhcp.is_pxe && self.pxe.is_empty());
        let dhcp = dhcp.filter(|_| self.config.speaks_pxe());
        let ask = proxy.or(dhcp).filter(|facts| !facts.has_file());
        if let Some(server) = ask.map(|facts| facts.server) {
            self.phase = Phase::AskingProxy { server };
            self.boot_exchange = Exchange::pxe(now, &mut self.rng);
            return None;
        }
        self.follow_pxe(now)
    }

    /// Does what the PXE sub-options say.
    fn follow_pxe(&mut self, now: Instant) -> Option<Event<'static>> {
        let pxe = self.pxe_options();
        let mut items = pxe.menu();
        let has_file = self.facts().any(Facts::has_file);
        let Some(first) = items.next() else {
            let broken = pxe.option(crate::wire::PxeCode::BOOT_MENU).is_some() && !has_file;
            return if broken { Some(self.fail(Failure::BadMenu)) } else { self.conclude() };
        };
        if pxe.discovery().boot_file_is_here() && has_file {
            return self.conclude();
        }
        let alone = items.next().is_none();
        match (pxe.prompt(), alone) {
            (Some(Prompt { timeout_seconds: 0, .. }), _) | (None, true) => {
                let kind = first.kind;
                self.discover(now, kind)
            }
            (prompt, _) => {
                let seconds = prompt.map_or(FOREVER, |prompt| prompt.timeout_seconds);
                let end = now.saturating_add(Duration::from_secs(seconds.into()));
                self.phase = Phase::Choosing { until: (seconds != FOREVER).then_some(end) };
                Some(Event::Menu)
            }
        }
    }

    /// Who said something about the boot: the proxy first, then the DHCP server.
    pub(super) fn facts(&self) -> impl Iterator<Item = &Facts> {
        [&self.proxy, &self.dhcp].into_iter().flatten()
    }

    /// The prompt's time is over.
    pub(super) fn choose_first(&mut self, now: Instant) -> Option<Event<'static>> {
        let first = self.pxe_options().menu().next().map(|item| item.kind);
        match first {
            Some(kind) => self.discover(now, kind),
            None => Some(self.fail(Failure::BadMenu)),
        }
    }

    /// Looks for boot servers of a type.
    pub(super) fn discover(&mut self, now: Instant, kind: u16) -> Option<Event<'static>> {
        if kind == MenuItem::LOCAL_BOOT {
            self.phase = Phase::Over;
            return Some(Event::LocalBoot);
        }
        self.discover_next(now, kind, None)
    }

    /// Looks for boot servers in the next way after `last`: multicast, broadcast, one listed server after the other
    /// (PXE 2.1 section 2.2.7).
    pub(super) fn discover_next(
        &mut self,
        now: Instant,
        kind: u16,
        last: Option<Way>,
    ) -> Option<Event<'static>> {
        match self.next_way(kind, last) {
            Some(way) => {
                self.phase = Phase::Discovering { kind, way };
                self.boot_exchange = Exchange::pxe(now, &mut self.rng);
                None
            }
            None => {
                let control = self.pxe_options().discovery();
                let failure = match last {
                    Some(_) => Failure::NoBootServer { kind },
                    None if control.forbids_multicast() => Failure::NoBootServerList { kind },
                    None => Failure::NoDiscoveryMulticast { kind },
                };
                Some(self.fail(failure))
            }
        }
    }

    fn next_way(&self, kind: u16, last: Option<Way>) -> Option<Way> {
        let pxe = self.pxe_options();
        let control = pxe.discovery();
        let multicast = || {
            let group = pxe.multicast().filter(|group| group.is_multicast() && !control.forbids_multicast());
            group.map(Way::Multicast)
        };
        let broadcast = || (!control.forbids_broadcast()).then_some(Way::Broadcast);
        let listed = |index: u8| {
            let mut addresses = pxe.boot_servers().of_kind(kind)?.addresses.take(MAX_SERVERS.into());
            let server = addresses.nth(index.into())?;
            Some(Way::Unicast { index, server })
        };
        match last {
            None => multicast().or_else(broadcast).or_else(|| listed(0)),
            Some(Way::Multicast(_)) => broadcast().or_else(|| listed(0)),
            Some(Way::Broadcast) => listed(0),
            Some(Way::Unicast { index, .. }) => listed(index.saturating_add(1)),
        }
    }

    /// The proxy does not answer on port 4011: what the DHCP server names will do, if it names something.
    pub(super) fn give_up_proxy(&mut self, server: Ipv4Addr) -> Event<'static> {
        self.boot_exchange.stop();
        self.proxy = None;
        if self.dhcp.as_ref().is_some_and(Facts::has_file)
            && let Some(event) = self.conclude()
        {
            return event;
        }
        self.fail(Failure::ProxySilent { server })
    }

    /// An answer with the transaction id of the exchange with proxy or boot server.
    pub(super) fn handle_boot_answer<'d>(
        &mut self,
        now: Instant,
        packet: &Packet<'d>,
        source: Ipv4Addr,
    ) -> Result<Event<'d>, Ignored> {
        match packet.message_type() {
            Some(MessageType::ACK | MessageType::OFFER) => {}
            kind => return Err(Ignored::Unexpected { kind: kind.map_or(0, |kind| kind.0) }),
        }
        if !is_pxe(packet) {
            return Err(Ignored::NotPxe);
        }
        if let Phase::AskingProxy { server } = self.phase {
            return self.handle_proxy_ack(now, packet, source, server);
        }
        if let Phase::Discovering { kind, way } = self.phase {
            return self.handle_boot_server_ack(packet, source, kind, way);
        }
        Err(Ignored::Duplicate)
    }

    fn handle_proxy_ack<'d>(
        &mut self,
        now: Instant,
        packet: &Packet<'d>,
        source: Ipv4Addr,
        asked: Ipv4Addr,
    ) -> Result<Event<'d>, Ignored> {
        let server = server_id(packet).unwrap_or(source);
        if server != asked && source != asked {
            return Err(Ignored::NotSelected { server });
        }
        let pxe = pxe_options(packet);
        if file_name(packet).is_empty() && pxe.is_none() {
            return Err(Ignored::Useless);
        }
        self.boot_exchange.stop();
        self.proxy = Some(Facts::new(packet, source));
        self.note_boot(packet, Speaker::Proxy);
        if let Some(pxe) = pxe {
            (self.pxe, self.pxe_from_proxy) = (pxe, true);
        }
        Ok(self.follow_pxe(now).unwrap_or(Event::Nothing))
    }

    fn handle_boot_server_ack<'d>(
        &mut self,
        packet: &Packet<'d>,
        source: Ipv4Addr,
        kind: u16,
        way: Way,
    ) -> Result<Event<'d>, Ignored> {
        let server = server_id(packet).unwrap_or(source);
        let is_one = |address: Ipv4Addr| address == server || address == source;
        let expected = match way {
            Way::Unicast { server, .. } => is_one(server),
            Way::Multicast(_) | Way::Broadcast if self.pxe_options().discovery().only_listed_servers() => {
                let row = self.pxe_options().boot_servers().of_kind(kind);
                // PXE 2.1 table 2-1: a row without addresses means any server of the type.
                row.is_some_and(|row| {
                    let mut listed = row.addresses.peekable();
                    listed.peek().is_none() || listed.any(is_one)
                })
            }
            Way::Multicast(_) | Way::Broadcast => true,
        };
        let other_item = packet
            .option(OptionCode::VENDOR_SPECIFIC)
            .and_then(|value| value.pxe().boot_item())
            .is_some_and(|(item, _)| item != kind);
        if !expected || other_item {
            return Err(Ignored::NotSelected { server });
        }
        let facts = Facts::new(packet, source);
        if !facts.has_file() {
            return Err(Ignored::Useless);
        }
        self.boot_exchange.stop();
        self.note_boot(packet, Speaker::Proxy);
        let server = facts.siaddr.unwrap_or(server);
        Ok(self.ready(server, Source::BootServer, &facts))
    }

    /// All is said: the boot file and its server.
    pub(super) fn conclude(&mut self) -> Option<Event<'static>> {
        let Some(facts) = self.facts().find(|facts| facts.has_file()).cloned() else {
            let server = self.facts().next().map_or(Ipv4Addr::UNSPECIFIED, |facts| facts.server);
            self.phase = Phase::Over;
            return self.config.seeks_boot().then(|| self.fail(Failure::NoBootFile { server }));
        };
        let (server, source) = self.boot_server().unwrap_or((facts.server, Source::DhcpServer));
        Some(self.ready(server, source, &facts))
    }

    /// The boot server by precedence: the order of [`Source`].
    fn boot_server(&self) -> Option<(Ipv4Addr, Source)> {
        let (proxy, dhcp) = (self.proxy.as_ref(), self.dhcp.as_ref());
        let rules = [
            (proxy.and_then(|facts| facts.siaddr), Source::ProxySiaddr),
            (proxy.and_then(|facts| facts.tftp_name), Source::ProxyTftpName),
            (dhcp.and_then(|facts| facts.siaddr), Source::DhcpSiaddr),
            (dhcp.and_then(|facts| facts.tftp_name), Source::DhcpTftpName),
            (dhcp.and_then(|facts| facts.tftp_servers), Source::DhcpTftpServers),
            (dhcp.map(|facts| facts.server), Source::DhcpServer),
        ];
        rules.into_iter().find_map(|(server, source)| Some((server?, source)))
    }

    pub(super) fn ready<'d>(&mut self, server: Ipv4Addr, server_from: Source, facts: &Facts) -> Event<'d> {
        if facts.too_long != 0 {
            return self.fail(Failure::BootFileTooLong { length: facts.too_long });
        }
        let file = facts.file.clone();
        let known = core::mem::replace(&mut self.boot, Boot::EMPTY);
        self.boot = Boot { server, server_from, file, ..known };
        self.phase = Phase::Ready;
        Event::BootReady
    }
}
