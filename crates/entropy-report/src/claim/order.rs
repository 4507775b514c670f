// SPDX-License-Identifier: GPL-2.0-or-later
//! Which targets differ, as far as their boots support it.
//!
//! Boots are what is compared, never samples: samples of one boot depend on each other, and a test that takes them for
//! independent finds any two boots different. Were two targets alike, each division of their boots into the two would be
//! equally likely, so that a complete separation has a chance of at most 2 / C(a + b, a). Over all pairs together this may
//! be [`ERROR_RATE`] at most; too few boots state nothing. An order is stated only where the gap between both ranges is
//! also at least as wide as the wider of them, since another run may lie as far off again as boots of this one do.

use super::{Sentence, plural};
use crate::format::{bits, real};
use crate::spread::{Spread, chance_of_separation};
use serde::{Deserialize, Serialize};

/// The chance that any difference is stated where there is none.
pub(crate) const ERROR_RATE: f64 = 0.05;

/// Boots of each target that can state a difference among `pairs` pairs.
pub(crate) fn needed_boots(pairs: u32) -> u32 {
    (2..).find(|n| supported(*n, *n, pairs)).unwrap_or(u32::MAX)
}

/// Whether so many boots of each can state a difference among `pairs` pairs.
pub(crate) fn supported(a: u32, b: u32, pairs: u32) -> bool {
    chance_of_separation(a, b) * f64::from(pairs) <= ERROR_RATE
}

/// Two targets in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// The one that is assessed lower.
    pub lower: String,
    /// Its figure over boots, in bits per sample.
    pub lower_bits_per_sample: Spread,
    /// The one that is assessed higher.
    pub higher: String,
    /// Its figure over boots, in bits per sample.
    pub higher_bits_per_sample: Spread,
}

/// Which targets are assessed higher than which.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Orders that are supported.
    pub stated: Vec<Pair>,
    /// Pairs that were looked at.
    pub pairs: u32,
    /// Pairs that are not looked at, since one of both failed its restart check and may not be credited with its figure.
    pub left_out: u32,
    /// Fewest boots of a target.
    pub fewest_boots: u32,
    /// Boots of each target that could state an order.
    pub needed_boots: u32,
}

impl Sentence for Order {
    fn text(&self) -> String {
        let mut parts = Vec::new();
        let supported =
            |pair: &&Pair| pair.higher_bits_per_sample.is_clear_above(&pair.lower_bits_per_sample);
        let stated: Vec<String> = self
            .stated
            .iter()
            .filter(supported)
            .map(|pair| {
                let (low, high) = (pair.lower_bits_per_sample, pair.higher_bits_per_sample);
                format!(
                    "{} lower than {} (at most {} against at least {} bits per sample)",
                    pair.lower,
                    pair.higher,
                    bits(low.high),
                    bits(high.low)
                )
            })
            .collect();
        let open = self.pairs - stated.len() as u32;
        if self.pairs > 0 {
            parts.push(if stated.is_empty() && self.fewest_boots < self.needed_boots {
                format!(
                    "No order between targets is stated: {} of a target cannot support one, {} could.",
                    plural(u64::from(self.fewest_boots), "boot"),
                    plural(u64::from(self.needed_boots), "boot")
                )
            } else if stated.is_empty() {
                "These boots support no order between targets.".to_owned()
            } else {
                let rest = if open > 0 {
                    format!("; they support no order for {}", plural(u64::from(open), "other pair"))
                } else {
                    String::new()
                };
                format!("In every boot, assessed: {}{rest}.", stated.join("; "))
            });
        }
        if self.left_out > 0 {
            parts.push(format!(
                "No order is stated for {} with a target that failed its restart check.",
                plural(u64::from(self.left_out), "pair")
            ));
        }
        parts.join(" ")
    }
}

/// Two targets whose deltas differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apart {
    /// Both targets.
    pub targets: [String; 2],
    /// Smallest distance between a boot of one and a boot of the other, 0 to 1.
    pub between_low: f64,
    /// Largest of these, 0 to 1.
    pub between_high: f64,
    /// Largest distance between two boots of one of them, 0 to 1.
    pub within_high: f64,
}

/// Which targets have other deltas than which.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distributions {
    /// Pairs that differ.
    pub different: Vec<Apart>,
    /// Pairs.
    pub pairs: u32,
    /// Fewest boots of a target.
    pub fewest_boots: u32,
    /// Boots of each target that could state a difference.
    pub needed_boots: u32,
}

impl Sentence for Distributions {
    fn text(&self) -> String {
        let apart: Vec<&Apart> =
            self.different.iter().filter(|one| one.between_low > one.within_high).collect();
        if apart.is_empty() && self.fewest_boots < self.needed_boots {
            return format!(
                "Whether deltas of two targets are distributed differently is not stated: {} of a target cannot support \
                 it, {} could.",
                plural(u64::from(self.fewest_boots), "boot"),
                plural(u64::from(self.needed_boots), "boot")
            );
        }
        if apart.is_empty() {
            return "These boots do not show that deltas of any two targets are distributed differently.".to_owned();
        }
        let each: Vec<String> = apart
            .iter()
            .map(|one| {
                format!(
                    "{} and {} by {} to {}, where boots of one of them lie at most {} apart",
                    one.targets[0],
                    one.targets[1],
                    real(one.between_low),
                    real(one.between_high),
                    real(one.within_high)
                )
            })
            .collect();
        let open = self.pairs - apart.len() as u32;
        let rest = if open > 0 {
            format!("; not shown for {}", plural(u64::from(open), "other pair"))
        } else {
            String::new()
        };
        format!(
            "Distributions of deltas differ (largest gap between cumulative shares, Kolmogorov-Smirnov distance): {}{rest}.",
            each.join("; ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_targets_need_five_boots() {
        assert_eq!((needed_boots(1), needed_boots(6)), (4, 5));
        assert!(supported(5, 5, 6) && !supported(4, 5, 6));
    }
}
