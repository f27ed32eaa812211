//! The loop of a program that does nothing else meanwhile.

use core::ops::ControlFlow;

use bootproto_core::{Instant, Machine, UdpPath};

use super::{BATCH, Clock, DriveError};

/// What carries a machine's datagrams.
pub trait Network {
    /// What goes wrong below.
    type Error;

    /// Sends a datagram from the local port of `path`. One that can't be sent just now may be dropped: machines send
    /// again.
    ///
    /// # Errors
    /// Whatever the platform answers; it ends the loop.
    fn send(&mut self, now: Instant, path: UdpPath, bytes: &[u8]) -> Result<(), Self::Error>;

    /// The next datagram that waits: its path and how many bytes of `buf` it takes. It doesn't wait for one.
    ///
    /// # Errors
    /// Whatever the platform answers; it ends the loop.
    fn receive(&mut self, now: Instant, buf: &mut [u8]) -> Result<Option<(UdpPath, usize)>, Self::Error>;
}

/// The memory for one datagram each way.
#[derive(Debug)]
pub struct Buffers<'b> {
    /// For what arrives. A datagram that is longer is cut, and then ignored or wrong: 1500 bytes are enough for DHCP
    /// and for TFTP on Ethernet, else the block size and 4.
    pub receive: &'b mut [u8],
    /// For what is sent: [`Machine::MAX_TRANSMIT`] bytes.
    pub transmit: &'b mut [u8],
}

/// Runs `machine` over `network` until `on_event` breaks off, and answers what it broke off with.
///
/// `on_event` gets every event together with the machine and the network, which may be told things by their own
/// methods. It must break off at the machine's last event (`Done`, `Ready`, `Failed`): a finished machine waits for
/// ever. What is pending then, such as the last acknowledgement, is still sent.
///
/// # Errors
/// The network's own error, or a transmit buffer that is too small.
pub fn drive<M, N, C, T, F>(
    machine: &mut M,
    network: &mut N,
    clock: &mut C,
    buffers: Buffers<'_>,
    mut on_event: F,
) -> Result<T, DriveError<N::Error>>
where
    M: Machine<Path = UdpPath>,
    N: Network,
    C: Clock,
    F: for<'d> FnMut(&mut M, &mut N, M::Event<'d>, Instant) -> ControlFlow<T>,
{
    let Buffers { receive, transmit } = buffers;
    let mut in_a_row = 0_u8;
    loop {
        flush(machine, network, clock, transmit)?;
        let now = clock.now();
        let is_due = machine.poll_timeout().is_some_and(|at| at <= now);
        let arrived = if is_due && in_a_row >= BATCH {
            None
        } else {
            network.receive(now, receive).map_err(DriveError::Network)?
        };
        let told = if let Some((path, length)) = arrived {
            in_a_row = in_a_row.saturating_add(1);
            let event = machine.handle_datagram(now, path, receive.get(..length).unwrap_or_default());
            on_event(machine, network, event, now)
        } else {
            in_a_row = 0;
            if is_due {
                machine
                    .handle_timeout(now)
                    .map_or(ControlFlow::Continue(()), |event| on_event(machine, network, event, now))
            } else {
                clock.wait(machine.poll_timeout());
                ControlFlow::Continue(())
            }
        };
        if let ControlFlow::Break(value) = told {
            flush(machine, network, clock, transmit)?;
            return Ok(value);
        }
    }
}

/// Sends all that the machine has to send.
fn flush<M: Machine<Path = UdpPath>, N: Network, C: Clock>(
    machine: &mut M,
    network: &mut N,
    clock: &mut C,
    buf: &mut [u8],
) -> Result<(), DriveError<N::Error>> {
    let now = clock.now();
    while let Some(datagram) = machine.poll_transmit(now, buf)? {
        network.send(now, datagram.path, datagram.bytes).map_err(DriveError::Network)?;
    }
    Ok(())
}
