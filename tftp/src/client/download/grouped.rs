//! What a download does when the data comes by multicast.

use super::*;

impl Download {
    /// The data will come to a group.
    pub(super) fn join(&mut self, now: Instant, multicast: wire::Multicast) -> Event<'static> {
        let block_size = self.incoming.receiver.block_size();
        // 16 bits must tell every block apart: a client that joins late has no other hold.
        let blocks = self.incoming.announced.and_then(|size| size.checked_div(u64::from(block_size)));
        let group =
            Group::new(multicast).filter(|_| blocks.is_none_or(|blocks| blocks < u64::from(u16::MAX)));
        let Some(group) = group else {
            let refused = ErrorCode::OPTION_REFUSED;
            return self.fall_back(now, Some(refused)).unwrap_or(Event::Nothing);
        };
        if !group.is_master() {
            self.incoming.pending = None;
        }
        let (address, port) = (group.address(), group.port());
        self.group = Some(group);
        Event::JoinMulticast { group: address, port }
    }

    pub(super) fn is_passive(&self) -> bool {
        self.group.as_ref().is_some_and(|group| !group.is_master())
    }

    /// A later OACK says who is the master now.
    pub(super) fn on_appointment(&mut self, now: Instant, options: OptionList<'_>) -> Event<'static> {
        let value = options.iter().find_map(|(name, value)| {
            (OptionName::from_bytes(name) == Some(OptionName::Multicast)).then_some(value)
        });
        let (Some(granted), Some(group)) = (value.and_then(wire::Multicast::parse), &mut self.group) else {
            return Event::Ignored(Ignored::Unexpected { opcode: Opcode::OACK });
        };
        let known = group.is_master() == granted.master;
        group.appoint(granted.master);
        if granted.master {
            //= https://www.rfc-editor.org/rfc/rfc2090
            //# Upon receipt of this OACK the new master client will send an ACK for the block immediately before the
            //# first block required to complete its download.
            if !known && self.state == State::Receiving {
                self.incoming.timer.appointed(now);
            }
            self.incoming.pending = Some(Pending::Again);
        } else if self.state == State::Receiving {
            self.incoming.pending = None;
        }
        if known {
            self.counters.0.duplicate();
            return Event::Ignored(Ignored::Duplicate { block: 0 });
        }
        Event::Nothing
    }

    /// A block, to the group or to us.
    pub(super) fn on_group_data<'d>(&mut self, now: Instant, block: u16, bytes: &'d [u8]) -> Event<'d> {
        let (limits, block_size) = (self.config.limits, self.incoming.receiver.block_size());
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        let Some(group) = &mut self.group else {
            return Event::Nothing;
        };
        let before = group.clone();
        let offset = u64::from(block.saturating_sub(1)).saturating_mul(u64::from(block_size));
        match group.hear(block, length, block_size) {
            Heard::New => {}
            Heard::Known => {
                self.counters.0.duplicate();
                let last = self.is_complete()
                    && self.group.as_ref().is_some_and(|group| group.acknowledged() == block);
                if last && !self.is_passive() && self.incoming.timer.is_past(now, Part::Half) {
                    self.incoming.pending = Some(Pending::Again);
                }
                return Event::Ignored(Ignored::Duplicate { block });
            }
            Heard::Unfit => {
                *group = before;
                return Event::Ignored(Ignored::OutOfWindow { block });
            }
            Heard::TooMany => {
                return self.fall_back(now, Some(ErrorCode::NOT_DEFINED)).unwrap_or(Event::Nothing);
            }
        }
        let (complete, asked) =
            (group.is_complete(), group.is_master() && before.acknowledged() != group.acknowledged());
        self.incoming.timer.progress(now, limits);
        self.incoming.timer.moved(now, usize::from(length), limits);
        //= https://www.rfc-editor.org/rfc/rfc2090
        //# Each client must terminate the transfer by sending an acknowledgment of the last packet or by sending an
        //# error message to server.
        if asked || complete {
            self.incoming.pending = Some(Pending::Fresh);
        }
        if offset.saturating_add(u64::from(length)) > self.incoming.most {
            return self.on_trouble(now, Taken::Failed(self.incoming.excess()));
        }
        if complete {
            let received = self.received();
            if let Some(announced) = self.incoming.announced.filter(|announced| received < *announced) {
                let failure = Failure::SmallerThanAnnounced { announced, received };
                return self.on_trouble(now, Taken::Failed(failure));
            }
            self.transition(State::Dallying);
        }
        Event::Data { offset, bytes }
    }
}
