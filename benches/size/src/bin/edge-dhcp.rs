//! `edge-dhcp`: DISCOVER and REQUEST written, the answers parsed; no retransmission.
#![no_std]
#![no_main]

use core::hint::black_box;
use edge_dhcp::{Options, Packet, Settings};
use size_bench::buffer;

#[unsafe(no_mangle)]
extern "C" fn _start() {
    let (mac, xid, secs) = (black_box([2; 6]), black_box(1), black_box(0));
    let mut options = Options::buf();
    let discover = Packet::new_request(mac, xid, secs, None, true, Options::discover(None, &mut options));
    let _ = black_box(discover.encode(buffer()));
    let Ok(offer) = Packet::decode(buffer()) else { return };
    if !offer.is_for_us(&mac, xid) {
        return;
    }
    let mut options = Options::buf();
    let request = Options::request(offer.yiaddr, &mut options);
    let request = Packet::new_request(mac, xid, secs, None, true, request);
    let _ = black_box(request.encode(buffer()));
    let Ok(answer) = Packet::decode(buffer()) else { return };
    if answer.is_for_us(&mac, xid) {
        black_box(Settings::new(&answer));
    }
}
