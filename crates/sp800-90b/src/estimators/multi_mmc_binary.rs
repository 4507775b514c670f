// SPDX-License-Identifier: GPL-2.0-or-later
//! `MultiMMC` (§6.3.9) on bits: every context of 16 bits has a place in a table.
//!
//! The 16 models are updated for a block of bits at once; who leads is then decided bit by bit, but only among the
//! models whose score is within one block of the best.

use super::multi_mmc::{DEPTHS, MAX_PAIRS};
use super::predictor::Hits;

/// Bits in a block. A model's score grows by at most this much in one.
const BLOCK: usize = 64;

/// A context that was not seen yet, in [`Models::lead`].
const UNSEEN: i32 = i32::MIN;

/// The longest context's pairs are counted singly, because only that model can run out of room: 2^17 pairs are
/// more than [`MAX_PAIRS`], 2^16 are not.
struct Models {
    /// Ones less zeros after each context of `d` bits, at `1 << d | context`, for `d` below 16.
    lead: Vec<i32>,
    /// Zeros and ones after each context of 16 bits.
    longest: Vec<[u32; 2]>,
    longest_pairs: u32,
}

/// Which models predicted a bit, and which of them were right; model `d` (of `d + 1` bits) at bit `d`.
#[derive(Clone, Copy, Default)]
struct Verdict {
    found: u16,
    right: u16,
}

impl Models {
    fn new() -> Self {
        Self {
            lead: vec![UNSEEN; 1 << DEPTHS],
            longest: vec![[0; 2]; 1 << DEPTHS],
            longest_pairs: 0,
        }
    }

    /// Counts `bit` after `history` (the most recent bit lowest) in the models of up to `depths` bits.
    #[inline]
    fn step(&mut self, history: u32, bit: u8, depths: usize) -> Verdict {
        let mut verdict = Verdict::default();
        let step = i32::from(bit) * 2 - 1;
        for depth in 1..=depths.min(DEPTHS - 1) {
            let context = (1 << depth) | (history as usize & ((1 << depth) - 1));
            let lead = &mut self.lead[context];
            let found = *lead != UNSEEN;
            // Of equally common followers the larger is predicted.
            let right = found & ((*lead >= 0) == (bit == 1));
            verdict.found |= u16::from(found) << (depth - 1);
            verdict.right |= u16::from(right) << (depth - 1);
            *lead = if found { *lead + step } else { step };
        }
        if depths >= DEPTHS {
            self.step_longest(history, bit, &mut verdict);
        }
        verdict
    }

    #[inline]
    fn step_longest(&mut self, history: u32, bit: u8, verdict: &mut Verdict) {
        let counts = &mut self.longest[history as usize & 0xFFFF];
        let found = *counts != [0; 2];
        let right = found & ((counts[1] >= counts[0]) == (bit == 1));
        verdict.found |= u16::from(found) << (DEPTHS - 1);
        verdict.right |= u16::from(right) << (DEPTHS - 1);
        let count = &mut counts[usize::from(bit & 1)];
        if *count != 0 {
            *count += 1;
        } else if self.longest_pairs < MAX_PAIRS {
            *count = 1;
            self.longest_pairs += 1;
        }
    }
}

/// The race between the models.
struct Race {
    scores: [u64; DEPTHS],
    winner: usize,
    hits: Hits,
}

impl Race {
    fn block(&mut self, verdicts: &[Verdict]) {
        let mut right = [0_u16; DEPTHS];
        for verdict in verdicts {
            for (depth, sum) in right.iter_mut().enumerate() {
                *sum += u16::from(verdict.right & (1 << depth) != 0);
            }
        }
        let best = self.scores[self.winner];
        let mut contenders = 0_u16;
        for (depth, (score, &right)) in self.scores.iter_mut().zip(&right).enumerate() {
            if *score + u64::from(right) >= best {
                contenders |= 1 << depth;
            } else {
                *score += u64::from(right);
            }
        }
        for verdict in verdicts {
            // A model that never saw the context makes no prediction, and that ends no run.
            if verdict.found & (1 << self.winner) != 0 {
                self.hits.note(verdict.right & (1 << self.winner) != 0);
            }
            let mut scoring = verdict.right & contenders;
            while scoring != 0 {
                let depth = scoring.trailing_zeros() as usize;
                scoring &= scoring - 1;
                self.scores[depth] += 1;
                if self.scores[depth] >= self.scores[self.winner] {
                    self.winner = depth;
                }
            }
        }
    }
}

/// Runs the 16 models over `bits`; the first prediction is for the third bit.
pub(super) fn multi_mmc_binary(bits: &[u8]) -> Hits {
    let mut models = Models::new();
    let mut race = Race { scores: [0; DEPTHS], winner: 0, hits: Hits::default() };
    let mut history = 0_u32;
    let mut verdicts = [Verdict::default(); BLOCK];
    let mut filled = 0;
    for (at, &bit) in bits.iter().enumerate() {
        if at > 0 {
            verdicts[filled] = if at > DEPTHS {
                models.step(history, bit, DEPTHS)
            } else {
                models.step(history, bit, at)
            };
            filled += 1;
            if filled == BLOCK {
                race.block(&verdicts);
                filled = 0;
            }
        }
        history = history << 1 | u32::from(bit & 1);
    }
    race.block(&verdicts[..filled]);
    race.hits
}
