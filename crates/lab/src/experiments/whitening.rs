// SPDX-License-Identifier: GPL-2.0-or-later
//! 6: a clock of period 16 in the real engine: its stream passes the output tests, its raw noise has no entropy.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow};
use chaos_core::{EntropySource, OnFailure, Params, Pattern, SyntheticClock, Workload};
use entropy_report::{Part, PlotKind, Provenance, TakenRun, analyse};

use crate::{Found, Guests};

const PERIOD: u32 = 16;
const SAMPLES: usize = 200_000;
const STREAM_BYTES: usize = 1 << 20;

pub(super) fn run(_: &Guests<'_>) -> Result<Found> {
    let mut found = Found::default();
    let params =
        Params { workload: Workload::Pause, on_failure: OnFailure::Observe, ..Params::default() };
    let clock = SyntheticClock::new(Pattern::Period { period: PERIOD }, 0);
    let failed = |error| anyhow!("the engine on a clock of period {PERIOD}: {error:?}");
    let mut engine = EntropySource::new(clock, params, &mut []).map_err(failed)?;
    let (mut raw, mut stream) = (vec![0; SAMPLES], vec![0; STREAM_BYTES]);
    engine.raw(&mut raw).map_err(failed)?;
    engine.stream(&mut stream).map_err(failed)?;
    let health = *engine.health();
    let run = TakenRun {
        target: format!("synthetic-period-{PERIOD}"),
        accel: "synthetic".to_owned(),
        boot: 1,
        raw: raw.clone(),
        stream,
        meta: BTreeMap::from([("turns".to_owned(), "1".to_owned())]),
        ..TakenRun::default()
    };
    let result = analyse(&[run], Provenance::default()).context("assessing the synthetic clock")?;
    let target = result.targets.first().context("the analysis has no target")?;
    let (noise, stream) = target.raw.as_ref().zip(target.stream.as_ref()).context("no figures")?;
    let tests = stream.output_tests.iter();
    let rows: Vec<Vec<String>> = tests
        .map(|test| {
            vec![
                test.name.clone(),
                test.p_value.map_or_else(|| "none".to_owned(), |p| format!("{p:.4}")),
                test.status.word().to_owned(),
            ]
        })
        .collect();
    let passed = stream.output_tests.iter().filter(|test| test.status.word() == "PASSED").count();
    let all = rows.len();
    found.table("Output tests on 1 MiB of the stream", &["test", "p-value", "verdict"], rows);
    let least = noise.estimators.values().copied().fold(f64::INFINITY, f64::min);
    let bits = noise.min_entropy_bits_per_sample.unwrap_or(least);
    found.table(
        "The raw noise behind it",
        &["samples", "different values", "assessed (bits/sample)", "lag predictor failures"],
        vec![vec![
            noise.samples.to_string(),
            noise.distinct.to_string(),
            format!("{bits:.4}"),
            health.lag_predictor_failures.to_string(),
        ]],
    );
    let plot = |kind, title: &str, caption: &str| Part::Plot {
        kind,
        title: title.to_owned(),
        caption: caption.to_owned(),
        delta_ticks: raw.clone(),
    };
    found.parts.push(plot(
        PlotKind::Lag,
        "Each delta against the one before it",
        "Good noise would be a cloud. A fixed rule gives a few points.",
    ));
    found.parts.push(plot(
        PlotKind::Autocorrelation,
        "Autocorrelation of the raw noise",
        "Good noise would stay within the band. The period shows at every sixteenth lag.",
    ));
    found.conclusion = format!(
        "{passed} of {all} output tests pass on a stream whose every bit is known in advance: its clock follows a rule. \
         The assessment of the raw noise says {bits:.4} bits/sample, and the lag predictor fired {} times.",
        health.lag_predictor_failures
    );
    Ok(found)
}
