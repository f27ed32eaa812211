//! One file at a time: from the request to the last byte, with what a server may do wrong in between.

use core::net::SocketAddr;

use bootproto_core::{Instant, Machine as _, Uncompared};

use super::machine::{Client, Goal, Pending, Phase};
use super::{Event, FileKind, Ignored, Load, ManifestPolicy};
use crate::config::FileName;
use crate::linux::{self, HEAD_BYTES, PlaceError};
use crate::transfer::{self, FailureKind, Request, Statistics, Terms, Tftp, Transfer as _, Tuning};
use crate::{Cause, Fault, LastPacket};

/// So many bytes may come before a file's place is known: a kernel's head, filled up by one block.
pub(super) const HEAD_ROOM: usize = HEAD_BYTES + 2048;

/// The largest block of a file that has to show its head first.
const HEAD_BLOCK: u16 = 2048;

/// The smallest packet that every IPv4 path carries, and what of it is not the file's: IP, UDP and TFTP headers.
const HEADERS: u16 = 20 + 8 + 4;

/// The ports that IANA leaves to everybody (RFC 6335 section 6).
const FIRST_PORT: u16 = 49152;

/// A transfer and the port that is its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Carrier {
    pub(super) port: u16,
    pub(super) transfer: Tftp,
}

impl Carrier {
    /// Whether a packet waits to be sent.
    pub(super) fn is_waiting(&mut self, now: Instant) -> bool {
        // No datagram fits no buffer, and the refusal changes nothing.
        self.transfer.poll_transmit(now, &mut []).is_err()
    }
}

/// The present file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    pub(super) kind: FileKind,
    /// What it was taken for before its first bytes came.
    asked: FileKind,
    /// Whether it is what boots, whatever it is.
    is_image: bool,
    pub(super) server: SocketAddr,
    pub(super) name: FileName,
    /// Whether the caller was told of it.
    pub(super) opened: bool,
    pub(super) announced: Option<u64>,
    pub(super) received: u64,
    pub(super) address: Option<u64>,
    /// So many bytes its place in memory holds.
    pub(super) limit: u64,
    pub(super) tries: u8,
    /// Where the server answered from.
    pub(super) answered: Option<SocketAddr>,
    pub(super) terms: Option<Terms>,
    pub(super) statistics: Uncompared<Statistics>,
}

impl File {
    /// Whether its first bytes decide what it is or where it goes.
    const fn shows_head(&self) -> bool {
        matches!(self.kind, FileKind::Nbp | FileKind::Kernel) && !self.is_image
    }

    /// Nothing of it is here, and nothing is known of it: another try may bring another file.
    pub(super) const fn begin_anew(&mut self) {
        (self.kind, self.opened, self.announced, self.received) = (self.asked, false, None, 0);
        (self.address, self.limit) = (None, u64::MAX);
    }
}

