//! A download's contract with its caller.

use super::*;

impl Machine for Download {
    type Path = UdpPath;
    type Event<'d> = Event<'d>;
    const MAX_TRANSMIT: usize = 384;

    #[inline]
    fn handle_datagram<'d>(&mut self, now: Instant, path: UdpPath, data: &'d [u8]) -> Event<'d> {
        let now = self.clock.advance(now);
        self.counters.0.received();
        if self.is_over() {
            return Event::Ignored(Ignored::Finished);
        }
        let local = path.local.port();
        let to_group = self.group.as_ref().is_some_and(|group| group.port() == local);
        if local != self.config.local_port && !to_group {
            return Event::Ignored(Ignored::WrongPort { port: local });
        }
        if path.remote.ip() != self.config.server.ip() {
            return Event::Ignored(Ignored::WrongAddress);
        }
        let port = path.remote.port();
        // The common case first: a block of the transfer that runs.
        if let [0, 3, high, low, bytes @ ..] = data
            && self.peer_port == Some(port)
            && self.state == State::Receiving
            && self.group.is_none()
        {
            return self.on_data(now, u16::from_be_bytes([*high, *low]), bytes);
        }
        match Packet::parse(data) {
            // Nothing says from which port a server sends to a group; whom it reaches by it, it need not know.
            Ok(Packet::Data { block, bytes }) if to_group => self.on_group_data(now, block, bytes),
            Ok(packet) if to_group && local != self.config.local_port => {
                Event::Ignored(Ignored::Unexpected { opcode: packet.opcode() })
            }
            Ok(packet) => self.on_packet(now, port, packet),
            Err(error) => Event::Ignored(Ignored::Malformed { error }),
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> Option<Event<'static>> {
        let now = self.clock.advance(now);
        if !self.is_over() && (self.incoming.pending.is_some() || self.reply.0.is_some()) {
            // What waits to be sent waits for the caller; only giving up does not.
            if !self.incoming.timer.has_given_up(now, self.config.limits) {
                self.incoming.timer.start(now);
                return None;
            }
        } else if self.poll_timeout().is_none_or(|deadline| now < deadline) {
            return None;
        }
        self.on_time(now)
    }

    #[inline]
    fn poll_transmit<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, UdpPath>>, BufferTooSmall> {
        // The common case first: the blocks of a window are answered once.
        if self.incoming.pending.is_none() && self.reply.0.is_none() {
            return Ok(None);
        }
        self.transmit(now, buf)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if self.incoming.pending.is_some() || self.reply.0.is_some() {
            return Some(self.clock.latest());
        }
        match self.state {
            State::Receiving if self.is_passive() => Some(self.incoming.timer.end(self.config.limits)),
            State::Opening | State::Receiving => Some(self.incoming.timer.deadline(self.config.limits)),
            State::Dallying => Some(self.incoming.timer.dally_end(self.peer_timeout)),
            State::Done | State::Dead => None,
        }
    }
}

impl Download {
    /// Writes what waits to be sent, a courtesy to a stranger first.
    fn transmit<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, UdpPath>>, BufferTooSmall> {
        let server = self.config.server;
        let (port, bytes) = if let Some(reply) = self.reply.0 {
            let mut writer = Writer::new(buf);
            reply.write(&mut writer);
            let bytes = writer.finish()?;
            self.reply.0 = None;
            self.clock.advance(now);
            (reply.port, bytes)
        } else if let Some(pending) = self.incoming.pending {
            let mut writer = Writer::new(buf);
            self.write(&mut writer);
            let bytes = writer.finish()?;
            let now = self.clock.advance(now);
            self.incoming.timer.sent(now, pending == Pending::Fresh);
            self.incoming.pending = None;
            self.tries = self.tries.saturating_add(1);
            self.counters.0.sent_own(pending == Pending::Again);
            (self.peer_port.unwrap_or_else(|| server.port()), bytes)
        } else {
            return Ok(None);
        };
        self.counters.0.sent();
        Ok(Some(Transmit { path: endpoint(server, port, self.config.local_port), bytes }))
    }
}
