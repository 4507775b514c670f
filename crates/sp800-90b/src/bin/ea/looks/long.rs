// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tests of AIS 20/31 on long sequences: T0 of procedure A, T6 to T8 of procedure B.

use super::{TestResult, Verdict};
use std::collections::HashSet;

/// T0: 2^16 words of 48 bits.
pub(super) const T0_BITS: usize = (1 << 16) * 48;
/// T6 and T7: elements of each sequence that is compared.
const ELEMENTS: usize = 100_000;
/// T6: the largest deviation of the share of ones, and of the shares after a 0 and after a 1.
const SHARE: f64 = 0.025;
const STEP: f64 = 0.02;
/// T7: the chi-square bound for one degree of freedom and 0.0001.
const HOMOGENEITY: f64 = 15.13;
/// T8: words of 8 bits to begin with, then those that are counted, and the least mean.
const BEGIN_WORDS: usize = 2560;
const COUNTED_WORDS: usize = 256_000;
const LEAST_MEAN: f64 = 7.976;

pub(super) fn disjointness(bits: &[u8]) -> Vec<TestResult> {
    let verdict = match bits.get(..T0_BITS) {
        None => Verdict::NotRun { needed_bits: T0_BITS },
        Some(bits) => {
            let words: HashSet<u64> = bits.chunks_exact(48).map(value).collect();
            let repeated = (1 << 16) - words.len();
            Verdict::of(repeated == 0, format!("{repeated} of 65536 words repeat"))
        }
    };
    vec![TestResult { suite: "AIS 20/31", test: "T0 disjointness", verdict }]
}

/// T6 to T8, each on the bits after those of the one before.
pub(super) fn procedure_b(bits: &[u8]) -> Vec<TestResult> {
    let mut rest = bits;
    let mut results = Vec::new();
    let mut push = |test: &'static str, verdict: Verdict| {
        results.push(TestResult { suite: "AIS 20/31", test, verdict });
    };
    push(
        "T6a uniform",
        match rest.split_at_checked(ELEMENTS) {
            None => Verdict::NotRun { needed_bits: ELEMENTS },
            Some((bits, after)) => {
                rest = after;
                let share = ones(bits) as f64 / ELEMENTS as f64;
                Verdict::of((share - 0.5).abs() < SHARE, format!("{share:.5} ones"))
            }
        },
    );
    push(
        "T6b one step",
        match after_contexts(&mut rest, 1) {
            None => Verdict::NotRun { needed_bits: needed(1) },
            Some(ones) => {
                let difference = (share(ones[0]) - share(ones[1])).abs();
                Verdict::of(difference < STEP, format!("difference {difference:.5}"))
            }
        },
    );
    for (test, memory) in [("T7a two steps", 2), ("T7b three steps", 3)] {
        push(
            test,
            match after_contexts(&mut rest, memory) {
                None => Verdict::NotRun { needed_bits: needed(memory) },
                Some(ones) => {
                    // Contexts that differ in their oldest bit only.
                    let half = ones.len() / 2;
                    let largest = (0..half)
                        .map(|at| homogeneity(ones[at], ones[at + half]))
                        .fold(0.0, f64::max);
                    Verdict::of(largest < HOMOGENEITY, format!("chi-square {largest:.3}"))
                }
            },
        );
    }
    let needed_bits = (BEGIN_WORDS + COUNTED_WORDS) * 8;
    push(
        "T8 entropy (Coron)",
        match rest.get(..needed_bits) {
            None => {
                Verdict::NotRun { needed_bits: needed(1) + needed(2) + needed(3) + needed_bits }
            }
            Some(bits) => {
                let mean = coron(bits);
                Verdict::of(mean > LEAST_MEAN, format!("{mean:.4}"))
            }
        },
    );
    results
}

/// Of the first 100,000 bits after each context of `memory` bits, taken from words that do not overlap, how many are
/// ones. `rest` is moved past the words.
fn after_contexts(rest: &mut &[u8], memory: usize) -> Option<Vec<usize>> {
    let mut seen = vec![0_usize; 1 << memory];
    let mut ones = vec![0_usize; 1 << memory];
    let mut full = 0;
    let bits: &[u8] = rest;
    for (at, word) in bits.chunks_exact(memory + 1).enumerate() {
        let context = value(&word[..memory]) as usize;
        if seen[context] == ELEMENTS {
            continue;
        }
        seen[context] += 1;
        ones[context] += usize::from(word[memory]);
        full += usize::from(seen[context] == ELEMENTS);
        if full == seen.len() {
            *rest = &bits[(at + 1) * (memory + 1)..];
            return Some(ones);
        }
    }
    None
}

