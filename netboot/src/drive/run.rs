//! The loop.

use core::ops::ControlFlow;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use bootproto_core::{BufferTooSmall, Instant, Machine, UdpPath};
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;

use super::{Clock, Network, Ports, Stop};
use crate::{Error, Trouble};

/// How many datagrams are taken before the clock is looked at again.
const BATCH: usize = 64;

/// The largest UDP datagram.
const LARGEST: usize = 65_536;

/// Runs `machine` over `ports` until `on_event` breaks off, and answers what it broke off with.
///
/// Events, those that mean nothing included, go to `on_event` together with the machine itself, which may be told
/// things by its own methods. Several datagrams are taken per wake-up.
///
/// # Errors
/// The operating system can't send or receive, or `stop` was stopped ([`Trouble::Interrupted`]).
pub fn drive<M, T, F>(
    machine: &mut M,
    ports: &mut Ports,
    clock: &Clock,
    stop: &Stop,
    mut on_event: F,
) -> Result<T, Error>
where
    M: Machine<Path = UdpPath>,
    F: for<'d> FnMut(&mut M, M::Event<'d>, Instant) -> ControlFlow<T>,
{
    drive_on(machine, ports, clock, stop, |machine, _, event, now| on_event(machine, event, now))
}

/// The same over any [`Network`], which `on_event` may tell things too: that there is an address now, say.
///
/// # Errors
/// The operating system can't send or receive, or `stop` was stopped ([`Trouble::Interrupted`]).
pub fn drive_on<M, N, T, F>(
    machine: &mut M,
    network: &mut N,
    clock: &Clock,
    stop: &Stop,
    mut on_event: F,
) -> Result<T, Error>
where
    M: Machine<Path = UdpPath>,
    N: Network,
    F: for<'d> FnMut(&mut M, &mut N, M::Event<'d>, Instant) -> ControlFlow<T>,
{
    let mut received = vec![0; LARGEST];
    let mut sent = vec![0; M::MAX_TRANSMIT];
    loop {
        flush(machine, network, clock, &mut sent)?;
        let now = clock.now();
        let wake = machine.poll_timeout().into_iter().chain(network.poll_timeout(now)).min();
        let timeout = wake.map(|at| at.saturating_since(now));
        let timeout = if network.has_received() { Some(Duration::ZERO) } else { timeout };
        if wait(network.fds().into_iter().chain([stop.as_fd()]), timeout)? && stop.is_stopped() {
            return Err(Error::failure(&Trouble::Interrupted, "the exchange"));
        }
        for _ in 0..BATCH {
            let now = clock.now();
            let next =
                network.receive(now, &mut received).map_err(|error| Error::network("receiving", &error))?;
            let Some((path, length)) = next else { break };
            let event = machine.handle_datagram(now, path, &received[..length]);
            if let ControlFlow::Break(value) = on_event(machine, network, event, now) {
                // The last acknowledgement, or the ERROR that tells the peer, still waits.
                flush(machine, network, clock, &mut sent)?;
                return Ok(value);
            }
            flush(machine, network, clock, &mut sent)?;
        }
        let now = clock.now();
        if machine.poll_timeout().is_some_and(|at| at <= now)
            && let Some(event) = machine.handle_timeout(now)
            && let ControlFlow::Break(value) = on_event(machine, network, event, now)
        {
            flush(machine, network, clock, &mut sent)?;
            return Ok(value);
        }
    }
}

/// Sends all that the machine has to send; `buf` grows as needed.
///
/// # Errors
/// The operating system can't send.
pub fn flush<M: Machine<Path = UdpPath>, N: Network>(
    machine: &mut M,
    network: &mut N,
    clock: &Clock,
    buf: &mut Vec<u8>,
) -> Result<(), Error> {
    loop {
        let now = clock.now();
        match machine.poll_transmit(now, buf) {
            Ok(None) => return Ok(()),
            Ok(Some(transmit)) => network
                .send(now, transmit.path, transmit.bytes)
                .map_err(|error| Error::network(format!("sending to {}", transmit.path.remote), &error))?,
            Err(BufferTooSmall { needed }) => buf.resize(needed.max(buf.len() + 1), 0),
        }
    }
}

/// Waits until one of `fds` can be read or `timeout` is over; true if one can be read.
///
/// # Errors
/// The operating system can't wait.
pub fn wait<'f>(fds: impl Iterator<Item = BorrowedFd<'f>>, timeout: Option<Duration>) -> Result<bool, Error> {
    let mut fds: Vec<PollFd<'_>> = fds.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
    match ppoll(&mut fds, timeout.map(TimeSpec::from), None) {
        Ok(ready) => Ok(ready > 0),
        // A signal: whoever cares watches for it with a descriptor.
        Err(nix::Error::EINTR) => Ok(true),
        Err(error) => Err(Error::network("waiting for datagrams", &error.into())),
    }
}
