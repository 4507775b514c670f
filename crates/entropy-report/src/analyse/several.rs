// SPDX-License-Identifier: GPL-2.0-or-later
//! Runs that were taken apart, on other hosts or other days, side by side.

use super::{Progress, assess_all, repeat, words};
use crate::error::ReportError;
use crate::provenance::Provenance;
use crate::result::{CompareResult, Comparison};
use crate::taken::TakenRun;

/// What runs are called.
pub(crate) const LETTERS: std::ops::RangeInclusive<char> = 'A'..='Z';

/// [`crate::analyse_with`] for runs that were taken apart, each with its own provenance: every target appears once per run,
/// under the run's letter (`A` is the first), which is noted in its boots. One run alone is assessed as it stands.
///
/// # Errors
/// As [`crate::analyse_with`]; [`ReportError::TooManyRuns`] beyond the letters of the alphabet.
pub fn analyse_several(
    runs: &mut [(Provenance, Vec<TakenRun>)],
    provenance: Provenance,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<CompareResult, ReportError> {
    let several = runs.len() > 1;
    if runs.len() > LETTERS.count() {
        return Err(ReportError::TooManyRuns);
    }
    for ((_, boots), letter) in runs.iter_mut().zip(LETTERS) {
        for boot in boots {
            boot.run = if several { letter.to_string() } else { String::new() };
        }
    }
    let boots: Vec<&TakenRun> = runs.iter().flat_map(|(_, boots)| boots).collect();
    let mut result = assess_all(&boots, provenance, progress)?;
    if several {
        result.runs = runs.iter().map(|(origin, _)| origin.clone()).collect();
        result.summary = super::summary::paragraph(&result);
    }
    Ok(result)
}

/// The first isolated boots of one target from different runs, where they were asked for the same.
pub(super) fn across(groups: &[Vec<&TakenRun>]) -> Vec<Comparison> {
    let firsts: Vec<&TakenRun> =
        groups.iter().map(|boots| boots[0]).filter(|boot| boot.isolated).collect();
    let same = |a: &TakenRun, b: &TakenRun| {
        (&a.target, &a.accel, a.meta.get("request")) == (&b.target, &b.accel, b.meta.get("request"))
    };
    // Groups of one target stand next to each other.
    firsts
        .chunk_by(|a, b| same(a, b))
        .filter(|boots| boots.iter().all(|boot| !boot.run.is_empty()))
        .filter_map(|boots| {
            let mut comparison = repeat::comparison(boots)?;
            let letters: Vec<&str> = boots.iter().map(|boot| boot.run.as_str()).collect();
            comparison.run = letters.join(", ");
            comparison.verdict = words::on_runs(&comparison);
            Some(comparison)
        })
        .collect()
}
