//! The server as a machine.

use bootproto_core::{BufferTooSmall, HighWater, Instant, Machine, Transmit, UdpPath};

use super::answer::{Answer, Kind};
use super::leases::{Desk, Outcome};
use super::request::{Class, Request};
use super::{Binding, Config, ConfigError, Event, Ignored, LeftOut, Role, reply, table};
use crate::wire::MessageType;

/// A DHCP, ProxyDHCP and boot server over the caller's lease table: an array, a `&mut` slice, a vector of
/// [`Binding`]s.
///
/// It holds one answer at a time: send it before the next datagram goes in, or it is lost, as on a busy network.
/// It has no timers and never ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server<T> {
    config: Config,
    table: T,
    clock: HighWater,
    answer: Option<Answer>,
}

impl<T: AsRef<[Binding]> + AsMut<[Binding]>> Server<T> {
    /// A server with these settings and this table. Fixed rows stand in the table from the start; rows of earlier
    /// leases may; one whose address is a fixed row's now, or another's, is freed.
    ///
    /// # Errors
    /// [`ConfigError`] says which setting is impossible.
    pub fn new(config: Config, mut table: T) -> Result<Self, ConfigError> {
        config.validate(table.as_ref().len())?;
        table::settle(table.as_mut());
        Ok(Self { config, table, clock: HighWater::new(), answer: None })
    }

    /// The lease table, to show it or to keep it.
    #[must_use]
    pub fn bindings(&self) -> &[Binding] {
        self.table.as_ref()
    }

    /// The settings.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The table back.
    #[must_use]
    pub fn into_table(self) -> T {
        self.table
    }

    fn receive(&mut self, now: Instant, path: UdpPath, data: &[u8]) -> Result<Event, Ignored> {
        let port = path.local.port();
        let is_pxe_port = port == self.config.pxe_port;
        if !is_pxe_port && port != self.config.server_port {
            return Err(Ignored::WrongPort { port });
        }
        let request = Request::read(data)?;
        let (event, kind) =
            if is_pxe_port { boot_server(&self.config, &request) } else { self.decide(now, path, &request) }?;
        self.answer = kind.map(|kind| Answer::new(&self.config, kind, request, path));
        let left_out = self.answer.as_ref().map(|answer| reply::left_out(&self.config, answer));
        Ok(event.without(left_out.unwrap_or_default()))
    }

    /// What arrived on the server port.
    fn decide(&mut self, now: Instant, path: UdpPath, request: &Request) -> Outcome {
        // A client that looks for boot servers by broadcast does so on this port (PXE 2.1 section 2.2.4).
        if request.item.is_some()
            && request.kind == Some(MessageType::REQUEST)
            && !is_about_an_address(request)
        {
            return boot_server(&self.config, request);
        }
        if self.config.role == Role::ProxyDhcp {
            return proxy(&self.config, request);
        }
        let desk = Desk {
            config: &self.config,
            rows: self.table.as_mut(),
            request,
            now,
            source: path.remote_v4().filter(|address| !address.is_unspecified()),
        };
        match request.kind {
            None => desk.bootp(),
            Some(MessageType::DISCOVER) => desk.discover(),
            Some(MessageType::REQUEST) => desk.request(),
            Some(MessageType::DECLINE) => desk.decline(),
            Some(MessageType::RELEASE) => desk.release(),
            Some(MessageType::INFORM) => desk.inform(),
            Some(MessageType(kind)) => Err(Ignored::WrongType { kind }),
        }
    }
}

/// Whether a REQUEST is about an address: it names a server or an address.
const fn is_about_an_address(request: &Request) -> bool {
    request.server.is_some() || request.requested.is_some()
}

/// A DISCOVER, seen by a proxy.
fn proxy(config: &Config, request: &Request) -> Outcome {
    if request.class == Class::Other {
        return Err(Ignored::NotPxe);
    }
    match request.kind {
        Some(MessageType::DISCOVER) => {
            check_boot(config, request)?;
            let hardware = request.header.hardware;
            Ok((Event::ProxyOffered { hardware, left_out: LeftOut::NOTHING }, Some(Kind::ProxyOffer)))
        }
        Some(MessageType(kind)) => match request.server {
            Some(server) if server != config.address => Err(Ignored::OtherServer { server }),
            Some(_) | None => Err(Ignored::WrongType { kind }),
        },
        None => Err(Ignored::NotPxe),
    }
}

/// A request for the boot file or the menu.
fn boot_server(config: &Config, request: &Request) -> Outcome {
    if request.class != Class::Pxe {
        return Err(Ignored::NotPxe);
    }
    match request.kind {
        Some(MessageType::REQUEST | MessageType::INFORM) => {}
        Some(MessageType(kind)) => return Err(Ignored::WrongType { kind }),
        None => return Err(Ignored::NotPxe),
    }
    if let Some(server) = request.server
        && server != config.address
    {
        return Err(Ignored::OtherServer { server });
    }
    match request.item {
        Some((kind, _)) if !config.menu.is_empty() => {
            let found = config.menu.choice(request.arch, kind);
            found.ok_or(Ignored::NoSuchItem { item: kind })?;
        }
        Some(_) | None => check_boot(config, request)?,
    }
    let hardware = request.header.hardware;
    let item = request.item.map(|(kind, _)| kind);
    Ok((Event::BootServed { hardware, item, left_out: LeftOut::NOTHING }, Some(Kind::BootServer)))
}

/// Whether there is anything to boot for this client.
fn check_boot(config: &Config, request: &Request) -> Result<(), Ignored> {
    let has_menu = request.class == Class::Pxe && config.menu.has_lines(request.arch);
    if has_menu || config.boot_files.file_for(request).is_some() {
        return Ok(());
    }
    Err(Ignored::NoBootFile { arch: request.arch.unwrap_or(u16::MAX) })
}

impl<T: AsRef<[Binding]> + AsMut<[Binding]>> Machine for Server<T> {
    type Path = UdpPath;
    type Event<'d> = Event;

    const MAX_TRANSMIT: usize = Request::MAX_ANSWER;

    fn handle_datagram(&mut self, now: Instant, path: UdpPath, data: &[u8]) -> Event {
        let now = self.clock.advance(now);
        self.receive(now, path, data).unwrap_or_else(Event::Ignored)
    }

    fn handle_timeout(&mut self, now: Instant) -> Option<Event> {
        self.clock.advance(now);
        None
    }

    fn poll_transmit<'b>(
        &mut self,
        now: Instant,
        buf: &'b mut [u8],
    ) -> Result<Option<Transmit<'b, UdpPath>>, BufferTooSmall> {
        self.clock.advance(now);
        let Some(answer) = &self.answer else { return Ok(None) };
        let path = answer.path;
        let bytes = reply::write(&self.config, answer, buf)?;
        self.answer = None;
        Ok(Some(Transmit { path, bytes }))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        // The origin has passed whatever a clock that jumped back says.
        self.answer.is_some().then(|| Instant::from_micros(0))
    }
}

const _: () = assert!(
    size_of::<Server<&mut [Binding]>>() <= 8 * 1024,
    "boot files, menu and extra options lie in the configuration"
);
