//! What can be asked of the client at any time, and what its caller tells it beside the four calls of every machine.

use core::net::SocketAddr;

use bootproto_core::Instant;
use bootproto_dhcp::client as dhcp;

use super::machine::{Client, End, Goal, Phase};
use super::{FileKind, Plan};
use crate::transfer::{Statistics, Terms, Transfer as _};
use crate::{Failure, Step};

impl Client {
    /// Where in the boot we are.
    #[must_use]
    pub const fn step(&self) -> Step {
        match &self.phase {
            Phase::Configuring => Step::Configure,
            Phase::Finished(End::Ready) => Step::Start,
            Phase::Finished(End::LocalBoot) => Step::Choose,
            Phase::Finished(End::Released) => Step::Configure,
            Phase::Finished(End::Failed(failure)) => failure.step,
            Phase::Fetching
            | Phase::Between
            | Phase::Text
            | Phase::Choosing { .. }
            | Phase::TimedOut
            | Phase::Verifying(_) => match self.goal {
                Goal::Load => Step::Load,
                Goal::Search | Goal::Configuration => Step::Choose,
                Goal::Manifest | Goal::Kernel | Goal::Chain | Goal::Initrd(_) | Goal::DeviceTree => {
                    Step::Fetch
                }
                Goal::Verify(_) => Step::Verify,
            },
        }
    }

    /// The DHCP client, for its [`menu`](dhcp::Client::menu) and [`boot`](dhcp::Client::boot).
    #[must_use]
    pub const fn dhcp(&self) -> &dhcp::Client {
        &self.dhcp
    }

    /// The lease, from [`Event::Configured`](super::Event::Configured) on.
    #[must_use]
    pub fn lease(&self) -> Option<&dhcp::Lease> {
        self.dhcp.lease()
    }

    /// The name of the present or last file, as the server is asked for it.
    #[must_use]
    pub fn file_name(&self) -> &[u8] {
        self.file.as_ref().map_or(&[], |file| file.name.as_bytes())
    }

    /// What the present or last file is for.
    #[must_use]
    pub fn file_kind(&self) -> Option<FileKind> {
        self.file.as_ref().map(|file| file.kind)
    }

    /// The server of the present or last file, with the port from which it answers once it has.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        let file = self.file.as_ref()?;
        let answered = self.transfer.as_ref().and_then(|carrier| carrier.transfer.peer());
        Some(answered.or(file.answered).unwrap_or(file.server))
    }

    /// What was agreed with the server of the present or last file, once it has answered.
    #[must_use]
    pub fn terms(&self) -> Option<Terms> {
        match &self.transfer {
            Some(carrier) => carrier.transfer.terms(),
            None => self.file.as_ref().and_then(|file| file.terms),
        }
    }

    /// What the present or last transfer has cost so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        match &self.transfer {
            Some(carrier) => carrier.transfer.statistics(),
            None => self.file.as_ref().map(|file| file.statistics.0).unwrap_or_default(),
        }
    }

    /// The bytes of the present file that came before its place was known: store them at its offset 0 on
    /// [`Event::Open`](super::Event::Open).
    #[must_use]
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// The configuration's name, once it was found.
    #[must_use]
    pub fn configuration_name(&self) -> Option<&[u8]> {
        self.configuration.as_ref().map(|(_, name)| name.as_bytes())
    }

    /// Whether nothing will happen any more.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        matches!(self.phase, Phase::Finished(_))
    }

    /// Why the boot failed, once it has.
    #[must_use]
    pub const fn failure(&self) -> Option<&Failure> {
        match &self.phase {
            Phase::Finished(End::Failed(failure)) => Some(failure),
            Phase::Configuring
            | Phase::Fetching
            | Phase::Between
            | Phase::Text
            | Phase::Choosing { .. }
            | Phase::TimedOut
            | Phase::Verifying(_)
            | Phase::Finished(End::Ready | End::LocalBoot | End::Released) => None,
        }
    }

    /// What to start and how; `None` before [`Event::Ready`](super::Event::Ready).
    #[must_use]
    pub fn plan(&self) -> Option<Plan> {
        matches!(self.phase, Phase::Finished(End::Ready)).then(|| self.images.plan())
    }

    /// Says what the ARP probe found that [`Event::ProbeAddress`](super::Event::ProbeAddress) asked for.
    pub fn probe_result(&mut self, now: Instant, in_use: bool) {
        let now = self.clock.advance(now);
        self.dhcp.probe_result(now, in_use);
    }

    /// Chooses a line of the DHCP menu by its boot server type. `false` if there is no such line now.
    pub fn choose_server(&mut self, now: Instant, kind: u16) -> bool {
        let now = self.clock.advance(now);
        self.dhcp.choose(now, kind)
    }

    /// Says whether the switch port passes no traffic yet (spanning tree, LACP): while it does not, DHCP's time does not
    /// count.
    pub fn link_blocked(&mut self, now: Instant, blocked: bool) {
        let now = self.clock.advance(now);
        self.dhcp.link_blocked(now, blocked);
    }

    /// Gives the address back, on the way to something else than what was loaded: to the next boot device, to the shell.
    /// A RELEASE (and an ERROR to the server of a file that is on its way) waits to be sent; drain
    /// [`poll_transmit`](bootproto_core::Machine::poll_transmit), and drop the address. A boot that was under way has finished, without
    /// an event. A kernel that was loaded takes the address over: don't call this before starting it.
    pub fn release(&mut self, now: Instant) {
        let now = self.clock.advance(now);
        if !self.is_finished() {
            if let Some(carrier) = &mut self.transfer {
                carrier.transfer.abort();
            }
            self.finish(End::Released);
        }
        if !self.released {
            self.released = true;
            self.dhcp.release(now);
        }
    }
}
