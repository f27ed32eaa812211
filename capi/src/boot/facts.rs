//! What can be asked of a boot client: where it is, the entries of the menu, why it failed.

use bootproto::config::Menu;
use bootproto::{Failure, Step};

use crate::misuse::{Misuse, Wrong, bp_result};
use crate::types::{address, bp_bytes, bp_flag, bp_ipv4};

/// One of the eight steps of a boot.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_step(pub u8);

/// DHCP gives the address, the servers and the boot file.
pub const BP_STEP_CONFIGURE: bp_step = bp_step(2);
/// The boot file comes.
pub const BP_STEP_LOAD: bp_step = bp_step(3);
/// The configuration is found and an entry is chosen.
pub const BP_STEP_CHOOSE: bp_step = bp_step(4);
/// The kernel and its initrds come.
pub const BP_STEP_FETCH: bp_step = bp_step(5);
/// Sizes and digests are checked.
pub const BP_STEP_VERIFY: bp_step = bp_step(6);
/// The kernel starts.
pub const BP_STEP_START: bp_step = bp_step(7);

/// An entry of the configuration. Texts lie in the configuration's buffer and are not to be trusted.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_entry {
    /// Its name.
    pub label: bp_bytes,
    /// Its text in the menu; none where it has no other than its name. A `^` stands before the hot key.
    pub menu_label: bp_bytes,
    /// What it starts.
    pub kernel: bp_bytes,
    /// Whether it can be chosen.
    pub can_boot: bp_flag,
    /// Whether a menu does not show it.
    pub is_hidden: bp_flag,
    /// 0.
    pub reserved: [u8; 6],
}

/// Why and where a boot ended.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_failure {
    /// The number.
    pub code: bp_result,
    /// The step.
    pub step: bp_step,
    /// How many times it was tried.
    pub tries: u8,
    /// The peer's port.
    pub peer_port: u16,
    /// With whom we were speaking.
    pub peer: bp_ipv4,
}

impl From<Step> for bp_step {
    fn from(step: Step) -> Self {
        Self(step.number())
    }
}

impl From<&Failure> for bp_failure {
    fn from(failure: &Failure) -> Self {
        Self {
            code: failure.code().into(),
            step: failure.step.into(),
            tries: failure.tries,
            peer_port: failure.peer.map_or(0, |peer| peer.port()),
            peer: failure.peer.map_or_else(bp_ipv4::default, address),
        }
    }
}

/// The entry at `index` of a configuration.
pub(super) fn entry(configuration: &[u8], index: usize) -> Result<bp_entry, Wrong> {
    let menu = Menu::parse(configuration)?;
    let entry = menu.entry(index).ok_or(Misuse::Nothing)?;
    Ok(bp_entry {
        label: bp_bytes::lend(entry.label),
        menu_label: bp_bytes::lend(entry.menu_label.unwrap_or_default()),
        kernel: bp_bytes::lend(entry.kernel),
        can_boot: entry.boots().into(),
        is_hidden: entry.is_hidden.into(),
        reserved: [0; 6],
    })
}
