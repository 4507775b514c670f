// SPDX-License-Identifier: GPL-2.0-or-later
//! What is left of the raw noise for an attacker who knows the program: the informed assessment of crate `sp800-90b`, with
//! what this program determines as side information.

use crate::claim::LEAST_SAMPLES;
use crate::taken::TakenRun;
use chaos_core::lesson::branches_before;
use sample_stats::lines;
use sp800_90b::informed::{InformedAssessment, Knowledge, assess};

/// Other boots that the attacker has recorded.
const OTHER_BOOTS: usize = 2;
/// Lengths in the engine: half a block, a block, which is a health test's window, and the startup test.
const WINDOWS: [usize; 3] = [256, 512, 1_024];
/// The workloads that go to lines of the buffer, which follow from the sample's number.
const AT_LINES: [&str; 2] = ["dram", "flush"];
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
    let workload = run.meta.get("workload").map_or("", |workload| workload.trim());
    if workload == LESSON {
        known = known
            .with_column("rare branches", branches_before(&run.raw).map(u64::from).collect())
            .ok()?;
    }
    if AT_LINES.contains(&workload) {
        let steps: Vec<u64> = run.raw.iter().map(|&delta| steps_of(&known, delta)).collect();
        let number = |key: &str| run.meta.get(key)?.trim().parse::<usize>().ok();
        let init_turns = number("init_turns").unwrap_or_default() as u32;
        let request_samples = number("buffer_words").unwrap_or(steps.len());
        let at_lines = lines::likeliest(&steps, init_turns, request_samples);
        known = known
            .with_column("last sample at the same line", lines::last_there(&at_lines, &steps))
            .ok()?;
        known = known.with_column("line of the buffer", at_lines).ok()?;
    }
    assess(&known).ok()
}

/// A sample in steps of the counter. Rare long ones say nothing about a line.
fn steps_of(known: &Knowledge, delta: u64) -> u64 {
    known.step().map_or(delta, |step| step.quotient(delta)).min(255)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chaos_core::clock::BUFFER_LEAD_IN_SAMPLES;
    use chaos_core::conditioning::ROUND_SAMPLES;
    use chaos_core::lesson::{Trail, rare_branches};
    use chaos_core::{BLOCK_SAMPLES, SampleLines};

    /// The lesson on a model of its step: 100 ticks, 30 for each rare branch, and up to 3 that are unpredictable.
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
        // A quarter of the samples: the two unpredictable bits.
        assert!((informed.best.hit_rate - 0.25).abs() < 0.003, "{}", informed.verdict);
        let column = informed.predictors.iter().find(|s| s.predictor == "column rare branches");
        assert!(column.expect("the column was tried").hit_rate > 0.24, "{}", informed.verdict);
        assert!(blind.min_entropy_bits_per_sample > 3.0, "{}", blind.verdict);
    }

    #[test]
    fn a_line_that_takes_longer_is_known_whatever_seeds_came_before() {
        let mut lines = SampleLines::after_start(7, BLOCK_SAMPLES, BUFFER_LEAD_IN_SAMPLES);
        (0..23).for_each(|_| lines.request(ROUND_SAMPLES).for_each(drop));
        let mut x = 1_u64;
        // 8 levels of latency, and one unpredictable bit.
        let mut sample = |line: usize| {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let level = (line as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 61;
            100 + 2 * level + (x >> 63)
        };
        let mut run = TakenRun::default();
        for samples in [LEAST_SAMPLES - 1_000, 1_000] {
            run.raw.extend(lines.request(samples).map(&mut sample));
        }
        let pieces = (LEAST_SAMPLES - 1_000).to_string();
        for (key, value) in [("init_turns", "7"), ("buffer_words", pieces.as_str())] {
            run.meta.insert(key.into(), value.into());
        }
        let blind = result(&[&run]).expect("there are enough samples");
        assert!(blind.min_entropy_bits_per_sample > 3.8, "{}", blind.verdict);
        run.meta.insert("workload".into(), "dram".into());
        let informed = result(&[&run]).expect("there are enough samples");
        assert!((informed.best.hit_rate - 0.5).abs() < 0.003, "{}", informed.verdict);
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
