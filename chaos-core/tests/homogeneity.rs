// SPDX-License-Identifier: GPL-2.0-or-later
//! Every sample is timed over the same work, whatever its position in a block, a window, a round or a request: on this
//! machine's own counter, for every workload.

// What fails here is the machine's, and has to stop the test.
#![allow(clippy::unwrap_used)]

use std::convert::Infallible;

use chaos_arch::TscClock;
use chaos_core::{
    BLOCK_SAMPLES, Clock as _, EntropySource, MEMORY_BYTES, OnFailure, Params, Workload,
};
use sp800_90b::homogeneity::{Homogeneity, SAMPLES_PER_POSITION, marks};

/// The longest period of the sweep: 8 windows of the health tests.
const LONGEST_PERIOD: usize = 4096;
/// What runs between blocks, windows or requests must not be seen in this many samples.
const SAMPLES: usize = LONGEST_PERIOD * SAMPLES_PER_POSITION;

/// Takes samples with a fresh source for each workload.
fn each_workload(
    workloads: impl IntoIterator<Item = Workload>,
    take: impl Fn(&mut EntropySource<'_, TscClock>) -> Vec<u64>,
    periods: &dyn Fn() -> Vec<usize>,
) {
    for workload in workloads {
        // Any machine will do: also one whose noise would not pass.
        let params = Params { workload, on_failure: OnFailure::Observe, ..Params::DEFAULT };
        if !TscClock.supports(workload) {
            assert_eq!(workload, Workload::Flush, "the only workload that a processor may lack");
            continue;
        }
        let mut memory = vec![0; MEMORY_BYTES];
        let mut source = EntropySource::new(TscClock, params, &mut memory).unwrap();
        let record = || Ok::<_, Infallible>(take(&mut source));
        let found = marks(record, periods()).unwrap();
        assert!(found.holds(), "{workload}: {}", text(&found));
    }
}

fn text(found: &Homogeneity) -> String {
    let worst = found.deviations.iter().take(5).map(|it| format!("{it:?}\n")).collect::<String>();
    format!("{} positions deviate in two captures, the worst:\n{worst}", found.deviations.len())
}

#[test]
fn no_position_of_any_period_up_to_4096_stands_out() {
    each_workload(
        Workload::everywhere(),
        |source| {
            let mut samples = vec![0; SAMPLES];
            source.raw(&mut samples).unwrap();
            samples
        },
        &|| (2..=LONGEST_PERIOD).collect(),
    );
}

#[test]
fn no_position_of_a_block_or_window_stands_out() {
    // The block; the health tests' window, which is also what the kernel module takes at once; a round of hashing; what
    // the lag predictor looks back.
    let lengths = [BLOCK_SAMPLES, 256, 128, 32];
    each_workload(
        Workload::everywhere(),
        |source| {
            let mut samples = vec![0; 1_000_000];
            source.raw(&mut samples).unwrap();
            samples
        },
        &|| lengths.to_vec(),
    );
}

#[test]
fn no_position_of_a_request_stands_out() {
    for request in [1, 10, 100, 300] {
        each_workload(
            Workload::everywhere(),
            |source| {
                let mut samples = vec![0; 120_000];
                for part in samples.chunks_mut(request) {
                    source.raw(part).unwrap();
                }
                samples
            },
            &|| vec![request.max(2)],
        );
    }
}

#[test]
fn no_position_after_a_restart_stands_out() {
    // The others begin at the same place of the memory after each restart, and places differ: that the estimators of the
    // restart matrix are to see.
    each_workload(
        [Workload::Pause, Workload::HashBranchy],
        |source| {
            let mut samples = vec![0; 150_000];
            for row in samples.chunks_mut(300) {
                source.restart().unwrap();
                source.raw(row).unwrap();
            }
            samples
        },
        &|| vec![300],
    );
}
