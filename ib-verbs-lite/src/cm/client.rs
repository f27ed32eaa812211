//! The machine.

use core::time::Duration;

use bootproto_core::{BufferTooSmall, HighWater, Instant, Machine, Rng, Transmit, Writer};

use super::{Config, ConfigError, Event, Failure, Ignored, Peer};
use crate::mad::cm::{CLASS_VERSION, Drep, Dreq, Mra, REJ_PRIVATE_DATA, Rej, Rep};
use crate::mad::{AttributeId, Header, MAD_LENGTH, Method, MgmtClass};
use crate::verbs::{AddressVector, RcPath};
use crate::{Psn, Qpn};

/// The longest that an MRA may make us wait: a peer must not stop a boot for hours.
const MRA_LIMIT: Duration = Duration::from_secs(30);
/// How many of them count.
const MRA_COUNT: u8 = 5;
/// How long a connection that the peer ended still answers.
const LINGER: Duration = Duration::from_secs(4);

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Message {
    Req,
    Rtu,
    Dreq,
    Drep { tid: u64 },
}

/// Where the connection is.
///
/// | state | in | out | next |
/// |---|---|---|---|
/// | Requesting | REP | RTU | Connected |
/// | Requesting | REJ | | Finished |
/// | Requesting | MRA | | Requesting, later |
/// | Requesting | time | REQ | Requesting, or Finished |
/// | Connected | REP again | RTU | Connected |
/// | Connected | DREQ | DREP | Lingering |
/// | Connected | REJ | | Finished |
/// | Connected | the caller's `disconnect` | DREQ | Leaving |
/// | Leaving | DREP | | Finished |
/// | Leaving | DREQ | DREP | Lingering |
/// | Leaving | time | DREQ | Leaving, or Finished |
/// | Lingering | DREQ again | DREP | Lingering |
/// | Lingering | time | | Finished |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Requesting { tries: u8, waited: u8, until: Instant },
    Connected { peer: Peer },
    Leaving { peer: Peer, tries: u8, until: Instant },
    Lingering { peer: Peer, until: Instant },
    Finished,
}

/// The active side of one connection, driven as [`Machine`] says. Its path is where the peer's CM is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    pub(super) config: Config,
    pub(super) local_comm_id: u32,
    pub(super) starting_psn: Psn,
    pub(super) tid: u64,
    state: State,
    pending: Option<Message>,
    seen: HighWater,
}

impl Client {
    /// A connection that is about to be asked for.
    ///
    /// # Errors
    /// [`ConfigError::BadPolicy`].
    pub fn new(now: Instant, config: Config) -> Result<Self, ConfigError> {
        config.check()?;
        let mut rng = Rng::new(config.seed);
        let mut seen = HighWater::new();
        let mut client = Self {
            local_comm_id: rng.next_u32(),
            starting_psn: Psn::new(rng.next_u32()),
            // The last bit is left for DREQ.
            tid: rng.next_u64() & !1,
            state: State::Finished,
            pending: Some(Message::Req),
            config,
            seen,
        };
        let until = seen.advance(now).saturating_add(client.response_time());
        client.state = State::Requesting { tries: 1, waited: 0, until };
        client.seen = seen;
        Ok(client)
    }

    /// Ends a connection that stands. In any other state it does nothing.
    pub fn disconnect(&mut self, now: Instant) {
        let now = self.seen.advance(now);
        if let State::Connected { peer } = self.state {
            self.pending = Some(Message::Dreq);
            self.state = State::Leaving { peer, tries: 1, until: now.saturating_add(self.response_time()) };
        }
    }

    /// The other end, while there is one.
    #[must_use]
    pub const fn peer(&self) -> Option<Peer> {
        match self.state {
            State::Connected { peer } | State::Leaving { peer, .. } | State::Lingering { peer, .. } => {
                Some(peer)
            }
            State::Requesting { .. } | State::Finished => None,
        }
    }

    /// What [`Hca::connect`](crate::verbs::Hca::connect) wants, once there is a peer.
    #[must_use]
    pub fn rc_path(&self) -> Option<RcPath> {
        let peer = self.peer()?;
        Some(RcPath {
            destination: AddressVector { qpn: peer.qpn, ..self.config.address() },
            mtu: self.config.path.mtu,
            // Each side says what the other begins with (IBTA 12.7.31).
            send_psn: peer.starting_psn,
            receive_psn: self.starting_psn,
            ack_timeout: time(self.ack_timeout_code()).saturating_add(time(peer.target_ack_delay)),
            retry_count: self.config.retry_count,
            rnr_retry_count: peer.rnr_retry_count,
            min_rnr_timer: 12,
        })
    }

