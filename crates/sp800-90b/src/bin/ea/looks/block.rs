// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tests on blocks of 20,000 bits: FIPS 140-2 (change notice of 2002) and T1 to T5 of AIS 20/31.

use super::{TestResult, Verdict};

/// Bits of a block.
pub(super) const LEN: usize = 20_000;
/// Blocks of AIS 20/31's procedure A.
const AIS_BLOCKS: usize = 257;

/// The bounds of a suite; figures on a bound or outside it fail, those of runs only outside.
struct Bounds {
    ones: (usize, usize),
    poker: (f64, f64),
    /// Runs of 1 to 5, and of 6 or more.
    runs: [(usize, usize); 6],
    longest_run: usize,
}

const FIPS: Bounds = Bounds {
    ones: (9725, 10_275),
    poker: (2.16, 46.17),
    runs: [(2315, 2685), (1114, 1386), (527, 723), (240, 384), (103, 209), (103, 209)],
    longest_run: 26,
};
const AIS: Bounds = Bounds {
    ones: (9654, 10_346),
    poker: (1.03, 57.4),
    runs: [(2267, 2733), (1079, 1421), (502, 748), (223, 402), (90, 223), (90, 223)],
    longest_run: 34,
};
/// T5: bounds of the autocorrelation.
const AUTOCORRELATION: (usize, usize) = (2326, 2674);

fn ones(block: &[u8]) -> usize {
    block.iter().map(|&bit| usize::from(bit)).sum()
}

/// `16/5000 · Σ f² - 5000` over the sixteen values of 5,000 groups of four bits.
fn poker(block: &[u8]) -> f64 {
    let mut counts = [0_u64; 16];
    for group in block.chunks_exact(4) {
        counts[group.iter().fold(0, |value, &bit| value << 1 | usize::from(bit))] += 1;
    }
    let squares: u64 = counts.iter().map(|count| count * count).sum();
    let groups = (block.len() / 4) as f64;
    16.0 / groups * squares as f64 - groups
}

/// Runs of zeros and of ones, by length up to 6, and the longest run.
fn runs(block: &[u8]) -> ([[usize; 6]; 2], usize) {
    let mut counts = [[0; 6]; 2];
    let mut longest = 0;
    for run in block.chunk_by(|a, b| a == b) {
        counts[usize::from(run[0])][run.len().min(6) - 1] += 1;
        longest = longest.max(run.len());
    }
    (counts, longest)
}

/// T5: the shift of the first 10,000 bits with the largest deviation, tried on the other 10,000.
fn autocorrelation(block: &[u8]) -> usize {
    // In words, the lowest bit first, and one more so that each shifted word has a next one.
    let mut words: Vec<u64> = block
        .chunks(64)
        .map(|bits| bits.iter().rev().fold(0, |word, &bit| word << 1 | u64::from(bit)))
        .collect();
    words.push(0);
    let from = |at: usize| {
        let (word, place) = (at / 64, at % 64);
        // Shifted in two steps, because a shift by 64 is none.
        words[word] >> place | words[word + 1] << 1 << (63 - place)
    };
    let differ = |begin: usize, shift: usize| -> usize {
        (0..5000)
            .step_by(64)
            .map(|at| {
                let mask = if at + 64 <= 5000 { u64::MAX } else { (1 << (5000 - at)) - 1 };
                ((from(begin + at) ^ from(begin + at + shift)) & mask).count_ones() as usize
            })
            .sum()
    };
    let worst = (1..=5000).max_by_key(|&shift| (differ(0, shift).abs_diff(2500), 5001 - shift));
    differ(10_000, worst.unwrap_or(1))
}

fn inside<T: PartialOrd>(value: &T, (low, high): &(T, T)) -> bool {
    low < value && value < high
}

/// What the four simple tests say about a block.
fn simple(block: &[u8], bounds: &Bounds) -> [bool; 4] {
    let (runs, longest) = runs(block);
    let runs_fit = runs.iter().all(|counts| {
        counts.iter().zip(&bounds.runs).all(|(count, (low, high))| (low..=high).contains(&count))
    });
    [
        inside(&ones(block), &bounds.ones),
        inside(&poker(block), &bounds.poker),
        runs_fit,
        longest < bounds.longest_run,
    ]
}

pub(super) fn fips_140_2(bits: &[u8]) -> Vec<TestResult> {
    let blocks: Vec<[bool; 4]> = bits.chunks_exact(LEN).map(|block| simple(block, &FIPS)).collect();
    ["monobit", "poker", "runs", "long run"]
        .into_iter()
        .enumerate()
        .map(|(at, test)| {
            let failures = blocks.iter().filter(|passed| !passed[at]).count();
            // A good block fails all four tests together with a probability of about 0.0008.
            let allowed = allowed_failures(blocks.len(), 0.0008);
            result("FIPS 140-2", test, failures, blocks.len(), allowed)
        })
        .collect()
}

