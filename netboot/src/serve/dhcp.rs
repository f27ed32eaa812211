//! The DHCP side: two sockets and one machine.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use bootproto_core::{Machine, Numbered, UdpPath};
use bootproto_dhcp::HardwareAddress;
use bootproto_dhcp::server::{self, Binding};

use super::menu::with_menu;
use super::{Config, Event, Role, Service};
use crate::drive::{Bound, Clock, open};
use crate::{Error, Mistake};

/// How many clients are remembered beyond the pool's addresses, for those that only ask what to boot.
const SPARE_ROWS: u32 = 16;

#[derive(Debug)]
pub(super) struct Dhcp {
    machine: server::Server<Vec<Binding>>,
    server: Bound,
    pxe: Bound,
    address: Ipv4Addr,
    /// Loopback has neither broadcast nor a way to an address that was just given: every answer goes to where the
    /// question came from.
    reflect: bool,
}

impl Dhcp {
    pub(super) fn bind(config: &Config) -> Result<Option<Self>, Error> {
        if config.role == Role::TftpOnly {
            return Ok(None);
        }
        let listen = &config.listen;
        let reflect = listen.interface.is_none() || listen.address.is_loopback();
        // Broadcasts only reach a socket that is bound to no address; the interface is what limits it.
        let any = if reflect { listen.address } else { Ipv4Addr::UNSPECIFIED };
        let bind = |port: u16| {
            let interface = listen.interface.as_deref().filter(|_| !reflect);
            open(SocketAddr::new(IpAddr::V4(any), port), interface)
                .map_err(|error| told(Error::open_socket(format!("listening on UDP port {port}"), &error)))
        };
        let server = bind(config.dhcp_port)?;
        let pxe = bind(config.pxe_port)?;
        let (settings, table) = settings(config, server.local().port(), pxe.local().port())?;
        let machine = server::Server::new(settings, table)
            .map_err(|error| Error::mistake(Mistake::Argument, "the DHCP settings").because(error))?;
        Ok(Some(Self { machine, server, pxe, address: listen.address, reflect }))
    }

    pub(super) fn sockets(&self) -> [(Service, &Bound); 2] {
        [(Service::Dhcp, &self.server), (Service::Pxe, &self.pxe)]
    }

    /// Takes what has arrived, and answers it.
    pub(super) fn serve(&mut self, clock: &Clock, buf: &mut [u8], report: &mut dyn FnMut(&Event)) {
        for pxe in [false, true] {
            // Bounded, so that a flood here does not starve the transfers.
            for _ in 0..32 {
                let bound = if pxe { &self.pxe } else { &self.server };
                let (from, length) = match bound.receive(buf) {
                    Ok(Some(received)) => received,
                    Ok(None) => break,
                    Err(error) => {
                        report(&Event::Trouble(Error::network("receiving DHCP", &error)));
                        break;
                    }
                };
                let local = SocketAddr::new(IpAddr::V4(self.address), bound.local().port());
                let path = UdpPath { local, remote: from };
                let event = self.machine.handle_datagram(clock.now(), path, &buf[..length]);
                report(&Event::Dhcp(event));
                if let Err(error) = self.flush(clock, from) {
                    report(&Event::Trouble(Error::network(format!("answering {from}"), &error)));
                }
            }
        }
    }

    fn flush(&mut self, clock: &Clock, from: SocketAddr) -> io::Result<()> {
        let mut buf = [0; server::Server::<Vec<Binding>>::MAX_TRANSMIT];
        while let Ok(Some(transmit)) = self.machine.poll_transmit(clock.now(), &mut buf) {
            let bound =
                if transmit.path.local.port() == self.pxe.local().port() { &self.pxe } else { &self.server };
            let to = if self.reflect { from } else { transmit.path.remote };
            bound.send(to, transmit.bytes)?;
        }
        Ok(())
    }
}

/// Clients ask at these ports alone: another one is no way out.
fn told(error: Error) -> Error {
    if error.code() == Mistake::NoRight.code() {
        return error.with_hint(
            "run as root, or give the program CAP_NET_BIND_SERVICE; --no-dhcp --tftp-port 6969 needs neither",
        );
    }
    if error.code() != Mistake::PortTaken.code() {
        return error;
    }
    error.with_hint(
        "a DHCP server runs on this machine (`ss -lunp` names it): stop it, let it say what to boot, or serve from \
         another machine; --no-dhcp serves TFTP alone",
    )
}

fn settings(config: &Config, port: u16, pxe_port: u16) -> Result<(server::Config, Vec<Binding>), Error> {
    let listen = &config.listen;
    let mut settings = match config.role {
        Role::Proxy => server::Config::proxy(listen.address),
        _ => server::Config::new(listen.address),
    };
    settings = settings
        .with_mask(listen.mask)
        .with_ports(port, config.dhcp_client_port, pxe_port)
        .with_lease(u32::try_from(config.lease.as_secs()).unwrap_or(u32::MAX), 86_400)
        // We have sockets only: no way to send to an address that its owner has not configured yet.
        .with_always_broadcast(true);
    let mut table: Vec<Binding> = Vec::new();
    if config.role == Role::Dhcp {
        let pool = config.pool_or_default();
        if let Some(pool) = pool {
            settings = settings.with_pool(pool.first, pool.last, listen.mask);
        } else if config.hosts.is_empty() {
            return Err(Error::mistake(Mistake::Argument, "--pool")
                .because("the interface's network has no address to give"));
        }
        for host in &config.hosts {
            table.push(Binding::host(HardwareAddress::ethernet(host.mac), host.address));
        }
        let rows = pool.map_or(0, |pool| pool.size() + SPARE_ROWS);
        table.resize(table.len() + rows as usize, Binding::FREE);
    }
    for boot in &config.boot_files {
        settings = settings.with_boot_file(boot.architecture, boot.file.as_bytes());
    }
    settings = with_menu(settings, &config.menu, config.prompt.as_ref());
    if let Some(address) = config.next_server {
        settings = settings.with_next_server(address);
    }
    if let Some(router) = config.router {
        settings = settings.with_router(router);
    }
    if let Some(dns) = config.dns {
        settings = settings.with_dns(dns);
    }
    if let Some(file) = &config.config_file {
        settings = settings.with_config_file(file.as_bytes());
    }
    if let Some(prefix) = &config.path_prefix {
        settings = settings.with_path_prefix(prefix.as_bytes());
    }
    Ok((settings, table))
}
