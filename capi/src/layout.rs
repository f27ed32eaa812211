//! The sizes of all types that cross the line, checked when the library is compiled, and by the header when a program
//! is: where both are right, both mean the same bytes.
//!
//! What belongs here: the table. The header's checks are made from it. Whoever changes a line of it changes
//! [`BP_VERSION`].

#[cfg(feature = "frames")]
use crate::net::*;
use crate::{boot::*, dhcp::*, ipoib::*, pxe::*, tftp::*, *};

/// `name: size where a pointer has 8 bytes, size where it has 4 and structures align 8-byte fields to 8`.
macro_rules! sizes {
    ($($name:ident: $wide:literal, $narrow:literal;)+) => {
        $(
            #[cfg(target_pointer_width = "64")]
            const _: [u8; $wide] = [0; size_of::<$name>()];
            #[cfg(all(target_pointer_width = "32", not(target_arch = "x86")))]
            const _: [u8; $narrow] = [0; size_of::<$name>()];
        )+
    };
}

sizes! {
    bp_path: 12, 12;
    bp_bytes: 16, 8;
    bp_buffer: 16, 8;
    bp_transmit: 32, 20;
    bp_tftp: 1024, 1024;
    bp_tftp_config: 64, 56;
    bp_tftp_event: 48, 40;
    bp_tftp_statistics: 32, 32;
    bp_dhcp: 4096, 4096;
    bp_dhcp_config: 152, 120;
    bp_dhcp_event: 40, 28;
    bp_lease: 88, 88;
    bp_dhcp_boot_facts: 1028, 1028;
    bp_dhcp_menu_line: 24, 12;
    bp_boot: 12288, 12288;
    bp_region: 24, 24;
    bp_boot_config: 280, 216;
    bp_boot_event: 88, 80;
    bp_entry: 56, 32;
    bp_failure: 12, 12;
    bp_placed: 24, 24;
    bp_plan: 320, 320;
    bp_far: 4, 4;
    bp_pxe_segment: 8, 8;
    bp_pxe_entry: 36, 36;
    bp_rom: 24, 24;
    bp_ipoib_address: 24, 24;
    bp_ipoib_arp: 60, 60;
}

#[cfg(feature = "frames")]
sizes! {
    bp_net: 10240, 10240;
}
