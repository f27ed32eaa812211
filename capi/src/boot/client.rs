//! A boot client with its texts: what a C caller need not do itself.

use bootproto::client::{Client, Event, Texts};
use bootproto_core::{Instant, Machine as _, UdpPath};

use super::config::bp_boot_config;
use super::event::bp_boot_event;
use crate::misuse::{Misuse, Wrong};
use crate::raw::{Stored, for_keeps};

/// How many words a `bp_boot` has.
pub const BP_BOOT_WORDS: usize = 1536;

/// A datagram that a boot client sends is at most this long.
pub const BP_BOOT_MAX_TRANSMIT: usize = 768;

const _: () = assert!(Client::MAX_TRANSMIT <= BP_BOOT_MAX_TRANSMIT);

/// Storage for one boot client, which must stay where it is. The caller provides it.
#[repr(C)]
#[derive(Debug, Clone)]
pub struct bp_boot {
    /// The library's.
    pub opaque: [u64; BP_BOOT_WORDS],
}

/// A boot client with its texts.
#[derive(Debug)]
pub(crate) struct Boot {
    pub(crate) client: Client,
    pub(crate) texts: Texts<'static>,
}

impl Stored for Boot {
    type Storage = bp_boot;
    type Extra = ();
    const KIND: u8 = b'B';
    const IS_PINNED: bool = true;
}

impl Boot {
    /// A client as `config` says.
    pub(crate) fn new(config: &bp_boot_config, now: Instant) -> Result<Self, Wrong> {
        let client = Client::new(config.read()?, now)?;
        let (configuration, manifest) = (config.configuration, config.manifest);
        if configuration.length == 0 {
            return Err(Misuse::Null.into());
        }
        let configuration = for_keeps(configuration.bytes, configuration.length)?;
        let manifest = for_keeps(manifest.bytes, manifest.length)?;
        Ok(Self { client, texts: Texts::new(configuration, manifest) })
    }

    /// The client, unless it has finished.
    pub(crate) fn running(&mut self) -> Result<&mut Self, Wrong> {
        if self.client.is_finished() { Err(Misuse::Finished.into()) } else { Ok(self) }
    }

    pub(crate) fn handle_datagram(&mut self, now: Instant, path: UdpPath, data: &[u8]) -> bp_boot_event {
        let event = self.client.handle_datagram(now, path, data);
        self.settle(now, event)
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) -> bp_boot_event {
        let event = self.client.handle_timeout(now).unwrap_or(Event::Nothing);
        self.settle(now, event)
    }

    pub(crate) fn choose(&mut self, now: Instant, index: usize) -> bp_boot_event {
        let event = self.client.choose(now, self.texts.configuration(), index);
        self.settle(now, event)
    }

    pub(crate) fn verify_bytes(&mut self, now: Instant, bytes: &[u8]) -> bp_boot_event {
        let event = self.client.verify_bytes(now, bytes);
        self.settle(now, event)
    }

    /// Keeps texts, and answers where the client asks for them.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are the caller's to answer")]
    fn settle<'d>(&mut self, now: Instant, event: Event<'d>) -> bp_boot_event {
        let mut event: Event<'d> = event;
        // One answer does as a rule; whatever happens, C gets its turn.
        for _ in 0..4_u8 {
            self.texts.take(&self.client, &event);
            event = match event {
                Event::NeedText | Event::ChoiceTimedOut => self.texts.answer(&mut self.client, now),
                other => return bp_boot_event::tell(&self.client, &other),
            };
        }
        bp_boot_event::tell(&self.client, &event)
    }
}
