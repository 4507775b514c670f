// SPDX-License-Identifier: GPL-2.0-or-later
//! From boots to figures: every boot is assessed, and boots of one target are compared. The sentences follow from the
//! figures.

mod assess;
mod distance;
mod informed;
mod raw;
mod repeat;
mod restarts;
mod several;
mod stream;

use crate::error::ReportError;
use crate::provenance::Provenance;
use crate::result::{
    BootFigures, CompareResult, Comparison, Plots, RestartResult, SCHEMA_VERSION, TargetResult,
};
use crate::taken::{RestartMatrix, SYNTHETIC, TakenRun, stamp};
use rayon::prelude::*;
use sample_stats::{Ranked, plots};
use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};

pub use several::side_by_side;

/// Progress of [`analyse`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Targets under one condition that are done.
    pub done: usize,
    /// Targets under one condition in all.
    pub total: usize,
    /// The one that was just done, such as `baremetal (tcg, isolated)`.
    pub what: String,
}

/// Where the boots come from, and where progress is reported.
pub struct AnalyseOptions<'a> {
    /// Where the result comes from.
    pub provenance: Provenance,
    /// Where each of several runs comes from; empty for one run. [`side_by_side`] makes these.
    pub runs: Vec<Provenance>,
    /// Called after each target under one condition, on the thread that finished it.
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

impl From<Provenance> for AnalyseOptions<'static> {
    fn from(provenance: Provenance) -> Self {
        Self { provenance, runs: Vec::new(), progress: &|_| () }
    }
}

/// Assesses `boots`: one entry per target, condition and run, and a comparison wherever there are two boots or more.
/// Works on all cores of the rayon pool that it is called in.
///
/// # Errors
/// Returns an error if there are no boots, a boot occurs twice, or a restart matrix does not fill its shape. Too
/// little data is not an error: the figure is null, and its verdict says why.
pub fn analyse<'a>(
    boots: &[TakenRun],
    options: impl Into<AnalyseOptions<'a>>,
) -> Result<CompareResult, ReportError> {
    let AnalyseOptions { provenance, runs, progress } = options.into();
    let groups = groups(boots)?;
    let (done, total) = (AtomicUsize::new(0), groups.len());
    let found: Vec<(TargetResult, Option<Comparison>)> = groups
        .par_iter()
        .map(|boots| {
            let found = target(boots);
            let what = condition(boots[0]);
            progress(Progress { done: done.fetch_add(1, Ordering::Relaxed) + 1, total, what });
            found
        })
        .collect();
    let mut result = CompareResult {
        schema_version: SCHEMA_VERSION,
        summary: String::new(),
        claims: Vec::new(),
        engine_object_sha256: provenance.engine_object_sha256.clone(),
        targets: Vec::with_capacity(total),
        isolation: Vec::new(),
        ordinary: Vec::new(),
        across: several::across(&groups),
        distances: distance::all(&groups),
        judges: None,
        clones: None,
        server_keys: None,
        provenance,
        runs,
    };
    for (target, comparison) in found {
        let comparisons =
            if target.isolated { &mut result.isolation } else { &mut result.ordinary };
        comparisons.extend(comparison);
        result.targets.push(target);
    }
    crate::wording::attach(&mut result);
    Ok(result)
}

/// Boots of the same target under the same condition, by number; ordinary ones first, targets in the order in
/// which they came.
fn groups(runs: &[TakenRun]) -> Result<Vec<Vec<&TakenRun>>, ReportError> {
    if runs.is_empty() {
        return Err(ReportError::NoRuns);
    }
    let mut groups: Vec<Vec<&TakenRun>> = Vec::new();
    for run in runs {
        check_matrix(run)?;
        let same = |g: &&mut Vec<&TakenRun>| key(g[0]) == key(run);
        match groups.iter_mut().find(same) {
            Some(group) => group.push(run),
            None => groups.push(vec![run]),
        }
    }
    for group in &mut groups {
        group.sort_by_key(|run| run.boot);
        if let Some(twice) = group.windows(2).find(|pair| pair[0].boot == pair[1].boot) {
            return Err(ReportError::DuplicateBoot {
                run: condition(twice[0]),
                boot: twice[0].boot,
            });
        }
    }
    // Where there are several runs, those of one target stand next to each other.
    let mut targets: Vec<(&str, &str)> =
        groups.iter().map(|g| (key(g[0]).0, key(g[0]).1)).collect();
    targets.sort_unstable();
    targets.dedup();
    let first_seen = |name: &(&str, &str)| {
        runs.iter().position(|run| (run.target.as_str(), run.accel.as_str()) == *name)
    };
    targets.sort_by_key(first_seen);
    groups.sort_by_key(|group| {
        let (target, accel, isolated, _) = key(group[0]);
        (isolated, targets.iter().position(|name| *name == (target, accel)))
    });
    Ok(groups)
}

fn key(run: &TakenRun) -> (&str, &str, bool, &str) {
    (&run.target, &run.accel, run.isolated, &run.run)
}

