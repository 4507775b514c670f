// SPDX-License-Identifier: GPL-2.0-or-later
//! LZ78Y (§6.3.10) on bits.
//!
//! A longer context never has a higher count than the shorter one in it, so the prediction is the one after the
//! single last bit, but where a longer context has *all* of its occurrences. Once both bits were seen before each
//! pair of (last bit, follower) that cannot be, and the longer contexts need no more counting.

use super::lz78y::{LONGEST, MAX_CONTEXTS};
use super::predictor::Hits;

/// Counts of zeros and ones after each context of `d` bits, at `1 << d | context`.
struct Dictionary {
    counts: Vec<[u32; 2]>,
    contexts: u32,
}

impl Dictionary {
    /// Predicts the bit after `history` (the most recent bit lowest), then counts it.
    fn step(&mut self, history: u32, bit: u8) -> Option<u8> {
        let mut prediction = None;
        let mut best_count = 0;
        for length in (1..=LONGEST).rev() {
            let counts = &mut self.counts[(1 << length) | (history as usize & ((1 << length) - 1))];
            let count = counts[0].max(counts[1]);
            if count > 0 {
                if count > best_count {
                    best_count = count;
                    // Of equally common followers the larger is predicted.
                    prediction = Some(u8::from(counts[1] >= counts[0]));
                }
            } else if self.contexts < MAX_CONTEXTS {
                self.contexts += 1;
            } else {
                continue;
            }
            counts[usize::from(bit & 1)] += 1;
        }
        prediction
    }

    /// Whether every follower of every bit was seen with both bits before that.
    fn last_bit_decides(&self) -> bool {
        self.counts[4..8].iter().all(|counts| counts[0] > 0 && counts[1] > 0)
    }
}

/// Runs the predictor over `bits`; the first prediction is for bit 17 (from 0).
pub(super) fn lz78y_binary(bits: &[u8]) -> Hits {
    let mut dictionary = Dictionary { counts: vec![[0; 2]; 2 << LONGEST], contexts: 0 };
    let mut hits = Hits::default();
    let mut history =
        bits[..LONGEST].iter().fold(0, |history, &bit| history << 1 | u32::from(bit & 1));
    let mut rest = bits[LONGEST..].iter();
    // The first one only fills the dictionary.
    let mut predicts = false;
    for &bit in rest.by_ref() {
        let prediction = dictionary.step(history, bit);
        if predicts {
            hits.note(prediction == Some(bit));
        }
        predicts = true;
        history = history << 1 | u32::from(bit & 1);
        if dictionary.last_bit_decides() {
            break;
        }
    }
    let mut after = [dictionary.counts[2], dictionary.counts[3]];
    let mut last = history as usize & 1;
    for &bit in rest {
        let counts = &mut after[last];
        hits.note(u8::from(counts[1] >= counts[0]) == bit);
        last = usize::from(bit & 1);
        counts[last] += 1;
    }
    hits
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same without the shortcut.
    fn all_contexts(bits: &[u8]) -> Hits {
        let mut dictionary = Dictionary { counts: vec![[0; 2]; 2 << LONGEST], contexts: 0 };
        let mut hits = Hits::default();
        for at in LONGEST..bits.len() {
            let history = bits[at - LONGEST..at]
                .iter()
                .fold(0, |history, &bit| history << 1 | u32::from(bit));
            let prediction = dictionary.step(history, bits[at]);
            if at > LONGEST {
                hits.note(prediction == Some(bits[at]));
            }
        }
        hits
    }

    #[test]
    fn the_shortcut_changes_nothing() {
        let mut state = 7_u32;
        for bias in [128, 250, 5, 100] {
            let bits: Vec<u8> = (0..20_000)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    u8::from(state >> 24 < bias)
                })
                .collect();
            for len in [18, 19, 40, 200, 20_000] {
                let (fast, slow) = (lz78y_binary(&bits[..len]), all_contexts(&bits[..len]));
                assert_eq!(
                    fast.estimate(len as u64, 2),
                    slow.estimate(len as u64, 2),
                    "{bias} {len}"
                );
            }
        }
    }
}
