//! The wall clock of a download of 64 MiB from memory to memory.

use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};
use micro_bench::tftp::{Engine, Transfer, shapes};
use std::time::Duration;

/// Where nothing is measured, but only looked at, less is enough.
const SIZE: usize = if cfg!(debug_assertions) { 1 << 20 } else { 64 << 20 };

fn download(criterion: &mut Criterion) {
    for shape in shapes() {
        let mut group = criterion.benchmark_group(format!("download-{shape}"));
        // Some 15 ms each.
        group.sampling_mode(SamplingMode::Flat).sample_size(30).warm_up_time(Duration::from_millis(500));
        let mut transfer = Transfer::new(shape, SIZE);
        for engine in Engine::ALL.into_iter().filter(|engine| engine.can(shape)) {
            transfer.check(engine);
            group.bench_function(engine.name(), |bencher| bencher.iter(|| transfer.run(engine)));
        }
    }
}

criterion_group!(benches, download);
criterion_main!(benches);
