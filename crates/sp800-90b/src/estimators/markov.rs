// SPDX-License-Identifier: GPL-2.0-or-later
//! Markov estimate on a bitstring, SP 800-90B §6.3.3.

use crate::{MinEntropy, Outcome};
use serde::{Deserialize, Serialize};

/// Figures of the Markov estimate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
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
pub fn markov(bits: &[u8]) -> Outcome<Markov> {
    let mut pairs = BitPairs::default();
    pairs.push(bits);
    pairs.markov()
}

/// Pairs of neighbours in a bitstring that comes in pieces.
#[derive(Default)]
pub(crate) struct BitPairs {
    /// Counts of 00, 01, 10 and 11.
    pairs: [u64; 4],
    last: Option<u8>,
}

impl BitPairs {
    pub(crate) fn push(&mut self, bits: &[u8]) {
        let across = self.last.zip(bits.first());
        let inside = bits.windows(2).map(|pair| (pair[0], pair[1]));
        for (before, bit) in across.map(|(before, &bit)| (before, bit)).into_iter().chain(inside) {
            self.pairs[usize::from(before << 1 | bit) & 3] += 1;
        }
        self.last = bits.last().copied().or(self.last);
    }

    pub(crate) fn markov(&self) -> Outcome<Markov> {
        let pairs = &self.pairs;
        let bits = pairs.iter().sum::<u64>() + 1;
        if bits < 2 {
            return Outcome::too_few("a Markov model needs 2 bits or more");
        }
        let zeros = pairs[0] + pairs[1] + u64::from(self.last == Some(0));
        let (p_00, p_01) = split(pairs[0], pairs[1]);
        let (p_10, p_11) = split(pairs[2], pairs[3]);
        let p_0 = zeros as f64 / bits as f64;
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
}

/// The shares of two counts; both 0 where there is nothing to share.
fn split(zeros: u64, ones: u64) -> (f64, f64) {
    if zeros + ones == 0 {
        return (0.0, 0.0);
    }
    let share = zeros as f64 / (zeros + ones) as f64;
    (share, 1.0 - share)
}
