//! A client that takes over the answers of another program.

use bootproto_core::Instant;

use super::facts::{Facts, Speaker, is_pxe};
use super::lease::is_possible;
use super::machine::{Phase, State};
use super::{Client, Config, ConfigError, Lease, Source};
use crate::wire::{MessageType, Packet};

impl Client {
    /// The answers of a boot that another program made, as a PXE ROM caches them: the DHCP server's acknowledgement,
    /// the proxy's offer or acknowledgement, the boot server's acknowledgement.
    ///
    /// The client is bound from the beginning: [`lease`](Self::lease) is there, and [`boot`](Self::boot) if the
    /// packets name a file. No event tells of it. The lease counts from `now`.
    ///
    /// # Errors
    /// [`ConfigError`] if `config` can't be, or if `ack` is no acknowledgement with an address.
    pub fn from_cached(
        config: Config,
        now: Instant,
        ack: &[u8],
        proxy: Option<&[u8]>,
        boot_server: Option<&[u8]>,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let bad = ConfigError::BadCache;
        let packet = Packet::parse(ack).map_err(|_| bad)?;
        let source = packet.header.siaddr;
        let usable = matches!(packet.message_type(), Some(MessageType::ACK) | None);
        if !usable || !is_possible(packet.header.yiaddr) {
            return Err(bad);
        }
        let mut client = Self::idle(config, now);
        let mut lease = Lease::new(packet.header.yiaddr, now);
        lease.update(&packet);
        if packet.message_type().is_some() {
            lease.set_times(&packet, now);
        }
        client.lease = Some(lease);
        client.transition(State::Bound);
        client.dhcp = Some(Facts::new(&packet, source));
        client.note_boot(&packet, Speaker::Dhcp);
        if let Some(packet) = proxy.map(Packet::parse).transpose().map_err(|_| bad)?.filter(is_pxe) {
            client.note_boot(&packet, Speaker::Proxy);
            client.proxy = Some(Facts::new(&packet, packet.header.siaddr));
        }
        let boot_server = boot_server.map(Packet::parse).transpose().map_err(|_| bad)?;
        let from_server = boot_server.map(|packet| (Facts::new(&packet, packet.header.siaddr), packet));
        if let Some((facts, packet)) = from_server.filter(|(facts, _)| facts.has_file()) {
            client.note_boot(&packet, Speaker::Proxy);
            client.ready(facts.siaddr.unwrap_or(facts.server), Source::BootServer, &facts);
        } else if client.facts().any(Facts::has_file) {
            client.conclude();
        } else {
            client.phase = Phase::Over;
        }
        Ok(client)
    }
}
