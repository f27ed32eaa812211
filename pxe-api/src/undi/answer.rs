//! What each call's return means, step by step.

use super::client::Client;
use super::config::Attach;
use super::event::{Cached, Event, Information, Statistics};
use super::failure::{Failure, Ignored};
use super::step::{Level, Step};
use crate::blocks::{
    GetCachedInfo, PacketType, UndiGetIfaceInfo, UndiGetInformation, UndiGetNicType, UndiGetStatistics,
};
use crate::call::{answer, status};
use crate::opcode::{Exit, Opcode, Status};
use bootproto_core::Instant;

impl Client {
    /// One arm for each step that is a call.
    pub(super) fn answered(&mut self, now: Instant, exit: Exit, block: &[u8]) -> Event {
        match self.step {
            Step::Cached(kind) => self.cached(kind, exit, block),
            Step::StartUndi => self.started(exit, block),
            Step::Startup => self.up(exit, block),
            Step::Initialize(tries) => self.initialized(now, tries, exit, block),
            Step::Information => self.informed(exit, block),
            Step::Interface => self.interface(exit, block),
            Step::NicType => self.nic_type(exit, block),
            Step::CloseFirst => self.closed_first(exit, block),
            Step::Station => self.stationed(exit, block),
            Step::Open => self.opened(exit, block),
            Step::Transmit => self.transmitted(exit, block),
            Step::IsrStart => self.isr_started(now, exit, block),
            Step::IsrProcess | Step::IsrNext => self.isr_answered(now, exit, block),
            Step::Statistics => self.counted(exit, block),
            Step::ClearStatistics => self.counters_cleared(exit, block),
            Step::Filter => self.applied(Opcode::UNDI_SET_PACKET_FILTER, exit, block),
            Step::Groups => self.applied(Opcode::UNDI_SET_MCAST_ADDRESS, exit, block),
            Step::Reset => self.reset_done(exit, block),
            Step::GroupAddress(_) => self.group_told(exit, block),
            Step::Drain(left) => self.drained(left, exit, block),
            Step::Close => self.undone(Opcode::UNDI_CLOSE, exit, block),
            Step::Shutdown => self.undone(Opcode::UNDI_SHUTDOWN, exit, block),
            Step::Cleanup => self.undone(Opcode::UNDI_CLEANUP, exit, block),
            Step::UnloadStack => self.unloaded(exit, block),
            Step::StopUndi => self.stopped(exit, block),
            Step::Idle | Step::Wait(..) | Step::Ended => Event::Nothing,
        }
    }

    /// On the way up: the next step, or the end if that was asked for meanwhile.
    fn go(&mut self, to: Step) {
        if self.is_closing() {
            self.begin_end();
        } else {
            self.transition(to);
        }
    }

    fn fail(&mut self, failure: Failure) -> Event {
        self.failure = Some(failure);
        self.begin_end();
        Event::Nothing
    }

    fn cached(&mut self, kind: u16, exit: Exit, block: &[u8]) -> Event {
        self.go(if kind < 3 { Step::Cached(kind.saturating_add(1)) } else { self.config.first_step() });
        match answer::<GetCachedInfo>(exit, block) {
            Ok(info) => {
                let (at, length) = (info.buffer, info.buffer_size.get());
                if length == 0 || at.is_null() || at.range(length).is_none() {
                    return refused(Opcode::GET_CACHED_INFO, Status::FAILURE);
                }
                Event::Cached(Cached { kind: PacketType(kind), at, length })
            }
            Err(status) => refused(Opcode::GET_CACHED_INFO, status),
        }
    }

    fn started(&mut self, exit: Exit, block: &[u8]) -> Event {
        match status(exit, block) {
            Ok(()) => {
                self.level = Level::Started;
                self.go(Step::Startup);
                Event::Nothing
            }
            Err(status) => self.fail(Failure::StartFailed { status }),
        }
    }

    fn up(&mut self, exit: Exit, block: &[u8]) -> Event {
        match status(exit, block) {
            // In the wrong state for STARTUP means: it is up.
            Ok(()) | Err(Status::UNDI_INVALID_STATE) => {
                self.level = Level::Up;
                self.go(Step::Initialize(0));
                Event::Nothing
            }
            Err(status) => self.fail(Failure::StartupFailed { status }),
        }
    }

    fn initialized(&mut self, now: Instant, tries: u8, exit: Exit, block: &[u8]) -> Event {
        // Even a call that failed wants SHUTDOWN: it may have come half the way.
        self.level = Level::Initialized;
        let tries = tries.saturating_add(1);
        match status(exit, block) {
            Ok(()) | Err(Status::UNDI_INVALID_STATE) => {
                self.go(Step::Information);
                Event::Nothing
            }
            Err(status) if is_final(status) || tries >= self.config.tries => {
                self.fail(if status == Status::UNDI_MEDIATEST_FAILED {
                    Failure::NoMedia { tries }
                } else {
                    Failure::InitializeFailed { status, tries }
                })
            }
            Err(status) => {
                self.go(Step::Wait(tries, now.saturating_add(self.config.interval)));
                refused(Opcode::UNDI_INITIALIZE, status)
            }
        }
    }

    fn informed(&mut self, exit: Exit, block: &[u8]) -> Event {
        let information = match answer::<UndiGetInformation>(exit, block) {
            Ok(block) => Information::new(&block),
            Err(status) => return self.fail(Failure::InformationFailed { status }),
        };
        if !information.has_address() {
            return self.fail(Failure::NoAddress);
        }
        self.information = Some(information);
        self.go(Step::Interface);
        Event::Nothing
    }

