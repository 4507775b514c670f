// SPDX-License-Identifier: MIT OR Apache-2.0
//! Markov estimate on a bitstring, SP 800-90B §6.3.3.

use crate::symbols::BitString;
use crate::{MinEntropy, Outcome};

/// Figures of the Markov estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Markov {
    /// Share of zeros.
    pub p_0: f64,
    /// Share of ones.
    pub p_1: f64,
    /// Probability of a zero after a zero; 0 where no zero has a successor.
    pub p_00: f64,
    /// Probability of a one after a zero; 0 where no zero has a successor.
    pub p_01: f64,
    /// Probability of a zero after a one; 0 where no one has a successor.
    pub p_10: f64,
    /// Probability of a one after a one; 0 where no one has a successor.
    pub p_11: f64,
    /// Probability of the likeliest sequence of 128 bits.
    pub p_hat_max: f64,
    /// `-log2(p_hat_max) / 128`, at most 1; bits per bit.
    pub min_entropy: f64,
}

impl MinEntropy for Markov {
    fn min_entropy(&self) -> f64 {
        self.min_entropy
    }
}

/// Length of the sequence whose probability is bounded (§6.3.3 step 3).
const SEQUENCE_BITS: f64 = 128.0;

/// Estimates from a first-order Markov model (§6.3.3); needs 2 bits.
#[must_use]
pub fn markov(bits: &BitString) -> Outcome<Markov> {
    if bits.len() < 2 {
        return Outcome::too_few("a Markov model needs 2 bits or more");
    }
    let pairs = pairs(bits);
    let zeros = bits.len() as u64 - bits.ones();
    let (p_00, p_01) = split(pairs[0], pairs[1]);
    let (p_10, p_11) = split(pairs[2], pairs[3]);
    let p_0 = zeros as f64 / bits.len() as f64;
    let p_1 = 1.0 - p_0;

    // Table 1 of §6.3.3: each candidate as (start, then each transition with its multiplicity).
    let candidates = [
        (p_0, [(p_00, 127.0), (1.0, 0.0)]),
        (p_0, [(p_01, 64.0), (p_10, 63.0)]),
        (p_0, [(p_01, 1.0), (p_11, 126.0)]),
        (p_1, [(p_10, 1.0), (p_00, 126.0)]),
        (p_1, [(p_10, 64.0), (p_01, 63.0)]),
        (p_1, [(p_11, 127.0), (1.0, 0.0)]),
    ];
    let bits_of_likeliest = candidates
        .into_iter()
        .filter(|(_, steps)| steps.iter().all(|&(p, _)| p > 0.0))
        .map(|(start, steps)| {
            steps.iter().fold(-start.log2(), |sum, &(p, times)| sum - times * p.log2())
        })
        .fold(SEQUENCE_BITS, f64::min);
    Outcome::Value(Markov {
        p_0,
        p_1,
        p_00,
        p_01,
        p_10,
        p_11,
        p_hat_max: (-bits_of_likeliest).exp2(),
        min_entropy: (bits_of_likeliest / SEQUENCE_BITS).min(1.0) + 0.0,
    })
}

/// Counts of 00, 01, 10 and 11 among neighbours.
fn pairs(bits: &BitString) -> [u64; 4] {
    let (mut zero_one, mut one_zero, mut one_one) = (0, 0, 0);
    let mut last = 0;
    for &word in bits.words() {
        let before = last << 63 | word >> 1;
        zero_one += u64::from((word & !before).count_ones());
        one_zero += u64::from((!word & before).count_ones());
        one_one += u64::from((word & before).count_ones());
        last = word & 1;
    }
    // The first bit has no neighbour before it, and after the last one there are only zeros.
    zero_one -= bits.words().first().map_or(0, |word| word >> 63);
    let has_rest = !bits.len().is_multiple_of(64);
    one_zero -= u64::from(has_rest && bits.bit(bits.len() - 1) == 1);
    let all = bits.len() as u64 - 1;
    [all - zero_one - one_zero - one_one, zero_one, one_zero, one_one]
}

/// The shares of two counts; both 0 where there is nothing to share.
fn split(zeros: u64, ones: u64) -> (f64, f64) {
    if zeros + ones == 0 {
        return (0.0, 0.0);
    }
    let share = zeros as f64 / (zeros + ones) as f64;
    (share, 1.0 - share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_those_of_looking_at_every_one() {
        let mut state = 5_u32;
        for len in [2, 3, 63, 64, 65, 127, 128, 129, 1000] {
            let all: Vec<u8> = (0..len)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 31) as u8
                })
                .collect();
            let mut known = [0; 4];
            all.windows(2).for_each(|pair| known[usize::from(pair[0] * 2 + pair[1])] += 1);
            assert_eq!(pairs(&BitString::from_low_bits(&all)), known, "{len} bits");
        }
    }
}
