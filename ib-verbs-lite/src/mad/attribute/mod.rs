//! Attributes of subnet management, performance management, and the notices that both the SM and the SA handle.
//!
//! What belongs here: structures with their bytes. What does not: who may set what, and what follows from it.
//! Field names are the specification's, in Rust's spelling.

mod notice;
mod perf;
mod port_info;
mod subnet;
mod table;

pub use notice::{ClassPortInfo, Notice};
pub use perf::PortCounters;
pub use port_info::PortInfo;
pub use subnet::{NodeDescription, NodeInfo, NodeType, SmInfo};
pub use table::{GuidInfo, PKeyTable, SlToVl, VlArbitration, VlWeight};
