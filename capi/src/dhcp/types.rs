//! Storage and events of a DHCP client.

use bootproto_core::Numbered as _;
use bootproto_dhcp::client::{Client, Event, Failure};

use crate::codes::code_of;
use crate::misuse::bp_result;
use crate::raw::Stored;
use crate::types::{bp_bytes, bp_flag, bp_ipv4};

/// How many words a `bp_dhcp` has.
pub const BP_DHCP_WORDS: usize = 512;

/// A datagram that a DHCP client sends is at most this long.
pub const BP_DHCP_MAX_TRANSMIT: usize = 768;

/// Storage for one DHCP client. The caller provides it, anywhere; a copy of it is a snapshot.
#[repr(C)]
#[derive(Debug, Clone)]
pub struct bp_dhcp {
    /// The library's.
    pub opaque: [u64; BP_DHCP_WORDS],
}

/// What a call to a DHCP client tells.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_dhcp_event_kind(pub u32);

/// Nothing to act on.
pub const BP_DHCP_NOTHING: bp_dhcp_event_kind = bp_dhcp_event_kind(0);
/// The datagram changed nothing, for the reason `code`.
pub const BP_DHCP_IGNORED: bp_dhcp_event_kind = bp_dhcp_event_kind(1);
/// `server` offers `address` (0.0.0.0: it is a proxy). For the log.
pub const BP_DHCP_OFFERED: bp_dhcp_event_kind = bp_dhcp_event_kind(2);
/// Nobody answered as we presented ourselves; the next way is tried. For the log.
pub const BP_DHCP_DIALECT: bp_dhcp_event_kind = bp_dhcp_event_kind(3);
/// See by ARP whether somebody uses `address`, then call `bp_dhcp_probe_result`.
pub const BP_DHCP_PROBE_ADDRESS: bp_dhcp_event_kind = bp_dhcp_event_kind(4);
/// There is a lease, see `bp_dhcp_lease`: configure the stack now. What to boot may follow.
pub const BP_DHCP_BOUND: bp_dhcp_event_kind = bp_dhcp_event_kind(5);
/// A person may choose, see `bp_dhcp_menu_item`; answer with `bp_dhcp_choose`.
pub const BP_DHCP_MENU: bp_dhcp_event_kind = bp_dhcp_event_kind(6);
/// It is known what to boot, see `bp_dhcp_boot`.
pub const BP_DHCP_BOOT_READY: bp_dhcp_event_kind = bp_dhcp_event_kind(7);
/// The menu's line for the local disk was chosen.
pub const BP_DHCP_LOCAL_BOOT: bp_dhcp_event_kind = bp_dhcp_event_kind(8);
/// The lease was renewed.
pub const BP_DHCP_RENEWED: bp_dhcp_event_kind = bp_dhcp_event_kind(9);
/// `server` refuses the address, with its words in `message`. If there was a lease it is gone. The client starts over.
pub const BP_DHCP_REFUSED: bp_dhcp_event_kind = bp_dhcp_event_kind(10);
/// The lease is over: drop the address. The client starts over.
pub const BP_DHCP_EXPIRED: bp_dhcp_event_kind = bp_dhcp_event_kind(11);
/// The client is dead, for the reason `code`.
pub const BP_DHCP_FAILED: bp_dhcp_event_kind = bp_dhcp_event_kind(12);

/// What a call to a DHCP client tells. Fields that the kind does not name are 0.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct bp_dhcp_event {
    /// Which of `BP_DHCP_`.
    pub kind: bp_dhcp_event_kind,
    /// Why.
    pub code: bp_result,
    /// Who speaks.
    pub server: bp_ipv4,
    /// Which address.
    pub address: bp_ipv4,
    /// Whether the offer names something to boot.
    pub has_boot: bp_flag,
    /// Bytes inside the datagram that was handed over, not to be trusted as text.
    pub message: bp_bytes,
}

/// A client, and why it ended.
#[derive(Debug, Clone)]
pub(super) struct Dhcp {
    pub(super) machine: Client,
    pub(super) failure: Option<Failure>,
}

impl Stored for Dhcp {
    type Storage = bp_dhcp;
    type Extra = ();
    const KIND: u8 = b'D';
    const IS_PINNED: bool = false;
}

impl Dhcp {
    /// An event as C reads it; how the client ended is kept.
    #[expect(clippy::wildcard_enum_match_arm, reason = "what is new says nothing yet")]
    pub(super) fn tell(&mut self, event: &Event<'_>) -> bp_dhcp_event {
        let mut told = bp_dhcp_event::default();
        told.kind = match *event {
            Event::Ignored(why) => {
                told.code = code_of(&why);
                BP_DHCP_IGNORED
            }
            Event::Offered(offer) => {
                (told.server, told.address) = (offer.server.into(), offer.address.into());
                told.has_boot = offer.has_boot.into();
                BP_DHCP_OFFERED
            }
            Event::Dialect(_) => BP_DHCP_DIALECT,
            Event::ProbeAddress(address) => {
                told.address = address.into();
                BP_DHCP_PROBE_ADDRESS
            }
            Event::Bound => BP_DHCP_BOUND,
            Event::Menu => BP_DHCP_MENU,
            Event::BootReady => BP_DHCP_BOOT_READY,
            Event::LocalBoot => BP_DHCP_LOCAL_BOOT,
            Event::Renewed => BP_DHCP_RENEWED,
            Event::Refused { server, message } => {
                (told.server, told.message) = (server.into(), bp_bytes::lend(message));
                BP_DHCP_REFUSED
            }
            Event::Expired => BP_DHCP_EXPIRED,
            Event::Failed(failure) => {
                told.code = failure.code().into();
                self.failure = Some(failure);
                BP_DHCP_FAILED
            }
            _ => BP_DHCP_NOTHING,
        };
        told
    }
}
