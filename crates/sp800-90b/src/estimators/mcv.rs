// SPDX-License-Identifier: GPL-2.0-or-later
//! Most common value estimate, SP 800-90B §6.3.1.

use crate::bound::upper_bound;
use crate::math::min_entropy_bits;
use crate::{MinEntropy, Outcome};
use serde::{Deserialize, Serialize};

/// Figures of the most common value estimate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
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
    let mut counts = SymbolCounts::default();
    counts.push(symbols);
    counts.mcv()
}

/// Counts of a string that comes in pieces.
pub(crate) struct SymbolCounts([u64; 256]);

impl Default for SymbolCounts {
    fn default() -> Self {
        Self([0; 256])
    }
}

impl SymbolCounts {
    pub(crate) fn push(&mut self, symbols: &[u8]) {
        for &symbol in symbols {
            self.0[usize::from(symbol)] += 1;
        }
    }

    pub(crate) fn mcv(&self) -> Outcome<Mcv> {
        let samples = self.0.iter().sum::<u64>() as usize;
        if samples < 2 {
            return Outcome::too_few("the confidence interval of a share needs 2 samples or more");
        }
        let mode_count = self.0.into_iter().max().unwrap_or(0);
        let p_hat = mode_count as f64 / samples as f64;
        let p_u = upper_bound(p_hat, samples);
        Outcome::Value(Mcv { mode_count, p_hat, p_u, min_entropy: min_entropy_bits(p_u) })
    }
}
