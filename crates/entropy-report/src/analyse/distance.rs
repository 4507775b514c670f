// SPDX-License-Identifier: GPL-2.0-or-later
//! The distance between the deltas of two targets, next to the distance between boots of one target, which a
//! difference must exceed to count.

use crate::result::Distance;
use crate::taken::{SYNTHETIC, TakenRun};
use rayon::prelude::*;
use sample_stats::distance::{distance, sorted};

/// Every two ordinary targets of one run, and every two runs of one target.
pub(super) fn all(groups: &[Vec<&TakenRun>]) -> Vec<Distance> {
    let measured: Vec<(String, Vec<Vec<u64>>)> = groups
        .iter()
        .filter(|boots| !boots[0].isolated && boots[0].accel != SYNTHETIC)
        .filter(|boots| boots.iter().all(|boot| !boot.raw.is_empty()))
        .map(|boots| (name(boots[0]), boots.par_iter().map(|boot| sorted(&boot.raw)).collect()))
        .collect();
    let firsts: Vec<&TakenRun> = groups.iter().map(|boots| boots[0]).collect();
    let one_run = firsts.iter().all(|boot| boot.run == firsts[0].run);
    let target = |name: &str| name.split(" of ").next().unwrap_or_default().to_owned();
    let mut pairs = Vec::new();
    for (at, a) in measured.iter().enumerate() {
        let same = |b: &&(String, _)| one_run || target(&a.0) == target(&b.0);
        pairs.extend(measured[at + 1..].iter().filter(same).map(|b| (a, b)));
    }
    pairs
        .par_iter()
        .map(|(a, b)| {
            let between = || a.1.iter().flat_map(|x| b.1.iter().map(move |y| distance(x, y)));
            Distance {
                targets: [a.0.clone(), b.0.clone()],
                boots: [a.1.len() as u32, b.1.len() as u32],
                between_low: between().fold(1.0, f64::min),
                between_high: between().fold(0.0, f64::max),
                within_high: within(&a.1).max(within(&b.1)),
            }
        })
        .collect()
}

fn name(boot: &TakenRun) -> String {
    if boot.run.is_empty() {
        boot.target.clone()
    } else {
        format!("{} of {}", boot.target, boot.run)
    }
}

/// Largest distance between two of `boots`.
fn within(boots: &[Vec<u64>]) -> f64 {
    let pairs =
        boots.iter().enumerate().flat_map(|(at, a)| boots[at + 1..].iter().map(move |b| (a, b)));
    pairs.map(|(a, b)| distance(a, b)).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_distance_of_two_counts() {
        assert_eq!(within(&[vec![1, 2], vec![1, 2], vec![2, 3]]), 0.5);
    }
}
