//! `ttftp`: a TFTP download by RFC 1350 alone, without options and timers.
#![no_std]
#![no_main]

use core::ffi::CStr;
use core::hint::black_box;
use size_bench::buffer;
use ttftp::Mode;
use ttftp::client::download::{self, BlockReceived};

#[unsafe(no_mangle)]
extern "C" fn _start() {
    let Some(tx) = buffer().first_chunk_mut::<{ ttftp::PACKET_SIZE }>() else { return };
    let Ok(name) = CStr::from_bytes_until_nul(buffer()) else { return };
    let Ok((mut state, length)) = download::new(tx, name, Mode::Octect) else { return };
    black_box(length);
    loop {
        let (result, length) = state.process(buffer(), tx);
        black_box(length);
        match result {
            Ok(BlockReceived::Intermediate(next, bytes)) => {
                black_box(bytes);
                state = next;
            }
            Ok(BlockReceived::Retransmission(next)) => state = next,
            Ok(BlockReceived::Final(bytes)) => {
                black_box(bytes);
                return;
            }
            Err(error) => {
                black_box(error);
                return;
            }
        }
    }
}
