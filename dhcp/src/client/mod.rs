//! The client: from DISCOVER to an address, a boot server and a boot file, and the lease's care afterwards.
//!
//! What belongs here: the rules of RFC 2131 section 4.4 and of PXE 2.1 section 2 as one state machine that never waits
//! without need. What does not: ARP (the caller probes, see [`Client::probe_result`]), the menu on the screen (the
//! caller shows [`Client::menu`] and answers with [`Client::choose`]), the transfer of the boot file.
//!
//! ```text
//! DISCOVER -> OFFERs -> REQUEST -> ACK            Event::Bound, lease() is there
//!                                   |-> the ACK or a proxy's offer names the file -> Event::BootReady
//!                                   |-> REQUEST to the proxy's port 4011 -> ACK   -> Event::BootReady or a menu
//!                                   |-> menu -> Event::Menu, choose() -> REQUEST to the boot servers -> ACK
//! ```

mod answers;
mod boot;
mod cached;
mod config;
mod encode;
mod event;
mod exchange;
mod facts;
mod failure;
mod lease;
mod machine;
mod search;
mod timers;

pub use boot::{Boot, Source};
pub use config::{Config, VendorClass};
pub use event::{Event, Offer, OfferKind};
pub use failure::{ConfigError, Failure, Ignored};
pub use lease::Lease;
pub use machine::{Client, Menu};
