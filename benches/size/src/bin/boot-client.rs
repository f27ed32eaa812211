//! The whole boot client without an IP stack: from no address to a kernel in memory, and its failures as text.
#![no_std]
#![no_main]

use bootproto::client::{Client, Config, Event};
use bootproto_core::{Instant, UdpPath};
use bootproto_dhcp::{HardwareAddress, client as dhcp};
use core::fmt::Write;
use core::hint::black_box;
use core::net::SocketAddr;
use size_bench::{buffer, drive, place};

/// As long as the machine: the section's size is measured.
#[used]
#[unsafe(link_section = ".machine_state")]
static MACHINE_STATE: [u8; size_of::<Client>()] = [0; size_of::<Client>()];

struct Line;

impl Write for Line {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        black_box(text);
        Ok(())
    }
}

#[unsafe(no_mangle)]
extern "C" fn _start() {
    let dhcp = dhcp::Config::new(black_box(1), HardwareAddress::ethernet(black_box([2; 6])));
    let Ok(machine) = Client::new(Config::new(black_box(2), dhcp), Instant::from_micros(0)) else {
        return;
    };
    let any = black_box(SocketAddr::from(([10, 0, 0, 1], 67)));
    drive(place().write(machine), UdpPath { local: any, remote: any }, |machine, event| {
        let now = Instant::from_micros(black_box(0));
        match event {
            Event::NeedText | Event::ChoiceTimedOut => {
                black_box(machine.continue_with(now, buffer(), buffer()));
            }
            Event::Choose { .. } => {
                black_box(machine.choose(now, buffer(), black_box(0)));
            }
            Event::Verify { .. } => {
                black_box(machine.verify_bytes(now, buffer()));
            }
            Event::Ready => {
                black_box(machine.plan());
                let _ = black_box(machine.command_line(buffer(), buffer()));
            }
            Event::Failed { failure, .. } => {
                let _ = write!(Line, "{failure}");
            }
            other => {
                black_box(other);
            }
        }
    });
}
