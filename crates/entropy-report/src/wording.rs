// SPDX-License-Identifier: GPL-2.0-or-later
//! Turns the figures of a result into sentences. Nothing here reads samples, so a stored result gets its sentences like
//! a new one.

mod clones;
mod findings;
mod server_keys;

pub use clones::{add_clones, clones, clones_table};
pub use server_keys::{add_server_keys, server_keys, server_keys_tables};

use crate::claim::{
    AcrossRuns, Assessed, BootTimes, Claim, CommonDeltas, Control, Correlation, Deltas, Distinct,
    Drift, FALSE_ALARM, FreshShare, Health, HostGenerator, LEAST_SAMPLES, OutputTests, Pairs,
    RestartChecked, RestartPicture, RestartUnchecked, SecondBoot, SpectrumPeak, TooFewSamples,
    joined,
};
use crate::format::estimator;
use crate::result::{CompareResult, Comparison, RestartResult, Sanity, StreamResult, TargetResult};
use crate::status::Status;
use crate::taken::HOST_GENERATOR;
use serde_json::Value;

/// SP 800-90B §3.1.4.1: this many restarts, and this many samples after each.
const RESTARTS: u64 = 1_000;

/// Writes the sentence of every finding of `result`, in place of what is there.
pub(crate) fn attach(result: &mut CompareResult) {
    for comparison in &mut result.isolation {
        let claims = vec![host_generator(comparison).unwrap_or_else(|| control(comparison).into())];
        comparison.verdict.state(claims);
    }
    for comparison in &mut result.across {
        let claims = vec![Claim::from(across(comparison))];
        comparison.verdict.state(claims);
    }
    let alone: Vec<Option<f64>> = result
        .ordinary
        .iter()
        .map(|comparison| {
            let target = result.targets.iter().find(|t| !t.isolated && comparison.is_of(t))?;
            target.raw.as_ref()?.min_entropy_bits_per_sample
        })
        .collect();
    for (comparison, alone) in result.ordinary.iter_mut().zip(alone) {
        let claims = ordinary(comparison, alone);
        comparison.verdict.state(claims);
    }
    let repeated: Vec<Option<bool>> = result
        .targets
        .iter()
        .map(|target| {
            let compared = result.isolation.iter().find(|c| target.isolated && c.is_of(target))?;
            compared.raw_identical
        })
        .collect();
    for (target, repeated) in result.targets.iter_mut().zip(repeated) {
        state_target(target, repeated);
    }
    result.claims = findings::all(result);
    result.summary = joined(&result.claims);
}

/// What isolated boots show where they are not a control.
fn host_generator(comparison: &Comparison) -> Option<Claim> {
    let Comparison { target, boots, identical, .. } = comparison;
    let host = HostGenerator { target: comparison.title(), boots: *boots, identical: *identical };
    (target == HOST_GENERATOR).then(|| host.into())
}

fn control(comparison: &Comparison) -> Control {
    Control {
        boots: comparison.boots,
        raw_identical: comparison.raw_identical,
        stream_identical: comparison.stream_identical,
        raw_common_prefix_samples: comparison.raw_common_prefix_samples,
        stream_common_prefix_bytes: comparison.stream_common_prefix_bytes,
    }
}

fn across(comparison: &Comparison) -> AcrossRuns {
    AcrossRuns {
        target: comparison.target.clone(),
        runs: comparison.run.clone(),
        identical: comparison.identical,
        raw_common_prefix_samples: comparison
            .raw_common_prefix_samples
            .filter(|_| comparison.raw_identical == Some(false)),
        stream_common_prefix_bytes: comparison
            .stream_common_prefix_bytes
            .filter(|_| comparison.stream_identical == Some(false)),
    }
}

fn ordinary(comparison: &Comparison, alone: Option<f64>) -> Vec<Claim> {
    let distinct = Distinct {
        boots: comparison.boots,
        raw: comparison.raw_identical.is_some(),
        stream: comparison.stream_identical.is_some(),
        all_differ: comparison.all_differ,
    };
    let second = SecondBoot {
        samples: comparison.samples,
        right_samples: comparison.predicted_samples,
        left_bits_per_sample: comparison.min_entropy_bits_per_sample,
        alone_bits_per_sample: alone,
    };
    let predicted = comparison.samples > 0 && comparison.all_differ;
    std::iter::once(distinct.into()).chain(predicted.then(|| second.into())).collect()
}

fn state_target(target: &mut TargetResult, repeated: Option<bool>) {
    let over_boots = target.spread(|boot| boot.min_entropy_bits_per_sample);
    let isolated = target.isolated;
    let kernel_generator = target.name == "linux-crng";
    let host_generator = target.name == HOST_GENERATOR;
    if let Some(raw) = &mut target.raw {
        let claim = match (raw.min_entropy_bits_per_sample, over_boots) {
            (Some(h), Some(over_boots)) => Assessed {
                bits_per_sample: h,
                estimator: estimator(raw.binding.as_deref().unwrap_or_default()),
                over_boots,
                isolated,
                repeated,
            }
            .into(),
            _ => {
                let needed_samples = LEAST_SAMPLES as u64;
                TooFewSamples { samples: raw.samples, needed_samples }.into()
            }
        };
        raw.verdict.state(vec![claim]);
        raw.verdict.false_alarm = Some(FALSE_ALARM.to_owned());
    }
    for restarts in [&mut target.restarts, &mut target.starts].into_iter().flatten() {
        let claim = restart(restarts, isolated);
        restarts.verdict.state(vec![claim]);
    }
    if let Some(stream) = &mut target.stream {
        let bits_per_output_bit = stream.fresh_bits_per_output_bit;
        let fresh = FreshShare { bits_per_output_bit, isolated, kernel_generator, host_generator };
        let claims = vec![output_tests(stream).into(), fresh.into()];
        stream.verdict.state(claims);
    }
    target.claims = captions(target);
}

