//! One transfer: its machine, its socket and its file.

use std::io;
use std::net::SocketAddr;

use bootproto_core::{Code, Instant, Machine, Numbered, UdpPath};
use bootproto_tftp::server::{self, Receive, Send};
use bootproto_tftp::wire::{Direction, ErrorCode, Mode, Request};
use bootproto_tftp::{Negotiated, Statistics};

use super::{Event, Upload};
use crate::drive::{Bound, Inbox, Outbox};
use crate::transfer::{FileSource, Text};
use crate::{Trouble, error::printable};

/// How often one transfer may take what has arrived before it is another one's turn.
const BATCH: usize = 4;

/// A transfer that runs.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) client: SocketAddr,
    bound: Bound,
    work: Work,
    file: String,
    started: Instant,
    /// When the client was heard last.
    heard: Instant,
}

#[derive(Debug)]
pub(super) enum Work {
    Send(Box<Send<FileSource>>),
    Receive(Box<Incoming>),
}

/// A file that comes in.
#[derive(Debug)]
pub(super) struct Incoming {
    machine: Receive,
    /// Gone as soon as the file has its name; the client may still need the last acknowledgement again.
    upload: Option<Upload>,
    text: Option<Text>,
    bytes: u64,
    /// Whether the file has its name.
    stored: bool,
}

/// How a transfer ended.
#[derive(Debug)]
pub(super) enum End {
    Done(u64),
    /// The client wanted to know the size, and nothing else.
    Probed,
    Failed {
        code: Code,
        why: String,
    },
}

impl Incoming {
    pub(super) fn new(machine: Receive, upload: Upload, mode: Mode) -> Self {
        let text = (mode == Mode::Netascii).then(Text::default);
        Self { machine, upload: Some(upload), text, bytes: 0, stored: false }
    }

    /// Stores what has come; the file gets its name before its last block is acknowledged.
    fn store(&mut self, offset: u64, bytes: &[u8]) -> Result<(), (Trouble, String)> {
        let Some(upload) = &self.upload else { return Ok(()) };
        let local = |error: io::Error| (Trouble::LocalFile, error.to_string());
        self.bytes += bytes.len() as u64;
        match &mut self.text {
            Some(text) => text.write(bytes, |offset, bytes| upload.write_at(offset, bytes)).map_err(local)?,
            None => upload.write_at(offset, bytes).map_err(local)?,
        }
        if !self.machine.is_complete() {
            return Ok(());
        }
        if let Some(text) = self.text.take() {
            text.finish(|offset, bytes| upload.write_at(offset, bytes)).map_err(local)?;
        }
        let Some(upload) = self.upload.take() else { return Ok(()) };
        upload.finish().map_err(|trouble| (trouble, trouble.to_string()))?;
        self.stored = true;
        Ok(())
    }
}

impl Slot {
    pub(super) fn new(
        client: SocketAddr,
        bound: Bound,
        work: Work,
        request: &Request<'_>,
        now: Instant,
    ) -> Self {
        Self { client, bound, work, file: printable(request.file), started: now, heard: now }
    }

    pub(super) fn bound(&self) -> &Bound {
        &self.bound
    }

    /// For how long the client has been silent.
    pub(super) fn silence(&self, now: Instant) -> std::time::Duration {
        now.saturating_since(self.heard)
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        match &self.work {
            Work::Send(machine) => machine.poll_timeout(),
            Work::Receive(incoming) => incoming.machine.poll_timeout(),
        }
    }

    fn direction(&self) -> Direction {
        match self.work {
            Work::Send(..) => Direction::Read,
            Work::Receive(..) => Direction::Write,
        }
    }

    pub(super) fn started(&self) -> Event {
        let (client, file, direction) = (self.client, self.file.clone(), self.direction());
        let size = match &self.work {
            Work::Send(machine) => Some(bootproto_tftp::Source::len(machine.source())),
            Work::Receive(incoming) => incoming.machine.negotiated().size,
        };
        Event::Started { client, file, direction, size }
    }

    /// Takes what has arrived and what the clock says, and sends what follows. The answer is the end, if it is one.
    pub(super) fn step(&mut self, now: Instant, input: &mut Inbox, output: &mut Outbox) -> Option<End> {
        match self.try_step(now, input, output) {
            Ok(end) => end,
            Err(error) => Some(End::Failed { code: Trouble::Network.code(), why: error.to_string() }),
        }
    }

