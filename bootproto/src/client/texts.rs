//! The caller's side of the texts: two buffers that take in the configuration and the manifest.

use bootproto_core::{Instant, copy_into, num};

use super::{Client, Event, FileKind};
use crate::config::{Fault, Include, Includes};

/// Keeps the texts of a boot in two buffers of the caller's, so that a driver hands every event to
/// [`take`](Self::take) and answers the two that ask for text with [`answer`](Self::answer).
///
/// The configuration's buffer holds all included files together with the file that includes them.
#[derive(Debug)]
pub struct Texts<'s> {
    configuration: &'s mut [u8],
    manifest: &'s mut [u8],
    /// The bytes of the configuration, all files so far spliced.
    length: usize,
    /// The bytes behind them, of the file that comes.
    coming: usize,
    manifest_length: usize,
    has_configuration: bool,
    includes: Includes,
    fault: Option<Fault>,
}

impl<'s> Texts<'s> {
    /// Empty texts in these buffers. 64 KiB each are plenty; 4 KiB do for most.
    #[must_use]
    pub const fn new(configuration: &'s mut [u8], manifest: &'s mut [u8]) -> Self {
        Self {
            configuration,
            manifest,
            length: 0,
            coming: 0,
            manifest_length: 0,
            has_configuration: false,
            includes: Includes::new(),
            fault: None,
        }
    }

    /// The configuration as far as it was received.
    #[must_use]
    pub fn configuration(&self) -> &[u8] {
        self.configuration.get(..self.length).unwrap_or_default()
    }

    /// The manifest; empty where there is none.
    #[must_use]
    pub fn manifest(&self) -> &[u8] {
        self.manifest.get(..self.manifest_length).unwrap_or_default()
    }

    /// Takes in what an event has for the texts. Every event may be handed over; the others change nothing.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all others have no text")]
    pub fn take(&mut self, client: &Client, event: &Event<'_>) {
        match *event {
            Event::Open { kind, .. } if kind.is_text() => {
                self.clear(kind);
                self.store(kind, 0, client.head());
            }
            Event::Retrying { kind, .. } => self.clear(kind),
            Event::Data { kind, offset, bytes, .. } => self.store(kind, offset, bytes),
            Event::Received { kind: FileKind::Configuration, .. } => self.finish(),
            // PXELINUX, too, goes on without an included file that isn't there.
            Event::NotFound { kind: FileKind::Configuration } if self.has_configuration => {
                self.coming = 0;
                self.finish();
            }
            Event::NotFound { kind: FileKind::Manifest } => self.manifest_length = 0,
            _ => {}
        }
    }

    /// Answers [`Event::NeedText`] and [`Event::ChoiceTimedOut`].
    pub fn answer(&self, client: &mut Client, now: Instant) -> Event<'static> {
        match self.fault {
            Some(fault) => client.give_up(now, fault),
            None => client.continue_with(now, self.configuration(), self.manifest()),
        }
    }

    const fn clear(&mut self, kind: FileKind) {
        match kind {
            FileKind::Configuration => self.coming = 0,
            FileKind::Manifest => self.manifest_length = 0,
            FileKind::Nbp | FileKind::Kernel | FileKind::Initrd(_) | FileKind::DeviceTree => {}
        }
    }

    fn store(&mut self, kind: FileKind, offset: u64, bytes: &[u8]) {
        let (buffer, base, end) = match kind {
            FileKind::Configuration => (&mut *self.configuration, self.length, &mut self.coming),
            FileKind::Manifest => (&mut *self.manifest, 0, &mut self.manifest_length),
            FileKind::Nbp | FileKind::Kernel | FileKind::Initrd(_) | FileKind::DeviceTree => return,
        };
        let offset = num::usize_from_u64_saturating(offset);
        let start = base.saturating_add(offset);
        let stop = start.saturating_add(bytes.len());
        match buffer.get_mut(start..stop) {
            Some(place) => {
                copy_into(place, bytes);
                *end = offset.saturating_add(bytes.len()).max(*end);
            }
            None => self.fault = self.fault.or(Some(Fault::TooLarge { needed: stop })),
        }
    }

    /// A configuration text is complete: the first one stands as it is, an included one goes to its place.
    fn finish(&mut self) {
        let spliced = if self.has_configuration { self.splice() } else { Ok(self.coming) };
        self.has_configuration = true;
        self.coming = 0;
        match spliced {
            Ok(length) => self.length = length,
            Err(fault) => self.fault = self.fault.or(Some(fault)),
        }
    }

    fn splice(&mut self) -> Result<usize, Fault> {
        let text = self.configuration.get(..self.length).unwrap_or_default();
        let include: Option<Include> = self.includes.next(text)?;
        let include = include.ok_or(Fault::BadRange)?;
        self.includes.splice(self.configuration, self.length, &include, self.coming)
    }
}
