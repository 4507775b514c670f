// SPDX-License-Identifier: MIT OR Apache-2.0
//! `MultiMMC` (§6.3.9) on bits: every context of up to 16 bits has a place in a table.
//!
//! Each of the 16 models goes through a word of bits alone; who leads is then decided by [`Race`].

use super::long_contexts::{LongContexts, SHORTEST};
use super::markov_block::{BLOCK, DEPTHS, Event, Verdicts};
use super::predictor::Hits;
use super::race::{Race, Verdict};
use crate::symbols::BitString;

/// A context that was not seen yet, in [`Models::lead`].
const UNSEEN: i32 = i32::MIN;
/// Contexts of up to so many bits are few enough to be looked at one by one, instead of the bits.
const SHORT: usize = 5;
const MIDDLE: usize = SHORT + 1;

/// The models of up to 10 bits, and the others.
struct Models {
    /// Ones less zeros after each context of `d` bits, at `1 << d | context`.
    lead: Box<[i32; 1 << SHORTEST]>,
    /// Contexts of `d` bits that were not seen yet.
    unseen: [u32; SHORTEST],
    long: LongContexts,
}

impl Models {
    fn new() -> Self {
        Self {
            lead: Box::new([UNSEEN; 1 << SHORTEST]),
            unseen: std::array::from_fn(|depth| 1 << depth),
            long: LongContexts::new(),
        }
    }

    /// Counts up to 64 bits in the models of up to `depths` bits. A whole block is those of `word`, after those of
    /// `before`.
    fn block(&mut self, events: &[Event], depths: usize, [before, word]: [u64; 2]) -> Verdicts {
        let mut verdicts = Verdicts::default();
        let mut first = 1;
        if let Ok(whole) = <&[Event; BLOCK]>::try_from(events) {
            // As long as a group of models has seen all its contexts it is counted without looking.
            let seen = |group: std::ops::Range<usize>| self.unseen[group].iter().all(|&n| n == 0);
            let groups = [seen(1..MIDDLE), seen(MIDDLE..SHORTEST)];
            if groups[0] {
                self.block_of_short(before, word, &mut verdicts);
                first = MIDDLE;
            }
            if groups == [true; 2] {
                self.block_of_middle(whole, &mut verdicts);
                first = SHORTEST;
            }
        }
        for depth in first..=depths.min(SHORTEST - 1) {
            verdicts[depth - 1] = self.block_of_any(depth, events);
        }
        self.long.block(events, depths, &mut verdicts);
        verdicts
    }

    /// The models of up to [`SHORT`] bits, of which every context was seen.
    ///
    /// A context that leads by more than it comes in the block gives one prediction for the whole of it.
    fn block_of_short(&mut self, before: u64, word: u64, verdicts: &mut Verdicts) {
        // Where each context comes, the first bit highest: those of one bit more are halves of these.
        let mut places = [0_u64; 1 << SHORT];
        places[0] = u64::MAX;
        for depth in 0..SHORT {
            let past = word >> (depth + 1) | before << (63 - depth);
            let (shorter, longer) = places.split_at_mut(1 << depth);
            for (zero, one) in shorter.iter_mut().zip(longer) {
                *one = *zero & past;
                *zero &= !past;
            }
        }
        let mut total = places.map(|places| places.count_ones() as i32);
        let mut ones = places.map(|places| (places & word).count_ones() as i32);
        for depth in (1..=SHORT).rev() {
            let contexts = 1 << depth;
            let mut predicted = 0;
            for (context, lead) in self.lead[contexts..2 * contexts].iter_mut().enumerate() {
                let (places, total) = (places[context], total[context]);
                predicted |= if *lead >= total {
                    places
                } else if *lead <= -total {
                    0
                } else {
                    one_by_one(*lead, places, word)
                };
                *lead += 2 * ones[context] - total;
            }
            verdicts[depth - 1] = Verdict { right: !(predicted ^ word), made: u64::MAX };
            for context in 0..contexts / 2 {
                let other = context + contexts / 2;
                places[context] |= places[other];
                total[context] += total[other];
                ones[context] += ones[other];
            }
        }
    }

    /// The models of 6 to 10 bits, of which every context was seen.
    ///
    /// A short context comes again at once, and its count waits for the last one to be written: several models next to
    /// each other keep the processor busy meanwhile.
    fn block_of_middle(&mut self, events: &[Event; BLOCK], verdicts: &mut Verdicts) {
        // One bit for each wrong prediction, the first one highest.
        let mut wrong = [0_u64; SHORTEST - MIDDLE];
        for event in events {
            let sign = i32::from(event.sign);
            for (model, wrong) in wrong.iter_mut().enumerate() {
                let table = 1_u16 << (MIDDLE + model);
                let lead = &mut self.lead[usize::from(table | (event.history & (table - 1)))];
                // Of equally common followers the larger is predicted: a lead of 0 or more says one. The highest bit is
                // that of `lead` for a one, and its complement for a zero.
                let differ = (*lead ^ sign) as u32;
                *wrong = *wrong << 1 | u64::from(differ >> 31);
                *lead += sign;
            }
        }
        for (verdict, wrong) in verdicts[MIDDLE - 1..].iter_mut().zip(wrong) {
            *verdict = Verdict { right: !wrong, made: u64::MAX };
        }
    }

