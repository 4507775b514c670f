// SPDX-License-Identifier: GPL-2.0-or-later
//! Runs that were recorded apart, on other hosts or other days, side by side.

use super::repeat;
use crate::error::ReportError;
use crate::provenance::Provenance;
use crate::result::{Comparison, LETTERS};
use crate::taken::{HOST_GENERATOR, TakenRun};

/// Runs that were recorded apart, as origins and boots to be analysed side by side: each boot is labelled with its run's
/// letter (`A` is the first). One run alone keeps its boots as they are, and has no origin apart from the result's.
///
/// # Errors
/// Returns an error if there are more runs than letters of the alphabet.
pub fn side_by_side(
    runs: Vec<(Provenance, Vec<TakenRun>)>,
) -> Result<(Vec<Provenance>, Vec<TakenRun>), ReportError> {
    let several = runs.len() > 1;
    if runs.len() > LETTERS.count() {
        return Err(ReportError::TooManyRuns);
    }
    let (mut origins, mut all) = (Vec::new(), Vec::new());
    for ((origin, boots), letter) in runs.into_iter().zip(LETTERS) {
        let run = if several { letter.to_string() } else { String::new() };
        all.extend(boots.into_iter().map(|boot| TakenRun { run: run.clone(), ..boot }));
        origins.extend(several.then_some(origin));
    }
    Ok((origins, all))
}

/// The first isolated boots of one target from different runs, if they were given the same request. The host's generator
/// gives different bytes at any time.
pub(super) fn across(groups: &[Vec<&TakenRun>]) -> Vec<Comparison> {
    let firsts: Vec<&TakenRun> = groups
        .iter()
        .map(|boots| boots[0])
        .filter(|boot| boot.isolated && boot.target != HOST_GENERATOR)
        .collect();
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
            Some(comparison)
        })
        .collect()
}
