//! An IPv6 router that has nothing to offer: it advertises itself (RFC 4861 section 4.2) so that nobody waits for one.

use crate::Outcome;
use crate::namespace::Namespace;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::net::{Ipv6Addr, SocketAddrV6};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A running router; dropping it ends it.
#[derive(Debug)]
pub struct Router {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// How often it speaks.
const INTERVAL: Duration = Duration::from_millis(250);

/// Type 134, code 0, the checksum (the kernel's), hop limit 64, neither managed nor other configuration, lifetime 0 (no
/// default router), reachable and retransmission time unspecified.
const ADVERTISEMENT: [u8; 16] = [134, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

impl Router {
    /// Starts one on an interface of a namespace.
    ///
    /// # Errors
    /// No IPv6, or no right to a raw socket.
    pub fn advertise(inside: &Namespace, interface: &'static str) -> Outcome<Self> {
        inside.ip(&format!("addr add fe80::1/64 dev {interface} nodad\n"))?;
        let socket = inside.enter(move || {
            let socket = Socket::new(Domain::IPV6, Type::RAW, Some(Protocol::ICMPV6))?;
            socket.bind_device(Some(interface.as_bytes()))?;
            socket.bind(&SockAddr::from(SocketAddrV6::new(
                Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1),
                0,
                0,
                index(interface)?,
            )))?;
            // Anything less would have come through a router (RFC 4861 section 6.1.2).
            socket.set_multicast_hops_v6(255)?;
            Ok::<_, std::io::Error>(socket)
        })?;
        let all = SockAddr::from(SocketAddrV6::new(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1), 0, 0, 0));
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("router".into()).spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                // Nothing is plugged in yet: the next one may leave.
                let _ = socket.send_to(&ADVERTISEMENT, &all);
                std::thread::sleep(INTERVAL);
            }
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn index(interface: &str) -> std::io::Result<u32> {
    let name = std::ffi::CString::new(interface)?;
    // SAFETY: the name ends with a NUL and lives until the call returns.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(std::io::Error::last_os_error()),
        index => Ok(index),
    }
}
