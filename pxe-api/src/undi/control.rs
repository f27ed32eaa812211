//! What a caller can ask of an open driver besides frames: counters, filter, multicast groups, address, reset.
//!
//! `UNDI_GET_STATE` is not among it. The specification gives it the number of `STOP_UNDI`, and a ROM that is asked for
//! its state takes itself out of memory.

use super::answer::refused;
use super::client::{Client, DRAIN_LIMIT};
use super::config::{list, padded};
use super::event::Event;
use super::failure::ConfigError;
use super::step::Step;
use crate::blocks::{PacketFilter, UndiGetMcastAddress};
use crate::call::{answer, status};
use crate::opcode::{Exit, Opcode};
use core::net::Ipv4Addr;

/// What was asked for and has its turn when nothing else is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Asked {
    pub(super) statistics: bool,
    pub(super) clear_statistics: bool,
    filter: bool,
    groups: bool,
    reset: bool,
    /// Close, set the address, open with filter and groups.
    reopen: bool,
    group: Option<[u8; 4]>,
}

impl Client {
    /// Asks for the adapter's counters, and to reset them afterwards if `clear` is set; [`Event::Statistics`] has them.
    ///
    /// # Errors
    /// [`ConfigError::NotReady`] if the driver is not open.
    pub fn statistics(&mut self, clear: bool) -> Result<(), ConfigError> {
        self.ask(|asked| (asked.statistics, asked.clear_statistics) = (true, clear))
    }

    /// Lets other frames through than the configured ones: `UNDI_SET_PACKET_FILTER`, and where the ROM refuses that,
    /// CLOSE and OPEN. [`Event::Applied`] or [`Event::Opened`] says that it is done; ROMs tend to say so and do
    /// nothing.
    ///
    /// # Errors
    /// [`ConfigError::NotReady`] if the driver is not open.
    pub fn set_filter(&mut self, filter: PacketFilter) -> Result<(), ConfigError> {
        self.ask(|asked| asked.filter = true)?;
        self.config.filter = filter;
        Ok(())
    }

    /// Listens to these multicast groups, by hardware address, and to no others: `UNDI_SET_MCAST_ADDRESS`, and where
    /// the ROM refuses that, CLOSE and OPEN. [`Event::Applied`] or [`Event::Opened`] says that it is done.
    ///
    /// # Errors
    /// [`ConfigError::NotReady`] if the driver is not open, [`ConfigError::TooManyGroups`] for more than 8,
    /// [`ConfigError::AddressTooLong`] for more than 16 bytes.
    pub fn set_groups(&mut self, groups: &[&[u8]]) -> Result<(), ConfigError> {
        let groups = list(groups)?;
        self.ask(|asked| asked.groups = true)?;
        self.config.groups = groups;
        Ok(())
    }

    /// Uses another hardware address. Drivers take one only while closed, so this closes and opens; frames that wait
    /// are lost. [`Event::Opened`] says that it is done, an [`Ignored`](super::Ignored) before it that the ROM refused.
    ///
    /// # Errors
    /// [`ConfigError::NotReady`] if the driver is not open, [`ConfigError::AddressTooLong`] for more than 16 bytes.
    pub fn set_station(&mut self, address: &[u8]) -> Result<(), ConfigError> {
        let address = padded(address)?;
        self.ask(|asked| asked.reopen = true)?;
        self.config.station = Some(address);
        Ok(())
    }

    /// Resets the adapter with the groups that are listened to, for one that has got stuck: `UNDI_RESET_ADAPTER`.
    /// Frames that wait are lost. [`Event::Applied`] says that it is done.
    ///
    /// # Errors
    /// [`ConfigError::NotReady`] if the driver is not open.
    pub fn reset(&mut self) -> Result<(), ConfigError> {
        self.ask(|asked| asked.reset = true)
    }

    /// Asks which hardware address a multicast group has on this link: [`Event::GroupAddress`].
    ///
    /// # Errors
    /// [`ConfigError::NotReady`] if the driver is not open.
    pub fn group_address(&mut self, group: Ipv4Addr) -> Result<(), ConfigError> {
        self.ask(|asked| asked.group = Some(group.octets()))
    }

    fn ask(&mut self, what: impl FnOnce(&mut Asked)) -> Result<(), ConfigError> {
        if !self.is_open() {
            return Err(ConfigError::NotReady);
        }
        what(&mut self.asked);
        self.next_when_idle();
        Ok(())
    }

    /// The step of what was asked for first; it counts as taken.
    pub(super) fn asked_for(&mut self) -> Option<Step> {
        let asked = &mut self.asked;
        let take = core::mem::take::<bool>;
        Some(if take(&mut asked.reopen) {
            // Opening sets these too.
            (asked.filter, asked.groups) = (false, false);
            if self.round.is_processing() { Step::Drain(DRAIN_LIMIT) } else { Step::CloseFirst }
        } else if take(&mut asked.reset) {
            Step::Reset
        } else if take(&mut asked.filter) {
            Step::Filter
        } else if take(&mut asked.groups) {
            Step::Groups
        } else if let Some(group) = asked.group.take() {
            Step::GroupAddress(group)
        } else if take(&mut asked.statistics) {
            Step::Statistics
        } else if take(&mut asked.clear_statistics) {
            Step::ClearStatistics
        } else {
            return None;
        })
    }

    /// Filter or groups are set, or have to be set by opening anew.
    pub(super) fn applied(&mut self, opcode: Opcode, exit: Exit, block: &[u8]) -> Event {
        self.transition(Step::Idle);
        match status(exit, block) {
            Ok(()) => Event::Applied(opcode),
            Err(status) => {
                self.asked.reopen = true;
                refused(opcode, status)
            }
        }
    }

    pub(super) fn reset_done(&mut self, exit: Exit, block: &[u8]) -> Event {
        self.transition(Step::Idle);
        match status(exit, block) {
            Ok(()) => {
                self.round.forget();
                Event::Applied(Opcode::UNDI_RESET_ADAPTER)
            }
            Err(status) => refused(Opcode::UNDI_RESET_ADAPTER, status),
        }
    }

    pub(super) fn group_told(&mut self, exit: Exit, block: &[u8]) -> Event {
        self.transition(Step::Idle);
        match answer::<UndiGetMcastAddress>(exit, block) {
            Ok(block) => Event::GroupAddress(block.media_addr),
            Err(status) => refused(Opcode::UNDI_GET_MCAST_ADDRESS, status),
        }
    }
}
