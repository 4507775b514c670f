// SPDX-License-Identifier: MIT OR Apache-2.0
//! Most common value estimate, SP 800-90B §6.3.1.

use crate::math::{min_entropy_bits, upper_bound};
use crate::symbols::{Content, Sequence, counts_of};
use crate::{MinEntropy, Outcome};

/// Figures of the most common value estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Mcv {
    /// How often the most common symbol occurs.
    pub mode_count: u64,
    /// Its share of all samples.
    pub p_hat: f64,
    /// The upper end of the confidence interval of that share.
    pub p_u: f64,
    /// `-log2(p_u)`, bits per sample.
    pub min_entropy: f64,
}

impl MinEntropy for Mcv {
    fn min_entropy(&self) -> f64 {
        self.min_entropy
    }
}

/// Estimates from the share of the most common symbol (§6.3.1); needs 2 samples.
#[must_use]
pub fn mcv(symbols: &[u8]) -> Outcome<Mcv> {
    of_count(counts_of(symbols).into_iter().max().unwrap_or(0), symbols.len())
}

/// [`mcv`] of a sequence.
pub(crate) fn mcv_of(sequence: &Sequence<'_>) -> Outcome<Mcv> {
    match &sequence.0 {
        Content::Bits(bits) => {
            let ones = bits.ones();
            of_count(ones.max(bits.len() as u64 - ones), bits.len())
        }
        Content::Symbols { symbols, .. } => mcv(symbols),
    }
}

fn of_count(mode_count: u64, samples: usize) -> Outcome<Mcv> {
    if samples < 2 {
        return Outcome::too_few("the confidence interval of a share needs 2 samples or more");
    }
    let p_hat = mode_count as f64 / samples as f64;
    let p_u = upper_bound(p_hat, samples);
    Outcome::Value(Mcv { mode_count, p_hat, p_u, min_entropy: min_entropy_bits(p_u) })
}
