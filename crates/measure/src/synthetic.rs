// SPDX-License-Identifier: GPL-2.0-or-later
//! The synthetic control of every measurement: the engine over a clock without entropy, on the host. Nothing is
//! measured here; the run shows what the output tests, the health tests and the estimators report for noise that is
//! completely known.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use chaos_core::{EntropySource, Health, OnFailure, Params, Pattern, SyntheticClock, Workload};
use chaos_wire::Job;
use entropy_report::{RestartMatrix, TakenRun};

use super::files;
use super::settings::Settings;

/// The name of the target.
const TARGET: &str = "synthetic-period-16";
/// Period of the deltas.
const PERIOD: u32 = 16;

/// Runs the engine over the clock as long as a target of `settings` would, but for at most the main job's
/// amounts, and writes its data below `run_folder`.
pub fn take(settings: &Settings, run_folder: &Path) -> Result<TakenRun> {
    let mut run = make(settings)?;
    files::write(run_folder, &mut run, None)?;
    Ok(run)
}

fn make(settings: &Settings) -> Result<TakenRun> {
    let request = settings.request(chaos_wire::Targets::EMPTY, true);
    let params = Params {
        // The clock is independent of the workload.
        workload: Workload::Pause,
        // Its health tests fire, as they should; their counts are part of the lesson.
        on_failure: OnFailure::Observe,
        ..request.params
    };
    let clock = SyntheticClock::new(Pattern::Period { period: PERIOD }, 0);
    let mut run = TakenRun {
        target: TARGET.to_owned(),
        accel: "synthetic".to_owned(),
        boot: 1,
        kernel: format!(
            "none: the engine on the host, over a clock whose deltas come again every {PERIOD} samples"
        ),
        ..TakenRun::default()
    };
    let refused = |error| anyhow!("running the engine over a synthetic clock: {error}");
    let mut source = EntropySource::new(clock, params, &mut []).map_err(refused)?;
    for job in request.jobs.iter() {
        match job {
            Job::Raw { samples } => {
                run.raw = vec![0; to_len(samples, 1_000_000)?];
                source.raw(&mut run.raw).map_err(refused)?;
            }
            Job::Stream { len_bytes } => {
                run.stream = vec![0; to_len(len_bytes, 16 << 20)?];
                source.stream(&mut run.stream).map_err(refused)?;
            }
            Job::Restart { rows, columns } => {
                let (rows, columns) = (rows.min(1_000) as usize, columns.min(1_000) as usize);
                let mut delta_ticks = vec![0; rows * columns];
                for row in delta_ticks.chunks_mut(columns.max(1)) {
                    source.restart().map_err(refused)?;
                    source.raw(row).map_err(refused)?;
                }
                run.restarts = Some(RestartMatrix { rows, columns, delta_ticks });
            }
            Job::Seed { .. } | Job::SelfTest => {}
        }
        // A restart resets the health counters, so those of the job before it are kept.
        if !matches!(job, Job::Restart { .. }) {
            run.health = health(&source);
        }
    }
    run.meta = [
        ("clock", format!("synthetic, period {PERIOD}")),
        ("turns", params.turns.to_string()),
        ("workload", "none: the clock is independent of it".to_owned()),
        ("health", "observe".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    Ok(run)
}

fn to_len(asked: u64, most: usize) -> Result<usize> {
    Ok(usize::try_from(asked).context("counting samples")?.min(most))
}

fn health(
    source: &EntropySource<'_, SyntheticClock>,
) -> std::collections::BTreeMap<String, String> {
    // Every member is named, so that a new counter of the engine that the run does not show is a compile error.
    let &Health {
        samples,
        repetition_count_failures,
        adaptive_proportion_failures,
        lag_predictor_failures,
        stuck_failures,
        stuck_samples,
        backward_steps,
        repeated_reads,
        // The observed state and the cutoffs add nothing to the counts.
        state: _,
        last_error,
        cutoffs: _,
    } = source.health();
    let counts = [
        ("samples", samples),
        ("repetition_count_failures", repetition_count_failures),
        ("adaptive_proportion_failures", adaptive_proportion_failures),
        ("lag_predictor_failures", lag_predictor_failures),
        ("stuck_failures", stuck_failures),
        ("stuck_samples", stuck_samples),
        ("backward_steps", backward_steps),
        ("repeated_reads", repeated_reads),
    ];
    let last = last_error.map_or_else(|| "no error".to_owned(), |error| error.to_string());
    counts
        .map(|(name, count)| (name.to_owned(), count.to_string()))
        .into_iter()
        .chain([("last_error_text".to_owned(), last)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine_options::EngineOptions;
    use crate::settings::Restarts;
    use entropy_report::{Provenance, Status, analyse};

    #[test]
    fn a_clock_that_holds_nothing_looks_random_and_is_assessed_at_nothing() {
        let settings = Settings {
            quick: false,
            samples: Job::Raw { samples: 1_000_000 },
            stream: Job::Stream { len_bytes: 1 << 20 },
            restarts: Restarts { job: Job::Restart { rows: 20, columns: 50 }, boots: false },
            jobs: 1,
            engine: EngineOptions::default(),
        };
        let run = make(&settings).unwrap();
        assert_ne!(run.health["lag_predictor_failures"], "0", "a health test should fire");
        assert_eq!(run.restarts.as_ref().unwrap().delta_ticks.len(), 1_000);
        let result = analyse(&[run], Provenance::default()).unwrap();
        let [target] = result.targets.as_slice() else { panic!("there is one target") };
        let stream = target.stream.as_ref().unwrap();
        let failed: Vec<_> =
            stream.output_tests.iter().filter(|test| test.status != Status::Passed).collect();
        assert!(failed.is_empty(), "{failed:?}");
        let bits = target.raw.as_ref().unwrap().min_entropy_bits_per_sample.unwrap();
        assert!(bits < 0.001, "assessed at {bits} bits/sample");
        assert!(result.isolation.is_empty() && result.ordinary.is_empty());
    }
}