pub(super) fn ais_31(bits: &[u8]) -> Vec<TestResult> {
    let blocks: Vec<&[u8]> = bits.chunks_exact(LEN).take(AIS_BLOCKS).collect();
    let passed: Vec<[bool; 4]> = blocks.iter().map(|block| simple(block, &AIS)).collect();
    let mut results: Vec<TestResult> = ["T1 monobit", "T2 poker", "T3 runs", "T4 long run"]
        .into_iter()
        .enumerate()
        .map(|(at, test)| {
            let failures = passed.iter().filter(|passed| !passed[at]).count();
            result("AIS 20/31", test, failures, blocks.len(), 1)
        })
        .collect();
    let correlated =
        blocks.iter().filter(|block| !inside(&autocorrelation(block), &AUTOCORRELATION)).count();
    results.push(result("AIS 20/31", "T5 autocorrelation", correlated, blocks.len(), 1));
    results
}

/// Failures that good bits exceed with a probability below 1e-6.
fn allowed_failures(blocks: usize, chance: f64) -> usize {
    let mean = blocks as f64 * chance;
    let mut mass = (-mean).exp();
    let mut below = mass;
    let mut failures = 0;
    while below < 1.0 - 1e-6 && failures < blocks {
        failures += 1;
        mass *= mean / failures as f64;
        below += mass;
    }
    failures
}

fn result(
    suite: &'static str,
    test: &'static str,
    failures: usize,
    blocks: usize,
    allowed: usize,
) -> TestResult {
    let verdict = if blocks == 0 {
        Verdict::NotRun { needed_bits: LEN }
    } else {
        Verdict::of(failures <= allowed, format!("{failures} of {blocks} blocks failed"))
    };
    TestResult { suite, test, verdict }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_that_follow_by_hand() {
        let alternating: Vec<u8> = (0..LEN).map(|at| (at % 2) as u8).collect();
        assert_eq!(ones(&alternating), 10_000);
        // 5,000 groups of one value: 16/5000 · 5000² - 5000.
        assert_eq!(poker(&alternating), 75_000.0);
        let (counts, longest) = runs(&alternating);
        assert_eq!((counts[0][0], counts[1][0], counts[0][1], longest), (10_000, 10_000, 0, 1));
        // An odd shift differs everywhere, an even one nowhere; the smallest such shift is taken.
        assert_eq!(autocorrelation(&alternating), 5000);
        // Every group of four once in sixteen: f = 312 or 313, so Σ f² = 8 · 312² + 8 · 313².
        let groups: Vec<u8> = (0..5000)
            .flat_map(|at| (0..4).rev().map(move |place| ((at % 16) >> place & 1) as u8))
            .collect();
        assert!((poker(&groups) - 0.0128).abs() < 1e-9, "{}", poker(&groups));
        let (counts, longest) = runs(&[1, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!((counts, longest), ([[0, 0, 0, 0, 0, 1], [1, 1, 0, 0, 0, 0]], 7));
    }

    #[test]
    fn the_autocorrelation_is_that_of_counting_bit_by_bit() {
        let block = super::super::rule_bits(LEN);
        let differ = |begin: usize, shift: usize| {
            (0..5000).filter(|at| block[begin + at] != block[begin + at + shift]).count()
        };
        let worst = (1..=5000)
            .map(|shift| (differ(0, shift).abs_diff(2500), 5001 - shift))
            .max()
            .map_or(1, |(_, left)| 5001 - left);
        assert_eq!(autocorrelation(&block), differ(10_000, worst));
    }

    #[test]
    fn the_bounds_are_where_the_standards_put_them() {
        let block = |ones: usize| -> Vec<u8> { (0..LEN).map(|at| u8::from(at < ones)).collect() };
        let monobit = |ones: usize, bounds: &Bounds| simple(&block(ones), bounds)[0];
        assert!(!monobit(9725, &FIPS) && monobit(9726, &FIPS));
        assert!(monobit(10_274, &FIPS) && !monobit(10_275, &FIPS));
        assert!(!monobit(9654, &AIS) && monobit(9655, &AIS) && !monobit(10_346, &AIS));
        let mut run = super::super::rule_bits(LEN);
        run[100..126].fill(1);
        run[99] = 0;
        run[126] = 0;
        assert!(!simple(&run, &FIPS)[3] && simple(&run, &AIS)[3]);
        run[100] = 0;
        assert!(simple(&run, &FIPS)[3]);
    }

    #[test]
    fn as_many_failures_as_chance_gives_are_allowed() {
        assert_eq!(allowed_failures(1, 0.0008), 1);
        // 1,000 blocks: 0.8 failures are expected.
        assert!((6..=8).contains(&allowed_failures(1000, 0.0008)));
    }
}
