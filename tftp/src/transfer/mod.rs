//! The two halves of every transfer, whoever asked for it: the end that receives blocks and the end that sends them.
//!
//! What belongs here: windows, block numbers, timers, the ERROR that goes to a stranger. What does not: requests and
//! options, which belong to the client or the server.

mod receiver;
mod reply;
mod timer;

pub(crate) use receiver::{Receiver, Verdict};
pub(crate) use reply::Reply;
pub(crate) use timer::{Limits, Part, Timer, micros, span};

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use bootproto_core::UdpPath;

/// The path from our port to `port` of the peer.
pub(crate) const fn endpoint(peer: SocketAddr, port: u16, local_port: u16) -> UdpPath {
    let mut remote = peer;
    remote.set_port(port);
    let any = match remote {
        SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    UdpPath { local: SocketAddr::new(any, local_port), remote }
}
