// SPDX-License-Identifier: MIT OR Apache-2.0
//! The statistics of SP 800-90B §5.1 of symbols in some order.

use super::sign_runs::SignRuns;
use super::statistic::{COUNT, Statistic};
use crate::Symbols;
use bzip2_len::{Compressor, Vocabulary};

const DIRECTIONAL: usize = Statistic::NumDirectionalRuns as usize;
const MEDIAN: usize = Statistic::NumRunsMedian as usize;
const COLLISION: usize = Statistic::AvgCollision as usize;
const PERIODICITY: usize = Statistic::Periodicity1 as usize;
const COVARIANCE: usize = Statistic::Covariance1 as usize;
const COMPRESSION: usize = Statistic::Compression as usize;
/// Lags of periodicity and covariance (§5.1.9, §5.1.10).
const LAGS: [usize; 5] = [1, 2, 8, 16, 32];

/// What is the same for every order of the symbols.
pub(super) struct Scale {
    binary: bool,
    alphabet_size: usize,
    /// Per mapped symbol: the symbol as it came; nothing where they are the same.
    raw: Option<[u8; 256]>,
    raw_mean: f64,
    /// The smallest mapped symbol that is not below the median.
    middle: u8,
    vocabulary: Vocabulary,
}

/// Memory for measuring, kept from one order to the next.
#[derive(Default)]
pub(super) struct Workspace {
    raw: Vec<u8>,
    compressor: Compressor,
}

impl Scale {
    /// `median` is that of the mapped symbols.
    pub(super) fn new(symbols: &Symbols, median: f64) -> Self {
        let mut raw = [0; 256];
        for (&mapped, &symbol) in symbols.literal().iter().zip(symbols.raw()) {
            raw[usize::from(mapped)] = symbol;
        }
        let sum: u64 = symbols.raw().iter().map(|&symbol| u64::from(symbol)).sum();
        Self {
            binary: symbols.alphabet_size() == 2,
            alphabet_size: symbols.alphabet_size(),
            raw: (symbols.literal() != symbols.raw()).then_some(raw),
            raw_mean: sum as f64 / symbols.len() as f64,
            middle: median.ceil() as u8,
            vocabulary: Vocabulary::new(&raw),
        }
    }

    /// The statistics of mapped symbols in some order. Those not `wanted` are left as they are.
    pub(super) fn measure(
        &self,
        symbols: &[u8],
        wanted: &[bool; COUNT],
        values: &mut [f64; COUNT],
        workspace: &mut Workspace,
    ) {
        let any =
            |first: usize, count: usize| wanted[first..first + count].iter().any(|&wanted| wanted);
        if any(MEDIAN, 2) {
            let runs = SignRuns::of_pairs(symbols, symbols, |symbol, _| symbol < self.middle);
            values[MEDIAN] = runs.number as f64;
            values[MEDIAN + 1] = runs.longest as f64;
        }
        if any(COLLISION, 2) {
            let (average, longest) = if self.binary {
                collisions(&conversion_2(symbols), 256)
            } else {
                collisions(symbols, self.alphabet_size)
            };
            values[COLLISION] = average;
            values[COLLISION + 1] = longest as f64;
        }
        let raw = match &self.raw {
            Some(raw) if wanted[0] || any(COVARIANCE, 5) => {
                workspace.raw.clear();
                workspace.raw.extend(symbols.iter().map(|&symbol| raw[usize::from(symbol)]));
                &workspace.raw
            }
            _ => symbols,
        };
        if wanted[0] {
            values[0] = excursion(raw, self.raw_mean);
        }
        if any(DIRECTIONAL, 3) || any(PERIODICITY, 10) {
            if self.binary {
                let ones = conversion_1(symbols);
                measure_neighbours(&ones, &ones, wanted, values);
            } else {
                measure_neighbours(symbols, raw, wanted, values);
            }
        }
        if wanted[COMPRESSION] {
            let len = workspace.compressor.compressed_len(symbols, &self.vocabulary);
            values[COMPRESSION] = len as f64;
        }
    }
}

/// §5.1.1: the largest distance of a partial sum from what the mean gives.
fn excursion(raw: &[u8], mean: f64) -> f64 {
    let mut sum = 0_u64;
    let mut largest = 0.0_f64;
    for (count, &symbol) in (1_u64..).zip(raw) {
        sum += u64::from(symbol);
        largest = largest.max((sum as f64 - count as f64 * mean).abs());
    }
    largest
}

/// Directional runs, periodicity (both on `order`) and covariance (on `size`).
fn measure_neighbours(
    order: &[u8],
    size: &[u8],
    wanted: &[bool; COUNT],
    values: &mut [f64; COUNT],
) {
    if wanted[DIRECTIONAL..DIRECTIONAL + 3].iter().any(|&wanted| wanted) {
        let runs = SignRuns::of_pairs(order, &order[1..], |before, after| before > after);
        values[DIRECTIONAL] = runs.number as f64;
        values[DIRECTIONAL + 1] = runs.longest as f64;
        values[DIRECTIONAL + 2] = runs.set.max(runs.len - runs.set) as f64;
    }
    for (place, lag) in LAGS.into_iter().enumerate() {
        if wanted[PERIODICITY + place] {
            values[PERIODICITY + place] = equal_pairs(order, &order[lag..]) as f64;
        }
        if wanted[COVARIANCE + place] {
            values[COVARIANCE + place] = sum_of_products(size, &size[lag..]) as f64;
        }
    }
}

