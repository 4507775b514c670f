// SPDX-License-Identifier: GPL-2.0-or-later
//! How fast each output is on this machine's own counter, and the mixer alone: `cargo bench -p chaos-core`.
//! What a guest gets under an emulator is measured in the guest, not here.

use std::hint::black_box;
use std::time::Duration;

use chaos_arch::TscClock;
use chaos_core::{EntropySource, Error, MEMORY_BYTES, Mixer, OnFailure, Params, Workload};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const STREAM_BYTES: usize = 4096;
const SEED_BYTES: usize = 32;

/// Speed is measured on any machine, also one whose counter would not pass.
const OBSERVE: Params = {
    let mut params = Params::DEFAULT;
    params.workload = Workload::Pause;
    params.on_failure = OnFailure::Observe;
    params
};

fn outputs(criterion: &mut Criterion) -> Result<(), Error> {
    for workload in Workload::everywhere() {
        let mut memory = vec![0; MEMORY_BYTES];
        let mut source = EntropySource::new(TscClock, Params { workload, ..OBSERVE }, &mut memory)?;

        let mut stream = criterion.benchmark_group("stream");
        stream.throughput(Throughput::Bytes(STREAM_BYTES as u64));
        let mut out = vec![0; STREAM_BYTES];
        stream.bench_function(workload.word(), |bencher| {
            bencher.iter(|| source.stream(black_box(&mut out)));
        });
        stream.finish();

        let mut raw = criterion.benchmark_group("raw");
        raw.throughput(Throughput::Elements(512));
        let mut samples = vec![0; 512];
        raw.bench_function(workload.word(), |bencher| {
            bencher.iter(|| source.raw(black_box(&mut samples)));
        });
        raw.finish();

        let mut seed = criterion.benchmark_group("seed");
        seed.throughput(Throughput::Bytes(SEED_BYTES as u64));
        let mut out = [0; SEED_BYTES];
        seed.bench_function(workload.word(), |bencher| {
            bencher.iter(|| source.seed(black_box(&mut out)));
        });
        seed.finish();
    }
    Ok(())
}

fn mixer(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mixer");
    group.throughput(Throughput::Bytes(8));
    let mut mixer = Mixer::new();
    group.bench_function("sample to word", |bencher| {
        bencher.iter(|| {
            mixer.absorb(black_box(711));
            mixer.word()
        });
    });
    group.finish();
}

fn all(criterion: &mut Criterion) {
    mixer(criterion);
    if let Err(error) = outputs(criterion) {
        eprintln!("no outputs to measure: {error}");
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = all
}
criterion_main!(benches);
