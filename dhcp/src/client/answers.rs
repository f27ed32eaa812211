//! Offers, acknowledgements and refusals: the answers of DHCP and BOOTP servers.

use core::net::Ipv4Addr;
use core::time::Duration;

use bootproto_core::Instant;

use super::exchange::Exchange;
use super::facts::{Facts, Speaker, is_pxe, names_boot, pxe_options, server_id};
use super::lease::{is_possible, is_zero};
use super::machine::{Offered, Phase, State, soon};
use super::{Client, Event, Failure, Ignored, Lease, Offer, OfferKind};
use crate::Text;
use crate::wire::{MessageType, OptionCode, Packet};

/// How many offers are looked at between two DISCOVERs.
const MAX_OFFERS: u8 = 16;
/// How long the caller may take to probe an address.
const PROBE_WAIT: Duration = Duration::from_secs(10);
/// How long to wait after DECLINE (RFC 2131 section 3.1).
const DECLINE_PAUSE: Duration = Duration::from_secs(10);
/// How many addresses may be declined or refused in a row.
pub(super) const MAX_SETBACKS: u8 = 5;

impl Client {
    /// An answer with the transaction id of the address's exchange.
    pub(super) fn handle_answer<'d>(
        &mut self,
        now: Instant,
        packet: &Packet<'d>,
        source: Ipv4Addr,
    ) -> Result<Event<'d>, Ignored> {
        let kind = packet.message_type();
        match (self.state, kind) {
            (State::Selecting { .. }, Some(MessageType::OFFER) | None) => {
                self.handle_offer(now, packet, source)
            }
            (
                State::Requesting | State::Rebooting | State::Informing | State::Renewing | State::Rebinding,
                Some(MessageType::ACK),
            ) => self.handle_ack(now, packet, source),
            (
                State::Requesting | State::Rebooting | State::Renewing | State::Rebinding,
                Some(MessageType::NAK),
            ) => self.handle_nak(now, packet, source),
            (State::Bound | State::Probing { .. }, Some(MessageType::ACK)) => Err(Ignored::Duplicate),
            (_, kind) => Err(Ignored::Unexpected { kind: kind.map_or(0, |kind| kind.0) }),
        }
    }

    fn handle_offer<'d>(
        &mut self,
        now: Instant,
        packet: &Packet<'d>,
        source: Ipv4Addr,
    ) -> Result<Event<'d>, Ignored> {
        if self.offers_seen >= MAX_OFFERS {
            return Err(Ignored::TooManyOffers);
        }
        let address = packet.header.yiaddr;
        let is_bootp = packet.message_type().is_none();
        let server = server_id(packet);
        if address.is_unspecified() && !is_bootp && is_pxe(packet) {
            return self.handle_proxy_offer(now, packet, source);
        }
        if address.is_unspecified() && !names_boot(packet) {
            return Err(Ignored::Useless);
        }
        if !is_possible(address) {
            return Err(Ignored::BadAddress { address });
        }
        if !is_bootp && server.is_none() {
            return Err(Ignored::NoServerId);
        }
        if !is_bootp && is_zero(packet) {
            return Err(Ignored::ZeroLease);
        }
        let server = server.unwrap_or(source);
        let has_boot = names_boot(packet);
        let offer = Offered { server, source, address, is_bootp, has_boot, is_pxe: is_pxe(packet) };
        if self.offer == Some(offer) {
            return Err(Ignored::Duplicate);
        }
        self.offers_seen = self.offers_seen.saturating_add(1);
        if self.offer.is_none_or(|best| offer.rank() > best.rank()) {
            self.take_offer(now, packet, offer);
        }
        let kind = if is_bootp { OfferKind::Bootp } else { OfferKind::Dhcp };
        let event = Event::Offered(Offer { server, address, kind, has_boot });
        Ok(self.select_if_complete(now).unwrap_or(event))
    }

    fn handle_proxy_offer<'d>(
        &mut self,
        now: Instant,
        packet: &Packet<'d>,
        source: Ipv4Addr,
    ) -> Result<Event<'d>, Ignored> {
        if !self.config.speaks_pxe() {
            return Err(Ignored::Useless);
        }
        let facts = Facts::new(packet, source);
        let has_boot = names_boot(packet);
        if self.proxy.as_ref().is_some_and(|proxy| proxy.server == facts.server) {
            return Err(Ignored::Duplicate);
        }
        self.offers_seen = self.offers_seen.saturating_add(1);
        let (server, address) = (facts.server, Ipv4Addr::UNSPECIFIED);
        // The first proxy counts, unless it must be asked on port 4011 and this one need not.
        let better = has_boot && !self.pxe_from_proxy && !self.proxy.as_ref().is_some_and(Facts::has_file);
        if self.proxy.is_none() || better {
            (self.pxe, self.pxe_from_proxy) =
                pxe_options(packet).map_or((Text::EMPTY, false), |pxe| (pxe, true));
            self.note_boot(packet, Speaker::Proxy);
            self.proxy = Some(facts);
        }
        let event = Event::Offered(Offer { server, address, kind: OfferKind::Proxy, has_boot });
        Ok(self.select_if_complete(now).unwrap_or(event))
    }

    /// Keeps an offer as the best one.
    fn take_offer(&mut self, now: Instant, packet: &Packet<'_>, offer: Offered) {
        let mut lease = Lease::new(offer.address, now);
        lease.update(packet);
        self.lease = Some(lease);
        self.forget_offer();
        self.take_facts(packet, offer.source);
        self.offer = Some(offer);
        if let State::Selecting { until: None } = self.state {
            let until = Some(now.saturating_add(self.config.proxy_wait));
            self.transition(State::Selecting { until });
        }
    }

    /// Takes what a DHCP server says about the boot.
    fn take_facts(&mut self, packet: &Packet<'_>, source: Ipv4Addr) {
        match &mut self.dhcp {
            Some(facts) => facts.update(packet, source),
            none => *none = Some(Facts::new(packet, source)),
        }
        self.note_boot(packet, Speaker::Dhcp);
        if self.config.speaks_pxe()
            && !self.pxe_from_proxy
            && let Some(pxe) = pxe_options(packet)
        {
            self.pxe = pxe;
        }
    }

    /// Chooses at once where nothing better can come.
    fn select_if_complete<'d>(&mut self, now: Instant) -> Option<Event<'d>> {
        let offer = self.offer?;
        let complete =
            (offer.has_boot || offer.is_pxe) && !offer.is_bootp && !self.config.always_wait_for_proxy;
        let enough = self.offers_seen >= MAX_OFFERS;
        let seeks = self.config.seeks_boot() && !self.has_searched();
        if complete || self.proxy.is_some() || !seeks || enough {
            return self.select(now);
        }
        None
    }

    /// Takes the best offer: REQUEST, or with BOOTP no more words.
    pub(super) fn select<'d>(&mut self, now: Instant) -> Option<Event<'d>> {
        if self.offer?.is_bootp {
            return Some(self.arrive(now));
        }
        self.exchange.proceed();
        self.transition(State::Requesting);
        None
    }

    /// Whether `server` may speak in this state, and its name.
    fn check_server(&self, packet: &Packet<'_>, source: Ipv4Addr) -> Result<Ipv4Addr, Ignored> {
        let server = server_id(packet);
        let chosen = if matches!(self.state, State::Requesting) {
            self.offer.map(|offer| (offer.server, offer.source))
        } else if matches!(self.state, State::Renewing) {
            self.lease.as_ref().and_then(|lease| lease.server_id).map(|server| (server, server))
        } else {
            None
        };
        match (server, chosen) {
            (Some(server), Some((chosen, _))) if server != chosen => Err(Ignored::NotSelected { server }),
            (None, Some((chosen, address))) if source == address => Ok(chosen),
            (Some(server), _) => Ok(server),
            (None, _) => Err(Ignored::NoServerId),
        }
    }

    fn handle_ack<'d>(
        &mut self,
        now: Instant,
        packet: &Packet<'d>,
        source: Ipv4Addr,
    ) -> Result<Event<'d>, Ignored> {
        let server = self.check_server(packet, source)?;
        let informing = matches!(self.state, State::Informing);
        let address = if informing { self.config.inform } else { None }.unwrap_or(packet.header.yiaddr);
        let renewing = matches!(self.state, State::Renewing | State::Rebinding);
        let ours = self.lease.as_ref().map(|lease| lease.address);
        if !is_possible(address) || (renewing && ours != Some(address)) {
            return Err(Ignored::BadAddress { address });
        }
        if !informing && is_zero(packet) {
            return Err(Ignored::ZeroLease);
        }
        let sent = self.exchange.sent_at;
        let mut lease = self.lease.take().unwrap_or_else(|| Lease::new(address, sent));
        lease.address = address;
        lease.update(packet);
        lease.server_id = Some(server);
        if !informing {
            lease.set_times(packet, sent);
        }
        self.lease = Some(lease);
        self.exchange.stop();
        if renewing {
            self.transition(State::Bound);
            return Ok(Event::Renewed);
        }
        self.take_facts(packet, source);
        Ok(if informing { self.settle(now) } else { self.arrive(now) })
    }

    /// The address is ours, unless somebody else uses it.
    const fn arrive<'d>(&mut self, now: Instant) -> Event<'d> {
        self.exchange.stop();
        match &self.lease {
            Some(lease) if self.config.probe => {
                let address = lease.address;
                self.transition(State::Probing { until: now.saturating_add(PROBE_WAIT) });
                Event::ProbeAddress(address)
            }
            _ => self.settle(now),
        }
    }

    /// The address is ours.
    pub(super) const fn settle<'d>(&mut self, now: Instant) -> Event<'d> {
        self.setbacks = 0;
        self.transition(State::Bound);
        if matches!(self.phase, Phase::Waiting) {
            self.phase = Phase::Deciding { at: soon(now) };
        }
        Event::Bound
    }

    fn handle_nak<'d>(
        &mut self,
        now: Instant,
        packet: &Packet<'d>,
        source: Ipv4Addr,
    ) -> Result<Event<'d>, Ignored> {
        let server = self.check_server(packet, source)?;
        let text = packet.option(OptionCode::MESSAGE).and_then(|text| text.trim_nul().as_slice());
        if self.setbacks >= MAX_SETBACKS {
            return Ok(self.fail(Failure::Refused { server }));
        }
        //= https://www.rfc-editor.org/rfc/rfc2131#section-3.1
        //# If the client receives a DHCPNAK message, the client restarts the
        //# configuration process.
        self.setback(now, Duration::from_secs(4).saturating_mul(self.setbacks.into()));
        Ok(Event::Refused { server, message: text.unwrap_or_default() })
    }

    /// Starts over after `pause`.
    fn setback(&mut self, now: Instant, pause: Duration) {
        self.setbacks = self.setbacks.saturating_add(1);
        if pause.is_zero() {
            self.start_over(now);
        } else {
            self.exchange.stop();
            self.forget_boot();
            self.transition(State::Resting { until: now.saturating_add(pause) });
        }
    }

    /// Somebody else uses the address.
    pub(super) fn decline(&mut self, now: Instant) {
        //= https://www.rfc-editor.org/rfc/rfc2131#section-3.1
        //# If the client detects that the address is already in use (e.g.,
        //# through the use of ARP), the client MUST send a DHCPDECLINE
        //# message to the server and restarts the configuration process.
        self.declined = self.lease.as_ref().map(|lease| lease.address);
        self.setback(now, DECLINE_PAUSE);
        if self.lease.as_ref().is_some_and(|lease| lease.server_id.is_some()) {
            self.exchange = Exchange::dhcp(now, &mut self.rng);
        }
    }
}

impl Offered {
    /// The higher the better.
    const fn rank(self) -> u8 {
        match (self.is_bootp, self.has_boot || self.is_pxe) {
            (false, true) => 3,
            (true, true) => 2,
            (false, false) => 1,
            (true, false) => 0,
        }
    }
}
