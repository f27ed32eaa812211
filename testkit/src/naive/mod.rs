//! Reference peers, obviously correct, on raw bytes.
//!
//! What belongs here: small servers and clients that a test can teach bad manners. What does not: anything from our
//! own wire crates (a codec is never checked with itself), speed, and completeness: what no test needs is missing.

mod tftp_bytes;
mod tftp_client;
mod tftp_server;

pub use tftp_client::{Outcome, TftpClient};
pub use tftp_server::{OptionManners, TftpServer};
