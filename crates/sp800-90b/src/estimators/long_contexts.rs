// SPDX-License-Identifier: MIT OR Apache-2.0
//! The models of `MultiMMC` (§6.3.9) that look back at 11 to 16 bits.
//!
//! Contexts that end with the same 11 bits are neighbours in memory: what each of these models has to look up for one bit
//! is then in two cache lines, and in 16-bit numbers all of them stay in a processor's second cache.

use super::markov_block::{BLOCK, DEPTHS, Event, MAX_PAIRS, Verdicts};
use super::race::Verdict;

/// Bits of the shortest of these contexts.
pub(super) const SHORTEST: usize = 11;
/// Models without the longest one.
const MODELS: usize = DEPTHS - SHORTEST;
/// Blocks after which leads are looked at, whether they still fit.
const BLOCKS_BETWEEN_LOOKS: u32 = 256;

/// Ones less zeros after a context.
trait Lead: Copy + PartialEq + From<i8> + Into<i32> + std::ops::AddAssign {
    /// That of a context that was not seen yet.
    const UNSEEN: Self;
}

impl Lead for i16 {
    const UNSEEN: Self = Self::MIN;
}

impl Lead for i32 {
    const UNSEEN: Self = Self::MIN;
}

/// The models, with leads in 16 bits until one might not fit.
pub(super) struct LongContexts(Width);

enum Width {
    Narrow { models: Models<i16>, blocks: u32 },
    Wide(Models<i32>),
}

impl LongContexts {
    pub(super) fn new() -> Self {
        let mut leads = Box::new([[i16::UNSEEN; 2 << MODELS]; 1 << SHORTEST]);
        leads.iter_mut().for_each(|same_end| same_end[1 << MODELS..].fill(0));
        let models = Models {
            leads,
            unseen: std::array::from_fn(|older| 1 << (SHORTEST + older)),
            counted: Box::new([0; 1 << SHORTEST]),
            pairs: 0,
        };
        Self(Width::Narrow { models, blocks: 0 })
    }

    /// Counts up to 64 bits in the models of up to `depths` bits.
    pub(super) fn block(&mut self, events: &[Event], depths: usize, verdicts: &mut Verdicts) {
        match &mut self.0 {
            Width::Narrow { models, blocks } => {
                models.block(events, depths, verdicts);
                *blocks += 1;
                if blocks.is_multiple_of(BLOCKS_BETWEEN_LOOKS) && models.is_nearly_full() {
                    self.0 = Width::Wide(models.widened());
                }
            }
            Width::Wide(models) => models.block(events, depths, verdicts),
        }
    }
}

/// The longest context's pairs are counted singly, because only that model can run out of room: 2^17 pairs are
/// more than [`MAX_PAIRS`], 2^16 are not.
struct Models<L> {
    /// By the last 11 bits, then those of `older` bits more at `1 << older | bits`. Those of 16 bits are 0 at first.
    leads: Box<[[L; 2 << MODELS]; 1 << SHORTEST]>,
    /// Contexts that were not seen yet, by the number of `older` bits.
    unseen: [u32; MODELS],
    /// Which followers are counted after each context of 16 bits, by the last 11: 2 bits for each of 32.
    counted: Box<[u64; 1 << SHORTEST]>,
    /// How many these are.
    pairs: u32,
}

impl<L: Lead> Models<L> {
    fn block(&mut self, events: &[Event], depths: usize, verdicts: &mut Verdicts) {
        // As long as all contexts were seen they are counted without looking.
        if let Ok(whole) = <&[Event; BLOCK]>::try_from(events)
            && self.unseen == [0; MODELS]
        {
            if self.pairs < MAX_PAIRS {
                self.block_of_seen::<true>(whole, verdicts);
            } else {
                self.block_of_seen::<false>(whole, verdicts);
            }
            return;
        }
        for depth in SHORTEST..=depths.min(DEPTHS - 1) {
            verdicts[depth - 1] = self.block_of_any(depth - SHORTEST, events);
        }
        if depths == DEPTHS {
            let mut longest = Longest::default();
            for event in events {
                let at = usize::from(event.history) % (1 << SHORTEST);
                let older = usize::from(event.history >> SHORTEST);
                let lead = &mut self.leads[at][1 << MODELS | older];
                longest.step::<L, true>(event, lead, &mut self.counted[at], &mut self.pairs);
            }
            verdicts[DEPTHS - 1] = longest.verdict(events.len());
        }
    }

