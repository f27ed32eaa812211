//! The subnet management agent of one adapter port (IBTA 14.2): what the subnet manager asks and sets on queue pair 0.
//!
//! What belongs here: the answers to SMPs, the checks of the management key, and traps. What does not: the hardware
//! behind it, which the caller sets as the [events](Event) say, and the subnet manager.
//!
//! | attribute | Get | Set |
//! |---|---|---|
//! | `NodeInfo`, `NodeDescription` | yes | status 0x000c |
//! | `PortInfo` | yes | LID, LMC, SM's LID and SL, prefix, M_Key, state, MTU, lanes, reregistration |
//! | `GUIDInfo` | yes | GUIDs after the first |
//! | `P_KeyTable` | yes | yes |
//! | `SLtoVLMappingTable`, `VLArbitrationTable` | yes | yes |
//! | everything else | status 0x000c | status 0x000c |
//!
//! ```text
//! subnet manager                        port
//!  | Get NodeInfo, NodeDescription, PortInfo, P_KeyTable -> |   the port is Initializing
//!  | Set PortInfo: LID, SM's LID, ClientReregister -------> |   Event::Changed: addresses, reregister
//!  | Set PortInfo: PortState = Armed ---------------------> |   Event::Changed: state
//!  | Set PortInfo: PortState = Active --------------------> |   Event::Changed: state
//! ```

mod agent;
mod config;
mod event;
mod m_key;
mod set;
mod tables;
mod trap;

pub use agent::Agent;
pub use config::Config;
pub use event::{Changes, Event};
