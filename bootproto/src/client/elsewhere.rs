//! A file that the caller fetches by its own means: firmware may have a faster way to the same server.

use bootproto_core::Instant;

use super::file::AT_ONCE;
use super::machine::{Client, Pending, Phase};
use super::{Event, FileKind};
use crate::linux::PlaceError;
use crate::transfer::Transfer as _;
use crate::{Cause, Fault};

impl Client {
    /// Ends the transfer of the present file, for the caller fetches it: from [`peer`](Self::peer) by
    /// [`file_name`](Self::file_name), to the address of its [`Event::Open`], and no more than the
    /// size in it. Call this on that event; an ERROR to the server waits to be sent. `false`, and nothing has
    /// happened, if no placed file of known size is under way.
    ///
    /// [`fetched`](Self::fetched) says how it ended; the client waits for that without a limit.
    pub fn fetch_elsewhere(&mut self) -> bool {
        let Some(carrier) = &mut self.transfer else { return false };
        let fits = self.file.as_ref().is_some_and(|file| {
            file.opened && file.kind.is_placed() && file.address.is_some() && file.announced.is_some()
        });
        if fits {
            carrier.transfer.abort();
            self.set_aside();
        }
        fits
    }

    /// Says how [`fetch_elsewhere`](Self::fetch_elsewhere) ended: with so many bytes at the file's address, or with
    /// nothing, and then the client fetches the file itself, from the beginning
    /// ([`Event::Retrying`]). At any other time the call changes nothing.
    pub fn fetched(&mut self, now: Instant, size: Option<u64>) -> Event<'static> {
        let now = self.clock.advance(now);
        if !matches!(self.phase, Phase::Fetching) || self.transfer.is_some() {
            return Event::Nothing;
        }
        let Some(file) = &mut self.file else { return Event::Nothing };
        let (kind, tries, limit) = (file.kind, file.tries, file.limit);
        let Some(size) = size else {
            file.begin_anew();
            self.head.clear();
            return self.request(now).unwrap_or(Event::Retrying { kind, tries });
        };
        if let Some(announced) = file.announced.filter(|announced| *announced != size) {
            return self.fail(now, Fault::SizeChanged { announced, received: size }.into());
        }
        if size > limit {
            let grew = match kind {
                FileKind::Kernel => PlaceError::KernelGrew { length: size, limit },
                FileKind::Nbp
                | FileKind::Configuration
                | FileKind::Manifest
                | FileKind::Initrd(_)
                | FileKind::DeviceTree => PlaceError::InitrdGrew { length: size, limit },
            };
            return self.fail(now, Cause::Placement(grew));
        }
        file.received = size;
        self.transition(Phase::Between);
        self.pending = Some((now.saturating_add(AT_ONCE), Pending::Received));
        Event::Nothing
    }
}
