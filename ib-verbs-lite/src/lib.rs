//! InfiniBand for firmware: what stands between an HCA driver and a boot client.
//!
//! What belongs here: addresses, the traits that a driver implements ([`verbs`]), the bytes of packets ([`packet`])
//! and of management datagrams ([`mad`]), the software transport for dumb hardware ([`raw`]), IP over it ([`ipoib`]).
//! What does not: any one chip, and the boot itself.
//!
//! | what | source |
//! |---|---|
//! | LRH, GRH, BTH, DETH, RETH, AETH, `ImmDt`, ICRC, VCRC | IBTA 1.3 volume 1, chapters 7 to 9 |
//! | RoCEv2: the same over UDP 4791 | IBTA annex A17 |
//! | MAD, SMP, attributes of subnet management | chapters 13 and 14 |
//! | SA: records, component masks, RMPP | chapters 13.6 and 15 |
//! | performance management | chapter 16.1 |
//! | communication management | chapter 12 |
//! | IP over `InfiniBand` | RFC 4391, RFC 4392 |
//!
//! Numbers of what can go wrong start with `BP5`: verbs from 5201; MADs and their agents 5040 to 5058, 5230 to 5245 and
//! 5320 to 5329; CM and RC 5140 to 5157, 5250 to 5258 and 5340 to 5343; IPoIB 5080 to 5099, 5280 to 5299 and 5360 to 5379.
#![no_std]
#![forbid(unsafe_code)]

mod address;
pub mod cm;
#[doc(hidden)]
pub mod fuzzing;
pub mod ipoib;
mod layout;
pub mod mad;
mod management;
pub mod packet;
pub mod pma;
pub mod port;
pub mod raw;
pub mod rc;
pub mod sa;
pub mod sma;
pub mod transaction;
pub mod verbs;

pub use address::{Gid, Guid, Lid, Mtu, PKey, Psn, QKey, Qpn, Rate, ServiceLevel};
pub use management::{ConfigError, Failure, Ignored};
