//! The client as a value: its state and the four calls of every machine.

use core::net::SocketAddr;

use bootproto_core::{BufferTooSmall, HighWater, Instant, Machine, Rng, Transmit, UdpPath, Uncompared};
use bootproto_dhcp::{HardwareAddress, client as dhcp};

use super::boot::shown;
use super::check::Check;
use super::config::Knobs;
use super::file::{Carrier, File, HEAD_ROOM};
use super::images::Images;
use super::{Config, ConfigError, Event, Ignored, ManifestPolicy, Unexpected};
use crate::config::{FileName, Search};
use crate::transfer;
use crate::verify::Hasher;
use crate::{Failure, LastPacket};

/// The boot client. A plain value: `Clone` makes a snapshot. The module's documentation has the order of events.
///
/// | phase | input | goes to |
/// |---|---|---|
/// | configuring | DHCP is done | fetching the boot file, or the first configuration name |
/// | fetching | the file is complete | between |
/// | fetching | no such file | between, where another name may do; else finished |
/// | between | time (at once) | fetching, text or finished |
/// | text | `continue_with` | fetching, choosing, verifying or finished |
/// | choosing | `choose` | fetching or finished |
/// | choosing | time | timed out, which is text |
/// | verifying | the last byte | between, or finished |
/// | any | the lease is lost, the transfer fails | finished |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    pub(super) knobs: Knobs,
    pub(super) hardware: HardwareAddress,
    pub(super) uuid: Option<[u8; 16]>,
    pub(super) clock: HighWater,
    pub(super) rng: Rng,
    pub(super) dhcp: dhcp::Client,
    pub(super) phase: Phase,
    pub(super) goal: Goal,
    /// What is to be told or done at the next timeout, and since when.
    pub(super) pending: Option<(Instant, Pending)>,
    pub(super) transfer: Option<Carrier>,
    /// The transfer before, which may have to repeat its last acknowledgement.
    pub(super) lingering: Option<Carrier>,
    pub(super) file: Option<File>,
    pub(super) head: heapless::Vec<u8, HEAD_ROOM>,
    pub(super) images: Images,
    pub(super) search: Search,
    pub(super) tried: u16,
    pub(super) includes: u16,
    /// Where the configuration was found.
    pub(super) configuration: Option<(SocketAddr, FileName)>,
    pub(super) choice: Choice,
    /// Whether the manifest has been asked for, or is not to be.
    pub(super) asked_manifest: bool,
    pub(super) has_manifest: bool,
    /// The hash of the configuration text that came last, until it is compared with the manifest.
    pub(super) text_hash: Uncompared<Option<Hasher>>,
    pub(super) last: Uncompared<LastPacket>,
    /// Whether the lease goes back.
    pub(super) released: bool,
}

// 3.4 KiB are the DHCP client, 3 KiB a kernel's head with the block that completes it, 1.3 KiB two transfers.
const _: () = assert!(size_of::<Client>() <= 10_368, "a boot client must fit a firmware's stack");

/// What the client is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    /// DHCP is under way.
    Configuring,
    /// A file comes.
    Fetching,
    /// A file is over; what follows is decided at the pending instant.
    Between,
    /// The caller is to hand over the texts.
    Text,
    /// The caller is to choose.
    Choosing {
        /// When the time is over.
        until: Option<Instant>,
        /// When it is over whatever keys are pressed.
        at_last: Option<Instant>,
    },
    /// Nobody chose; the caller is to hand over the texts.
    TimedOut,
    /// The caller is to hand over a file's bytes.
    Verifying(Check),
    /// The boot is over.
    Finished(End),
}

/// How a boot ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    Ready,
    LocalBoot,
    /// The caller has given the lease back.
    Released,
    Failed(Failure),
}

/// What the present file is for, and thereby what comes after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// The boot file.
    Load,
    /// A name under which the configuration may lie.
    Search,
    /// The configuration is there: its includes, and the choice.
    Configuration,
    Manifest,
    Kernel,
    /// The chosen entry's network boot program.
    Chain,
    Initrd(u8),
    DeviceTree,
    /// The file with this number among the placed ones is to be verified next.
    Verify(u8),
}

/// Which entry boots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    Default,
    Timeout,
    Entry(usize),
}

/// What waits for the next timeout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pending {
    /// The address was there from the beginning: tell.
    Configured,
    /// What to boot was known from the beginning: go there.
    Begin,
    /// The file is complete: tell.
    Received,
    /// Decide what comes next.
    Proceed,
}

impl Client {
    /// A client that begins at once.
    ///
    /// # Errors
    /// [`ConfigError`] says what in `config` can't be.
    pub fn new(config: Config, now: Instant) -> Result<Self, ConfigError> {
        config.check()?;
        // Who boots has no use for an address alone, whatever class of client it says to be.
        let identity = (shown(&config.dhcp), config.dhcp.uuid());
        let dhcp = config.dhcp.with_boot_required(true);
        let dhcp = dhcp::Client::new(dhcp, now).map_err(|error| ConfigError::Dhcp { error })?;
        Ok(Self::around(config.knobs, config.seed, identity, dhcp, now))
    }

