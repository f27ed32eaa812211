//! One of our ports on a real ibsim.

use super::wire::{CONTROL_BYTES, Control, Kind, PACKET_BYTES, Packet};
use crate::Outcome;
use crate::namespace::Namespace;
use std::os::unix::net::UnixDatagram;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A port of the simulated fabric that this program holds.
#[derive(Debug)]
pub struct Port {
    control: UnixDatagram,
    data: UnixDatagram,
    client: u32,
}

impl Port {
    /// Takes the port of the node called `node`. What nobody asked for, such as a Report, is delivered to it.
    ///
    /// # Errors
    /// There is no simulator, or it refuses.
    pub fn attach(namespace: &Namespace, node: &str) -> Outcome<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        // Real clients take their process id, which is larger.
        let number = NEXT.fetch_add(1, Ordering::Relaxed) % 100;
        let control = super::socket(namespace, &format!("ctl{number}"))?;
        let data = super::socket(namespace, &format!("in{number}"))?;
        let server = super::address("ctl")?;
        let control = namespace.enter(move || control.connect_addr(&server).map(|()| control))?;
        control.set_read_timeout(Some(Duration::from_secs(10)))?;
        let mut port = Self { control, data, client: 0 };
        let mut request = [0; 44];
        request[0..4].copy_from_slice(&number.to_ne_bytes());
        // Only such a client is given requests.
        request[8..12].copy_from_slice(&1_u32.to_ne_bytes());
        request[12..12 + node.len()].copy_from_slice(node.as_bytes());
        port.client = port.ask(Kind::CONNECT, &request)?.word(0);
        let server = super::address(&format!("out{}", port.client))?;
        let data = port.data.try_clone()?;
        namespace.enter(move || data.connect_addr(&server))?;
        Ok(port)
    }

    /// One control message and its answer.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub fn ask(&self, kind: Kind, data: &[u8]) -> Outcome<Control> {
        self.control.send(&Control::new(self.client, kind, data).to_bytes())?;
        let mut buffer = [0; CONTROL_BYTES];
        let length = self.control.recv(&mut buffer)?;
        let answer = Control::parse(&buffer[..length])?;
        crate::ensure!(answer.kind == kind, "ibsim refuses {kind:?}");
        Ok(answer)
    }

    /// The port's LID, and the state: 2 initialise, 3 armed, 4 active.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub fn lid_and_state(&self) -> Outcome<(u16, u8)> {
        let answer = self.ask(Kind::GET_PORT, &[])?;
        Ok((u16::from_ne_bytes([answer.data[0], answer.data[1]]), answer.data[2]))
    }

    /// PortInfo of this port as on the wire.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub fn port_info(&self) -> Outcome<[u8; 64]> {
        Ok(self.ask(Kind::GET_PORTINFO, &[0; 64])?.data)
    }

    /// Sends a MAD.
    ///
    /// # Errors
    /// The simulator is gone.
    pub fn send(&self, packet: &Packet) -> Outcome {
        self.data.send(&packet.to_bytes())?;
        Ok(())
    }

    /// The next MAD, if one comes within the limit.
    ///
    /// # Errors
    /// The simulator is gone.
    pub fn receive(&self, limit: Duration) -> Outcome<Option<Packet>> {
        self.data.set_read_timeout(Some(limit.max(Duration::from_millis(1))))?;
        let mut buffer = [0; PACKET_BYTES];
        match self.data.recv(&mut buffer) {
            Ok(length) => Packet::parse(&buffer[..length]).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        let _ = self.control.set_read_timeout(Some(Duration::from_millis(200)));
        let _ = self.ask(Kind::DISCONNECT, &[]);
    }
}
