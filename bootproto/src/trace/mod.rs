//! The last packets, for the person who has nothing but a serial cable.
//!
//! What belongs here: [`Packet`], which prints itself in a line; [`Ring`], which keeps the last ones in memory that the
//! caller gives; and the way from there to a capture file ([`pcapng`]) and through a serial log ([`write_text`]). What
//! does not: when to record and when to print, which is the driver's business.
//!
//! ```
//! use bootproto::trace::{Direction, Packet, Ring};
//! use bootproto_core::{Instant, UdpPath};
//!
//! let mut storage = [0; 4096];
//! let mut ring = Ring::new(&mut storage);
//! let path = UdpPath::from_port(2070, "10.0.0.1:69".parse().unwrap());
//! let sent = Packet::datagram(Instant::from_millis(1500), Direction::Sent, path, b"\0\x01vmlinuz\0octet\0");
//! ring.record(&sent);
//! assert_eq!(sent.to_string(), "   1.500000 > 10.0.0.1:69 TFTP RRQ vmlinuz octet");
//!
//! let mut serial = String::new();
//! ring.write_text(&mut serial).unwrap();
//! assert!(serial.starts_with("-----BEGIN BOOTPROTO PCAPNG-----\nCg0NCh"));
//! ```

mod describe;
mod lines;
mod packet;
pub mod pcapng;
mod ring;
mod text;

pub use lines::{Line, Lines};
pub use packet::{Direction, Layer, Packet, What};
pub use ring::{Iter, Ring};
pub use text::{BEGIN, END, LINE, write_text};
