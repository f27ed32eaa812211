//! A look at the wire from outside: when a boot began, and how long one file took.

use crate::Outcome;
use crate::namespace::Namespace;
use socket2::{Domain, Protocol, Socket, Type};
use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What was seen.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// From the request for the file to the last block of the transfer that had the most blocks.
    pub transfer: Duration,
    /// From the first DHCPDISCOVER until [`Sniffer::finish`].
    pub since_discover: Duration,
    /// From the last DHCPDISCOVER to the last DHCPACK: of several programs that ask one after another, the last one's.
    pub last_lease: Option<Duration>,
}

/// A thread that reads the frames of an interface.
#[derive(Debug)]
pub struct Sniffer {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Watch>,
}

/// One transfer of the file.
#[derive(Debug, Clone, Copy)]
struct Transfer {
    port: [u8; 2],
    begun: Instant,
    ended: Instant,
    blocks: u64,
}

#[derive(Debug, Default)]
struct Watch {
    discover: Option<Instant>,
    last_discover: Option<Instant>,
    last_ack: Option<Instant>,
    transfers: Vec<Transfer>,
}

impl Sniffer {
    /// Watches for requests of `file`.
    ///
    /// # Errors
    /// No right to a packet socket.
    pub fn start(inside: &Namespace, interface: &'static str, file: &'static str) -> Outcome<Self> {
        const EVERY_KIND: i32 = 3;
        let socket = inside.enter(move || {
            // In network order, as packet(7) wants it: IPv4 in both directions would need two sockets.
            let socket = Socket::new(Domain::PACKET, Type::RAW, Some(Protocol::from(EVERY_KIND << 8)))?;
            bind(&socket, interface)?;
            socket.set_read_timeout(Some(Duration::from_millis(100)))?;
            socket.set_recv_buffer_size(8 << 20)?;
            Ok::<_, std::io::Error>(socket)
        })?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("sniffer".into()).spawn(move || {
            let (mut watch, mut frame) = (Watch::default(), [0; 640]);
            while !stopped.load(Ordering::Relaxed) {
                if let Ok(length) = (&socket).read(&mut frame) {
                    watch.see(&frame[..length], file);
                }
            }
            watch
        })?;
        Ok(Self { stop, thread })
    }

    /// Ends it.
    ///
    /// # Errors
    /// It saw no DHCPDISCOVER or no transfer of the file.
    pub fn finish(self) -> Outcome<Seen> {
        let now = Instant::now();
        self.stop.store(true, Ordering::Relaxed);
        let watch = self.thread.join().map_err(|_| "the sniffer failed")?;
        let discover = watch.discover.ok_or("no DHCPDISCOVER was seen")?;
        let longest = watch.transfers.iter().max_by_key(|transfer| transfer.blocks);
        let longest = longest.ok_or("the file was not asked for")?;
        let lease = watch.last_ack.zip(watch.last_discover);
        let last_lease = lease.and_then(|(ack, discover)| ack.checked_duration_since(discover));
        let transfer = longest.ended - longest.begun;
        Ok(Seen { transfer, since_discover: now - discover, last_lease })
    }
}

impl Watch {
    /// Ethernet, IPv4 without options, UDP.
    fn see(&mut self, frame: &[u8], file: &str) {
        let (Some([8, 0]), Some([0x45]), Some([17])) =
            (frame.get(12..14), frame.get(14..15), frame.get(23..24))
        else {
            return;
        };
        let (Some(from), Some(to), Some(data)) = (frame.get(34..36), frame.get(36..38), frame.get(42..))
        else {
            return;
        };
        let now = Instant::now();
        match (data, to) {
            (_, [0, 67]) => {
                self.discover = self.discover.or(Some(now));
                if dhcp_type(data) == Some(1) {
                    self.last_discover = Some(now);
                }
            }
            (_, [0, 68]) if dhcp_type(data) == Some(5) => self.last_ack = Some(now),
            ([0, 1, name @ ..], [0, 69]) => {
                let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
                if name.ends_with(file.as_bytes()) {
                    let port = [from[0], from[1]];
                    self.transfers.push(Transfer { port, begun: now, ended: now, blocks: 0 });
                }
            }
            ([0, 3, ..], _) => {
                let transfer = self.transfers.iter_mut().rev().find(|transfer| transfer.port == to);
                if let Some(transfer) = transfer {
                    transfer.ended = now;
                    transfer.blocks += 1;
                }
            }
            _ => {}
        }
    }
}

/// Option 53 of a DHCP message, behind 240 bytes of header and cookie.
fn dhcp_type(message: &[u8]) -> Option<u8> {
    let mut options = message.get(240..)?;
    loop {
        options = match options {
            [53, 1, kind, ..] => return Some(*kind),
            [0, rest @ ..] => rest,
            [_, length, rest @ ..] => rest.get(usize::from(*length)..)?,
            _ => return None,
        };
    }
}

fn bind(socket: &Socket, interface: &str) -> std::io::Result<()> {
    use std::os::fd::AsRawFd as _;
    let name = std::ffi::CString::new(interface)?;
    // SAFETY: the name ends with a NUL and lives until the call returns; an address of zeros is a value, and the length
    // is its own.
    let result = unsafe {
        let mut address: libc::sockaddr_ll = std::mem::zeroed();
        address.sll_family = libc::AF_PACKET as u16;
        address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
        address.sll_ifindex = libc::if_nametoindex(name.as_ptr()) as i32;
        let length = size_of::<libc::sockaddr_ll>() as u32;
        libc::bind(socket.as_raw_fd(), (&raw const address).cast(), length)
    };
    if result < 0 { Err(std::io::Error::last_os_error()) } else { Ok(()) }
}