    /// All models, of which every context was seen but for the longest one's. `ROOM`: that one may take pairs still.
    fn block_of_seen<const ROOM: bool>(
        &mut self,
        events: &[Event; BLOCK],
        verdicts: &mut Verdicts,
    ) {
        // One bit for each wrong prediction, the first one highest.
        let mut wrong = [0_u64; MODELS];
        let mut longest = Longest::default();
        for event in events {
            let at = usize::from(event.history) % (1 << SHORTEST);
            let older = usize::from(event.history >> SHORTEST);
            let same_end = &mut self.leads[at];
            for (model, wrong) in wrong.iter_mut().enumerate() {
                let table = 1 << model;
                let lead = &mut same_end[table | (older & (table - 1))];
                // Of equally common followers the larger is predicted: a lead of 0 or more says one. The highest bit is
                // that of `lead` for a one, and its complement for a zero.
                let differ = ((*lead).into() ^ i32::from(event.sign)) as u32;
                *wrong = *wrong << 1 | u64::from(differ >> 31);
                *lead += event.sign.into();
            }
            let lead = &mut same_end[1 << MODELS | older];
            longest.step::<L, ROOM>(event, lead, &mut self.counted[at], &mut self.pairs);
        }
        for (verdict, wrong) in verdicts[SHORTEST - 1..].iter_mut().zip(wrong) {
            *verdict = Verdict { right: !wrong, made: u64::MAX };
        }
        verdicts[DEPTHS - 1] = longest.verdict(BLOCK);
    }

    /// The model of so many bits more than the shortest one, below 16 in all.
    fn block_of_any(&mut self, older_bits: usize, events: &[Event]) -> Verdict {
        let table = 1 << older_bits;
        let (mut right_bits, mut made_bits) = (0, 0);
        for (event, place) in events.iter().zip((0..64).rev()) {
            let older = usize::from(event.history >> SHORTEST) & (table - 1);
            let lead = &mut self.leads[usize::from(event.history) % (1 << SHORTEST)][table | older];
            let seen = *lead != L::UNSEEN;
            let right = seen & (((*lead).into() >= 0) == (event.sign > 0));
            made_bits |= u64::from(seen) << place;
            right_bits |= u64::from(right) << place;
            self.unseen[older_bits] -= u32::from(!seen);
            *lead = if seen { *lead } else { 0.into() };
            *lead += event.sign.into();
        }
        Verdict { right: right_bits, made: made_bits }
    }
}

impl Models<i16> {
    /// Whether a lead might go beyond 16 bits before the next look.
    fn is_nearly_full(&self) -> bool {
        const FAR: i16 = i16::MAX - (BLOCKS_BETWEEN_LOOKS * BLOCK as u32) as i16;
        self.leads.iter().any(|same_end| {
            same_end.iter().fold(false, |far, &lead| {
                far | (lead > FAR) | ((lead < -FAR) & (lead != i16::UNSEEN))
            })
        })
    }

    fn widened(&self) -> Models<i32> {
        let mut leads = Box::new([[0; 2 << MODELS]; 1 << SHORTEST]);
        for (wide, &narrow) in leads.as_flattened_mut().iter_mut().zip(self.leads.as_flattened()) {
            *wide = if narrow == i16::UNSEEN { i32::UNSEEN } else { i32::from(narrow) };
        }
        Models { leads, unseen: self.unseen, counted: self.counted.clone(), pairs: self.pairs }
    }
}

/// What the model of 16 bits said, the latest lowest.
#[derive(Default)]
struct Longest {
    right: u64,
    made: u64,
}

impl Longest {
    #[inline]
    fn step<L: Lead, const ROOM: bool>(
        &mut self,
        event: &Event,
        lead: &mut L,
        counted: &mut u64,
        pairs: &mut u32,
    ) {
        let first = u32::from(event.history >> SHORTEST) * 2;
        let is_one = event.sign > 0;
        let made = *counted >> first & 3 != 0;
        let right = made & (((*lead).into() >= 0) == is_one);
        self.made = self.made << 1 | u64::from(made);
        self.right = self.right << 1 | u64::from(right);
        let bit = first + u32::from(is_one);
        if ROOM && *pairs < MAX_PAIRS {
            *pairs += u32::from(*counted >> bit & 1 == 0);
            *counted |= 1 << bit;
        }
        // All bits set, or none.
        let is_counted = -((*counted >> bit & 1) as i8);
        *lead += (event.sign & is_counted).into();
    }

    fn verdict(self, len: usize) -> Verdict {
        let unused = (BLOCK - len) as u32;
        Verdict { right: self.right << unused, made: self.made << unused }
    }
}
