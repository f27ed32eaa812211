//! The client as a machine, and the reports that come unasked.

use bootproto_core::{BufferTooSmall, Instant, Machine, Transmit, Writer};

use super::client::Client;
use super::event::Event;
use crate::Lid;
use crate::mad::attribute::Notice;
use crate::mad::{AttributeId, Header, MAD_LENGTH, Method, MgmtClass, SaMad, Status};
use crate::management::Ignored;
use crate::verbs::AddressVector;

impl Client {
    /// A report: answered, and told once.
    fn report(&mut self, path: AddressVector, mad: &[u8]) -> Result<Event<'static>, Ignored> {
        let report = SaMad::parse(mad).map_err(|error| Ignored::Malformed { error })?;
        let Header { method, attribute, tid, .. } = report.header;
        let sm_lid = self.port.map_or(Lid::NONE, |port| port.sm_lid);
        if path.lid != sm_lid || sm_lid == Lid::NONE {
            return Err(Ignored::NotTheManager { lid: path.lid });
        }
        if attribute != AttributeId::NOTICE || !self.is_subscribed {
            return Err(Ignored::Unexpected { method, attribute });
        }
        if self.answer.is_some() {
            return Err(Ignored::AnswerPending);
        }
        let notice = Notice::parse(&report.data).map_err(|error| Ignored::Malformed { error })?;
        let header = Header { method: Method::REPORT_RESP, status: Status::OK, ..report.header };
        self.answer = Some((path, SaMad { header, ..report }));
        if self.last_report == Some((tid, notice)) {
            return Err(Ignored::DuplicateReport);
        }
        self.last_report = Some((tid, notice));
        if [Notice::TRAP_GID_IN_SERVICE, Notice::TRAP_GID_OUT_OF_SERVICE].contains(&notice.trap_number) {
            self.paths.forget(notice.gid());
        }
        Ok(Event::Report(notice))
    }
}

impl Machine for Client {
    /// The other end.
    type Path = AddressVector;
    type Event<'d> = Event<'d>;
    const MAX_TRANSMIT: usize = MAD_LENGTH;

    fn handle_datagram<'d>(&mut self, now: Instant, path: AddressVector, data: &'d [u8]) -> Event<'d> {
        let now = self.seen.advance(now);
        let is_report = Header::parse(data)
            .is_ok_and(|header| header.class == MgmtClass::SUBN_ADM && header.method == Method::REPORT);
        if is_report {
            return self.report(path, data).unwrap_or_else(Event::Ignored);
        }
        let event = self.requester.handle_datagram(now, path, data);
        let event = self.translate(event);
        self.pump(now);
        event
    }

    fn handle_timeout(&mut self, now: Instant) -> Option<Event<'static>> {
        let now = self.seen.advance(now);
        let event = self.requester.handle_timeout(now).map(|event| self.translate(event));
        self.pump(now);
        event
    }

    fn poll_transmit<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, AddressVector>>, BufferTooSmall> {
        // Both clocks, this one and that of the requests, see the same.
        let now = now.max(self.seen.latest());
        let Some((path, report)) = &self.answer else {
            let sent = self.requester.poll_transmit(now, buf)?;
            if sent.is_some() {
                self.seen.advance(now);
            }
            return Ok(sent);
        };
        let mut writer = Writer::new(buf);
        report.write(&mut writer);
        let (bytes, path) = (writer.finish()?, *path);
        self.answer = None;
        self.seen.advance(now);
        Ok(Some(Transmit { path, bytes }))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if self.answer.is_some() {
            return Some(self.seen.latest());
        }
        self.requester.poll_timeout()
    }
}
