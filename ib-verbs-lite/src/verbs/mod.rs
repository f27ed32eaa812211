//! What an HCA driver implements, and what the rest of this crate asks of it.
//!
//! What belongs here: the trait [`Hca`] for one port, [`PortControl`] for hardware whose subnet management agent is
//! software, and the values in their signatures. What does not: an implementation, and the software transport for
//! hardware that only moves raw packets.
//!
//! # Two sorts of hardware
//! An HCA that builds headers itself (it knows queue pairs, address vectors, keys and sequence numbers) implements
//! [`Hca`] directly. A dumb one, which wants the raw packet from the LRH on, implements a smaller trait, and the
//! software transport makes an [`Hca`] of it.
//!
//! # Who owns the buffers
//! The driver. [`Hca::post_send`] copies the payload into the driver's memory before it returns;
//! [`Hca::post_receive`] hands the hardware some of the driver's own receive buffers; [`Hca::poll_cq`] copies what
//! arrived into the caller's buffer. Nothing here is borrowed by hardware, so nothing here needs `unsafe`.
//!
//! # Device memory is untrusted
//! A length, an index or a queue pair number in a completion is checked by the driver before it is used. What can't
//! be true becomes [`VerbsError::Device`], never an access.

mod address_vector;
mod completion;
mod error;
mod port;

pub use address_vector::{AddressVector, GlobalRoute, RcPath};
pub use completion::{Completion, CompletionStatus, Outcome, Received};
pub use error::VerbsError;
pub use port::{Counters, LinkWidth, PortAttributes, PortEvent, PortState};

use bootproto_core::Instant;

use crate::{Gid, Lid, PKey, QKey, Qpn};

/// A completion queue's handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cq(pub u8);

/// What a queue pair is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QpType {
    /// Queue pair 0: subnet management, on virtual lane 15.
    Smi,
    /// Queue pair 1: general services.
    Gsi,
    /// Unreliable datagrams.
    Ud,
    /// A reliable connection.
    Rc,
}

/// What a queue pair is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QpConfig {
    /// What it is for.
    pub qp_type: QpType,
    /// Where its sends complete.
    pub send_cq: Cq,
    /// Where its receives complete.
    pub receive_cq: Cq,
    /// How many sends may be under way.
    pub send_depth: u16,
    /// How many receive buffers may be posted.
    pub receive_depth: u16,
    /// The key that datagrams to it must carry. A driver takes [`QKey::GSI`] for queue pair 1, whatever is here.
    pub q_key: QKey,
    /// The partition of what it sends and takes, as an index into the port's table. Without meaning for SMI and GSI.
    pub p_key_index: u16,
}

/// One message to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Send<'a> {
    /// The caller's own number; the completion has it.
    pub id: u64,
    /// Where to; `None` for a connected queue pair.
    pub destination: Option<&'a AddressVector>,
    /// What: at most the path's MTU on a datagram queue pair, and 256 bytes on SMI and GSI.
    pub payload: &'a [u8],
    /// Four bytes beside the payload.
    pub immediate: Option<u32>,
}

/// One port of an HCA.
///
/// Calls never block. A driver that owns several ports makes several values.
pub trait Hca {
    /// Brings the port up as far as hardware can without a subnet manager. Calling it again changes nothing.
    ///
    /// # Errors
    /// [`VerbsError::Device`] if the hardware does not answer.
    fn open_port(&mut self) -> Result<(), VerbsError>;

    /// Gives up all queue pairs, stops all DMA and takes the link down. Call this before another program takes over
    /// the memory.
    fn close_port(&mut self);

    /// What the port is at the moment.
    fn attributes(&self) -> PortAttributes;

    /// The partition at `index` of the port's table; `None` past its end. An empty place is a
    /// [`PKey`] that [is invalid](PKey::is_invalid).
    fn p_key(&self, index: u16) -> Option<PKey>;

    /// Makes a completion queue for `depth` completions.
    ///
    /// # Errors
    /// [`VerbsError::NoResources`].
    fn create_cq(&mut self, depth: u16) -> Result<Cq, VerbsError>;

    /// Gives a completion queue up, with what is in it.
    ///
    /// # Errors
    /// [`VerbsError::NoSuchCq`]; [`VerbsError::Busy`] while a queue pair uses it.
    fn destroy_cq(&mut self, cq: Cq) -> Result<(), VerbsError>;

