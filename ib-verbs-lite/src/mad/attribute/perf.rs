//! Performance management.

use crate::layout::layout;

layout! {
    /// A port's counters, which stop at their highest value (IBTA 16.1.3.5).
    pub struct PortCounters[44] {
        /// Which port; 255 for all.
        port_select: u8 = [1, 0, 8],
        /// In a Set: which counters to write.
        counter_select: u16 = [2, 0, 16],
        /// Minor link errors.
        symbol_error: u16 = [4, 0, 16],
        /// How often the link recovered by itself.
        link_error_recovery: u8 = [6, 0, 8],
        /// How often it did not.
        link_downed: u8 = [7, 0, 8],
        /// Packets with errors.
        port_rcv_errors: u16 = [8, 0, 16],
        /// Packets that the other end marked as bad.
        port_rcv_remote_physical_errors: u16 = [10, 0, 16],
        /// Packets that a switch could not pass on.
        port_rcv_switch_relay_errors: u16 = [12, 0, 16],
        /// Packets discarded before they were sent.
        port_xmit_discards: u16 = [14, 0, 16],
        /// Packets not sent for their partition or kind.
        port_xmit_constraint_errors: u8 = [16, 0, 8],
        /// Packets not taken for their partition or kind.
        port_rcv_constraint_errors: u8 = [17, 0, 8],
        /// In a Set: which further counters to write.
        counter_select2: u8 = [18, 0, 8],
        /// How often the link was too bad.
        local_link_integrity_errors: u8 = [19, 0, 4],
        /// How often the buffers ran over.
        excessive_buffer_overrun_errors: u8 = [19, 4, 4],
        /// SMPs dropped for want of buffers.
        vl15_dropped: u16 = [22, 0, 16],
        /// Sent, in units of 4 bytes.
        port_xmit_data: u32 = [24, 0, 32],
        /// Received, in units of 4 bytes.
        port_rcv_data: u32 = [28, 0, 32],
        /// Packets sent.
        port_xmit_pkts: u32 = [32, 0, 32],
        /// Packets received.
        port_rcv_pkts: u32 = [36, 0, 32],
        /// Ticks in which there was something to send and no credit.
        port_xmit_wait: u32 = [40, 0, 32],
    }
}