    /// The model of `depth` bits, 10 at most.
    fn block_of_any(&mut self, depth: usize, events: &[Event]) -> Verdict {
        let table = 1_u16 << depth;
        let (mut right_bits, mut made_bits) = (0, 0);
        for (event, place) in events.iter().zip((0..64).rev()) {
            let lead = &mut self.lead[usize::from(table | (event.history & (table - 1)))];
            let seen = *lead != UNSEEN;
            let right = seen & ((*lead >= 0) == (event.sign > 0));
            made_bits |= u64::from(seen) << place;
            right_bits |= u64::from(right) << place;
            self.unseen[depth] -= u32::from(!seen);
            *lead = if seen { *lead } else { 0 } + i32::from(event.sign);
        }
        Verdict { right: right_bits, made: made_bits }
    }
}

/// Where a context predicts a one, of the places at which it comes.
fn one_by_one(mut lead: i32, mut places: u64, word: u64) -> u64 {
    let mut predicted = 0;
    while places != 0 {
        let place = 1 << places.ilog2();
        if lead >= 0 {
            predicted |= place;
        }
        lead += if word & place == 0 { -1 } else { 1 };
        places ^= place;
    }
    predicted
}

/// Runs the 16 models over `bits`; the first prediction is for the third bit.
pub(super) fn of_bits(bits: &BitString) -> Hits {
    let mut models = Models::new();
    let mut race = Race::<DEPTHS>::new();
    let mut history = 0_u16;
    let mut next = |bit: u64| {
        let event = Event { history, sign: bit as i8 * 2 - 1 };
        history = history << 1 | bit as u16;
        event
    };
    let Some(&first) = bits.words().first() else { return race.hits };
    // The first bits do not have 16 before them: the first word's are blocks of one.
    for at in 0..bits.len().min(BLOCK) {
        let event = next(first >> (63 - at) & 1);
        if at > 0 {
            let verdicts = models.block(&[event], at.min(DEPTHS), [0, first]);
            race.count(&verdicts, 1);
        }
    }
    let mut events = [Event::default(); BLOCK];
    let mut before = first;
    for (number, &word) in bits.words().iter().enumerate().skip(1) {
        let len = (bits.len() - number * BLOCK).min(BLOCK);
        for (event, place) in events[..len].iter_mut().zip((0..64).rev()) {
            *event = next(word >> place & 1);
        }
        let verdicts = models.block(&events[..len], DEPTHS, [before, word]);
        race.count(&verdicts, len as u32);
        before = word;
    }
    race.hits
}

#[cfg(test)]
mod tests {
    use super::super::markov_block::MAX_PAIRS;
    use super::*;
    use std::collections::HashMap;

    /// The same as §6.3.9 says, with maps.
    fn by_hand(bits: &[u8]) -> Hits {
        let mut models = vec![HashMap::<&[u8], [u32; 2]>::new(); DEPTHS];
        let mut pairs = [0; DEPTHS];
        let (mut scores, mut leader, mut hits) = ([0; DEPTHS], 0, Hits::default());
        for at in 1..bits.len() {
            let bit = usize::from(bits[at]);
            let predictions: Vec<Option<usize>> = (1..=DEPTHS.min(at))
                .map(|depth| {
                    let counts = models[depth - 1].get(&bits[at - depth..at])?;
                    Some(usize::from(counts[1] >= counts[0]))
                })
                .collect();
            if let Some(Some(predicted)) = predictions.get(leader) {
                hits.note(*predicted == bit);
            }
            for (depth, prediction) in predictions.iter().enumerate() {
                if *prediction == Some(bit) {
                    scores[depth] += 1;
                    if scores[depth] >= scores[leader] {
                        leader = depth;
                    }
                }
                let context = &bits[at - depth - 1..at];
                let counted = models[depth].get(context).map_or(0, |counts| counts[bit]);
                if counted > 0 || pairs[depth] < MAX_PAIRS {
                    pairs[depth] += u32::from(counted == 0);
                    models[depth].entry(context).or_default()[bit] += 1;
                }
            }
        }
        hits
    }

    #[test]
    fn tables_give_what_maps_give() {
        let mut state = 5_u32;
        // With 240 of 256, leads of long contexts leave 16 bits.
        for (bias, len) in
            [(128, 140_000), (250, 20_000), (240, 140_000), (100, 20_000), (128, 1000), (128, 70)]
        {
            let bits: Vec<u8> = (0..len)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    u8::from(state >> 24 < bias)
                })
                .collect();
            let (fast, slow) = (of_bits(&BitString::from_low_bits(&bits)), by_hand(&bits));
            let n = len as u64 - 2;
            assert_eq!(fast.estimate(n, 2), slow.estimate(n, 2), "{bias} {len}");
        }
    }
}
