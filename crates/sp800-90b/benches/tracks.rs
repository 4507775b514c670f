// SPDX-License-Identifier: MIT OR Apache-2.0
//! How long each estimator and each track takes on uniform data.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sp800_90b::estimators::{
    Repeats, collision, compression, lag, lz78y, markov, mcv, multi_mcw, multi_mmc,
};
use sp800_90b::{Symbols, Track, assess};

fn uniform(len: usize, bits: u8) -> Symbols {
    let mut state = 0x1234_5678_9ABC_DEF1_u64;
    let raw = (0..len)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8 >> (8 - bits)
        })
        .collect();
    Symbols::new(raw, bits).unwrap_or_else(|error| panic!("{error}"))
}

fn estimators(criterion: &mut Criterion) {
    for bits in [1_u8, 8] {
        let symbols = uniform(1_000_000, bits);
        let sequence = symbols.literal_sequence();
        let mut group = criterion.benchmark_group(format!("estimators of {bits}-bit symbols"));
        group.sample_size(10).throughput(Throughput::Elements(symbols.len() as u64));
        group.bench_function("mcv", |bench| bench.iter(|| mcv(symbols.literal())));
        group.bench_function("tuples", |bench| bench.iter(|| Repeats::count(&sequence)));
        group.bench_function("multi_mcw", |bench| bench.iter(|| multi_mcw(&sequence)));
        group.bench_function("lag", |bench| bench.iter(|| lag(&sequence)));
        group.bench_function("multi_mmc", |bench| bench.iter(|| multi_mmc(&sequence)));
        group.bench_function("lz78y", |bench| bench.iter(|| lz78y(&sequence)));
        if let Some(bits) = sequence.bits() {
            group.bench_function("collision", |bench| bench.iter(|| collision(bits)));
            group.bench_function("markov", |bench| bench.iter(|| markov(bits)));
            group.bench_function("compression", |bench| bench.iter(|| compression(bits)));
        }
        group.finish();
    }
}

fn tracks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("non-IID track of 8-bit symbols");
    group.sample_size(10);
    for len in [100_000, 1_000_000] {
        let symbols = uniform(len, 8);
        group.throughput(Throughput::Elements(len as u64));
        group.bench_function(BenchmarkId::from_parameter(len), |bench| {
            bench.iter(|| assess(&symbols, Track::NonIid));
        });
    }
    group.finish();
}

criterion_group!(benches, estimators, tracks);
criterion_main!(benches);
