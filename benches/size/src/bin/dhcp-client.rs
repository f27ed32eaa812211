//! A DHCP client with retransmission, PXE options, `ProxyDHCP`, renewal.
#![no_std]
#![no_main]

use bootproto_core::{Instant, UdpPath};
use bootproto_dhcp::HardwareAddress;
use bootproto_dhcp::client::{Client, Config};
use core::hint::black_box;
use core::net::SocketAddr;
use size_bench::{drive, place};

/// As long as the machine: the section's size is measured.
#[used]
#[unsafe(link_section = ".machine_state")]
static MACHINE_STATE: [u8; size_of::<Client>()] = [0; size_of::<Client>()];

#[unsafe(no_mangle)]
extern "C" fn _start() {
    let config = Config::new(black_box(1), HardwareAddress::ethernet(black_box([2; 6])));
    let Ok(machine) = Client::new(config, Instant::from_micros(0)) else { return };
    let any = black_box(SocketAddr::from(([10, 0, 0, 1], 67)));
    drive(place().write(machine), UdpPath { local: any, remote: any }, |machine, event| {
        black_box(event);
        black_box(machine.lease());
        black_box(machine.boot());
    });
}
