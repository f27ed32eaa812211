//! The two halves of every transfer, whoever asked for it: the end that receives blocks and the end that sends them.
//!
//! What belongs here: windows, block numbers, timers, the ERROR that goes to a stranger. What does not: requests and
//! options, which belong to the client or the server.

mod incoming;
mod receiver;
mod reply;
mod sender;
mod timer;

pub(crate) use incoming::{Incoming, Pending, Taken};
pub(crate) use receiver::{Receiver, Verdict};
pub(crate) use reply::Reply;
pub(crate) use sender::{Acknowledged, Broken, Sender};
pub(crate) use timer::{Limits, Part, Timer, micros, span};

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use bootproto_core::UdpPath;

use crate::wire::ErrorCode;
use crate::{Failure, Phase};

/// The largest window: in a larger one, an acknowledgement that took its time could mean a block of the next round of
/// numbers as well.
pub(crate) const MOST_WINDOW: u16 = 0x7fff;

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

/// `path` with another port at the remote end.
pub(crate) const fn with_port(mut path: UdpPath, port: u16) -> UdpPath {
    path.remote.set_port(port);
    path
}

/// What the peer is told when the transfer fails on our side.
pub(crate) const fn farewell(failure: Failure) -> ErrorCode {
    if matches!(failure, Failure::TooLarge { .. } | Failure::LargerThanAnnounced { .. }) {
        ErrorCode::DISK_FULL
    } else {
        ErrorCode::NOT_DEFINED
    }
}

/// What an ERROR of the peer means.
pub(crate) const fn meaning(code: ErrorCode, phase: Phase) -> Failure {
    match code {
        ErrorCode::NOT_FOUND => Failure::NotFound,
        ErrorCode::ACCESS_VIOLATION => Failure::AccessViolation,
        code => Failure::Peer { code, phase },
    }
}
