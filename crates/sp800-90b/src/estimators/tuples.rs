// SPDX-License-Identifier: MIT OR Apache-2.0
//! t-Tuple estimate, SP 800-90B §6.3.5, and longest repeated substring (LRS) estimate, §6.3.6.

use super::repeats::Repeats;
use crate::math::{min_entropy_bits, upper_bound};
use crate::{MinEntropy, Outcome};

/// Figures of the t-tuple estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TTuple {
    /// The longest length at which some tuple occurs 35 times or more.
    pub t: u64,
    /// The largest per-symbol probability over all lengths up to `t`.
    pub p_hat_max: f64,
    /// The upper end of its confidence interval.
    pub p_u: f64,
    /// `-log2(p_u)`, bits per sample.
    pub min_entropy: f64,
}

/// Figures of the longest repeated substring estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Lrs {
    /// The shortest length at which no tuple occurs 35 times.
    pub u: u64,
    /// The length of the longest repeated tuple.
    pub v: u64,
    /// Two places, in symbols from 0, at which that tuple begins.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub longest_at: Option<(u64, u64)>,
    /// The largest per-symbol collision probability over all lengths from `u` to `v`.
    pub p_hat: f64,
    /// The upper end of its confidence interval.
    pub p_u: f64,
    /// `-log2(p_u)`, bits per sample.
    pub min_entropy: f64,
}

impl MinEntropy for TTuple {
    fn min_entropy(&self) -> f64 {
        self.min_entropy
    }
}

impl MinEntropy for Lrs {
    fn min_entropy(&self) -> f64 {
        self.min_entropy
    }
}

/// Estimates from the most common tuple of each length (§6.3.5).
#[must_use]
pub fn t_tuple(repeats: &Repeats) -> Outcome<TTuple> {
    let p_hat_max = (1..)
        .zip(&repeats.most_common)
        .map(|(length, &count)| {
            per_symbol(count as f64 / (repeats.samples - length + 1) as f64, length)
        })
        .fold(0.0, f64::max);
    if repeats.most_common.is_empty() {
        return Outcome::not_applicable(
            "no symbol occurs 35 times, so that no tuple length counts (§6.3.5 step 1)",
        );
    }
    let p_u = upper_bound(p_hat_max, repeats.samples);
    Outcome::Value(TTuple {
        t: repeats.most_common.len() as u64,
        p_hat_max,
        p_u,
        min_entropy: min_entropy_bits(p_u),
    })
}

/// Estimates from the collisions among tuples too long for the t-tuple estimate (§6.3.6).
#[must_use]
pub fn lrs(repeats: &Repeats) -> Outcome<Lrs> {
    let u = repeats.most_common.len() + 1;
    if repeats.colliding_pairs.is_empty() {
        return Outcome::not_applicable(format!(
            "no tuple of {u} symbols repeats, so that no tuple length counts (§6.3.6 step 2)"
        ));
    }
    let p_hat = (u..)
        .zip(&repeats.colliding_pairs)
        .map(|(length, &pairs)| {
            let tuples = (repeats.samples - length + 1) as u64;
            per_symbol(pairs as f64 / (tuples * (tuples - 1) / 2) as f64, length)
        })
        .fold(0.0, f64::max);
    let p_u = upper_bound(p_hat, repeats.samples);
    Outcome::Value(Lrs {
        u: u as u64,
        v: repeats.longest() as u64,
        longest_at: repeats.longest_at.map(|(first, second)| (first as u64, second as u64)),
        p_hat,
        p_u,
        min_entropy: min_entropy_bits(p_u),
    })
}

/// The probability per symbol that makes `length` of them as likely as `p`.
fn per_symbol(p: f64, length: usize) -> f64 {
    p.powf(1.0 / length as f64)
}
