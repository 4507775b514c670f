// SPDX-License-Identifier: GPL-2.0-or-later
//! The lines of the buffer that samples went to, for an attacker who knows the program and not what came before.

use std::collections::HashMap;

use chaos_core::clock::BUFFER_LEAD_IN_SAMPLES;
use chaos_core::conditioning::ROUND_SAMPLES;
use chaos_core::{BLOCK_SAMPLES, SampleLines};

/// The lengths of a block: of this engine, and of the one before it. A stored run does not say which of them recorded it.
const BLOCKS: [usize; 2] = [BLOCK_SAMPLES, 256];
/// Rounds of hashing that may have come before the raw noise: the kernel module makes seeds when it is loaded. An attacker tries
/// them all.
const MOST_ROUNDS_BEFORE: usize = 64;
/// Samples on which they are tried: 60 for each line.
const TRAINING_SAMPLES: usize = 250_000;
/// Stands for the sample before at the same line where there is none.
pub const NO_SAMPLE: u64 = 256;

/// The line that each sample goes to, given the samples in steps of the counter and the length of a request: of the lengths of a
/// block and the numbers of rounds that can have come before, those with which lines explain most of how the first samples
/// vary.
#[must_use]
pub fn likeliest(steps: &[u64], init_turns: u32, request_samples: usize) -> Vec<u64> {
    let after = |(block, rounds): (usize, usize), samples: usize| {
        let mut lines = SampleLines::after_start(init_turns, block, BUFFER_LEAD_IN_SAMPLES);
        (0..rounds).for_each(|_| lines.request(ROUND_SAMPLES).for_each(drop));
        let mut of_samples = Vec::with_capacity(samples);
        for samples in steps[..samples].chunks(request_samples.max(1)) {
            of_samples.extend(lines.request(samples.len()).map(|line| line as u64));
        }
        of_samples
    };
    let training = &steps[..TRAINING_SAMPLES.min(steps.len() / 2)];
    let pasts = BLOCKS
        .iter()
        .flat_map(|&block| (0..=MOST_ROUNDS_BEFORE).map(move |rounds| (block, rounds)));
    let tried = pasts.map(|past| (explained(&after(past, training.len()), training), past));
    let best = tried.max_by(|one, other| one.0.total_cmp(&other.0));
    best.map_or_else(Vec::new, |(_, past)| after(past, steps.len()))
}

/// The sum of squares between lines: what the mean at each line explains.
fn explained(lines: &[u64], steps: &[u64]) -> f64 {
    let most = lines.iter().max().map_or(0, |line| *line as usize + 1);
    let mut sums = vec![(0.0, 0.0); most];
    for (&line, &step) in lines.iter().zip(steps) {
        let (sum, samples) = &mut sums[line as usize];
        *sum += step as f64;
        *samples += 1.0;
    }
    let visited = sums.iter().filter(|(_, samples)| *samples > 0.0);
    visited.map(|(sum, samples)| sum * sum / samples).sum()
}

/// The sample before at the same line, [`NO_SAMPLE`] where there is none.
#[must_use]
pub fn last_there(lines: &[u64], steps: &[u64]) -> Vec<u64> {
    let mut last = HashMap::new();
    let before = |(&line, &step)| last.insert(line, step).unwrap_or(NO_SAMPLE);
    lines.iter().zip(steps).map(before).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_whatever_came_before() {
        for (block, rounds) in [(BLOCK_SAMPLES, 0), (BLOCK_SAMPLES, 23), (256, 1)] {
            let mut lines = SampleLines::after_start(7, block, BUFFER_LEAD_IN_SAMPLES);
            (0..rounds).for_each(|_| lines.request(ROUND_SAMPLES).for_each(drop));
            let taken: Vec<u64> = [90_000, 10_000]
                .into_iter()
                .flat_map(|samples| lines.request(samples).collect::<Vec<_>>())
                .map(|line| line as u64)
                .collect();
            // 8 levels of latency, and one unpredictable bit.
            let mut x = 1_u64;
            let steps: Vec<u64> = taken
                .iter()
                .map(|line| {
                    x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    100 + 2 * (line.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 61) + (x >> 63)
                })
                .collect();
            assert!(likeliest(&steps, 7, 90_000) == taken, "block of {block}, {rounds} rounds");
        }
    }

    #[test]
    fn the_sample_before_is_that_of_the_same_line() {
        assert_eq!(last_there(&[3, 4, 3, 3], &[10, 20, 30, 40]), [NO_SAMPLE, NO_SAMPLE, 10, 30]);
    }
}