    fn try_step(&mut self, now: Instant, input: &mut Inbox, output: &mut Outbox) -> io::Result<Option<End>> {
        for _ in 0..BATCH {
            if !input.fill(&self.bound)? {
                break;
            }
            while let Some((remote, datagram)) = input.take() {
                if remote == self.client {
                    self.heard = now;
                }
                let path = UdpPath { local: self.bound.local(), remote };
                let end = self.handle(now, Some((path, datagram)));
                self.flush(now, output)?;
                if end.is_some() {
                    return Ok(end);
                }
            }
        }
        let late = self.poll_timeout().is_some_and(|at| at <= now);
        let end = if late { self.handle(now, None) } else { None };
        self.flush(now, output)?;
        Ok(end)
    }

    fn handle(&mut self, now: Instant, datagram: Option<(UdpPath, &[u8])>) -> Option<End> {
        let event = match (&mut self.work, datagram) {
            (Work::Send(machine), Some((path, data))) => machine.handle_datagram(now, path, data),
            (Work::Send(machine), None) => machine.handle_timeout(now)?,
            (Work::Receive(incoming), Some((path, data))) => {
                incoming.machine.handle_datagram(now, path, data)
            }
            (Work::Receive(incoming), None) => incoming.machine.handle_timeout(now)?,
        };
        match event {
            server::Event::Data { offset, bytes } => {
                let Work::Receive(incoming) = &mut self.work else { return None };
                let (trouble, why) = incoming.store(offset, bytes).err()?;
                incoming.machine.abort(error_code(trouble));
                Some(End::Failed { code: trouble.code(), why })
            }
            server::Event::Done { size } => Some(End::Done(size)),
            server::Event::Failed(failure) => {
                Some(End::Failed { code: failure.code(), why: failure.to_string() })
            }
            server::Event::PeerError { code, message, failure } => {
                let asked = matches!(code, ErrorCode::NOT_DEFINED | ErrorCode::OPTION_REFUSED);
                if asked && matches!(self.work, Work::Send(_)) && self.bytes() == 0 {
                    return Some(End::Probed);
                }
                let why = format!("{failure}; it says \"{}\"", printable(message));
                Some(End::Failed { code: failure.code(), why })
            }
            _ => None,
        }
    }

    fn bytes(&self) -> u64 {
        match &self.work {
            Work::Send(machine) => machine.acknowledged(),
            Work::Receive(incoming) => incoming.bytes,
        }
    }

    fn facts(&self) -> (Negotiated, Statistics) {
        match &self.work {
            Work::Send(machine) => (machine.negotiated(), machine.statistics()),
            Work::Receive(incoming) => (incoming.machine.negotiated(), incoming.machine.statistics()),
        }
    }

    fn flush(&mut self, now: Instant, output: &mut Outbox) -> io::Result<()> {
        let Self { work, bound, .. } = self;
        match work {
            Work::Send(machine) => output.drain(&mut **machine, bound, now),
            Work::Receive(incoming) => output.drain(&mut incoming.machine, bound, now),
        }
    }

    /// What became of it.
    pub(super) fn close(self, end: End, now: Instant) -> Event {
        let (client, direction, bytes) = (self.client, self.direction(), self.bytes());
        let (negotiated, statistics) = self.facts();
        let end = match &self.work {
            // Whatever happened to the client afterwards, a file that has arrived whole is none the worse for it.
            Work::Receive(incoming) if incoming.stored => End::Done(incoming.bytes),
            _ => end,
        };
        let file = self.file;
        match end {
            End::Failed { code, why } => Event::Failed { client, file, direction, bytes, code, why },
            End::Probed => Event::Probed { client, file },
            End::Done(bytes) => {
                let time = now.saturating_since(self.started);
                let retransmissions = statistics.retransmissions;
                Event::Done { client, file, direction, bytes, time, negotiated, retransmissions }
            }
        }
    }

    /// The server ends: the client hears of it.
    pub(super) fn abort(&mut self, now: Instant, output: &mut Outbox) -> End {
        match &mut self.work {
            Work::Send(machine) => machine.abort(),
            Work::Receive(incoming) => incoming.machine.abort(ErrorCode::NOT_DEFINED),
        };
        // It was worth a try.
        let _ = self.flush(now, output);
        let (code, why) = (Trouble::Interrupted.code(), Trouble::Interrupted.to_string());
        End::Failed { code, why }
    }
}

/// What a client is told.
pub(super) fn error_code(trouble: Trouble) -> ErrorCode {
    match trouble {
        Trouble::NotFound => ErrorCode::NOT_FOUND,
        Trouble::Forbidden | Trouble::ReadOnly | Trouble::NoAccess => ErrorCode::ACCESS_VIOLATION,
        Trouble::Exists => ErrorCode::ALREADY_EXISTS,
        Trouble::BadRequest => ErrorCode::ILLEGAL_OPERATION,
        Trouble::TooLarge | Trouble::LocalFile => ErrorCode::DISK_FULL,
        _ => ErrorCode::NOT_DEFINED,
    }
}
