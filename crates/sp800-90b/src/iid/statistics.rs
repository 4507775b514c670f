// SPDX-License-Identifier: GPL-2.0-or-later
//! The eleven statistics of SP 800-90B §5.1, nineteen with their lags.

use super::bzip2_len::compressed_len;
use crate::Symbols;
use serde::{Deserialize, Serialize};

/// A statistic of §5.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of §5.1 and of NIST's tool")]
pub enum Statistic {
    Excursion,
    NumDirectionalRuns,
    LenDirectionalRuns,
    NumIncreasesDecreases,
    NumRunsMedian,
    LenRunsMedian,
    AvgCollision,
    MaxCollision,
    #[serde(rename = "periodicity_1")]
    Periodicity1,
    #[serde(rename = "periodicity_2")]
    Periodicity2,
    #[serde(rename = "periodicity_8")]
    Periodicity8,
    #[serde(rename = "periodicity_16")]
    Periodicity16,
    #[serde(rename = "periodicity_32")]
    Periodicity32,
    #[serde(rename = "covariance_1")]
    Covariance1,
    #[serde(rename = "covariance_2")]
    Covariance2,
    #[serde(rename = "covariance_8")]
    Covariance8,
    #[serde(rename = "covariance_16")]
    Covariance16,
    #[serde(rename = "covariance_32")]
    Covariance32,
    Compression,
}

impl Statistic {
    /// All of them, in the order of §5.1.
    pub const ALL: [Self; COUNT] = [
        Self::Excursion,
        Self::NumDirectionalRuns,
        Self::LenDirectionalRuns,
        Self::NumIncreasesDecreases,
        Self::NumRunsMedian,
        Self::LenRunsMedian,
        Self::AvgCollision,
        Self::MaxCollision,
        Self::Periodicity1,
        Self::Periodicity2,
        Self::Periodicity8,
        Self::Periodicity16,
        Self::Periodicity32,
        Self::Covariance1,
        Self::Covariance2,
        Self::Covariance8,
        Self::Covariance16,
        Self::Covariance32,
        Self::Compression,
    ];
}

/// How many statistics there are.
pub(super) const COUNT: usize = 19;
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
    /// Per mapped symbol: the symbol as it came.
    raw: [u8; 256],
    /// Per mapped symbol: whether it is below the median.
    below_median: [bool; 256],
    raw_mean: f64,
}

impl Scale {
    pub(super) fn new(symbols: &Symbols, median: f64) -> Self {
        let mut raw = [0; 256];
        for (&mapped, &symbol) in symbols.literal().iter().zip(symbols.raw()) {
            raw[usize::from(mapped)] = symbol;
        }
        let sum: u64 = symbols.raw().iter().map(|&symbol| u64::from(symbol)).sum();
        Self {
            binary: symbols.alphabet_size() == 2,
            alphabet_size: symbols.alphabet_size(),
            raw,
            below_median: std::array::from_fn(|symbol| (symbol as f64) < median),
            raw_mean: sum as f64 / symbols.len() as f64,
        }
    }

