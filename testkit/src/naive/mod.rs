//! Reference peers, obviously correct, on raw bytes.
//!
//! What belongs here: small servers and clients that a test can teach bad manners. What does not: anything from our
//! own wire crates (a codec is never checked with itself), speed, and completeness: what no test needs is missing.

mod dhcp_bytes;
mod dhcp_server;
mod proxy_dhcp;
mod tftp_bytes;
mod tftp_client;
mod tftp_packet;
mod tftp_server;

pub use dhcp_bytes::Request;
pub use dhcp_server::DhcpServer;
pub use proxy_dhcp::ProxyDhcp;
pub use tftp_client::{Outcome, TftpClient};
pub use tftp_packet::TftpPacket;
pub use tftp_server::{OptionManners, TftpServer};
