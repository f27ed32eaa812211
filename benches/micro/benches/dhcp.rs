//! The wall clock of reading an OFFER and of writing a DISCOVER.

use criterion::{Criterion, criterion_group, criterion_main};
use micro_bench::dhcp::{self, READERS, ROOM, WRITERS};
use std::hint::black_box;

fn read(criterion: &mut Criterion) {
    let offer = dhcp::offer();
    dhcp::check_readers(&offer);
    let mut group = criterion.benchmark_group("read-offer");
    for (name, read, _) in READERS {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                read(black_box(&offer), &mut |answer| {
                    black_box(answer);
                })
            });
        });
    }
}

fn write(criterion: &mut Criterion) {
    dhcp::check_writers();
    let mut group = criterion.benchmark_group("write-discover");
    for (name, write) in WRITERS {
        let mut buffer = [0; ROOM];
        group.bench_function(name, |bencher| bencher.iter(|| write(black_box(&mut buffer))));
    }
}

criterion_group!(benches, read, write);
criterion_main!(benches);
