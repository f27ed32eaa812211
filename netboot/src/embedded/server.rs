//! The two servers and their threads.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::thread::JoinHandle;

use super::tree::Names;
use crate::drive::{Stop, Stopper};
use crate::serve::{self, BootFile, Config, Event, Listen, Pool, Role, Service};
use crate::{Error, Mistake};

/// Where the server for addresses is.
const DHCP: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 1);
/// Where the server that says what to boot is.
const BOOT: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// What may be given: addresses for examples (RFC 5737), which no machine has. A client takes no loopback address, and
/// over loopback none is really configured.
const POOL: Pool = Pool { first: Ipv4Addr::new(192, 0, 2, 100), last: Ipv4Addr::new(192, 0, 2, 199) };

/// Where a client finds the servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Addresses {
    /// The DHCP server.
    pub dhcp: Ipv4Addr,
    /// The `ProxyDHCP`, boot and TFTP server.
    pub boot: Ipv4Addr,
    /// The port of DHCP and `ProxyDHCP`, in place of 67.
    pub dhcp_port: u16,
    /// The boot server's port, in place of 4011.
    pub pxe_port: u16,
    /// The TFTP server's port, in place of 69.
    pub tftp_port: u16,
}

impl Addresses {
    /// Where to send what would be broadcast.
    #[must_use]
    pub fn broadcast(&self) -> [IpAddr; 2] {
        [IpAddr::V4(self.dhcp), IpAddr::V4(self.boot)]
    }
}

/// The running servers. They end when it is dropped.
#[derive(Debug)]
pub struct Server {
    addresses: Addresses,
    running: Vec<(Stopper, JoinHandle<()>)>,
}

impl Server {
    /// Serves `tree` on loopback. Its boot file is `boot_file`, or [`Names::NBP`]; the files lie under
    /// `path_prefix`, or beside the boot file.
    ///
    /// `report` hears of everything that happens, from two threads.
    ///
    /// # Errors
    /// The tree is no directory, or no port is free on loopback.
    pub fn start(
        tree: &Path,
        boot_file: Option<&str>,
        path_prefix: Option<&str>,
        report: impl Fn(&Event) + Send + Clone + 'static,
    ) -> Result<Self, Error> {
        let (dhcp, boot) = bind(tree, boot_file.unwrap_or(Names::NBP), path_prefix)?;
        let port = |server: &serve::Server, wanted| {
            server
                .listening()
                .find(|(service, _)| *service == wanted)
                .map_or(0, |(_, address)| address.port())
        };
        let addresses = Addresses {
            dhcp: DHCP,
            boot: BOOT,
            dhcp_port: port(&boot, Service::Dhcp),
            pxe_port: port(&boot, Service::Pxe),
            tftp_port: port(&boot, Service::Tftp),
        };
        let mut running = Vec::new();
        for mut server in [dhcp, boot] {
            let stop = Stop::new()?;
            let stopper = stop.stopper()?;
            let report = report.clone();
            let thread = std::thread::spawn(move || {
                if let Err(error) = server.run(&stop, &mut |event| report(event)) {
                    report(&Event::Trouble(error));
                }
            });
            running.push((stopper, thread));
        }
        Ok(Self { addresses, running })
    }

    /// Where a client finds the servers.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for (stopper, _) in &self.running {
            stopper.stop();
        }
        for (_, thread) in self.running.drain(..) {
            // A thread that panicked has said so already.
            let _ = thread.join();
        }
    }
}

/// Both servers on the same two ports, for a client broadcasts to one port.
fn bind(
    tree: &Path,
    boot_file: &str,
    path_prefix: Option<&str>,
) -> Result<(serve::Server, serve::Server), Error> {
    let mut last = Error::mistake(Mistake::PortTaken, "loopback");
    for _ in 0..32 {
        let mut config = Config::new(tree, Listen::loopback(BOOT));
        config.role = Role::Proxy;
        config.boot_files = vec![BootFile { architecture: None, file: boot_file.to_owned() }];
        config.path_prefix = path_prefix.map(str::to_owned);
        (config.dhcp_port, config.pxe_port, config.tftp_port) = (0, 0, 0);
        let boot = serve::Server::bind(config)?;
        let mut listen = Listen::loopback(DHCP);
        listen.mask = Ipv4Addr::new(255, 255, 255, 0);
        let mut config = Config::new(tree, listen);
        config.pool = Some(POOL);
        for (service, address) in boot.listening() {
            match service {
                Service::Dhcp => config.dhcp_port = address.port(),
                Service::Pxe => config.pxe_port = address.port(),
                Service::Tftp => config.tftp_port = address.port(),
            }
        }
        // The system chose ports that are free on one address; on the other somebody else may have them.
        match serve::Server::bind(config) {
            Ok(dhcp) => return Ok((dhcp, boot)),
            Err(error) => last = error,
        }
    }
    Err(last)
}
