//! Drives the DHCP client over raw frames, with all that was said kept for the test.

use crate::frames::Station;
use crate::lan::Lan;
use crate::{Outcome, ensure};
use bootproto_core::{Instant, Machine as _, UdpPath};
use bootproto_dhcp::client::{Client, Config, Event};
use std::time::Duration;

/// A client with its wire and its clock.
#[derive(Debug)]
pub struct Driver {
    /// The machine.
    pub client: Client,
    /// Where it is plugged in.
    pub station: Station,
    /// Every datagram that came.
    pub received: Vec<Vec<u8>>,
    /// Where each datagram went, with its bytes.
    pub sent: Vec<(UdpPath, Vec<u8>)>,
    /// Every event, as it prints.
    pub events: Vec<String>,
    began: std::time::Instant,
}

impl Driver {
    /// Plugs a client into the server's bridge.
    ///
    /// # Errors
    /// The configuration can't be, or there is no TAP device.
    pub fn plug(lan: &Lan, name: &'static str, mac: [u8; 6], config: Config) -> Outcome<Self> {
        Self::over(Station::plug(lan, name, mac)?, config)
    }

    /// A client at a station.
    ///
    /// # Errors
    /// The configuration can't be.
    pub fn over(station: Station, config: Config) -> Outcome<Self> {
        let client = Client::new(config, Instant::from_micros(0))?;
        let began = std::time::Instant::now();
        Ok(Self { client, station, received: Vec::new(), sent: Vec::new(), events: Vec::new(), began })
    }

    /// The time on the machine's clock.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant::from_micros(u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// Goes on until `decide` is content with an event. ARP probes are made, and addresses taken and dropped, as the
    /// machine asks.
    ///
    /// # Errors
    /// The time is up, or the wire fails; with all events so far.
    pub fn until<T>(
        &mut self,
        limit: Duration,
        mut decide: impl FnMut(&Event<'_>, &mut Client, Instant) -> Option<T>,
    ) -> Outcome<T> {
        let end = self.now().saturating_add(limit);
        loop {
            self.send()?;
            let now = self.now();
            ensure!(now < end, "not within {limit:?}; events: {:#?}", self.events);
            let wake = self.client.poll_timeout().map_or(end, |deadline| deadline.min(end));
            let datagram = self.station.receive(wake.saturating_since(now))?;
            let now = self.now();
            let event = match &datagram {
                Some(datagram) => {
                    self.received.push(datagram.bytes.clone());
                    Some(self.client.handle_datagram(now, datagram.path, &datagram.bytes))
                }
                None => self.client.handle_timeout(now),
            };
            let Some(event) = event else { continue };
            self.events.push(format!("{event:?}"));
            match event {
                Event::ProbeAddress(address) => {
                    self.send()?;
                    let in_use = self.station.probe(address)?;
                    let now = self.now();
                    self.client.probe_result(now, in_use);
                }
                Event::Bound => self.station.address = self.client.lease().map(|lease| lease.address),
                Event::Expired | Event::Refused { .. } => self.station.address = None,
                _ => {}
            }
            if let Some(decision) = decide(&event, &mut self.client, now) {
                self.send()?;
                return Ok(decision);
            }
        }
    }

    /// Sends what the machine has to say.
    ///
    /// # Errors
    /// The wire fails.
    pub fn send(&mut self) -> Outcome {
        let mut buffer = [0; Client::MAX_TRANSMIT];
        let now = self.now();
        while let Some(transmit) = self.client.poll_transmit(now, &mut buffer)? {
            self.station.send(transmit.path, transmit.bytes)?;
            self.sent.push((transmit.path, transmit.bytes.to_vec()));
        }
        Ok(())
    }
}