    fn interface(&mut self, exit: Exit, block: &[u8]) -> Event {
        self.go(Step::NicType);
        match (answer::<UndiGetIfaceInfo>(exit, block), self.information.as_mut()) {
            (Ok(block), Some(information)) => {
                information.add(&block);
                Event::Nothing
            }
            (Err(status), _) => refused(Opcode::UNDI_GET_IFACE_INFO, status),
            (Ok(_), None) => Event::Nothing,
        }
    }

    fn nic_type(&mut self, exit: Exit, block: &[u8]) -> Event {
        let event = match answer::<UndiGetNicType>(exit, block) {
            Ok(block) if matches!(block.nic_type, 2 | 4) => {
                let told = (block.pci.vendor.get(), block.pci.device.get());
                self.config.device = self.config.device.or(Some(told));
                Event::Nothing
            }
            Ok(_) => Event::Nothing,
            Err(status) => refused(Opcode::UNDI_GET_NIC_TYPE, status),
        };
        self.decide();
        let boot_program = self.config.attach == Attach::BootProgram;
        self.go(if boot_program { Step::CloseFirst } else { Step::Station });
        event
    }

    fn closed_first(&mut self, exit: Exit, block: &[u8]) -> Event {
        let result = status(exit, block);
        if result.is_ok() {
            self.level = Level::Initialized;
            self.round.forget();
        }
        self.go(Step::Station);
        result.map_or_else(|status| refused(Opcode::UNDI_CLOSE, status), |()| Event::Nothing)
    }

    fn stationed(&mut self, exit: Exit, block: &[u8]) -> Event {
        self.go(Step::Open);
        // Required by some ROMs, refused by others; either way it has its own address.
        match status(exit, block) {
            Ok(()) => {
                if let (Some(station), Some(information)) = (self.config.station, self.information.as_mut()) {
                    information.set_station(station);
                }
                Event::Nothing
            }
            Err(status) => Event::Ignored(Ignored::StationRefused { status }),
        }
    }

    fn opened(&mut self, exit: Exit, block: &[u8]) -> Event {
        let was_open = self.level == Level::Opened;
        self.level = Level::Opened;
        match status(exit, block) {
            // It did not close before, and is open still: with its own filter, which lets through what is ours.
            Err(Status::UNDI_INVALID_STATE) if was_open && !self.is_closing() => {
                self.go(Step::Idle);
                Event::Opened
            }
            // Opened again only to leave it so.
            Ok(()) if self.is_closing() => {
                self.begin_end();
                Event::Nothing
            }
            Ok(()) => {
                self.go(Step::Idle);
                Event::Opened
            }
            Err(status) => self.fail(Failure::OpenFailed { status }),
        }
    }

    fn transmitted(&mut self, exit: Exit, block: &[u8]) -> Event {
        self.sent();
        match status(exit, block) {
            Ok(()) => Event::Sent,
            Err(status) => Event::SendFailed(status),
        }
    }

    fn counted(&mut self, exit: Exit, block: &[u8]) -> Event {
        self.transition(Step::Idle);
        match answer::<UndiGetStatistics>(exit, block) {
            Ok(block) => Event::Statistics(Statistics::from(&block)),
            Err(status) => refused(Opcode::UNDI_GET_STATISTICS, status),
        }
    }

    fn counters_cleared(&mut self, exit: Exit, block: &[u8]) -> Event {
        self.transition(Step::Idle);
        match status(exit, block) {
            Ok(()) => Event::Nothing,
            Err(status) => refused(Opcode::UNDI_CLEAR_STATISTICS, status),
        }
    }

    fn undone(&mut self, opcode: Opcode, exit: Exit, block: &[u8]) -> Event {
        let result = status(exit, block);
        self.transition(self.next_end(self.step));
        self.noted(opcode, result)
    }

    /// Here the status says what must stay, whether AX calls that a failure or not.
    fn unloaded(&mut self, exit: Exit, block: &[u8]) -> Event {
        let result = kept_or(exit, block);
        match result {
            Ok(()) => {}
            Err(Status::KEEP_UNDI) => self.kept.undi = true,
            Err(_) => self.kept.base = true,
        }
        if result == Err(Status::KEEP_ALL) {
            self.kept.undi = true;
        }
        self.transition(self.next_end(self.step));
        self.noted(Opcode::UNLOAD_STACK, result)
    }

    fn stopped(&mut self, exit: Exit, block: &[u8]) -> Event {
        let result = kept_or(exit, block);
        self.kept.undi |= result.is_err();
        self.transition(Step::Ended);
        self.noted(Opcode::STOP_UNDI, result)
    }

    /// The end goes on whatever fails; the first failure is remembered.
    fn noted(&mut self, opcode: Opcode, result: Result<(), Status>) -> Event {
        match result {
            Ok(()) => Event::Nothing,
            Err(status) => {
                if !matches!(status, Status::KEEP_UNDI | Status::KEEP_ALL) {
                    self.refused(opcode, status);
                }
                refused(opcode, status)
            }
        }
    }
}

pub(super) const fn refused(opcode: Opcode, status: Status) -> Event {
    Event::Ignored(Ignored::Refused { opcode, status })
}

/// Whether trying again can't help.
const fn is_final(status: Status) -> bool {
    matches!(status, Status::UNSUPPORTED | Status::BAD_FUNC | Status::UNDI_INVALID_FUNCTION)
}

fn kept_or(exit: Exit, block: &[u8]) -> Result<(), Status> {
    match block {
        [low, high, ..] => match Status(u16::from_le_bytes([*low, *high])) {
            kept @ (Status::KEEP_UNDI | Status::KEEP_ALL) => Err(kept),
            _ => status(exit, block),
        },
        _ => Err(Status::FAILURE),
    }
}