fn condition(run: &TakenRun) -> String {
    let isolated = if run.isolated { ", isolated" } else { "" };
    let of = if run.run.is_empty() { String::new() } else { format!(" of {}", run.run) };
    format!("{}{of} ({}{isolated})", run.target, run.accel)
}

fn check_matrix(run: &TakenRun) -> Result<(), ReportError> {
    let matrices = [&run.restarts, &run.starts];
    let shape = |matrix: &RestartMatrix| matrix.rows.saturating_mul(matrix.columns);
    let wrong = matrices.into_iter().flatten().find(|m| shape(m) != m.delta_ticks.len());
    let Some(matrix) = wrong else { return Ok(()) };
    let expected = shape(matrix);
    Err(ReportError::MatrixShape {
        target: run.target.clone(),
        boot: run.boot,
        rows: matrix.rows,
        columns: matrix.columns,
        expected,
        given: matrix.delta_ticks.len(),
    })
}

/// Assesses the first boot and compares all of them.
fn target(boots: &[&TakenRun]) -> (TargetResult, Option<Comparison>) {
    let run = boots[0];
    // A synthetic clock repeats itself by construction: there is nothing to compare.
    let comparison = if run.accel == SYNTHETIC { None } else { repeat::comparison(boots) };
    let (mut raw, mut drawn) = (None, Plots::default());
    let (restarts, starts) = if run.raw.is_empty() {
        (restarts::reinitialised(run, None, None), restarts::started(run, None, None))
    } else {
        let made = sp800_90b::symbols::from_ticks(&run.raw);
        let ranked = Ranked::new(&run.raw, made.step.ticks);
        let result = raw::result(run, &made, &ranked);
        let h = result.min_entropy_bits_per_sample;
        raw = Some(result);
        drawn =
            plots::plots(&run.raw, &ranked, run.restarts.as_ref().map(RestartMatrix::as_matrix));
        (
            restarts::reinitialised(run, Some(&made.step), h),
            restarts::started(run, Some(&made.step), h),
        )
    };
    let credited = [&restarts, &starts].into_iter().flatten();
    let informed = informed::result(boots);
    let bounds = stream::Bounds {
        informed: informed.as_ref().map(|found| found.min_entropy_bits_per_sample),
        single_run: raw.as_ref().and_then(|raw| raw.min_entropy_bits_per_sample),
        restarts: credited.filter_map(|r| r.min_entropy_bits_per_sample).reduce(f64::min),
        second_boot: comparison.as_ref().and_then(|c| c.min_entropy_bits_per_sample),
    };
    let mut result = TargetResult {
        name: run.target.clone(),
        run: run.run.clone(),
        accel: run.accel.clone(),
        isolated: run.isolated,
        boot: run.boot,
        kernel: run.kernel.clone(),
        boot_us: run.boot_us,
        stamp: stamp(&run.accel, run.isolated),
        raw,
        stream: stream::result(run, bounds),
        restarts,
        starts,
        health: run
            .health
            .iter()
            .map(|(name, text)| (name.clone(), number_or_text(text)))
            .collect(),
        meta: run.meta.clone(),
        timeline: run.timeline.clone(),
        paths: run.paths.clone(),
        command: run.command.clone(),
        plots: drawn,
        informed,
        boots: Vec::new(),
        claims: Vec::new(),
    };
    result.boots = std::iter::once(result.figures()).chain(later(boots, &result)).collect();
    (result, comparison)
}

/// Figures of the boots after the first. One that repeats the first boot's samples has its figures.
fn later(boots: &[&TakenRun], first: &TargetResult) -> Vec<BootFigures> {
    let figures = |run: &&TakenRun| {
        let mut figures = BootFigures {
            boot: run.boot,
            boot_us: run.boot_us,
            samples: run.raw.len() as u64,
            mb_per_s: stream::mb_per_s(run),
            ..BootFigures::default()
        };
        if run.accel == SYNTHETIC {
            return figures;
        }
        let repeats = run.raw == boots[0].raw && run.restarts == boots[0].restarts;
        if repeats {
            let first = first.figures();
            return BootFigures {
                boot: run.boot,
                boot_us: run.boot_us,
                mb_per_s: figures.mb_per_s,
                ..first
            };
        }
        if !run.raw.is_empty() {
            let made = sp800_90b::symbols::from_ticks(&run.raw);
            let raw = raw::figures(run, &made);
            let restarts = restarts::reinitialised(run, Some(&made.step), raw.0);
            figures.min_entropy_bits_per_sample = raw.0;
            figures.median_delta_ticks = raw.1;
            figures.sanity = restarts.as_ref().map(|restarts| restarts.sanity);
            figures.restarts_held = restarts.as_ref().and_then(RestartResult::held);
        }
        figures
    };
    boots[1..].par_iter().map(figures).collect()
}

fn number_or_text(text: &str) -> Value {
    text.trim().parse::<i64>().map_or_else(|_| Value::from(text), Value::from)
}
