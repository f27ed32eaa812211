//! A node of the fabric that is a program: MADs in and out of a cable. The packets around them are the rig's own, so that
//! a test of our agents does not depend on our codec.

use super::switch::{plug, put, take};
use super::wire::{Headers, gmp, mad, smp};
use crate::Outcome;
use crate::ibsim::Agents;
use crate::ibsim::wire::Packet;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::Socket;
use std::path::Path;
use std::time::{Duration, Instant};

/// A port with agents behind it.
#[derive(Debug)]
pub struct Port<A> {
    /// What answers.
    pub agents: A,
    cable: Socket,
}

impl<A: Agents> Port<A> {
    /// Plugs it in.
    ///
    /// # Errors
    /// There is no fabric.
    pub fn plug(fabric: &Path, agents: A) -> Outcome<Self> {
        Ok(Self { agents, cable: plug(fabric)? })
    }

    /// Serves until the condition holds.
    ///
    /// # Errors
    /// It does not within the limit, or the fabric is gone.
    pub fn serve_until(&mut self, limit: Duration, mut condition: impl FnMut(&mut A) -> bool) -> Outcome {
        let end = Instant::now() + limit;
        while !condition(&mut self.agents) {
            crate::ensure!(Instant::now() < end, "nothing came of it within {limit:?}");
            self.step()?;
        }
        Ok(())
    }

    fn step(&mut self) -> Outcome {
        while let Some(packet) = self.agents.transmit() {
            let bytes = match packet.dqp {
                0 => smp(packet.slid, packet.dlid, &packet.mad),
                _ => gmp(packet.slid, packet.dlid, packet.dqp, &packet.mad),
            };
            put(&self.cable, &bytes)?;
        }
        let pause = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
        poll(&mut [PollFd::new(&self.cable, PollFlags::IN)], Some(&pause))?;
        let mut buffer = [0; 4200];
        let length = match take(&self.cable, &mut buffer) {
            Ok(0) => return Err("the fabric is gone".into()),
            Ok(length) => length,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let packet = &buffer[..length];
        let Some(headers) = Headers::of(packet) else { return Ok(()) };
        let Some(mad) = mad(packet, &headers).filter(|_| headers.opcode == 100 && headers.qpn < 2) else {
            return Ok(());
        };
        // The DETH's last three bytes are the sender's queue pair.
        let from = &packet[headers.payload() - 3..headers.payload()];
        let sqp = u32::from_be_bytes([0, from[0], from[1], from[2]]);
        let packet = Packet { dlid: headers.dlid, slid: headers.slid, dqp: headers.qpn, sqp, status: 0, mad };
        self.agents.receive(&packet);
        Ok(())
    }
}