fn restart(restarts: &RestartResult, isolated: bool) -> Claim {
    let lines = restarts.worst_row.zip(restarts.worst_column);
    let (Some(cutoff), Some((worst_row, worst_column)), Some(h)) =
        (restarts.cutoff, lines, restarts.h_initial)
    else {
        return RestartUnchecked {
            rows: restarts.rows,
            columns: restarts.columns,
            needed: RESTARTS,
            h_initial_bits_per_sample: restarts.h_initial,
        }
        .into();
    };
    RestartChecked {
        rows: restarts.rows,
        columns: restarts.columns,
        method: restarts.method.clone(),
        isolated,
        sanity_passed: restarts.sanity == Sanity::Passed,
        cutoff,
        worst_row,
        worst_column,
        h_initial_bits_per_sample: h,
        h_rows_bits_per_sample: restarts.h_rows,
        h_columns_bits_per_sample: restarts.h_columns,
        credited_bits_per_sample: restarts.min_entropy_bits_per_sample,
    }
    .into()
}

fn output_tests(stream: &StreamResult) -> OutputTests {
    let of = |status| stream.output_tests.iter().filter(move |test| test.status == status);
    OutputTests {
        passed: of(Status::Passed).count() as u64,
        failed: of(Status::Failed).map(|test| test.name.clone()).collect(),
        too_short: of(Status::Invalid).count() as u64,
    }
}

/// What the pictures, counters and moments of one boot say.
fn captions(target: &TargetResult) -> Vec<Claim> {
    let plots = &target.plots;
    let raw = target.raw.as_ref();
    let deltas = raw.map(|raw| Deltas {
        samples: raw.samples,
        distinct: raw.distinct,
        min_ticks: raw.min_delta_ticks,
        max_ticks: raw.max_delta_ticks,
        step_ticks: raw.step_ticks(),
        exceptions: raw.step.exceptions,
    });
    let common = plots.core.as_ref().map(|core| {
        let total = core.counts.iter().sum::<u64>() + core.outside;
        let tallest = core.counts.iter().max().copied().unwrap_or(0);
        let edges = &core.edges_ticks;
        CommonDeltas {
            tallest_share: tallest as f64 / total.max(1) as f64,
            bins: core.counts.len() as u64,
            bin_ticks: edges.get(1).zip(edges.first()).map_or(0.0, |(b, a)| b - a),
        }
    });
    let drift = plots.over_time.as_ref().map(|envelope| Drift {
        stretch_samples: envelope.stretch_samples,
        low_ticks: envelope.median_ticks.iter().min().copied().unwrap_or(0),
        high_ticks: envelope.median_ticks.iter().max().copied().unwrap_or(0),
    });
    let pairs = plots.lag.as_ref().map(|cells| Pairs {
        filled_cells: cells.values.iter().filter(|count| **count > 0.0).count() as u64,
        cells: cells.values.len() as u64,
        fullest_share: cells.values.iter().copied().fold(0.0, f64::max)
            / cells.values.iter().sum::<f64>().max(1.0),
    });
    let correlation = plots.autocorrelation.as_ref().and_then(|line| {
        let strongest =
            (0..line.y.len()).max_by(|a, b| line.y[*a].abs().total_cmp(&line.y[*b].abs()))?;
        Some(Correlation {
            outside_lags: line.y.iter().filter(|y| y.abs() > line.band).count() as u64,
            lags: line.y.len() as u64,
            band: line.band,
            strongest_lag: line.x[strongest] as u64,
            strongest: line.y[strongest],
        })
    });
    let spectrum = plots.spectrum.as_ref().and_then(|line| {
        let peak = (0..line.y.len()).max_by(|a, b| line.y[*a].total_cmp(&line.y[*b]))?;
        Some(SpectrumPeak { times_flat: line.y[peak], cycles_per_sample: line.x[peak] })
    });
    let matrix = target.restarts.as_ref().and_then(|restarts| {
        Some(RestartPicture {
            rows: restarts.rows,
            columns: restarts.columns,
            worst_row: restarts.worst_row?,
            worst_column: restarts.worst_column?,
            cutoff: restarts.cutoff,
        })
    });
    [
        deltas.map(Claim::from),
        common.map(Claim::from),
        drift.map(Claim::from),
        pairs.map(Claim::from),
        correlation.map(Claim::from),
        spectrum.map(Claim::from),
        matrix.map(Claim::from),
        Some(health(target).into()),
        Some(boot_times(target).into()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn health(target: &TargetResult) -> Health {
    let number = |name: &str| target.health.get(name).and_then(Value::as_u64);
    let failures = target.health.iter().filter(|(name, _)| name.ends_with("_failures"));
    Health {
        state: target.health.get("state").and_then(Value::as_str).unwrap_or_default().to_owned(),
        failures: failures.filter_map(|(_, value)| value.as_u64()).sum(),
        samples: number("samples"),
        raw_samples: target.raw.as_ref().map_or(0, |raw| raw.samples),
    }
}

fn boot_times(target: &TargetResult) -> BootTimes {
    let first = target.timeline.iter().find(|moment| moment.what.starts_with("begin "));
    BootTimes { ready_us: target.boot_us, first_sample_us: first.map(|moment| moment.at_us) }
}
