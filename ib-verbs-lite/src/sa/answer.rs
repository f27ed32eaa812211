//! What an answer says.

use super::client::Client;
use super::event::{Event, Question};
use super::task::{Kind, Task};
use crate::Gid;
use crate::mad::attribute::ClassPortInfo;
use crate::mad::record::{McMemberRecord, NodeRecord, PathRecord, ServiceRecord};
use crate::mad::{AttributeId, SaMad, Status};
use crate::management::{Failure, Ignored};
use crate::transaction::{self, Ticket};

/// Where the records of an answer start.
const RECORDS: usize = 56;

impl Client {
    /// What a transaction's event means here.
    pub(super) fn translate<'d>(&mut self, event: transaction::Event<'d>) -> Event<'d> {
        match event {
            transaction::Event::Ignored(why) => Event::Ignored(why),
            transaction::Event::Failed { ticket, failure } => match self.finish(ticket) {
                Some(task) => self.failed(task.kind, failure),
                None => Event::Ignored(Ignored::UnknownTransaction { lid: crate::Lid::NONE }),
            },
            transaction::Event::Part { ticket, offset, bytes, distance, complete } => {
                let task = if complete { self.finish(ticket) } else { self.task(ticket) };
                match task.map(|task| task.kind) {
                    Some(Kind::Question(Question::Table { attribute })) => {
                        Event::Table { attribute, offset, bytes, distance, complete }
                    }
                    _ => Event::Ignored(Ignored::UnknownTransaction { lid: crate::Lid::NONE }),
                }
            }
            transaction::Event::Answer { ticket, mad } => {
                let answer = SaMad::parse(mad);
                match (self.finish(ticket), answer) {
                    (Some(task), Ok(answer)) => self.answered(task.kind, &answer, mad),
                    (Some(task), Err(_)) => self.failed(task.kind, Failure::ShortAnswer),
                    (None, _) => Event::Ignored(Ignored::UnknownTransaction { lid: crate::Lid::NONE }),
                }
            }
        }
    }

    fn task(&self, ticket: Ticket) -> Option<Task> {
        self.tasks.iter().copied().flatten().find(|task| task.ticket == Some(ticket))
    }

    fn finish(&mut self, ticket: Ticket) -> Option<Task> {
        let place = self.tasks.iter_mut().find(|task| task.is_some_and(|task| task.ticket == Some(ticket)));
        place.and_then(Option::take)
    }

    fn failed(&mut self, kind: Kind, failure: Failure) -> Event<'static> {
        match kind {
            Kind::Join { mgid } => self.forget_group(mgid),
            Kind::Subscribe => self.is_subscribed = false,
            Kind::Question(_) | Kind::Leave { .. } => {}
        }
        Event::Failed { subject: kind.subject(), failure }
    }

    fn answered<'d>(&mut self, kind: Kind, answer: &SaMad, mad: &'d [u8]) -> Event<'d> {
        if answer.header.status != Status::OK {
            return self.failed(kind, Failure::from_status(answer.header.status));
        }
        let event = match kind {
            Kind::Join { mgid } => self.joined(mgid, &answer.data),
            Kind::Leave { mgid, .. } => Ok(Event::Left { mgid }),
            Kind::Subscribe => Ok(Event::Subscribed),
            Kind::Question(Question::Table { attribute }) => Ok(whole(attribute, answer, mad)),
            Kind::Question(question) => self.record(&question, &answer.data),
        };
        event.unwrap_or_else(|failure| self.failed(kind, failure))
    }

    fn joined(&mut self, mgid: Gid, data: &[u8]) -> Result<Event<'static>, Failure> {
        let record = McMemberRecord::parse(data).map_err(|_| Failure::ShortAnswer)?;
        let own = self.port.map(|port| port.gid);
        if record.mgid != mgid || Some(record.port_gid) != own {
            return Err(Failure::OtherRecord);
        }
        if !record.mlid.is_multicast() {
            return Err(Failure::BadMlid { lid: record.mlid });
        }
        for group in self.groups.iter_mut().flatten().filter(|group| group.join.mgid == mgid) {
            group.record = Some(record);
        }
        Ok(Event::Joined(record))
    }

    fn record(&mut self, question: &Question, data: &[u8]) -> Result<Event<'static>, Failure> {
        let short = |_| Failure::ShortAnswer;
        let ensure = |is_it: bool| if is_it { Ok(()) } else { Err(Failure::OtherRecord) };
        Ok(match *question {
            Question::ClassPortInfo => Event::ClassPortInfo(ClassPortInfo::parse(data).map_err(short)?),
            Question::Path { dgid, .. } => {
                let path = PathRecord::parse(data).map_err(short)?;
                ensure(path.dgid == dgid)?;
                if !path.dlid.is_unicast() {
                    return Err(Failure::BadDlid { lid: path.dlid });
                }
                self.paths.remember(path);
                Event::Path(path)
            }
            Question::Node { lid } => {
                let node = NodeRecord::parse(data).map_err(short)?;
                ensure(node.lid == lid)?;
                Event::Node(node)
            }
            Question::Service { id } => {
                let service = ServiceRecord::parse(data).map_err(short)?;
                ensure(service.service_id == id)?;
                Event::Service(service)
            }
            Question::ServiceNamed { name } => {
                let service = ServiceRecord::parse(data).map_err(short)?;
                ensure(service.service_name == name)?;
                Event::Service(service)
            }
            Question::Group { mgid } => {
                let group = McMemberRecord::parse(data).map_err(short)?;
                ensure(group.mgid == mgid)?;
                Event::Group(group)
            }
            // Handled where the bytes are.
            Question::Table { .. } => return Err(Failure::ShortAnswer),
        })
    }
}

/// A table without RMPP: as much of it as fits one MAD.
fn whole<'d>(attribute: AttributeId, answer: &SaMad, mad: &'d [u8]) -> Event<'d> {
    let bytes = mad.get(RECORDS..).unwrap_or_default();
    let distance = answer.attribute_offset.saturating_mul(8);
    Event::Table { attribute, offset: 0, bytes, distance, complete: true }
}
