//! TFTP as sans-IO machines: download, upload, and both of the server's transfers.
//!
//! What belongs here: the codec ([`wire`]), the machines ([`client`], [`server`]), netascii and the reading side of a
//! file ([`Source`]). What does not: sockets, files, and the choice of what a server hands out.
#![no_std]
#![forbid(unsafe_code)]

pub mod client;
mod failure;
mod ignored;
mod negotiated;
pub mod netascii;
pub mod server;
mod source;
mod transfer;
pub mod wire;

pub use client::{Download, Upload};
pub use failure::{ConfigError, Failure, Phase};
pub use ignored::Ignored;
pub use negotiated::{Negotiated, Statistics};
pub use source::{Source, SourceError};