impl Client {
    /// Begins to fetch a file. Answers the failure if it can't even be asked for.
    pub(super) fn fetch(
        &mut self,
        now: Instant,
        kind: FileKind,
        server: SocketAddr,
        name: FileName,
    ) -> Option<Event<'static>> {
        self.head.clear();
        self.last.0 = LastPacket::Nothing;
        self.file = Some(File {
            kind,
            asked: kind,
            is_image: kind == FileKind::Nbp && self.knobs.load == Load::Image,
            server,
            name,
            opened: false,
            announced: None,
            received: 0,
            address: None,
            limit: u64::MAX,
            tries: 1,
            answered: None,
            terms: None,
            statistics: Uncompared(Statistics::default()),
        });
        self.begin_hash(kind);
        self.transition(Phase::Fetching);
        self.request(now)
    }

    /// Asks for the present file, from a port of its own.
    pub(super) fn request(&mut self, now: Instant) -> Option<Event<'static>> {
        let Some(file) = &self.file else { return None };
        let taken = self.lingering.as_ref().map(|carrier| carrier.port);
        let chosen = self.rng.below(u64::from(u16::MAX.saturating_sub(FIRST_PORT)));
        let mut local_port = FIRST_PORT.saturating_add(u16::try_from(chosen).unwrap_or(0));
        if taken == Some(local_port) {
            local_port = local_port.saturating_add(1);
        }
        let request = Request {
            seed: self.rng.next_u64(),
            server: file.server,
            local_port,
            path: file.name.as_bytes(),
            limit: self.cap(file.kind),
            // A text is hashed as it comes.
            in_order: file.shows_head() || file.kind == FileKind::Configuration,
            tuning: self.tuning(file),
        };
        match Tftp::start(&request) {
            Ok(mut transfer) => {
                // Tells it what time it is: it was made without a clock, and its patience begins now.
                let _ = transfer.handle_timeout(now);
                self.transfer = Some(Carrier { port: local_port, transfer });
                None
            }
            Err(failure) => Some(self.fail(now, Cause::Transfer(failure))),
        }
    }

    /// The most bytes that a file may have. The boot file may turn out to be a kernel.
    fn cap(&self, kind: FileKind) -> u64 {
        let caps = &self.knobs.caps;
        match kind {
            FileKind::Nbp if self.knobs.load != Load::Image => caps.nbp.max(caps.kernel),
            FileKind::Nbp
            | FileKind::Configuration
            | FileKind::Manifest
            | FileKind::Kernel
            | FileKind::Initrd(_)
            | FileKind::DeviceTree => caps.of(kind),
        }
    }

    fn tuning(&self, file: &File) -> Tuning {
        let mtu = match (self.lease().and_then(|lease| lease.mtu), self.knobs.link_mtu) {
            (Some(lease), Some(link)) => lease.min(link),
            (mtu, link) => mtu.or(link).unwrap_or(1500),
        };
        // RFC 791: every path carries 576 bytes. An MTU below that is a slip of the server's.
        let fits = mtu.max(576).saturating_sub(HEADERS);
        let block_size = self.knobs.block_size.unwrap_or(fits);
        Tuning {
            block_size: if file.shows_head() { block_size.min(HEAD_BLOCK) } else { block_size },
            window_size: self.knobs.window_size,
            receive_buffer: self.knobs.receive_buffer,
            give_up: self.knobs.give_up,
            minimum_rate: self.knobs.minimum_rate,
        }
    }

    /// What the present transfer tells.
    pub(super) fn on_transfer<'d>(&mut self, now: Instant, event: transfer::Event<'d>) -> Event<'d> {
        match event {
            transfer::Event::Nothing => Event::Nothing,
            transfer::Event::Ignored(why) => Event::Ignored(Ignored::Transfer(why)),
            transfer::Event::Opened(terms) => {
                self.last.0 = LastPacket::Opened;
                self.on_opened(now, terms.size)
            }
            transfer::Event::Data { offset, bytes } => {
                self.last.0 = LastPacket::Data { offset };
                self.on_data(now, offset, bytes)
            }
            transfer::Event::Restarted => self.on_restart(),
            transfer::Event::Done { .. } => {
                self.finish_transfer(now);
                Event::Nothing
            }
            transfer::Event::Failed { failure, message } => {
                if !message.is_empty()
                    || matches!(failure.kind(), FailureKind::NotFound | FailureKind::Denied)
                {
                    self.last.0 = LastPacket::Error;
                }
                self.on_transfer_failed(now, failure, message)
            }
        }
    }

    fn on_opened(&mut self, now: Instant, size: Option<u64>) -> Event<'static> {
        let Some(file) = &mut self.file else { return Event::Nothing };
        file.announced = size;
        let (kind, shows_head) = (file.kind, file.shows_head());
        let cap = self.cap(kind);
        if let Some(size) = size
            && size > cap
        {
            return self.fail_transfer(now, Fault::TooLarge { size, cap });
        }
        if shows_head { Event::Nothing } else { self.open(now) }
    }

    fn on_data<'d>(&mut self, now: Instant, offset: u64, bytes: &'d [u8]) -> Event<'d> {
        let Some(file) = &mut self.file else { return Event::Nothing };
        let length = bootproto_core::num::u64_from_usize(bytes.len());
        file.received = file.received.saturating_add(length);
        let (kind, opened, address) = (file.kind, file.opened, file.address);
        let (received, announced, shows_head) = (file.received, file.announced, file.shows_head());
        let limit = file.limit;
        let cap = if opened { self.knobs.caps.of(kind) } else { self.cap(kind) };
        let end = received.max(offset.saturating_add(length));
        if end > cap {
            return self.fail_transfer(now, Fault::TooLarge { size: end, cap });
        }
        if end > limit {
            let grew = match kind {
                FileKind::Kernel => PlaceError::KernelGrew { length: end, limit },
                FileKind::Nbp
                | FileKind::Configuration
                | FileKind::Manifest
                | FileKind::Initrd(_)
                | FileKind::DeviceTree => PlaceError::InitrdGrew { length: end, limit },
            };
            return self.fail_transfer(now, Cause::Placement(grew));
        }
        if let Some(announced) = announced
            && end > announced
        {
            return self.fail_transfer(now, Fault::SizeChanged { announced, received: end });
        }
        if let Some(hasher) = self.text_hash.0.as_mut().filter(|_| kind == FileKind::Configuration) {
            hasher.update(bytes);
        }
        let complete = self.transfer.as_ref().is_some_and(|carrier| carrier.transfer.is_complete());
        if opened {
            if complete {
                self.finish_transfer(now);
            }
            let data = Event::Data { kind, address, offset, bytes };
            return if bytes.is_empty() { Event::Nothing } else { data };
        }
        if self.head.extend_from_slice(bytes).is_err() {
            return self.fail_transfer(now, Fault::TooLarge { size: end, cap });
        }
        if shows_head && self.head.len() < HEAD_BYTES && !complete {
            return Event::Nothing;
        }
        let event = self.open(now);
        if complete && !self.is_finished() {
            self.finish_transfer(now);
        }
        event
    }

    /// The file's first bytes, or its announcement, are there: decide what it is and where it goes, and tell.
    fn open(&mut self, now: Instant) -> Event<'static> {
        let Some(file) = &self.file else { return Event::Nothing };
        let (mut kind, size) = (file.kind, file.announced);
        let kernel = match kind {
            FileKind::Nbp if file.is_image => None,
            FileKind::Nbp => match linux::identify(&self.head) {
                Ok(linux::Image::Kernel(kernel)) => Some(kernel),
                Ok(linux::Image::Unknown(_)) => None,
                Err(error) => return self.fail_transfer(now, Cause::Header(error)),
            },
            // An empty file is not a broken kernel; the end of the transfer tells.
            FileKind::Kernel if self.head.is_empty() => None,
            FileKind::Kernel => match linux::Kernel::parse(&self.head) {
                Ok(kernel) => Some(kernel),
                Err(error) => return self.fail_transfer(now, Cause::Header(error)),
            },
            FileKind::Configuration | FileKind::Manifest | FileKind::Initrd(_) | FileKind::DeviceTree => None,
        };
        if kernel.is_some() {
            kind = FileKind::Kernel;
            if self.goal == Goal::Chain {
                self.goal = Goal::Kernel;
            }
        }
        let cap = self.knobs.caps.of(kind);
        let known = size.unwrap_or(0).max(bootproto_core::num::u64_from_usize(self.head.len()));
        if known > cap {
            return self.fail_transfer(now, Fault::TooLarge { size: known, cap });
        }
        let place = match self.images.place(&self.knobs.memory, kind, kernel, size) {
            Ok(place) => place,
            Err(cause) => return self.fail_transfer(now, cause),
        };
        let address = place.map(|place| place.address);
        if let Some(file) = &mut self.file {
            (file.kind, file.opened, file.address) = (kind, true, address);
            file.limit = place.map_or(u64::MAX, |place| place.limit);
        }
        Event::Open { kind, size, address }
    }

    /// The protocol begins the file anew, asking for less.
    fn on_restart(&mut self) -> Event<'static> {
        self.head.clear();
        let Some(file) = &mut self.file else { return Event::Nothing };
        let (kind, tries, was_opened) = (file.kind, file.tries, file.opened);
        file.begin_anew();
        self.begin_hash(kind);
        if was_opened { Event::Retrying { kind, tries } } else { Event::Nothing }
    }

    /// Every byte is here: the next file need not wait until the server knows that.
    fn finish_transfer(&mut self, now: Instant) {
        self.set_aside();
        self.last.0 = LastPacket::End;
        self.transition(Phase::Between);
        self.pending = Some((now, Pending::Received));
    }

    /// Keeps the transfer for what it still has to send, and what it has cost.
    pub(super) fn set_aside(&mut self) {
        let Some(carrier) = self.transfer.take() else { return };
        // What did not come through with one file will not with the next.
        self.knobs.window_size = self.knobs.window_size.min(carrier.transfer.window_size());
        if let Some(file) = &mut self.file {
            file.answered = carrier.transfer.peer().or(file.answered);
            file.terms = carrier.transfer.terms();
            file.statistics = Uncompared(carrier.transfer.statistics());
        }
        self.lingering = Some(carrier);
    }

    /// Ends the boot in the middle of a transfer, and tells the server.
    fn fail_transfer(&mut self, now: Instant, cause: impl Into<Cause>) -> Event<'static> {
        if let Some(carrier) = &mut self.transfer {
            carrier.transfer.abort();
        }
        self.fail(now, cause.into())
    }

    fn on_transfer_failed<'d>(
        &mut self,
        now: Instant,
        failure: transfer::Failure,
        message: &'d [u8],
    ) -> Event<'d> {
        self.set_aside();
        let missing = matches!(failure.kind(), FailureKind::NotFound | FailureKind::Denied);
        if missing && self.can_do_without() {
            let kind = self.file.as_ref().map_or(FileKind::Configuration, |file| file.kind);
            self.transition(Phase::Between);
            self.pending = Some((now.saturating_add(AT_ONCE), Pending::Proceed));
            if kind == FileKind::Configuration {
                self.text_hash.0 = None;
            }
            return Event::NotFound { kind };
        }
        if missing && self.goal == Goal::Manifest {
            return self.fail_saying(now, Cause::Boot(Fault::NoManifest), message);
        }
        let again = matches!(failure.kind(), FailureKind::TimedOut | FailureKind::Broken);
        if let Some(file) = &mut self.file
            && again
            && file.tries <= self.knobs.tries
        {
            let (kind, tries) = (file.kind, file.tries);
            file.tries = tries.saturating_add(1);
            file.begin_anew();
            file.answered = None;
            self.head.clear();
            self.begin_hash(kind);
            return self.request(now).unwrap_or(Event::Retrying { kind, tries });
        }
        self.fail_saying(now, Cause::Transfer(failure), message)
    }

    /// Whether the boot goes on if the present file does not exist.
    fn can_do_without(&self) -> bool {
        match self.goal {
            Goal::Search | Goal::Configuration => true,
            Goal::Manifest => self.knobs.manifest != ManifestPolicy::Required,
            Goal::Load
            | Goal::Kernel
            | Goal::Chain
            | Goal::Initrd(_)
            | Goal::DeviceTree
            | Goal::Verify(_) => false,
        }
    }
}

/// As soon as possible, but later than now: a deadline always moves.
pub(super) const AT_ONCE: core::time::Duration = core::time::Duration::from_micros(1);
