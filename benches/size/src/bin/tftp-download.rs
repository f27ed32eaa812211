//! A TFTP download with options, window and retransmission.
#![no_std]
#![no_main]

use bootproto_core::UdpPath;
use bootproto_tftp::client::{Config, Download};
use core::hint::black_box;
use core::net::SocketAddr;
use size_bench::{buffer, drive, place};

/// As long as the machine: the section's size is measured.
#[used]
#[unsafe(link_section = ".machine_state")]
static MACHINE_STATE: [u8; size_of::<Download>()] = [0; size_of::<Download>()];

#[unsafe(no_mangle)]
extern "C" fn _start() {
    let server: SocketAddr = black_box(SocketAddr::from(([10, 0, 0, 1], 69)));
    let Ok(config) = Config::new(black_box(1), server, black_box(50000), buffer()) else { return };
    let config = config.with_block_size(black_box(1468)).with_window_size(black_box(16));
    let Ok(machine) = Download::new(config) else { return };
    drive(place().write(machine), UdpPath { local: server, remote: server }, |machine, event| {
        black_box(event);
        black_box(machine.negotiated());
    });
}
