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
//!
//! # States
//! The address and the search for something to boot are two small machines side by side, since a lease must be renewed
//! even while a person looks at a menu.
//!
//! | the address | on | goes to | and sends or tells |
//! |---|---|---|---|
//! | selecting | a complete offer, or the wait's end | requesting | REQUEST |
//! | selecting | a BOOTP answer, and the wait's end | bound | `Bound` |
//! | selecting | silence, and another dialect to try | selecting | `Dialect`, DISCOVER |
//! | selecting, requesting, informing | silence | finished | `Failed` |
//! | rebooting | silence, twice | selecting | DISCOVER |
//! | requesting, rebooting, informing | ACK | bound (probing if asked for) | `Bound` (`ProbeAddress`) |
//! | requesting, rebooting, renewing, rebinding | NAK | selecting, after a rest if it was not the first | `Refused`, DISCOVER |
//! | probing | free | bound | `Bound` |
//! | probing | in use | resting, then selecting | DECLINE, then DISCOVER |
//! | bound | T1 | renewing | REQUEST to the server |
//! | bound, renewing | T2 | rebinding | REQUEST to all |
//! | renewing, rebinding | ACK | bound | `Renewed` |
//! | bound, renewing, rebinding | the lease's end | selecting | `Expired`, DISCOVER |
//! | any with a lease | `release()` | releasing, then finished | RELEASE |
//!
//! | the search | on | goes to | and sends or tells |
//! |---|---|---|---|
//! | waiting | the address | deciding | |
//! | deciding | a file, no menu | ready | `BootReady` |
//! | deciding | a proxy that names nothing | asking the proxy | REQUEST to port 4011 |
//! | deciding, asking the proxy | a menu | choosing, or at once discovering | `Menu` |
//! | asking the proxy | an ACK with a file | ready | `BootReady` |
//! | asking the proxy | silence | ready if DHCP names a file, else finished | `BootReady`, `Failed` |
//! | choosing | `choose()`, or the prompt's end | discovering | REQUEST to boot servers |
//! | choosing | the line for the local disk | over | `LocalBoot` |
//! | discovering | an ACK with a file | ready | `BootReady` |
//! | discovering | silence | the next way, in the end finished | REQUEST, `Failed` |
//! | deciding | nothing at all | finished, or over for a client that seeks nothing | `Failed` |

mod answers;
mod boot;
mod cached;
mod config;
mod control;
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
pub use control::Menu;
pub use event::{Event, Offer, OfferKind};
pub use failure::{ConfigError, Failure, Ignored};
pub use lease::Lease;
pub use machine::Client;
