//! What comes after what: DHCP's events, the end of a file, and the end of the boot.

use core::net::{IpAddr, SocketAddr};

use bootproto_core::Instant;
use bootproto_dhcp::wire::Packet;
use bootproto_dhcp::{HardwareAddress, client as dhcp};

use super::file::AT_ONCE;
use super::machine::{Client, End, Goal, Pending, Phase};
use super::{Event, FileKind, Ignored, Load};
use crate::config::{Facts, FileName, Host, Location, Scheme, Search, directory};
use crate::{Cause, Failure, Fault, LastPacket, Step};

/// The digests' name, beside the configuration.
const MANIFEST_NAME: &[u8] = b"SHA256SUMS";

impl Client {
    /// Remembers what the DHCP servers said last, for a failure's sake.
    pub(super) fn note_dhcp(&mut self, event: &dhcp::Event<'_>, data: &[u8]) {
        if matches!(event, dhcp::Event::Ignored(_)) || !matches!(self.phase, Phase::Configuring) {
            return;
        }
        let message_type = Packet::parse(data).ok().and_then(|packet| packet.message_type());
        self.last.0 = LastPacket::Dhcp { message_type: message_type.map_or(0, |message| message.0) };
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "what the guards leave over says nothing after the configuration"
    )]
    pub(super) fn on_dhcp<'d>(&mut self, now: Instant, event: dhcp::Event<'d>) -> Event<'d> {
        let configuring = matches!(self.phase, Phase::Configuring);
        match event {
            dhcp::Event::Ignored(why) => Event::Ignored(Ignored::Dhcp(why)),
            dhcp::Event::Offered(offer) => Event::Offered(offer),
            dhcp::Event::Dialect(dialect) if configuring => {
                self.hardware = shown(self.dhcp.config());
                Event::Dialect(dialect)
            }
            dhcp::Event::ProbeAddress(address) => Event::ProbeAddress(address),
            dhcp::Event::Bound if configuring => Event::Configured,
            dhcp::Event::Menu if configuring => Event::DhcpMenu,
            dhcp::Event::Renewed => Event::Renewed,
            dhcp::Event::Refused { server, message } if configuring => Event::Refused { server, message },
            //= https://www.rfc-editor.org/rfc/rfc2131#section-4.4.5
            //# If the lease expires before the client receives a DHCPACK, the
            //# client moves to INIT state, MUST immediately stop any other
            //# network processing
            dhcp::Event::Expired | dhcp::Event::Refused { .. } if !configuring => {
                // Not even what waits may leave: the address is another machine's already.
                self.set_aside();
                self.lingering = None;
                self.fail(now, Fault::LeaseLost.into())
            }
            dhcp::Event::Expired => Event::Expired,
            dhcp::Event::BootReady if configuring => self.begin(now).unwrap_or(Event::Nothing),
            dhcp::Event::LocalBoot if configuring => self.boot_locally(-1),
            dhcp::Event::Failed(failure) if configuring => self.fail(now, Cause::Dhcp(failure)),
            _ => Event::Nothing,
        }
    }

    /// DHCP is done: on to the boot file, or to the configuration if we are the boot file.
    fn begin(&mut self, now: Instant) -> Option<Event<'static>> {
        let name = self.dhcp.boot().map(|boot| FileName::join(&[&boot.file]));
        // Who took over an address may have got no more than that.
        if self.knobs.load == Load::Skip && name.is_some() {
            return self.search_next(now);
        }
        let name = match name {
            Some(Ok(name)) if !name.as_bytes().is_empty() => name,
            Some(Err(fault)) => return Some(self.fail(now, fault.into())),
            Some(Ok(_)) | None => return Some(self.fail(now, Fault::NoBootFile.into())),
        };
        self.goal = Goal::Load;
        let location = Location { relative: false, ..Location::parse(name.as_bytes()) };
        match self.locate(&location) {
            Ok((server, path)) => self.fetch(now, FileKind::Nbp, server, path),
            Err(cause) => Some(self.fail(now, cause)),
        }
    }

    /// Asks for the next name under which the configuration may lie.
    pub(super) fn search_next(&mut self, now: Instant) -> Option<Event<'static>> {
        self.goal = Goal::Search;
        let mut search = self.search;
        let candidate = self.facts().and_then(|facts| next_candidate(&mut search, &facts));
        self.search = search;
        let Some(candidate) = candidate else {
            return Some(self.fail(now, Fault::NoConfiguration { tried: self.tried }.into()));
        };
        self.tried = self.tried.saturating_add(1);
        match self.locate(&candidate.location()) {
            Ok((server, path)) => {
                self.configuration = Some((server, path.clone()));
                self.fetch(now, FileKind::Configuration, server, path)
            }
            Err(cause) => Some(self.fail(now, cause)),
        }
    }

    /// What the configuration's names are made of.
    pub(super) fn facts(&self) -> Option<Facts<'_>> {
        let boot = self.dhcp.boot()?;
        Some(Facts {
            config_file: Some(&*boot.config_file).filter(|text| !text.is_empty()),
            path_prefix: Some(&*boot.path_prefix).filter(|text| !text.is_empty()),
            boot_file: &boot.file,
            uuid: self.uuid,
            hardware_type: self.hardware.htype,
            hardware: self.hardware.bytes(),
            address: self.lease().map(|lease| lease.address),
        })
    }

    /// Which server a name asks for, and under which path there.
    pub(super) fn locate(&self, location: &Location<'_>) -> Result<(SocketAddr, FileName), Cause> {
        if location.scheme != Scheme::Tftp {
            return Err(Fault::UnknownScheme.into());
        }
        let address = match location.host {
            Host::Same => self.dhcp.boot().map(|boot| boot.server).ok_or(Fault::NoBootFile)?,
            Host::Address(address) => address,
            Host::Named(_) => return Err(Fault::HostName.into()),
        };
        let port = location.port.unwrap_or(self.knobs.transfer_port);
        let path = location.path_under(b"")?;
        Ok((SocketAddr::new(IpAddr::V4(address), port), path))
    }

    /// As [`locate`](Self::locate), for a name as it stands in the configuration.
    pub(super) fn locate_named(&self, name: &[u8]) -> Result<(SocketAddr, FileName), Cause> {
        let location = Location::parse(name);
        if !location.relative {
            return self.locate(&location);
        }
        let prefix = self.facts().map(|facts| facts.prefix()).unwrap_or_default();
        let full = FileName::join(&[prefix, name])?;
        self.locate(&Location { relative: false, ..Location::parse(full.as_bytes()) })
    }

    /// What was waiting for a timeout.
    pub(super) fn on_pending(&mut self, now: Instant, pending: Pending) -> Option<Event<'static>> {
        match pending {
            Pending::Configured => {
                self.pending = Some((now.saturating_add(AT_ONCE), Pending::Begin));
                Some(Event::Configured)
            }
            Pending::Begin => self.begin(now),
            Pending::Received => Some(self.received(now)),
            Pending::Proceed => self.proceed(now),
        }
    }

    /// A file is complete.
    fn received(&mut self, now: Instant) -> Event<'static> {
        let Some(file) = &self.file else { return Event::Nothing };
        let (kind, size, address, opened) = (file.kind, file.received, file.address, file.opened);
        let may_be_empty = kind == FileKind::Manifest || self.goal == Goal::Configuration;
        if size == 0 && !may_be_empty {
            return self.fail(now, Fault::Empty.into());
        }
        if !opened {
            // Nothing came before the end: an empty text. The caller still hears of it.
            if let Some(file) = &mut self.file {
                file.opened = true;
            }
            self.pending = Some((now.saturating_add(AT_ONCE), Pending::Received));
            return Event::Open { kind, size: Some(0), address: None };
        }
        // The boot file that DHCP named is not what boots in the end.
        if !(kind == FileKind::Nbp && self.goal == Goal::Load && self.knobs.load != Load::Image)
            && let Err(cause) = self.images.stored(kind, address, size)
        {
            return self.fail(now, cause);
        }
        if self.goal == Goal::Search {
            self.goal = Goal::Configuration;
        }
        if kind == FileKind::Manifest {
            self.has_manifest = true;
        }
        self.pending = Some((now.saturating_add(AT_ONCE), Pending::Proceed));
        Event::Received { kind, size }
    }

    /// A file is over, received or not there: what now?
    fn proceed(&mut self, now: Instant) -> Option<Event<'static>> {
        match self.goal {
            Goal::Load if self.knobs.load == Load::Image || self.file_kind() == Some(FileKind::Kernel) => {
                Some(self.finish(End::Ready))
            }
            Goal::Load | Goal::Search => self.search_next(now),
            // The list of digests comes before anything that it may name is looked at.
            Goal::Configuration if !self.asked_manifest => self.fetch_manifest(now),
            Goal::Configuration
            | Goal::Manifest
            | Goal::Kernel
            | Goal::Chain
            | Goal::Initrd(_)
            | Goal::DeviceTree
            | Goal::Verify(_) => {
                self.transition(Phase::Text);
                Some(Event::NeedText)
            }
        }
    }

    fn fetch_manifest(&mut self, now: Instant) -> Option<Event<'static>> {
        self.asked_manifest = true;
        let (server, name) = self.configuration.as_ref()?;
        let server = *server;
        match FileName::join(&[directory(name.as_bytes()), MANIFEST_NAME]) {
            Ok(name) => {
                self.goal = Goal::Manifest;
                self.fetch(now, FileKind::Manifest, server, name)
            }
            Err(fault) => Some(self.fail(now, fault.into())),
        }
    }

    pub(super) fn boot_locally(&mut self, disk: i32) -> Event<'static> {
        self.finish(End::LocalBoot);
        Event::LocalBoot { disk }
    }

    /// Ends the boot well. Only what waits to be sent still leaves.
    pub(super) fn finish(&mut self, end: End) -> Event<'static> {
        let now = self.clock.latest();
        self.pending = None;
        self.set_aside();
        if !self.lingering.as_mut().is_some_and(|carrier| carrier.is_waiting(now)) {
            self.lingering = None;
        }
        self.transition(Phase::Finished(end));
        Event::Ready
    }

    pub(super) fn fail(&mut self, now: Instant, cause: Cause) -> Event<'static> {
        self.fail_saying(now, cause, b"")
    }

    /// Ends the boot badly, with what the peer said about it.
    pub(super) fn fail_saying<'d>(&mut self, now: Instant, cause: Cause, message: &'d [u8]) -> Event<'d> {
        self.clock.advance(now);
        let failure = Failure {
            step: self.failing_step(&cause),
            peer: self.peer(),
            cause,
            tries: self.file.as_ref().map_or(1, |file| file.tries),
            last: self.last.0,
        };
        self.finish(End::Failed(failure));
        Event::Failed { failure, message }
    }

    /// A lease that is lost is DHCP's matter, whatever was going on.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all others belong to the step we are in")]
    const fn failing_step(&self, cause: &Cause) -> Step {
        match cause {
            Cause::Dhcp(_) | Cause::Boot(Fault::LeaseLost | Fault::NoBootFile) => Step::Configure,
            Cause::Verify(_) => Step::Verify,
            _ => self.step(),
        }
    }
}

/// The next name that can be asked for at all: what is too long for a request is passed over.
fn next_candidate(search: &mut Search, facts: &Facts<'_>) -> Option<crate::config::Candidate> {
    loop {
        if let Ok(candidate) = search.next(facts)? {
            return Some(candidate);
        }
    }
}

/// What names the machine in the configuration's names: the address that DHCP carries, or over InfiniBand, where it
/// mostly carries none, the port's GUID, as PXELINUX takes it from the client identifier.
pub(super) fn shown(config: &dhcp::Config) -> HardwareAddress {
    let carried = config.hardware();
    match config.infiniband() {
        Some((guid, _)) if carried.bytes().is_empty() => {
            HardwareAddress::new(HardwareAddress::INFINIBAND, &guid).unwrap_or(carried)
        }
        _ => carried,
    }
}
