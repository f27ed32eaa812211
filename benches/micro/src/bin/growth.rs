//! Boots so many machines at once (`growth COUNT...`) and prints for each count: machines, bytes of the client with
//! its caller's room, bytes of everything for a machine at its peak, packets, seconds. One line for each, in columns.

use micro_bench::growth::{Station, client, files};
use std::alloc::{GlobalAlloc, Layout, System};
use std::num::NonZero;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Counts what is allocated, and the most that was at once.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on to the system's allocator as it came; only sizes are added up beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How much time passes before it is the next machine's turn.
const SLICE: Duration = Duration::from_millis(20);

/// Bytes of the kernel, and of the initrd.
const SIZE: usize = 128 << 10;

fn main() -> ExitCode {
    for count in std::env::args().skip(1) {
        let Ok(count) = count.parse::<NonZero<u32>>() else {
            eprintln!("growth: {count} is no number of machines; usage: growth COUNT...");
            return ExitCode::from(2);
        };
        boot(count.get());
    }
    ExitCode::SUCCESS
}

fn boot(count: u32) {
    let files = files(SIZE);
    let before = NOW.load(Ordering::Relaxed);
    let alone: Vec<_> = (0..count).map(|number| Box::new(client(number))).collect();
    let client = NOW.load(Ordering::Relaxed) - before - alone.capacity() * size_of::<usize>();
    drop(alone);
    let before = NOW.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let mut stations: Vec<_> = (0..count).map(|number| Station::new(number, &files)).collect();
    let start = Instant::now();
    let mut waiting: Vec<_> = (0..stations.len()).collect();
    while !waiting.is_empty() {
        waiting.retain(|at| !stations[*at].pass(SLICE));
    }
    let seconds = start.elapsed().as_secs_f64();
    let peak = PEAK.load(Ordering::Relaxed) - before;
    stations.iter().for_each(|station| station.check(&files));
    let packets: u64 = stations.iter().map(Station::packets).sum();
    let each = |bytes: usize| bytes / count as usize;
    println!("{count} {} {} {packets} {seconds:.6}", each(client), each(peak));
}
