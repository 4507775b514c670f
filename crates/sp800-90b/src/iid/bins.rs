// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bins for the chi-square tests on more than two symbols: values pooled until each bin expects 5 or more (§5.2.1
//! step 3, §5.2.2 step 3).

/// The least that a bin should expect.
const ENOUGH: f64 = 5.0;

/// Which bin each value falls into, and what the bins expect.
pub(super) struct Bins {
    pub(super) of_value: Vec<u32>,
    pub(super) expected: Vec<f64>,
}

impl Bins {
    /// Pools values, in the order of their expectation, into bins.
    pub(super) fn pool(expectations: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..expectations.len()).collect();
        // Stable, so that values of equal expectation keep their order.
        order.sort_by(|&a, &b| expectations[a].total_cmp(&expectations[b]));
        let mut of_value = vec![0; expectations.len()];
        let mut expected = Vec::new();
        let mut current = 0.0;
        for value in order {
            if current >= ENOUGH {
                expected.push(current);
                current = 0.0;
            }
            of_value[value] = expected.len() as u32;
            current += expectations[value];
        }
        let last = expected.len() as u32;
        match expected.last_mut() {
            // A rest that expects too little joins the bin before it.
            Some(before) if current < ENOUGH => {
                *before += current;
                of_value.iter_mut().filter(|bin| **bin == last).for_each(|bin| *bin = last - 1);
            }
            _ => expected.push(current),
        }
        Self { of_value, expected }
    }

    /// The chi-square score of the values seen.
    pub(super) fn score(&self, values: impl Iterator<Item = usize>) -> f64 {
        let mut observed = vec![0_u32; self.expected.len()];
        for value in values {
            observed[self.of_value[value] as usize] += 1;
        }
        observed
            .iter()
            .zip(&self.expected)
            .map(|(&seen, &expected)| (f64::from(seen) - expected).powi(2) / expected)
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_pooled_from_the_rarest() {
        let bins = Bins::pool(&[10.0, 1.0, 2.0, 3.0, 6.0]);
        assert_eq!(bins.of_value, [2, 0, 0, 0, 1]);
        assert_eq!(bins.expected, [6.0, 6.0, 10.0]);
    }

    #[test]
    fn a_poor_rest_joins_the_bin_before_it() {
        let bins = Bins::pool(&[3.0, 3.0, 3.0]);
        assert_eq!(bins.of_value, [0, 0, 0]);
        assert_eq!(bins.expected, [9.0]);
        let alone = Bins::pool(&[1.0]);
        assert_eq!((alone.of_value, alone.expected), (vec![0], vec![1.0]));
    }
}
