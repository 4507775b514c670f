// SPDX-License-Identifier: GPL-2.0-or-later
//! The spread of figures over boots.

use serde::{Deserialize, Serialize};

/// Median and range of one figure over boots.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// Middle figure; the mean of the middle two for an even number of boots.
    pub median: f64,
    /// Lowest figure.
    pub low: f64,
    /// Highest figure.
    pub high: f64,
    /// Boots that gave a figure.
    pub boots: u32,
}

impl Spread {
    /// Of the figures present; `None` if there are none.
    #[must_use]
    pub fn of(figures: impl IntoIterator<Item = Option<f64>>) -> Option<Self> {
        let mut known: Vec<f64> =
            figures.into_iter().flatten().filter(|figure| figure.is_finite()).collect();
        known.sort_by(f64::total_cmp);
        let (low, high) = (*known.first()?, *known.last()?);
        let middle = known.len() / 2;
        let median = if known.len().is_multiple_of(2) {
            f64::midpoint(known[middle - 1], known[middle])
        } else {
            known[middle]
        };
        Some(Self { median, low, high, boots: known.len() as u32 })
    }

    /// Whether all of these lie above all of `other`, by at least the wider of both ranges.
    pub(crate) fn is_clear_above(&self, other: &Self) -> bool {
        let widest = (self.high - self.low).max(other.high - other.low);
        self.low > other.high && self.low - other.high >= widest
    }
}

/// The chance that boots of two alike targets fall apart completely, one's all above the other's, either way round:
/// 2 / C(a + b, a), since each division of the boots into the two targets is equally likely.
pub(crate) fn chance_of_separation(a: u32, b: u32) -> f64 {
    let ways: f64 = (1..=a).map(|i| f64::from(b + i) / f64::from(i)).product();
    (2.0 / ways).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_of_what_is_there() {
        let spread = Spread::of([Some(3.0), None, Some(1.0), Some(f64::NAN), Some(2.5), Some(2.0)]);
        assert_eq!(spread, Some(Spread { median: 2.25, low: 1.0, high: 3.0, boots: 4 }));
        assert_eq!(Spread::of([None]), None);
    }

    #[test]
    fn a_gap_narrower_than_a_range_is_not_clear() {
        let spread = |low, high| Spread { median: low, low, high, boots: 5 };
        assert!(spread(2.0, 2.1).is_clear_above(&spread(1.0, 1.5)));
        assert!(!spread(2.0, 2.1).is_clear_above(&spread(1.0, 1.6)));
        assert!(!spread(1.0, 1.5).is_clear_above(&spread(2.0, 2.1)));
        assert!(!spread(1.0, 1.5).is_clear_above(&spread(1.0, 1.5)));
    }

    #[test]
    fn the_chance_of_separation_counts_divisions() {
        assert_eq!(chance_of_separation(1, 1), 1.0);
        assert!((chance_of_separation(3, 3) - 0.1).abs() < 1e-12);
        assert!((chance_of_separation(5, 5) - 2.0 / 252.0).abs() < 1e-12);
    }
}
