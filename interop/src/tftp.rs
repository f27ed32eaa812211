//! Drives the TFTP download over sockets of a namespace, multicast groups included: for what the program's commands
//! have no option for.

use crate::namespace::Namespace;
use crate::{Outcome, ensure};
use bootproto_core::{Instant, Machine as _, UdpPath};
use bootproto_tftp::client::{Config, Download, Event};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::time::Duration;

/// What came of a download.
#[derive(Debug, Default)]
pub struct Downloaded {
    /// The file as it came over the wire.
    pub bytes: Vec<u8>,
    /// Every event but the data, as it prints.
    pub events: Vec<String>,
    /// Data datagrams that came by multicast.
    pub by_multicast: usize,
    /// Datagrams sent.
    pub sent: usize,
}

struct Driver {
    machine: Download,
    interface: Ipv4Addr,
    own: UdpSocket,
    group: Option<(SocketAddr, UdpSocket)>,
    result: Downloaded,
    began: std::time::Instant,
}

/// Downloads by this configuration, whose local port is 0 and becomes the socket's.
///
/// # Errors
/// The transfer fails, or the time is up; with all events.
pub fn download(
    inside: &Namespace,
    interface: Ipv4Addr,
    make: impl FnOnce(u16) -> Result<Config, bootproto_tftp::ConfigError> + Send + 'static,
    limit: Duration,
) -> Outcome<Downloaded> {
    let own = inside.enter(move || UdpSocket::bind((interface, 0)))?;
    own.set_nonblocking(true)?;
    let machine = Download::new(make(own.local_addr()?.port())?)?;
    let began = std::time::Instant::now();
    let mut driver = Driver { machine, interface, own, group: None, result: Downloaded::default(), began };
    while !driver.step(inside)? {
        ensure!(began.elapsed() < limit, "not within {limit:?}: {:#?}", driver.result.events);
    }
    Ok(driver.result)
}

impl Driver {
    fn now(&self) -> Instant {
        Instant::from_micros(u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// One round of the loop; true when the file is complete.
    fn step(&mut self, inside: &Namespace) -> Outcome<bool> {
        let mut buffer = vec![0; 65_536];
        while let Some(transmit) = self.machine.poll_transmit(self.now(), &mut buffer)? {
            self.own.send_to(transmit.bytes, transmit.path.remote)?;
            self.result.sent += 1;
        }
        let Some((path, length)) = self.receive(&mut buffer)? else {
            let now = self.now();
            let event = self.machine.handle_timeout(now);
            return event.map_or(Ok(false), |event| take(event, &mut self.result).map(|did| did.done));
        };
        let multicast = path.local.ip().is_multicast();
        let now = self.now();
        let event = self.machine.handle_datagram(now, path, &buffer[..length]);
        let did = take(event, &mut self.result)?;
        self.result.by_multicast += usize::from(multicast && did.data);
        if let Some(group) = did.join {
            let interface = self.interface;
            let socket = inside.enter(move || -> std::io::Result<UdpSocket> {
                let socket = UdpSocket::bind(group)?;
                socket.join_multicast_v4(group.ip(), &interface)?;
                socket.set_nonblocking(true)?;
                Ok(socket)
            })?;
            self.group = Some((group.into(), socket));
        }
        Ok(did.done)
    }

    fn receive(&self, buffer: &mut [u8]) -> Outcome<Option<(UdpPath, usize)>> {
        let wake =
            self.machine.poll_timeout().map_or(Duration::from_secs(1), |at| at.saturating_since(self.now()));
        let mut waiting = vec![PollFd::new(&self.own, PollFlags::IN)];
        waiting.extend(self.group.iter().map(|(_, socket)| PollFd::new(socket, PollFlags::IN)));
        let wake =
            Timespec { tv_sec: i64::try_from(wake.as_secs())?, tv_nsec: i64::from(wake.subsec_nanos()) };
        poll(&mut waiting, Some(&wake))?;
        if let Ok((length, remote)) = self.own.recv_from(buffer) {
            return Ok(Some((UdpPath { local: self.own.local_addr()?, remote }, length)));
        }
        if let Some((local, socket)) = &self.group
            && let Ok((length, remote)) = socket.recv_from(buffer)
        {
            return Ok(Some((UdpPath { local: *local, remote }, length)));
        }
        Ok(None)
    }
}

#[derive(Default)]
struct Did {
    done: bool,
    data: bool,
    join: Option<SocketAddrV4>,
}

fn take(event: Event<'_>, result: &mut Downloaded) -> Outcome<Did> {
    let mut did = Did::default();
    match event {
        Event::Data { offset, bytes } => {
            did.data = true;
            let start = usize::try_from(offset)?;
            let end = start + bytes.len();
            result.bytes.resize(result.bytes.len().max(end), 0);
            result.bytes[start..end].copy_from_slice(bytes);
            return Ok(did);
        }
        Event::FellBack(_) => result.bytes.clear(),
        Event::JoinMulticast { group, port } => did.join = Some(SocketAddrV4::new(group, port)),
        Event::Done { .. } => did.done = true,
        Event::PeerError { failure, .. } | Event::Failed(failure) => {
            return Err(format!("{failure}; events: {:#?}", result.events).into());
        }
        _ => {}
    }
    if event != Event::Nothing {
        result.events.push(format!("{event:?}"));
    }
    Ok(did)
}
