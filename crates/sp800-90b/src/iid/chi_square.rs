// SPDX-License-Identifier: MIT OR Apache-2.0
//! Chi-square tests, SP 800-90B §5.2.1 to §5.2.4: are neighbours independent, and is the distribution the same
//! throughout?

use super::bins::Bins;
use super::gamma::chi_square_upper_tail;
use crate::Symbols;

/// A test with a smaller probability fails (§5.2).
const SIGNIFICANCE: f64 = 0.001;
/// Pieces of the string that are compared by goodness of fit.
const PIECES: usize = 10;

/// Figures of a chi-square test.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ChiSquare {
    /// The test statistic T.
    pub score: f64,
    /// Degrees of freedom.
    pub degrees_of_freedom: i64,
    /// The probability of such a score or a larger one in an IID source.
    pub p_value: f64,
    /// Whether that is at least 0.001.
    pub passed: bool,
}

impl ChiSquare {
    fn new(score: f64, degrees_of_freedom: i64) -> Self {
        let p_value = chi_square_upper_tail(score, degrees_of_freedom as f64);
        Self { score, degrees_of_freedom, p_value, passed: p_value >= SIGNIFICANCE }
    }
}

/// Independence of neighbours: §5.2.3 for two symbols, §5.2.1 for more.
#[must_use]
pub fn independence(symbols: &Symbols) -> ChiSquare {
    let (symbols, alphabet_size) = (symbols.literal(), symbols.alphabet_size());
    if alphabet_size <= 2 {
        return binary_independence(symbols);
    }
    let shares = shares(symbols, alphabet_size);
    let pairs = (symbols.len() as f64 * 0.5).floor();
    let expectations: Vec<f64> =
        shares.iter().flat_map(|p| shares.iter().map(move |q| p * q * pairs)).collect();
    let bins = Bins::pool(&expectations);
    let values = symbols
        .as_chunks::<2>()
        .0
        .iter()
        .map(|pair| usize::from(pair[0]) * alphabet_size + usize::from(pair[1]));
    let score = bins.score(values);
    ChiSquare::new(score, bins.expected.len() as i64 - alphabet_size as i64)
}

/// The same distribution in ten pieces: §5.2.4 for two symbols, §5.2.2 for more.
#[must_use]
pub fn goodness_of_fit(symbols: &Symbols) -> ChiSquare {
    let (symbols, alphabet_size) = (symbols.literal(), symbols.alphabet_size());
    let piece = symbols.len() / PIECES;
    if alphabet_size <= 2 {
        return binary_goodness_of_fit(symbols, piece);
    }
    let per_piece = (symbols.len() as f64 / PIECES as f64).floor();
    let expectations: Vec<f64> =
        shares(symbols, alphabet_size).iter().map(|p| p * per_piece).collect();
    let bins = Bins::pool(&expectations);
    let score = symbols
        .chunks_exact(piece.max(1))
        .take(PIECES)
        .map(|piece| bins.score(piece.iter().map(|&symbol| usize::from(symbol))))
        .fold(0.0, |sum, score| sum + score);
    ChiSquare::new(score, (PIECES as i64 - 1) * (bins.expected.len() as i64 - 1))
}

fn binary_independence(bits: &[u8]) -> ChiSquare {
    let p_1 = bits.iter().map(|&bit| u64::from(bit)).sum::<u64>() as f64 / bits.len() as f64;
    let p_0 = 1.0 - p_1;
    let rarer = p_0.min(p_1);
    // §5.2.3 step 2: the longest tuples whose rarest kind is still expected 5 times.
    let longest = (2..=11).rev().find(|&m| rarer.powi(m) * (bits.len() / m as usize) as f64 >= 5.0);
    let Some(m) = longest else { return ChiSquare::new(0.0, 0) };
    let tuples = bits.len() / m as usize;
    let mut observed = vec![0_u32; 1 << m];
    for tuple in bits.chunks_exact(m as usize) {
        observed[tuple.iter().fold(0, |value, &bit| value << 1 | usize::from(bit))] += 1;
    }
    let score = observed
        .iter()
        .enumerate()
        .map(|(tuple, &seen)| {
            let ones = tuple.count_ones() as i32;
            let expected = p_1.powi(ones) * p_0.powi(m - ones) * tuples as f64;
            (f64::from(seen) - expected).powi(2) / expected
        })
        .sum();
    ChiSquare::new(score, (1 << m) - 2)
}

fn binary_goodness_of_fit(bits: &[u8], piece: usize) -> ChiSquare {
    let ones = bits.iter().map(|&bit| u64::from(bit)).sum::<u64>();
    let p = ones as f64 / bits.len() as f64;
    let expected = [(1.0 - p) * piece as f64, p * piece as f64];
    let score = bits
        .chunks_exact(piece.max(1))
        .take(PIECES)
        .map(|piece| {
            let ones = piece.iter().map(|&bit| u64::from(bit)).sum::<u64>();
            let zeros = piece.len() as u64 - ones;
            (zeros as f64 - expected[0]).powi(2) / expected[0]
                + (ones as f64 - expected[1]).powi(2) / expected[1]
        })
        .fold(0.0, |sum, score| sum + score);
    ChiSquare::new(score, PIECES as i64 - 1)
}

/// Each symbol's share. The shares are added up as NIST's tool adds them, so that two expectations that differ only
/// by rounding come in the same order there and here.
fn shares(symbols: &[u8], alphabet_size: usize) -> Vec<f64> {
    let one = 1.0 / symbols.len() as f64;
    let mut shares = vec![0.0; alphabet_size];
    for &symbol in symbols {
        shares[usize::from(symbol)] += one;
    }
    shares
}
