// SPDX-License-Identifier: GPL-2.0-or-later
//! `MultiMMC` (§6.3.9) on bits: every context of up to 16 bits has a place in a table.
//!
//! Each of the 16 models goes through a block of bits alone; who leads is then decided bit by bit, but only among the
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
    lead: Box<[i32; 1 << DEPTHS]>,
    /// Zeros and ones after each context of 16 bits.
    longest: Box<[[u32; 2]; 1 << DEPTHS]>,
    longest_pairs: u32,
}

/// For each model (the one of `d + 1` bits at `d`): which bits of a block it predicted, and which of them rightly.
#[derive(Default)]
struct Verdicts {
    found: [u64; DEPTHS],
    right: [u64; DEPTHS],
}

impl Models {
    fn new() -> Self {
        Self {
            lead: Box::new([UNSEEN; 1 << DEPTHS]),
            longest: Box::new([[0; 2]; 1 << DEPTHS]),
            longest_pairs: 0,
        }
    }

    /// Counts up to 64 bits, each after its history (the most recent bit lowest), in the models of up to `depths`
    /// bits.
    fn block(&mut self, histories: &[u16], bits: &[u8], depths: usize) -> Verdicts {
        let mut verdicts = Verdicts::default();
        if depths < DEPTHS {
            for depth in 1..=depths {
                self.block_of::<1>(depth, histories, bits, &mut verdicts);
            }
            return verdicts;
        }
        // A short context comes again at once, and its count waits for the last one to be written: several models
        // side by side keep the processor busy meanwhile.
        for first in [1, 6, 11] {
            self.block_of::<5>(first, histories, bits, &mut verdicts);
        }
        self.block_longest(histories, bits, &mut verdicts);
        verdicts
    }

    /// The `N` models from the one of `first` bits on, none of them of 16.
    fn block_of<const N: usize>(
        &mut self,
        first: usize,
        histories: &[u16],
        bits: &[u8],
        verdicts: &mut Verdicts,
    ) {
        let mut found_bits = [0_u64; N];
        let mut right_bits = [0_u64; N];
        for (place, (&history, &bit)) in histories.iter().zip(bits).enumerate() {
            for model in 0..N {
                let table = 1_u16 << (first + model);
                let lead = &mut self.lead[usize::from(table | (history & (table - 1)))];
                let found = *lead != UNSEEN;
                // Of equally common followers the larger is predicted.
                let right = found & ((*lead >= 0) == (bit == 1));
                found_bits[model] |= u64::from(found) << place;
                right_bits[model] |= u64::from(right) << place;
                let seen = if found { *lead } else { 0 };
                *lead = seen + (i32::from(bit) * 2 - 1);
            }
        }
        verdicts.found[first - 1..first - 1 + N].copy_from_slice(&found_bits);
        verdicts.right[first - 1..first - 1 + N].copy_from_slice(&right_bits);
    }

    fn block_longest(&mut self, histories: &[u16], bits: &[u8], verdicts: &mut Verdicts) {
        let (mut found_bits, mut right_bits) = (0, 0);
        for (place, (&history, &bit)) in histories.iter().zip(bits).enumerate() {
            let counts = &mut self.longest[usize::from(history)];
            let found = *counts != [0; 2];
            let right = found & ((counts[1] >= counts[0]) == (bit == 1));
            found_bits |= u64::from(found) << place;
            right_bits |= u64::from(right) << place;
            let count = &mut counts[usize::from(bit & 1)];
            if *count != 0 {
                *count += 1;
            } else if self.longest_pairs < MAX_PAIRS {
                *count = 1;
                self.longest_pairs += 1;
            }
        }
        verdicts.found[DEPTHS - 1] = found_bits;
        verdicts.right[DEPTHS - 1] = right_bits;
    }
}

/// The race between the models.
struct Race {
    scores: [u64; DEPTHS],
    winner: usize,
    hits: Hits,
}

impl Race {
    fn block(&mut self, verdicts: &Verdicts, len: usize) {
        let best = self.scores[self.winner];
        let mut contenders = [0; DEPTHS];
        let mut contending = 0;
        for (depth, (score, right)) in self.scores.iter_mut().zip(&verdicts.right).enumerate() {
            let gain = u64::from(right.count_ones());
            if *score + gain >= best {
                contenders[contending] = depth;
                contending += 1;
            } else {
                *score += gain;
            }
        }
        for place in 0..len {
            // A model that never saw the context makes no prediction, and that ends no run.
            if verdicts.found[self.winner] >> place & 1 == 1 {
                self.hits.note(verdicts.right[self.winner] >> place & 1 == 1);
            }
            for &depth in &contenders[..contending] {
                if verdicts.right[depth] >> place & 1 == 1 {
                    self.scores[depth] += 1;
                    if self.scores[depth] >= self.scores[self.winner] {
                        self.winner = depth;
                    }
                }
            }
        }
    }
}

/// Runs the 16 models over `bits`; the first prediction is for the third bit.
pub(super) fn multi_mmc_binary(bits: &[u8]) -> Hits {
    let mut models = Models::new();
    let mut race = Race { scores: [0; DEPTHS], winner: 0, hits: Hits::default() };
    let mut history = 0_u16;
    let mut histories = [0_u16; BLOCK];
    // The first bits do not have 16 before them: each is a block of its own.
    let (first, rest) = bits.split_at(bits.len().min(DEPTHS + 1));
    for (depths, bit) in first.iter().enumerate() {
        let bit = std::slice::from_ref(bit);
        race.block(&models.block(&[history], bit, depths), 1);
        history = history << 1 | u16::from(bit[0] & 1);
    }
    for block in rest.chunks(BLOCK) {
        for (place, &bit) in histories.iter_mut().zip(block) {
            *place = history;
            history = history << 1 | u16::from(bit & 1);
        }
        race.block(&models.block(&histories, block, DEPTHS), block.len());
    }
    race.hits
}