/// Bits that [`after_contexts`] takes of a good sequence, with some to spare.
fn needed(memory: usize) -> usize {
    (ELEMENTS << memory) * (memory + 1) * 102 / 100
}

/// The chi-square statistic of two counts of ones among 100,000 each (T7 for two samples).
fn homogeneity(first: usize, second: usize) -> f64 {
    let total = (first + second) as f64;
    let zeros = 2.0 * ELEMENTS as f64 - total;
    if total == 0.0 || zeros == 0.0 {
        return 0.0;
    }
    let difference = first as f64 - second as f64;
    // Each of the four cells deviates by half of the difference from its mean.
    let square = difference * difference / 4.0;
    2.0 * square / (total / 2.0) + 2.0 * square / (zeros / 2.0)
}

/// Coron's statistic: the mean of `g(distance to the last occurrence)` over words of 8 bits, with
/// `g(i) = Σ 1/k (k < i) / ln 2`.
fn coron(bits: &[u8]) -> f64 {
    let words: Vec<usize> = bits.chunks_exact(8).map(|word| value(word) as usize).collect();
    let mut harmonic = Vec::with_capacity(words.len() + 1);
    harmonic.extend([0.0, 0.0]);
    for k in 1..words.len() {
        harmonic.push(harmonic[k] + 1.0 / k as f64);
    }
    let mut last = [None; 256];
    let mut sum = 0.0;
    for (at, &word) in words.iter().enumerate() {
        if at >= BEGIN_WORDS {
            // A word that never occurred counts from the beginning.
            sum += harmonic[last[word].map_or(at + 1, |last: usize| at - last)];
        }
        last[word] = Some(at);
    }
    sum / std::f64::consts::LN_2 / (words.len() - BEGIN_WORDS) as f64
}

fn ones(bits: &[u8]) -> usize {
    bits.iter().map(|&bit| usize::from(bit)).sum()
}

fn share(ones: usize) -> f64 {
    ones as f64 / ELEMENTS as f64
}

