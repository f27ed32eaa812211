//! Why a loop ended before its machine did.

use core::fmt;

use bootproto_core::BufferTooSmall;
use bootproto_tftp::{ConfigError, Failure};

/// The loop can't go on. `E` is the network's own error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DriveError<E> {
    /// The network below can't send or receive.
    Network(E),
    /// The transmit buffer is too small: give it `MAX_TRANSMIT` bytes.
    Transmit(BufferTooSmall),
}

impl<E> From<BufferTooSmall> for DriveError<E> {
    fn from(error: BufferTooSmall) -> Self {
        Self::Transmit(error)
    }
}

impl<E: fmt::Debug> fmt::Display for DriveError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(error) => write!(f, "the network can't send or receive: {error:?}"),
            Self::Transmit(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for DriveError<E> {}

/// A download has failed. `E` is the network's own error, `S` that of the storing function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchError<E, S> {
    /// A setting is out of its bounds; nothing was sent.
    Config(ConfigError),
    /// The transfer failed.
    Failed(Failure),
    /// The bytes could not be stored. The server was told.
    Store(S),
    /// The loop could not go on.
    Drive(DriveError<E>),
}

impl<E, S> From<DriveError<E>> for FetchError<E, S> {
    fn from(error: DriveError<E>) -> Self {
        Self::Drive(error)
    }
}

impl<E: fmt::Debug, S: fmt::Debug> fmt::Display for FetchError<E, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Failed(failure) => failure.fmt(f),
            Self::Store(error) => write!(f, "the bytes could not be stored: {error:?}"),
            Self::Drive(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug, S: fmt::Debug> core::error::Error for FetchError<E, S> {}