    pub(super) fn remote_comm_id(&self) -> u32 {
        self.peer().map_or(0, |peer| peer.comm_id)
    }

    /// Twice the life of a packet (IBTA 12.7.34), and at least 67 ms: what answers may be software.
    pub(super) fn ack_timeout_code(&self) -> u8 {
        self.config.path.packet_life_time.saturating_add(1).clamp(14, 31)
    }

    /// How long an answer may take: the peer's time and the way there and back.
    fn response_time(&self) -> Duration {
        time(self.config.response_timeout)
            .saturating_add(time(self.config.path.packet_life_time.min(31)).saturating_mul(2))
    }

    fn judge<'d>(
        &mut self,
        now: Instant,
        path: &AddressVector,
        data: &'d [u8],
    ) -> Result<Event<'d>, Ignored> {
        if self.state == State::Finished {
            return Err(Ignored::Finished);
        }
        let header = Header::parse(data).map_err(|error| Ignored::Malformed { error })?;
        if header.class != MgmtClass::COM_MGT
            || header.class_version != CLASS_VERSION
            || header.method != Method::SEND
        {
            return Err(Ignored::NotForUs { method: header.method });
        }
        if path.lid != self.config.path.dlid || path.qpn != Qpn::GSI {
            return Err(Ignored::WrongSource { lid: path.lid });
        }
        let body = data.get(Header::LENGTH..).unwrap_or_default();
        match header.attribute {
            AttributeId::CM_REP => self.reply(&header, body),
            AttributeId::CM_REJ => self.reject(&header, body),
            AttributeId::CM_MRA => self.delay(now, &header, body),
            AttributeId::CM_DREQ => self.peer_leaves(now, &header, body),
            AttributeId::CM_DREP => self.left(&header, body),
            AttributeId(attribute) => Err(Ignored::Unexpected { attribute }),
        }
    }

    fn reply<'d>(&mut self, header: &Header, body: &'d [u8]) -> Result<Event<'d>, Ignored> {
        let rep = Rep::parse(body).map_err(|error| Ignored::Malformed { error })?;
        if rep.remote_comm_id != self.local_comm_id || header.tid != self.tid {
            return Err(Ignored::OtherConnection);
        }
        let attribute = header.attribute.0;
        match self.state {
            State::Requesting { .. } => {
                let qpn = rep.local_qpn;
                if qpn <= Qpn::GSI || qpn == Qpn::MULTICAST {
                    return Err(Ignored::BadReply { qpn });
                }
                let peer = Peer {
                    comm_id: rep.local_comm_id,
                    qpn,
                    starting_psn: rep.starting_psn,
                    rnr_retry_count: rep.rnr_retry_count,
                    target_ack_delay: rep.target_ack_delay,
                    ca_guid: rep.local_ca_guid,
                };
                self.state = State::Connected { peer };
                self.pending = Some(Message::Rtu);
                Ok(Event::Connected { peer, private_data: body.get(Rep::LENGTH..).unwrap_or_default() })
            }
            State::Connected { peer } if peer.comm_id == rep.local_comm_id => {
                self.pending = Some(Message::Rtu);
                Err(Ignored::Duplicate { attribute })
            }
            State::Connected { .. } => Err(Ignored::OtherConnection),
            State::Leaving { .. } | State::Lingering { .. } | State::Finished => {
                Err(Ignored::Unexpected { attribute })
            }
        }
    }

    fn reject<'d>(&mut self, header: &Header, body: &'d [u8]) -> Result<Event<'d>, Ignored> {
        let rej = Rej::parse(body).map_err(|error| Ignored::Malformed { error })?;
        // Before a REP the peer may have no name for the connection; then the transaction must be ours.
        let is_named = self.peer().is_some_and(|peer| peer.comm_id == rej.local_comm_id);
        let is_first = self.peer().is_none() && header.tid == self.tid;
        if rej.remote_comm_id != self.local_comm_id || !(is_named || is_first) {
            return Err(Ignored::OtherConnection);
        }
        self.finish();
        let failure = Failure::Rejected { reason: rej.reason };
        Ok(Event::Rejected { failure, private_data: body.get(REJ_PRIVATE_DATA..).unwrap_or_default() })
    }

    fn delay<'d>(&mut self, now: Instant, header: &Header, body: &'d [u8]) -> Result<Event<'d>, Ignored> {
        let mra = Mra::parse(body).map_err(|error| Ignored::Malformed { error })?;
        if mra.remote_comm_id != self.local_comm_id || header.tid != self.tid {
            return Err(Ignored::OtherConnection);
        }
        let unexpected = Ignored::Unexpected { attribute: header.attribute.0 };
        match self.state {
            State::Requesting { tries, waited, until } if mra.message_mraed == 0 && waited < MRA_COUNT => {
                let patience = time(mra.service_timeout).min(MRA_LIMIT);
                let until = until.max(now.saturating_add(patience).saturating_add(self.response_time()));
                self.state = State::Requesting { tries, waited: waited.saturating_add(1), until };
                self.pending = None;
                Ok(Event::Delayed)
            }
            State::Requesting { .. }
            | State::Connected { .. }
            | State::Leaving { .. }
            | State::Lingering { .. }
            | State::Finished => Err(unexpected),
        }
    }

    fn peer_leaves<'d>(
        &mut self,
        now: Instant,
        header: &Header,
        body: &'d [u8],
    ) -> Result<Event<'d>, Ignored> {
        let dreq = Dreq::parse(body).map_err(|error| Ignored::Malformed { error })?;
        let peer = self.named(dreq.local_comm_id, dreq.remote_comm_id)?;
        if dreq.remote_qpn != self.config.qpn {
            return Err(Ignored::OtherConnection);
        }
        self.pending = Some(Message::Drep { tid: header.tid });
        if matches!(self.state, State::Lingering { .. }) {
            return Err(Ignored::Duplicate { attribute: header.attribute.0 });
        }
        self.state = State::Lingering { peer, until: now.saturating_add(LINGER) };
        Ok(Event::Disconnected { private_data: body.get(Dreq::LENGTH..).unwrap_or_default() })
    }

    fn left<'d>(&mut self, header: &Header, body: &'d [u8]) -> Result<Event<'d>, Ignored> {
        let drep = Drep::parse(body).map_err(|error| Ignored::Malformed { error })?;
        self.named(drep.local_comm_id, drep.remote_comm_id)?;
        if !matches!(self.state, State::Leaving { .. }) || header.tid != self.tid.wrapping_add(1) {
            return Err(Ignored::Unexpected { attribute: header.attribute.0 });
        }
        self.finish();
        Ok(Event::Closed)
    }

    /// The peer, if these are the names that it and we gave the connection.
    fn named(&self, theirs: u32, ours: u32) -> Result<Peer, Ignored> {
        let peer = self.peer().filter(|peer| peer.comm_id == theirs && ours == self.local_comm_id);
        peer.ok_or(Ignored::OtherConnection)
    }

    const fn finish(&mut self) {
        self.state = State::Finished;
        self.pending = None;
    }
}

