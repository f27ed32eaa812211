//! TFTP as a [`Transfer`].

use core::net::SocketAddr;
use core::time::Duration;

use bootproto_core::{BufferTooSmall, Instant, Machine, Transmit, UdpPath};
use bootproto_tftp::client as tftp;

use super::{Event, Failure, Ignored, Request, Statistics, Terms, Transfer};

/// How long between two packets of ours at least and at most; the protocol's defaults.
const INTERVALS: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(4));

/// One file by TFTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tftp {
    download: tftp::Download,
    peer: Option<SocketAddr>,
}

impl Transfer for Tftp {
    fn start(request: &Request<'_>) -> Result<Self, Failure> {
        let tuning = request.tuning;
        let mut config = tftp::Config::new(request.seed, request.server, request.local_port, request.path)
            .map_err(Failure::tftp_request)?
            .with_block_size(tuning.block_size)
            .with_window_size(tuning.window_size)
            .with_limit(request.limit)
            .with_in_order(request.in_order);
        if let Some(bytes) = tuning.receive_buffer {
            config = config.with_receive_buffer(bytes);
        }
        if let Some(give_up) = tuning.give_up {
            let (floor, ceiling) = INTERVALS;
            config = config.with_timeouts(floor.min(give_up), ceiling.min(give_up), give_up);
        }
        if let Some((bytes, period)) = tuning.minimum_rate {
            config = config.with_minimum_rate(bytes, period);
        }
        let download = tftp::Download::new(config).map_err(Failure::tftp_request)?;
        Ok(Self { download, peer: None })
    }

    fn terms(&self) -> Option<Terms> {
        self.peer?;
        Some(terms(&self.download.negotiated()))
    }

    fn window_size(&self) -> u16 {
        self.download.config().window_size()
    }

    fn statistics(&self) -> Statistics {
        let seen = self.download.statistics();
        Statistics {
            packets: u64::from(seen.received),
            retransmissions: u64::from(seen.retransmissions),
            duplicates: u64::from(seen.duplicates),
            round_trip: seen.round_trip,
        }
    }

    fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    fn is_complete(&self) -> bool {
        self.download.is_complete()
    }

    fn abort(&mut self) {
        let _ = self.download.abort();
    }
}

const fn terms(agreed: &tftp::Negotiated) -> Terms {
    Terms { size: agreed.size, block_size: agreed.block_size, window_size: agreed.window_size }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the rest says nothing to this layer")]
const fn translate(event: tftp::Event<'_>) -> Event<'_> {
    match event {
        tftp::Event::Ignored(why) => Event::Ignored(Ignored::tftp(why)),
        tftp::Event::Opened(agreed) => Event::Opened(terms(&agreed)),
        tftp::Event::Data { offset, bytes } => Event::Data { offset, bytes },
        tftp::Event::FellBack(_) => Event::Restarted,
        tftp::Event::Done { size } => Event::Done { size },
        tftp::Event::PeerError { message, failure, .. } => {
            Event::Failed { failure: Failure::tftp(failure), message }
        }
        tftp::Event::Failed(failure) => Event::Failed { failure: Failure::tftp(failure), message: b"" },
        // Multicast is never asked for here.
        _ => Event::Nothing,
    }
}

impl Machine for Tftp {
    type Path = UdpPath;
    type Event<'d> = Event<'d>;

    const MAX_TRANSMIT: usize = tftp::Download::MAX_TRANSMIT;

    fn handle_datagram<'d>(&mut self, now: Instant, path: UdpPath, data: &'d [u8]) -> Event<'d> {
        let event = translate(self.download.handle_datagram(now, path, data));
        match event {
            Event::Ignored(_) => {}
            Event::Restarted => self.peer = None,
            Event::Nothing
            | Event::Opened(_)
            | Event::Data { .. }
            | Event::Done { .. }
            | Event::Failed { .. } => self.peer = Some(path.remote),
        }
        event
    }

    fn handle_timeout(&mut self, now: Instant) -> Option<Event<'static>> {
        self.download.handle_timeout(now).map(translate)
    }

    fn poll_transmit<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, UdpPath>>, BufferTooSmall> {
        self.download.poll_transmit(now, buf)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.download.poll_timeout()
    }
}
