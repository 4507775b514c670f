// SPDX-License-Identifier: GPL-2.0-or-later
//! What is left of the raw noise for an attacker who knows the program: the informed assessment of crate `sp800-90b`, with
//! what this program determines as side information.

use crate::claim::LEAST_SAMPLES;
use crate::taken::TakenRun;
use chaos_core::lesson::{Trail, rare_branches};
use sp800_90b::informed::{InformedAssessment, Knowledge, assess};

/// Other boots that the attacker has recorded.
const OTHER_BOOTS: usize = 2;
/// Lengths in the engine: a block of samples, a health test's window, the startup test.
const WINDOWS: [usize; 3] = [256, 512, 1_024];
/// The workload whose branches follow from the samples before.
const LESSON: &str = "hash-branchy";

/// The first of `boots`, guessed by an attacker who has the others. None for an isolated boot, where a second boot knows
/// everything, and for fewer samples than SP 800-90B asks for.
pub(crate) fn result(boots: &[&TakenRun]) -> Option<InformedAssessment> {
    let (run, others) = boots.split_first()?;
    if run.isolated || run.raw.len() < LEAST_SAMPLES {
        return None;
    }
    let mut known = Knowledge::of_ticks(&run.raw, 8).ok()?.with_windows(&WINDOWS);
    for boot in others.iter().filter(|boot| !boot.raw.is_empty()).take(OTHER_BOOTS) {
        known = known.with_boot_ticks(format!("boot {}", boot.boot), &boot.raw);
    }
    if run.meta.get("workload").is_some_and(|workload| workload.trim() == LESSON) {
        known = known.with_column("rare branches", branches(&run.raw)).ok()?;
    }
    assess(&known).ok()
}

/// How many rare branches the lesson's step takes for each sample, from the samples before it.
fn branches(delta_ticks: &[u64]) -> Vec<u64> {
    let mut trail = Trail::EMPTY;
    let mut of = |&delta: &u64| {
        let branches = u64::from(rare_branches(trail.argument()));
        trail.push(delta);
        branches
    };
    delta_ticks.iter().map(&mut of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lesson on a model of its step: 100 ticks, 30 for each rare branch, and up to 3 that nobody knows.
    fn lesson() -> TakenRun {
        let (mut trail, mut x) = (Trail::EMPTY, 1_u64);
        let raw = std::iter::repeat_with(|| {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let delta = 100 + 30 * u64::from(rare_branches(trail.argument())) + (x >> 62);
            trail.push(delta);
            delta
        });
        TakenRun { raw: raw.take(LEAST_SAMPLES).collect(), ..TakenRun::default() }
    }

    #[test]
    fn the_lesson_is_seen_through_where_the_workload_is_known() {
        let mut run = lesson();
        let blind = result(&[&run]).expect("there are enough samples");
        run.meta.insert("workload".into(), LESSON.into());
        let informed = result(&[&run]).expect("there are enough samples");
        // A fourth of the samples: the two bits that nobody knows.
        assert!((informed.best.hit_rate - 0.25).abs() < 0.003, "{}", informed.verdict);
        let column = informed.predictors.iter().find(|s| s.predictor == "column rare branches");
        assert!(column.expect("the column was tried").hit_rate > 0.24, "{}", informed.verdict);
        assert!(blind.min_entropy_bits_per_sample > 3.0, "{}", blind.verdict);
    }

    #[test]
    fn another_boot_that_is_alike_leaves_nothing_and_isolation_is_not_guessed() {
        let mut run = lesson();
        let found = result(&[&run, &run.clone()]).expect("there are enough samples");
        assert!(found.min_entropy_bits_per_sample < 0.001, "{}", found.verdict);
        run.isolated = true;
        assert_eq!(result(&[&run]), None);
    }
}
