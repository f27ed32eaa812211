//! One TFTP download, by the blocking loop.

use core::ops::ControlFlow;

use bootproto_tftp::client::{Config, Event};
use bootproto_tftp::{Download, Failure};

use super::{Buffers, Clock, DriveError, FetchError, Network, drive};

/// What an event of a download means for whoever wants the file and nothing else.
#[expect(clippy::wildcard_enum_match_arm, reason = "the event is another crate's and may grow")]
pub(super) fn take<S>(
    machine: &mut Download,
    event: &Event<'_>,
    store: &mut impl FnMut(u64, &[u8]) -> Result<(), S>,
) -> ControlFlow<Result<u64, Stopped<S>>> {
    match *event {
        Event::Data { offset, bytes } => stored(machine, store(offset, bytes)),
        Event::Done { size } => ControlFlow::Break(Ok(size)),
        Event::PeerError { failure, .. } | Event::Failed(failure) => {
            ControlFlow::Break(Err(Stopped::Failed(failure)))
        }
        _ => ControlFlow::Continue(()),
    }
}

fn stored<S>(machine: &mut Download, result: Result<(), S>) -> ControlFlow<Result<u64, Stopped<S>>> {
    if let Err(error) = result {
        // The server need not wait for us until its own time-out.
        machine.abort();
        return ControlFlow::Break(Err(Stopped::Store(error)));
    }
    let statistics = machine.statistics();
    let is_clean = statistics.retransmissions == 0 && statistics.duplicates == 0;
    // Where nothing was lost, the last acknowledgement arrives too, and nobody need wait for the end of the machine's
    // patience.
    if machine.is_complete() && is_clean {
        return ControlFlow::Break(Ok(machine.received()));
    }
    ControlFlow::Continue(())
}

/// Why a download is over without its file.
pub(super) enum Stopped<S> {
    Failed(Failure),
    Store(S),
}

/// What came of a download and of its loop.
pub(super) fn result<E, S>(
    ended: Result<Result<u64, Stopped<S>>, DriveError<E>>,
) -> Result<u64, FetchError<E, S>> {
    match ended? {
        Ok(size) => Ok(size),
        Err(Stopped::Failed(failure)) => Err(FetchError::Failed(failure)),
        Err(Stopped::Store(error)) => Err(FetchError::Store(error)),
    }
}

/// Downloads a file, and answers its size in bytes.
///
/// `store` gets every byte with its offset. Blocks come in any order unless the configuration says
/// [`with_in_order`](Config::with_in_order); where the server turns down what was asked of it, the file comes anew
/// from its start, so bytes may be stored over others: those that count are there when this returns `Ok`.
///
/// # Errors
/// [`FetchError`]: the settings, the transfer, `store`, or the network. What a server says in its own words is told by
/// [`drive`] alone.
pub fn fetch<N: Network, C: Clock, S>(
    network: &mut N,
    clock: &mut C,
    buffers: Buffers<'_>,
    config: Config,
    mut store: impl FnMut(u64, &[u8]) -> Result<(), S>,
) -> Result<u64, FetchError<N::Error, S>> {
    let mut machine = Download::new(config).map_err(FetchError::Config)?;
    result(drive(&mut machine, network, clock, buffers, |machine, _, event, _| {
        take(machine, &event, &mut store)
    }))
}