    /// The statistics of mapped symbols in some order. Those not `wanted` are left as they are.
    pub(super) fn measure(
        &self,
        symbols: &[u8],
        wanted: &[bool; COUNT],
        values: &mut [f64; COUNT],
    ) {
        let any =
            |first: usize, count: usize| wanted[first..first + count].iter().any(|&wanted| wanted);
        if wanted[0] {
            values[0] = self.excursion(symbols);
        }
        if any(MEDIAN, 2) {
            let below = symbols.iter().map(|&symbol| self.below_median[usize::from(symbol)]);
            let runs = Runs::of(below);
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
        if any(DIRECTIONAL, 3) || any(PERIODICITY, 10) {
            if self.binary {
                let ones = conversion_1(symbols);
                measure_neighbours(&ones, &ones, wanted, values);
            } else {
                let raw: Vec<u8> =
                    symbols.iter().map(|&symbol| self.raw[usize::from(symbol)]).collect();
                measure_neighbours(symbols, &raw, wanted, values);
            }
        }
        if wanted[COMPRESSION] {
            values[COMPRESSION] = compressed_len(symbols, &self.raw) as f64;
        }
    }

    /// §5.1.1: the largest distance of a partial sum from what the mean gives.
    fn excursion(&self, symbols: &[u8]) -> f64 {
        let mut sum = 0_u64;
        let mut largest = 0.0_f64;
        for (count, &symbol) in (1_u64..).zip(symbols) {
            sum += u64::from(self.raw[usize::from(symbol)]);
            largest = largest.max((sum as f64 - count as f64 * self.raw_mean).abs());
        }
        largest
    }
}

/// Directional runs, periodicity (both on `order`) and covariance (on `size`).
fn measure_neighbours(
    order: &[u8],
    size: &[u8],
    wanted: &[bool; COUNT],
    values: &mut [f64; COUNT],
) {
    if wanted[DIRECTIONAL..DIRECTIONAL + 3].iter().any(|&wanted| wanted) {
        let falls = order.windows(2).map(|pair| pair[0] > pair[1]);
        let runs = Runs::of(falls);
        values[DIRECTIONAL] = runs.number as f64;
        values[DIRECTIONAL + 1] = runs.longest as f64;
        values[DIRECTIONAL + 2] = runs.trues.max(runs.total - runs.trues) as f64;
    }
    for (place, lag) in LAGS.into_iter().enumerate() {
        if wanted[PERIODICITY + place] {
            // §5.1.9
            let equal = order.iter().zip(&order[lag..]).filter(|(a, b)| a == b).count();
            values[PERIODICITY + place] = equal as f64;
        }
        if wanted[COVARIANCE + place] {
            // §5.1.10
            let products = size.chunks(1 << 16).enumerate().map(|(number, chunk)| {
                let from = number * (1 << 16) + lag;
                let later = size.get(from..).unwrap_or(&[]);
                let sum = chunk
                    .iter()
                    .zip(later)
                    .map(|(&a, &b)| u32::from(a) * u32::from(b))
                    .sum::<u32>();
                u64::from(sum)
            });
            values[COVARIANCE + place] = products.sum::<u64>() as f64;
        }
    }
}

/// Runs of equal values.
#[derive(Default)]
struct Runs {
    number: u64,
    longest: u64,
    trues: u64,
    total: u64,
}

impl Runs {
    fn of(values: impl Iterator<Item = bool>) -> Self {
        let mut runs = Self::default();
        let mut last = None;
        let mut run = 0_u64;
        for value in values {
            let goes_on = last == Some(value);
            runs.number += u64::from(!goes_on);
            run = if goes_on { run + 1 } else { 1 };
            runs.longest = runs.longest.max(run);
            runs.trues += u64::from(value);
            runs.total += 1;
            last = Some(value);
        }
        runs
    }
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
        let runs = Runs::of(s.windows(2).map(|pair| pair[0] > pair[1]));
        assert_eq!((runs.number, runs.longest, runs.trues.max(runs.total - runs.trues)), (3, 6, 8));
        // §5.1.5, §5.1.6: median 9 of (5, 15, 12, 1, 13, 9, 4)
        let runs = Runs::of([5, 15, 12, 1, 13, 9, 4].into_iter().map(|x| x < 9));
        assert_eq!((runs.number, runs.longest), (5, 2));
        // §5.1.7, §5.1.8: collisions of (2, 1, 1, 2, 0, 1, 0, 1, 1, 2) take 3, 4 and 2 symbols
        assert_eq!(collisions(&[2, 1, 1, 2, 0, 1, 0, 1, 1, 2], 3), (3.0, 4));
        // §5.1.9, §5.1.10 with p = 2 on (2, 1, 2, 1, 0, 1, 0, 1, 1, 2)
        let s = [2, 1, 2, 1, 0, 1, 0, 1, 1, 2].repeat(4);
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
        let symbols = Symbols::new(vec![2, 15, 4, 10, 9], 8).unwrap();
        assert_eq!(Scale::new(&symbols, 2.0).excursion(symbols.literal()), 6.0);
    }
}
