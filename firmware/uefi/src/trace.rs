//! The last packets: kept as they come and go, shown a line each if asked for, printed as a capture file after a failure.

use crate::clock::{Clock, pause};
use bootproto::trace::{Lines, Packet, Ring};
use core::net::Ipv4Addr;
use core::time::Duration;
use uefi::proto::console::text::Key;

/// Memory for them: some hundred.
pub(crate) const ROOM: usize = 32 << 10;

/// How long a person has for reading the last line, and for the key, before the firmware may clear the screen.
pub(crate) const READING: Duration = Duration::from_secs(3);

/// How much of it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Level {
    /// After a failure, if somebody presses the key.
    #[default]
    OnKey,
    /// `trace`: after a failure.
    OnFailure,
    /// `trace=lines`: that, and a line for each packet at once.
    Lines,
}

/// The packets, and how much is said of them.
pub(crate) struct Trace<'s> {
    ring: Ring<'s>,
    level: Level,
    lines: Lines,
}

impl<'s> Trace<'s> {
    pub(crate) fn new(storage: &'s mut [u8], level: Level) -> Self {
        Self { ring: Ring::new(storage), level, lines: Lines::default() }
    }

    /// Our address is known now.
    pub(crate) const fn set_address(&mut self, address: Ipv4Addr) {
        self.ring.set_address(address);
    }

    /// A datagram has come, or goes.
    pub(crate) fn record(&mut self, clock: &Clock, packet: &Packet<'_>) {
        self.ring.record(packet);
        if self.level == Level::Lines
            && let Some(line) = self.lines.line(*packet)
        {
            uefi::println!("{line}");
            self.lines.wrote(packet, clock.now());
        }
    }

    /// After a failure: prints what is asked for.
    pub(crate) fn conclude(&self, clock: &Clock) {
        if self.ring.is_empty() {
            return pause(READING);
        }
        if self.level != Level::OnKey || self.is_asked_for(clock) {
            // The console can't do anything about its own failure.
            uefi::system::with_stdout(|out| {
                let _ = self.ring.write_text(out);
            });
        }
    }

    fn is_asked_for(&self, clock: &Clock) -> bool {
        let seconds = READING.as_secs();
        let count = self.ring.len();
        uefi::println!("{:<12} t prints the last {count} packets as a capture file ({seconds} s)", "");
        let until = clock.now().saturating_add(READING);
        while clock.now() < until {
            let key = uefi::system::with_stdin(|input| input.read_key());
            if let Ok(Some(Key::Printable(letter))) = key
                && matches!(char::from(letter), 't' | 'T')
            {
                return true;
            }
            pause(Duration::from_millis(20));
        }
        false
    }
}
