//! A port whose cable is a socket.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;

use bootproto_ib_verbs_lite::packet::Trailer;
use bootproto_ib_verbs_lite::raw::{Identity, Link, RawPort};
use bootproto_ib_verbs_lite::verbs::{LinkWidth, PortState, VerbsError};
use bootproto_ib_verbs_lite::{Guid, Mtu};
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, UnixAddr, connect, recv, send, socket};

use crate::{Error, Mistake};

/// Raw packets by messages of a socket.
#[derive(Debug)]
pub struct Cable {
    socket: OwnedFd,
    address: UnixAddr,
    guid: Guid,
    state: PortState,
}

impl Cable {
    /// Plugs a cable into what listens at `path`. The port has this GUID, and so has its adapter.
    ///
    /// # Errors
    /// Nobody listens there, or there is no right to it.
    pub fn plug(path: &Path, guid: [u8; 8]) -> Result<Self, Error> {
        let what = || format!("--fabric {}", path.display());
        let wrong = |error: nix::Error| {
            let mistake = match error {
                nix::Error::EACCES | nix::Error::EPERM => Mistake::NoRight,
                _ => Mistake::NoFabric,
            };
            Error::mistake(mistake, what()).because(io::Error::from(error))
        };
        let address = UnixAddr::new(path).map_err(wrong)?;
        let socket = connected(&address).map_err(wrong)?;
        Ok(Self { socket, address, guid: Guid(u64::from_be_bytes(guid)), state: PortState::DOWN })
    }

    /// Whether the other end is still there.
    #[must_use]
    pub fn is_plugged(&self) -> bool {
        self.state != PortState::DOWN
    }
}

fn connected(address: &UnixAddr) -> nix::Result<OwnedFd> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let socket = socket(AddressFamily::Unix, SockType::SeqPacket, flags, None)?;
    connect(socket.as_raw_fd(), address)?;
    Ok(socket)
}

impl AsFd for Cable {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl RawPort for Cable {
    const SEND_TRAILER: Trailer = Trailer::None;
    const RECEIVE_TRAILER: Trailer = Trailer::None;
    const CHECKS_IN_SOFTWARE: bool = false;

    fn open(&mut self) -> Result<(), VerbsError> {
        self.state = PortState::INIT;
        Ok(())
    }

    fn close(&mut self) {
        self.state = PortState::DOWN;
    }

    fn identity(&self) -> Identity {
        Identity { number: 1, guid: self.guid, node_guid: self.guid, max_mtu: Mtu::MTU_4096 }
    }

    fn link(&self) -> Link {
        Link { state: self.state, width: LinkWidth::X4, speed: 1 }
    }

    fn set_state(&mut self, state: PortState) -> Result<(), VerbsError> {
        if self.state == PortState::DOWN {
            return Err(VerbsError::BadTransition { from: self.state, to: state });
        }
        if state != PortState::DOWN {
            self.state = state;
            return Ok(());
        }
        // A link that is taken down comes up again by itself: the cable is still there. The other end has to see it go
        // down, too, or nobody comes to look at the port again.
        self.state = match connected(&self.address) {
            Ok(socket) => {
                self.socket = socket;
                PortState::INIT
            }
            Err(_) => PortState::DOWN,
        };
        Ok(())
    }

    fn send(&mut self, packet: &[u8]) -> Result<(), VerbsError> {
        match send(self.socket.as_raw_fd(), packet, MsgFlags::MSG_NOSIGNAL) {
            Ok(_) => Ok(()),
            Err(nix::Error::EAGAIN | nix::Error::ENOBUFS) => Err(VerbsError::QueueFull),
            Err(_) => {
                self.state = PortState::DOWN;
                Err(VerbsError::PortDown { state: self.state })
            }
        }
    }

    fn receive(&mut self, buf: &mut [u8]) -> Result<Option<usize>, VerbsError> {
        match recv(self.socket.as_raw_fd(), buf, MsgFlags::MSG_TRUNC) {
            Ok(length) if (1..=buf.len()).contains(&length) => Ok(Some(length)),
            // Longer than any packet.
            Ok(1..) => Ok(None),
            Err(nix::Error::EAGAIN | nix::Error::EINTR) => Ok(None),
            Ok(0) | Err(_) => {
                self.state = PortState::DOWN;
                Ok(None)
            }
        }
    }
}
