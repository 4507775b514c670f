// SPDX-License-Identifier: GPL-2.0-or-later
//! How far the deltas of two captures lie apart.

/// Deltas in rising order.
#[must_use]
pub fn sorted(delta_ticks: &[u64]) -> Vec<u64> {
    let mut sorted = delta_ticks.to_vec();
    sorted.sort_unstable();
    sorted
}

/// The largest difference between the cumulative shares of two sorted samples: the Kolmogorov-Smirnov distance.
#[must_use]
pub fn distance(a: &[u64], b: &[u64]) -> f64 {
    let (mut i, mut j, mut largest) = (0, 0, 0.0f64);
    while i < a.len() && j < b.len() {
        let value = a[i].min(b[j]);
        while a.get(i) == Some(&value) {
            i += 1;
        }
        while b.get(j) == Some(&value) {
            j += 1;
        }
        largest = largest.max((i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_of_known_samples() {
        assert_eq!(distance(&[1, 2, 3], &[1, 2, 3]), 0.0);
        assert_eq!(distance(&[1, 1], &[2, 3]), 1.0);
        assert_eq!(distance(&[1, 2, 3, 4], &[3, 4]), 0.5);
    }
}