    /// A client that does nothing yet, with this DHCP client.
    pub(super) fn around(
        knobs: Knobs,
        seed: u64,
        (hardware, uuid): (HardwareAddress, Option<[u8; 16]>),
        dhcp: dhcp::Client,
        now: Instant,
    ) -> Self {
        let mut clock = HighWater::new();
        clock.advance(now);
        let asked_manifest = knobs.manifest == ManifestPolicy::Off;
        Self {
            knobs,
            hardware,
            uuid,
            clock,
            rng: Rng::new(seed),
            dhcp,
            phase: Phase::Configuring,
            goal: Goal::Load,
            pending: None,
            transfer: None,
            lingering: None,
            file: None,
            head: heapless::Vec::new(),
            images: Images::new(),
            search: Search::new(),
            tried: 0,
            includes: 0,
            configuration: None,
            choice: Choice::Default,
            asked_manifest,
            has_manifest: false,
            text_hash: Uncompared(None),
            released: false,
            last: Uncompared(LastPacket::Nothing),
        }
    }

    pub(super) fn transition(&mut self, to: Phase) {
        self.phase = to;
    }

    fn next_deadline(&self) -> Option<Instant> {
        let choice = match self.phase {
            Phase::Choosing { until, .. } => until,
            Phase::Configuring
            | Phase::Fetching
            | Phase::Between
            | Phase::Text
            | Phase::TimedOut
            | Phase::Verifying(_)
            | Phase::Finished(_) => None,
        };
        let file = |carrier: &Option<Carrier>| carrier.as_ref().and_then(|it| it.transfer.poll_timeout());
        let files = Instant::earliest(file(&self.transfer), file(&self.lingering));
        let decisions = Instant::earliest(choice, self.pending.map(|(at, _)| at));
        Instant::earliest(Instant::earliest(files, decisions), self.dhcp.poll_timeout())
    }
}

impl Machine for Client {
    type Path = UdpPath;
    type Event<'d> = Event<'d>;

    const MAX_TRANSMIT: usize = {
        let (dhcp, file) = (dhcp::Client::MAX_TRANSMIT, transfer::Tftp::MAX_TRANSMIT);
        if dhcp > file { dhcp } else { file }
    };

    fn handle_datagram<'d>(&mut self, now: Instant, path: UdpPath, data: &'d [u8]) -> Event<'d> {
        let now = self.clock.advance(now);
        if self.is_finished() {
            return Event::Ignored(Ignored::Boot(Unexpected::Finished));
        }
        let port = path.local.port();
        if let Some(carrier) = self.transfer.as_mut().filter(|carrier| carrier.port == port) {
            let event = carrier.transfer.handle_datagram(now, path, data);
            return self.on_transfer(now, event);
        }
        if let Some(carrier) = self.lingering.as_mut().filter(|carrier| carrier.port == port) {
            return match carrier.transfer.handle_datagram(now, path, data) {
                transfer::Event::Ignored(why) => Event::Ignored(Ignored::Transfer(why)),
                transfer::Event::Nothing
                | transfer::Event::Opened(_)
                | transfer::Event::Data { .. }
                | transfer::Event::Restarted
                | transfer::Event::Done { .. }
                | transfer::Event::Failed { .. } => {
                    Event::Ignored(Ignored::Boot(Unexpected::EarlierTransfer))
                }
            };
        }
        let event = self.dhcp.handle_datagram(now, path, data);
        self.note_dhcp(&event, data);
        self.on_dhcp(now, event)
    }

    fn handle_timeout(&mut self, now: Instant) -> Option<Event<'static>> {
        let now = self.clock.advance(now);
        if self.is_finished() {
            return None;
        }
        if let Some(carrier) = &mut self.lingering {
            // Nothing that an earlier file's transfer has to say concerns anybody.
            let _ = carrier.transfer.handle_timeout(now);
        }
        if let Some(event) = self.dhcp.handle_timeout(now) {
            let event = self.on_dhcp(now, event);
            if !matches!(event, Event::Nothing) {
                return Some(event);
            }
        }
        if let Some(carrier) = &mut self.transfer
            && let Some(event) = carrier.transfer.handle_timeout(now)
        {
            let event = self.on_transfer(now, event);
            if !matches!(event, Event::Nothing) {
                return Some(event);
            }
        }
        if let Phase::Choosing { until: Some(until), .. } = self.phase
            && until <= now
        {
            self.transition(Phase::TimedOut);
            return Some(Event::ChoiceTimedOut);
        }
        let (_, pending) = self.pending.take_if(|(at, _)| *at <= now)?;
        self.on_pending(now, pending)
    }

    fn poll_transmit<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, UdpPath>>, BufferTooSmall> {
        // A question that is answered with nothing moves no clock.
        let now = now.max(self.clock.latest());
        let finished = self.is_finished();
        // A transfer that has ended still tells its server so.
        for slot in [&mut self.lingering, &mut self.transfer] {
            let Some(carrier) = slot else { continue };
            if carrier.is_waiting(now) {
                let sent = carrier.transfer.poll_transmit(now, buf)?;
                self.clock.advance(now);
                if finished && !carrier.is_waiting(now) {
                    *slot = None;
                }
                return Ok(sent);
            }
        }
        if finished && !self.released {
            return Ok(None);
        }
        let sent = self.dhcp.poll_transmit(now, buf)?;
        if sent.is_some() {
            self.clock.advance(now);
        }
        Ok(sent)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if !self.is_finished() {
            return self.next_deadline();
        }
        let leaves = self.released && !self.dhcp.is_finished();
        let waits = leaves || self.transfer.is_some() || self.lingering.is_some();
        waits.then(|| self.clock.latest())
    }
}