impl Machine for Client {
    type Path = AddressVector;
    type Event<'d> = Event<'d>;
    const MAX_TRANSMIT: usize = MAD_LENGTH;

    fn handle_datagram<'d>(&mut self, now: Instant, path: AddressVector, data: &'d [u8]) -> Event<'d> {
        let now = self.seen.advance(now);
        self.judge(now, &path, data).unwrap_or_else(Event::Ignored)
    }

    fn handle_timeout(&mut self, now: Instant) -> Option<Event<'static>> {
        let now = self.seen.advance(now);
        let next = now.saturating_add(self.response_time());
        match self.state {
            State::Requesting { tries, waited, until } if now >= until => {
                if tries >= self.config.tries {
                    self.finish();
                    return Some(Event::Failed(Failure::NoAnswer { tries }));
                }
                self.pending = Some(Message::Req);
                self.state = State::Requesting { tries: tries.saturating_add(1), waited, until: next };
                None
            }
            State::Leaving { peer, tries, until } if now >= until => {
                if tries >= self.config.tries {
                    self.finish();
                    return Some(Event::Closed);
                }
                self.pending = Some(Message::Dreq);
                self.state = State::Leaving { peer, tries: tries.saturating_add(1), until: next };
                None
            }
            State::Lingering { until, .. } if now >= until => {
                self.finish();
                Some(Event::Closed)
            }
            State::Requesting { .. }
            | State::Connected { .. }
            | State::Leaving { .. }
            | State::Lingering { .. }
            | State::Finished => None,
        }
    }

    fn poll_transmit<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, AddressVector>>, BufferTooSmall> {
        self.seen.advance(now);
        let Some(message) = self.pending else { return Ok(None) };
        let mut writer = Writer::new(buf);
        self.write(message, &mut writer);
        let bytes = writer.finish()?;
        self.pending = None;
        Ok(Some(Transmit { path: self.config.cm_address(), bytes }))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if self.pending.is_some() {
            return Some(self.seen.latest());
        }
        match self.state {
            State::Requesting { until, .. }
            | State::Leaving { until, .. }
            | State::Lingering { until, .. } => Some(until),
            State::Connected { .. } | State::Finished => None,
        }
    }
}

/// 4.096 us times two to the power of `code`.
fn time(code: u8) -> Duration {
    Duration::from_nanos(4096_u64.checked_shl(code.into()).unwrap_or(u64::MAX))
}