fn value(bits: &[u8]) -> u64 {
    bits.iter().fold(0, |value, &bit| value << 1 | u64::from(bit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits_of(words: impl Iterator<Item = u8>) -> Vec<u8> {
        words.flat_map(|word| (0..8).rev().map(move |place| word >> place & 1)).collect()
    }

    #[test]
    fn corons_statistic_where_it_follows_by_hand() {
        let count = BEGIN_WORDS + COUNTED_WORDS;
        // Each word repeats after 1: g(1) = 0.
        assert_eq!(coron(&bits_of((0..count).map(|_| 7))), 0.0);
        // After 2: g(2) = 1 / ln 2.
        let two = coron(&bits_of((0..count).map(|at| (at % 2) as u8)));
        assert!((two - 1.0 / std::f64::consts::LN_2).abs() < 1e-9, "{two}");
        // After 256: the 255th harmonic number, ln 255 + γ + 1/510 - 1/(12 · 255²) + …
        let all = coron(&bits_of((0..count).map(|at| (at % 256) as u8)));
        let harmonic =
            255.0_f64.ln() + 0.577_215_664_901_532_9 + 1.0 / 510.0 - 1.0 / (12.0 * 255.0 * 255.0);
        assert!((all - harmonic / std::f64::consts::LN_2).abs() < 1e-6, "{all}");
        // Good words: 8 bits within 0.002 (its standard deviation is 0.0009).
        let good = coron(&super::super::rule_bits(count * 8));
        assert!((good - 8.0).abs() < 0.005, "{good}");
    }

    #[test]
    fn the_homogeneity_bound_is_that_of_a_table_of_two_by_two() {
        // 50,000 against 50,870 ones: N (ad - bc)² / (row and column sums) = 15.137.
        let (a, c) = (50_000.0, 50_870.0);
        let (b, d) = (1e5 - a, 1e5 - c);
        let table = 2e5 * (a * d - b * c) * (a * d - b * c) / (1e5 * 1e5 * (a + c) * (b + d));
        assert!((homogeneity(50_000, 50_870) - table).abs() < 1e-9);
        assert!(
            homogeneity(50_000, 50_869) < HOMOGENEITY && homogeneity(50_000, 50_870) > HOMOGENEITY
        );
    }

    /// T6 and T7 once more from the text of AIS 20/31: lists of followers, and the chi-square statistic of a table of counts
    /// and expected counts. There are no published test vectors for them.
    fn by_the_text(bits: &[u8]) -> [String; 4] {
        let (uniform, mut rest) = bits.split_at(ELEMENTS);
        let share_of = |bits: &[u8], value: u8| {
            bits.iter().filter(|&&bit| bit == value).count() as f64 / bits.len() as f64
        };
        // The first 100,000 followers of each context, of tuples side by side.
        let mut followers = |context_bits: usize| -> Vec<Vec<u8>> {
            let mut lists = vec![Vec::new(); 1 << context_bits];
            while lists.iter().any(|list| list.len() < ELEMENTS) {
                let (tuple, after) = rest.split_at(context_bits + 1);
                rest = after;
                let name = tuple[..context_bits].iter().map(ToString::to_string);
                let context = usize::from_str_radix(&name.collect::<String>(), 2).unwrap();
                if lists[context].len() < ELEMENTS {
                    lists[context].push(tuple[context_bits]);
                }
            }
            lists
        };
        let step = followers(1);
        // |P(0 to 1) + P(1 to 0) - 1|.
        let change = (share_of(&step[0], 1) + share_of(&step[1], 0) - 1.0).abs();
        let mut homogeneous = |context_bits: usize| {
            let lists = followers(context_bits);
            let mut largest = 0.0_f64;
            for later in 0..lists.len() / 2 {
                let pair = [&lists[later], &lists[later + lists.len() / 2]];
                let counts = pair.map(|list| {
                    [0, 1].map(|value| list.iter().filter(|&&bit| bit == value).count() as f64)
                });
                let total: f64 = counts.iter().flatten().sum();
                let mut statistic = 0.0;
                for row in counts {
                    for value in 0..2 {
                        let column = counts[0][value] + counts[1][value];
                        let expected = (row[0] + row[1]) * column / total;
                        statistic += (row[value] - expected).powi(2) / expected;
                    }
                }
                largest = largest.max(statistic);
            }
            format!("chi-square {largest:.3}")
        };
        [
            format!("{:.5} ones", share_of(uniform, 1)),
            format!("difference {change:.5}"),
            homogeneous(2),
            homogeneous(3),
        ]
    }

    #[test]
    fn t6_and_t7_are_those_of_a_second_implementation() {
        let source = super::super::rule_bits(48_000_000);
        let bytes: Vec<u64> = source.chunks_exact(8).map(value).collect();
        let biased: Vec<u8> = bytes.iter().map(|&byte| u8::from(byte < 131)).collect();
        let mut sticky = vec![0, 1];
        for &byte in &bytes {
            sticky.push(sticky[sticky.len() - 2] ^ u8::from(byte >= 130));
        }
        for (name, bits) in [("rule", &source), ("biased", &biased), ("sticky", &sticky)] {
            let ours: Vec<String> = procedure_b(bits)
                .into_iter()
                .take(4)
                .map(|result| match result.verdict {
                    Verdict::Passed { figure } | Verdict::Failed { figure } => figure,
                    Verdict::NotRun { .. } => panic!("{name}: {} was not run", result.test),
                })
                .collect();
            assert_eq!(ours, by_the_text(bits), "{name}");
        }
    }

    #[test]
    fn memory_of_one_and_two_bits_is_found_by_its_own_test() {
        // The next bit repeats the one before, or the one before that, with 0.52.
        let source = super::super::rule_bits(40_000_000);
        for (lag, test) in [(1, "T6b one step"), (2, "T7a two steps"), (3, "T7b three steps")] {
            let mut bits: Vec<u8> = vec![0, 1, 1];
            for byte in source.chunks_exact(8) {
                let repeats = value(byte) < 138;
                bits.push(bits[bits.len() - lag] ^ u8::from(!repeats));
            }
            let results = procedure_b(&bits);
            let failed: Vec<&str> = results
                .iter()
                .filter(|result| matches!(result.verdict, Verdict::Failed { .. }))
                .map(|result| result.test)
                .collect();
            assert!(failed.contains(&test), "lag {lag}: {results:?}");
        }
    }
}
