//! The client of subnet administration (IBTA 15): paths, multicast groups, subscriptions and records.
//!
//! What belongs here: what is asked, what is remembered, and what is done again when the subnet manager changes. What
//! does not: open requests and long answers ([`transaction`](crate::transaction)), and IP.
//!
//! ```text
//! port                                  subnet manager, queue pair 1
//!  | Set MCMemberRecord: MGID, PortGID, JoinState -------> |
//!  | <- GetResp: MLID, Q_Key, MTU, rate                    |  Event::Joined
//!  | Get PathRecord: SGID, DGID -------------------------> |
//!  | <- GetResp: DLID, SL, MTU, rate                       |  Event::Path
//!  | Set InformInfo -------------------------------------> |
//!  | <- GetResp                                            |  Event::Subscribed
//!  | <- Report Notice: GID 65 out of service               |  Event::Report
//!  | ReportResp -----------------------------------------> |
//!  | Delete MCMemberRecord ------------------------------> |
//!  | <- DeleteResp                                         |  Event::Left
//! ```

mod answer;
mod ask;
mod client;
mod event;
mod machine;
mod path;
mod task;

pub use client::{Client, Config, Port};
pub use event::{Event, Question, Subject};
pub use task::Join;
