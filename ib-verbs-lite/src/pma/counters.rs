//! What a port counts.

use crate::mad::attribute::PortCounters;
use crate::verbs;

/// What a port has counted since somebody last cleared it. Every counter stops at its highest value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters(PortCounters);

/// A word on the wire, the unit that data is counted in.
const WORD: usize = 4;

impl Counters {
    /// A packet has been sent: all its bytes from the LRH on, without the VCRC.
    pub fn sent(&mut self, bytes: usize) {
        self.0.port_xmit_pkts = self.0.port_xmit_pkts.saturating_add(1);
        self.0.port_xmit_data = self.0.port_xmit_data.saturating_add(words(bytes));
    }

    /// A packet has been received, likewise.
    pub fn received(&mut self, bytes: usize) {
        self.0.port_rcv_pkts = self.0.port_rcv_pkts.saturating_add(1);
        self.0.port_rcv_data = self.0.port_rcv_data.saturating_add(words(bytes));
    }

    /// A packet has come that is none, or whose checksum is wrong.
    pub const fn receive_error(&mut self) {
        self.0.port_rcv_errors = self.0.port_rcv_errors.saturating_add(1);
    }

    /// A packet has come whose partition is foreign.
    pub const fn receive_constraint_error(&mut self) {
        self.0.port_rcv_constraint_errors = self.0.port_rcv_constraint_errors.saturating_add(1);
    }

    /// A packet could not be sent.
    pub const fn discarded(&mut self) {
        self.0.port_xmit_discards = self.0.port_xmit_discards.saturating_add(1);
    }

    /// An SMP was dropped for want of a buffer.
    pub const fn vl15_dropped(&mut self) {
        self.0.vl15_dropped = self.0.vl15_dropped.saturating_add(1);
    }

    /// The link went down.
    pub const fn link_downed(&mut self) {
        self.0.link_downed = self.0.link_downed.saturating_add(1);
    }

    /// What a transport has counted since `before`.
    pub fn add(&mut self, before: &verbs::Counters, after: &verbs::Counters) {
        let more = |after: u64, before: u64| after.saturating_sub(before);
        let wide = |old: u32, more: u64| old.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
        let middle = |old: u16, more: u64| old.saturating_add(u16::try_from(more).unwrap_or(u16::MAX));
        let narrow = |old: u8, more: u64| old.saturating_add(u8::try_from(more).unwrap_or(u8::MAX));
        let own = &mut self.0;
        own.port_xmit_pkts = wide(own.port_xmit_pkts, more(after.xmit_packets, before.xmit_packets));
        own.port_xmit_data = wide(own.port_xmit_data, more(after.xmit_words, before.xmit_words));
        own.port_rcv_pkts = wide(own.port_rcv_pkts, more(after.rcv_packets, before.rcv_packets));
        own.port_rcv_data = wide(own.port_rcv_data, more(after.rcv_words, before.rcv_words));
        own.port_rcv_errors = middle(own.port_rcv_errors, more(after.rcv_errors, before.rcv_errors));
        own.vl15_dropped = middle(own.vl15_dropped, more(after.vl15_dropped, before.vl15_dropped));
        let foreign = more(after.p_key_violations, before.p_key_violations);
        own.port_rcv_constraint_errors = narrow(own.port_rcv_constraint_errors, foreign);
    }

    /// All of them, as on the wire.
    #[must_use]
    pub const fn values(&self) -> &PortCounters {
        &self.0
    }

    /// Writes the counters that `wanted.counter_select` selects: bit n is the n-th counter.
    pub(super) const fn set(&mut self, wanted: &PortCounters) {
        macro_rules! selected {
            ($($bit:literal $field:ident),+ $(,)?) => {
                $( if wanted.counter_select & (1 << $bit) != 0 { self.0.$field = wanted.$field; } )+
            };
        }
        selected!(
            0 symbol_error,
            1 link_error_recovery,
            2 link_downed,
            3 port_rcv_errors,
            4 port_rcv_remote_physical_errors,
            5 port_rcv_switch_relay_errors,
            6 port_xmit_discards,
            7 port_xmit_constraint_errors,
            8 port_rcv_constraint_errors,
            9 local_link_integrity_errors,
            10 excessive_buffer_overrun_errors,
            11 vl15_dropped,
            12 port_xmit_data,
            13 port_rcv_data,
            14 port_xmit_pkts,
            15 port_rcv_pkts,
        );
        if wanted.counter_select2 & 1 != 0 {
            self.0.port_xmit_wait = wanted.port_xmit_wait;
        }
    }
}

fn words(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(WORD)).unwrap_or(u32::MAX)
}