    /// Makes a queue pair, ready to send and to receive; one of type [`QpType::Rc`] waits for
    /// [`connect`](Self::connect).
    ///
    /// # Errors
    /// [`VerbsError::NoResources`], [`VerbsError::NoSuchCq`], [`VerbsError::BadPKeyIndex`],
    /// [`VerbsError::Unsupported`] for a type that the hardware has not, [`VerbsError::Busy`] for a second SMI or GSI.
    fn create_qp(&mut self, config: &QpConfig) -> Result<Qpn, VerbsError>;

    /// Connects a queue pair of type [`QpType::Rc`] to its peer.
    ///
    /// # Errors
    /// [`VerbsError::NoSuchQp`], [`VerbsError::Unsupported`].
    fn connect(&mut self, qp: Qpn, path: &RcPath) -> Result<(), VerbsError>;

    /// Gives a queue pair up; what is under way on it completes as [`CompletionStatus::Flushed`] or not at all.
    ///
    /// # Errors
    /// [`VerbsError::NoSuchQp`].
    fn destroy_qp(&mut self, qp: Qpn) -> Result<(), VerbsError>;

    /// Sends one message, of which it keeps a copy.
    ///
    /// # Errors
    /// [`VerbsError::NoSuchQp`]; [`VerbsError::QueueFull`]: poll, and try again; [`VerbsError::TooLong`];
    /// [`VerbsError::NoDestination`]; [`VerbsError::NotConnected`]; [`VerbsError::PortDown`] if the link does not
    /// carry this message now.
    fn post_send(&mut self, qp: Qpn, send: &Send<'_>) -> Result<(), VerbsError>;

    /// Hands the hardware up to `count` more receive buffers of the driver's own, and answers how many.
    ///
    /// # Errors
    /// [`VerbsError::NoSuchQp`].
    fn post_receive(&mut self, qp: Qpn, count: u16) -> Result<u16, VerbsError>;

    /// Takes the next completion, and copies a received message to the start of `buf`.
    ///
    /// The global route of a received message is in the [`Completion`], never in `buf`. Give a buffer of 4096 bytes.
    ///
    /// # Errors
    /// [`VerbsError::NoSuchCq`]; [`VerbsError::BufferTooSmall`], and the completion stays where it is;
    /// [`VerbsError::Device`].
    fn poll_cq(&mut self, now: Instant, cq: Cq, buf: &mut [u8]) -> Result<Option<Completion>, VerbsError>;

    /// When [`poll_cq`](Self::poll_cq) must be called even if nothing has arrived: a software transport has timers.
    fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// Lets packets of a group through to a queue pair. The group must have been joined at the SA before.
    ///
    /// # Errors
    /// [`VerbsError::NoSuchQp`], [`VerbsError::NoResources`].
    fn attach_multicast(&mut self, qp: Qpn, group: Gid, lid: Lid) -> Result<(), VerbsError>;

    /// The reverse. A group that was not attached is no error.
    ///
    /// # Errors
    /// [`VerbsError::NoSuchQp`].
    fn detach_multicast(&mut self, qp: Qpn, group: Gid, lid: Lid) -> Result<(), VerbsError>;

    /// The next thing that happened to the port, `None` if nothing has.
    fn poll_event(&mut self) -> Option<PortEvent>;
}

/// What a subnet management agent in software sets on hardware that has none of its own.
///
/// An HCA whose firmware answers SMPs does not implement this, and nobody runs an agent on it.
pub trait PortControl: Hca {
    /// The port's own LIDs (`lmc` low bits are the caller's choice), its subnet's prefix, and where the subnet
    /// manager is. Whoever changes them tells others by [`PortEvent`].
    fn set_addresses(&mut self, lid: Lid, lmc: u8, prefix: u64, sm_lid: Lid, sm_sl: crate::ServiceLevel);

    /// Moves the link on: to [`PortState::ARMED`], [`PortState::ACTIVE`] or [`PortState::DOWN`].
    ///
    /// # Errors
    /// [`VerbsError::BadTransition`] if it can't go there from where it is.
    fn set_state(&mut self, state: PortState) -> Result<(), VerbsError>;

    /// The largest payload towards the neighbour, and how many data lanes are used (code of `OperationalVLs`).
    fn set_link(&mut self, mtu: crate::Mtu, operational_vls: u8);

    /// Writes part of the partition table from `index` on; what is past the table's end is passed over.
    fn set_p_keys(&mut self, index: u16, keys: &[PKey]);

    /// What went through the port.
    fn counters(&self) -> Counters;

    /// Tells everybody who polls events, such as that a subnet manager asked for reregistration.
    fn raise(&mut self, event: PortEvent);
}
