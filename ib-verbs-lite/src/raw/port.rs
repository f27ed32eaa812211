//! What a driver of dumb hardware implements.

use crate::packet::Trailer;
use crate::verbs::{LinkWidth, PortState, VerbsError};
use crate::{Gid, Guid, Lid, Mtu};

/// What a port was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Its number on the HCA, from 1.
    pub number: u8,
    /// The port.
    pub guid: Guid,
    /// The HCA.
    pub node_guid: Guid,
    /// The largest payload that the hardware takes.
    pub max_mtu: Mtu,
}

/// What a link is at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Its logical state, as the hardware has it.
    pub state: PortState,
    /// The lanes in use.
    pub width: LinkWidth,
    /// The speed of a lane: the code of `LinkSpeedActive`.
    pub speed: u8,
}

/// A port that sends and receives raw packets.
///
/// Calls never block. What comes from the device's memory is the driver's to check; what is in a packet is checked
/// by [`Transport`](super::Transport).
pub trait RawPort {
    /// Which checksums [`send`](Self::send) wants at a packet's end; the hardware makes the others.
    const SEND_TRAILER: Trailer;
    /// Which checksums [`receive`](Self::receive) leaves at a packet's end.
    const RECEIVE_TRAILER: Trailer;
    /// Whether what `RECEIVE_TRAILER` says must be checked in software.
    const CHECKS_IN_SOFTWARE: bool;

    /// Makes the hardware ready: rings, filters, and the link as far up as it comes without a subnet manager.
    ///
    /// # Errors
    /// [`VerbsError::Device`].
    fn open(&mut self) -> Result<(), VerbsError>;

    /// Stops all DMA and takes the link down.
    fn close(&mut self);

    /// What the port was made with.
    fn identity(&self) -> Identity;

    /// What its link is.
    fn link(&self) -> Link;

    /// Moves the link to [`PortState::ARMED`], [`PortState::ACTIVE`] or [`PortState::DOWN`].
    ///
    /// # Errors
    /// [`VerbsError::BadTransition`].
    fn set_state(&mut self, state: PortState) -> Result<(), VerbsError>;

    /// Tells hardware that filters by LID its own; `lmc` low bits are free.
    fn set_lid(&mut self, lid: Lid, lmc: u8) {
        let _ = (lid, lmc);
    }

    /// Tells hardware that filters by group what to let through. Without a filter there is nothing to do.
    ///
    /// # Errors
    /// [`VerbsError::NoResources`].
    fn set_group(&mut self, group: Gid, lid: Lid, wanted: bool) -> Result<(), VerbsError> {
        let _ = (group, lid, wanted);
        Ok(())
    }

    /// Takes one packet to send, from the LRH on.
    ///
    /// # Errors
    /// [`VerbsError::QueueFull`] if there is no room at the moment; [`VerbsError::PortDown`]; [`VerbsError::Device`].
    fn send(&mut self, packet: &[u8]) -> Result<(), VerbsError>;

    /// Copies the next received packet to the start of `buf` and answers its length; `None` if there is none.
    ///
    /// A packet that is longer than `buf` is dropped: it can't be a packet.
    ///
    /// # Errors
    /// [`VerbsError::Device`].
    fn receive(&mut self, buf: &mut [u8]) -> Result<Option<usize>, VerbsError>;
}
