// SPDX-License-Identifier: GPL-2.0-or-later
//! 14: a step of mostly arithmetic, as seen by SP 800-90B's estimators and by a predictor that knows the program.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow};
use chaos_arch::TscClock;
use chaos_core::lesson::branches_before;
use chaos_core::{EntropySource, OnFailure, Params, Workload};
use entropy_report::{Part, PlotKind};
use sp800_90b::informed::{self, InformedAssessment, Knowledge};
use sp800_90b::symbols::from_ticks_low_bits;
use sp800_90b::{Track, assess};

use crate::{Found, Guests};

const SAMPLES: usize = 300_000;
const SYMBOL_BITS: u8 = 8;
/// The predictors' name of the column that is computed from the program.
const COLUMN: &str = "rare branches";
/// Counts with fewer samples are not in the table.
const LEAST_SAMPLES_IN_ROW: usize = 300;

pub(super) fn run(_: &Guests<'_>) -> Result<Found> {
    let raw = samples_of_this_machine()?;
    let branches: Vec<u64> = branches_before(&raw).map(u64::from).collect();
    let symbols = from_ticks_low_bits(&raw, SYMBOL_BITS)?.symbols;
    let blind = assess(&symbols, Track::NonIid).context("assessing the samples")?;
    let assessed = blind.min_entropy_bits_per_sample.context("no figure of SP 800-90B")?;
    let known = Knowledge::of_ticks(&raw, SYMBOL_BITS)?.with_column(COLUMN, branches.clone())?;
    let informed = informed::assess(&known)?;
    let mut found = Found::default();
    found.table(
        "Correct predictions, and the remaining min-entropy",
        &["predictor", "correct (%)", "min-entropy (bits/sample)"],
        vec![
            vec!["SP 800-90B, non-IID track".to_owned(), "-".to_owned(), format!("{assessed:.3}")],
            best(&informed, "always the most common value", |name| name.starts_with("order 0: "))?,
            best(&informed, "the best of those that see only the samples", |name| {
                !name.contains(COLUMN) && !name.starts_with("the best ")
            })?,
            best(&informed, "the best of those that compute the branches", |_| true)?,
        ],
    );
    found.table(
        "Samples by the number of rare branches, computed before each sample",
        &["rare branches", "samples", "median (ticks)"],
        by_branches(&raw, &branches),
    );
    found.parts.push(Part::Plot {
        kind: PlotKind::CommonDeltas,
        title: "All samples together".to_owned(),
        caption: "Each peak is a number of rare branches. Only the width of a peak is unknown."
            .to_owned(),
        delta_ticks: raw,
    });
    let left = informed.min_entropy_bits_per_sample;
    let compared = if left < assessed {
        format!("{:.2} bits less per sample: that part was arithmetic", assessed - left)
    } else {
        "not less on this machine in this run: something other than the branches varies more"
            .to_owned()
    };
    found.conclusion = format!(
        "SP 800-90B's estimators assess {assessed:.3} bits per sample. Computing the branches leaves {left:.3}: {compared}."
    );
    Ok(found)
}

/// The lesson's step on the counter of the processor that runs this program, without a guest.
fn samples_of_this_machine() -> Result<Vec<u64>> {
    let params = Params {
        workload: Workload::HashBranchy,
        on_failure: OnFailure::Observe,
        ..Params::default()
    };
    let failed = |error| anyhow!("the engine on this machine's counter: {error}");
    let mut engine = EntropySource::new(TscClock, params, &mut []).map_err(failed)?;
    let mut raw = vec![0; SAMPLES];
    engine.raw(&mut raw).map_err(failed)?;
    Ok(raw)
}

/// The row of the most accurate predictor among those that `counts`.
fn best(
    informed: &InformedAssessment,
    who: &str,
    counts: impl Fn(&str) -> bool,
) -> Result<Vec<String>> {
    let scores = informed.predictors.iter().filter(|score| counts(&score.predictor));
    let best = scores.max_by_key(|score| score.hits).context("no predictor of this kind")?;
    Ok(vec![
        format!("{who} ({})", best.predictor),
        format!("{:.1}", best.hit_rate * 100.0),
        format!("{:.3}", best.min_entropy),
    ])
}

fn by_branches(raw: &[u64], branches: &[u64]) -> Vec<Vec<String>> {
    let mut of_count: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for (&delta, &count) in raw.iter().zip(branches) {
        of_count.entry(count).or_default().push(delta);
    }
    let rows = of_count.into_iter().filter(|(_, deltas)| deltas.len() >= LEAST_SAMPLES_IN_ROW);
    rows.map(|(count, mut deltas)| {
        deltas.sort_unstable();
        let median = deltas.get(deltas.len() / 2).copied().unwrap_or(0);
        vec![count.to_string(), deltas.len().to_string(), median.to_string()]
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_sorted_by_what_was_computed() {
        let raw: Vec<u64> = (0..1_000).map(|at| 100 + 30 * (at % 2)).collect();
        let branches: Vec<u64> = (0..1_000).map(|at| if at == 999 { 9 } else { at % 2 }).collect();
        let rows = by_branches(&raw, &branches);
        assert_eq!(rows, [["0", "500", "100"], ["1", "499", "130"]]);
    }
}
