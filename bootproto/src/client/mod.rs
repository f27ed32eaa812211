//! The boot client: from no address to a kernel in memory, as one machine.
//!
//! What belongs here: the order of things (which step comes after which, which file is next, what may fail how). What
//! does not: DHCP and TFTP (their own crates), the texts' grammar ([`config`](crate::config)), kernel headers and
//! placement ([`linux`](crate::linux)), digests ([`verify`](crate::verify)), and the files' bytes.
//!
//! # Who keeps what
//! The client never keeps a file. Bytes leave it as [`Event::Data`], borrowed from the caller's own receive buffer,
//! and the caller copies them once, straight to where they belong. What the client needs to read again (the
//! configuration, the manifest), the caller keeps as text and lends back when [`Event::NeedText`] asks for it;
//! [`Texts`] does that with two buffers of the caller's.
//!
//! # The order of events
//! | step | events | the caller's answer |
//! |---|---|---|
//! | configure | `Offered`, `ProbeAddress`, `Configured`, `DhcpMenu` | `probe_result`, set up the stack, `choose_server` |
//! | load | `Open`, `Data`.., `Received` of the [`Nbp`](FileKind::Nbp); none with [`Load::Skip`] | store |
//! | choose | `NotFound`.. until a name exists, then `Open`, `Data`.., `Received` of the [`Configuration`](FileKind::Configuration), the same of the [`Manifest`](FileKind::Manifest) or its `NotFound`, `NeedText` (each INCLUDE: another configuration), `Choose` | store, `continue_with`, `choose` |
//! | fetch | `NeedText`, then `Open`, `Data`.., `Received` of each file: kernel, initrds, device tree | `continue_with`, store |
//! | verify | `NeedText`, then `Verify` and `Verified` of each file | `continue_with`, `verify_bytes` |
//! | start | `Ready`, or `LocalBoot` | `plan`, `command_line` |
//!
//! `Failed` may come instead of any of them. Where the boot file is itself a kernel (direct mode), it is opened as
//! [`Kernel`](FileKind::Kernel) and `Ready` follows, without configuration and without the caller's texts. With
//! [`Load::Image`] the same goes for any file, which stays an `Nbp`.

mod boot;
mod cached;
mod check;
mod config;
mod control;
mod elsewhere;
mod event;
mod file;
mod ignored;
mod images;
mod machine;
mod text;
mod texts;

pub use config::{Caps, Config, ConfigError, Load, ManifestPolicy};
pub use event::{Event, FileKind};
pub use ignored::{Ignored, Unexpected};
pub use images::{Placed, Plan};
pub use machine::Client;
pub use texts::Texts;