/// §5.1.9
fn equal_pairs(a: &[u8], b: &[u8]) -> u64 {
    // In pieces that a byte can count.
    let pieces = a.chunks(192).zip(b.chunks(192));
    pieces
        .map(|(a, b)| a.iter().zip(b).map(|(a, b)| u8::from(a == b)).sum::<u8>())
        .map(u64::from)
        .sum()
}

/// §5.1.10
fn sum_of_products(a: &[u8], b: &[u8]) -> u64 {
    // In pieces that 32 bits can add up.
    let pieces = a.chunks(1 << 14).zip(b.chunks(1 << 14));
    pieces
        .map(|(a, b)| a.iter().zip(b).map(|(&a, &b)| u32::from(a) * u32::from(b)).sum::<u32>())
        .map(u64::from)
        .sum()
}

/// §5.1.7, §5.1.8: mean and maximum of the number of symbols until one repeats.
fn collisions(symbols: &[u8], alphabet_size: usize) -> (f64, u64) {
    let mut seen_in = vec![0_u32; alphabet_size];
    let (mut number, mut sum, mut longest) = (0_u32, 0_u64, 0_u64);
    let mut length = 0_u64;
    for &symbol in symbols {
        length += 1;
        let seen = &mut seen_in[usize::from(symbol)];
        if *seen == number + 1 {
            number += 1;
            sum += length;
            longest = longest.max(length);
            length = 0;
        } else {
            *seen = number + 1;
        }
    }
    (sum as f64 / f64::from(number), longest)
}

/// Conversion I (§5.1): the ones in each 8 bits; the last group may be short.
fn conversion_1(bits: &[u8]) -> Vec<u8> {
    bits.chunks(8).map(|group| group.iter().sum()).collect()
}

/// Conversion II (§5.1): each 8 bits as a number, the first bit highest; zeros fill the last group.
fn conversion_2(bits: &[u8]) -> Vec<u8> {
    bits.chunks(8)
        .map(|group| {
            group.iter().enumerate().fold(0, |byte, (place, &bit)| byte | bit << (7 - place))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standards_examples() {
        // §5.1.2 to §5.1.4
        let s = [2, 2, 2, 5, 7, 7, 9, 3, 1, 4, 4];
        let runs = SignRuns::of_pairs(&s, &s[1..], |before, after| before > after);
        assert_eq!((runs.number, runs.longest, runs.set.max(runs.len - runs.set)), (3, 6, 8));
        // §5.1.5, §5.1.6: median 9 of (5, 15, 12, 1, 13, 9, 4)
        let s = [5, 15, 12, 1, 13, 9, 4];
        let runs = SignRuns::of_pairs(&s, &s, |symbol, _| symbol < 9);
        assert_eq!((runs.number, runs.longest), (5, 2));
        // §5.1.7, §5.1.8: collisions of (2, 1, 1, 2, 0, 1, 0, 1, 1, 2) take 3, 4 and 2 symbols
        assert_eq!(collisions(&[2, 1, 1, 2, 0, 1, 0, 1, 1, 2], 3), (3.0, 4));
        // §5.1.9, §5.1.10 with p = 2 on (2, 1, 2, 1, 0, 1, 0, 1, 1, 2)
        let s = [2, 1, 2, 1, 0, 1, 0, 1, 1, 2].repeat(40);
        let mut values = [0.0; COUNT];
        measure_neighbours(&s, &s, &[true; COUNT], &mut values);
        let by_hand = s.windows(3).filter(|w| w[0] == w[2]).count();
        assert_eq!(values[PERIODICITY + 1], by_hand as f64);
        let by_hand: u32 = s.windows(3).map(|w| u32::from(w[0] * w[2])).sum();
        assert_eq!(values[COVARIANCE + 1], f64::from(by_hand));
    }

    #[test]
    fn conversions_are_those_of_the_standard() {
        // §5.1: (1,0,0,0,1,1,1,0, 1,1,0,1,1,0,1,1, 0,0,1,1) becomes (4, 6, 2) and (142, 219, 48).
        let bits = [1, 0, 0, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 0, 1, 1];
        assert_eq!(conversion_1(&bits), [4, 6, 2]);
        assert_eq!(conversion_2(&bits), [142, 219, 48]);
    }

    #[test]
    fn excursion_is_the_standards_example() {
        // §5.1.1: (2, 15, 4, 10, 9) has mean 8 and excursion 6.
        assert_eq!(excursion(&[2, 15, 4, 10, 9], 8.0), 6.0);
    }
}
