// SPDX-License-Identifier: MIT OR Apache-2.0
//! The repeats among suffixes that begin with the same bits.

use super::suffix_parts::Part;
use super::suffixes::{Packing, Text};
use super::tally::Tally;
use super::tuple_counts::{Count, count_down, fold};
use std::cmp::Reverse;
use std::ops::Range;

/// Words of the text that may on average be looked at per suffix.
const PATIENCE: usize = 96;
/// Classes of this size or less are compared pair by pair.
const SMALL: usize = 6;

/// Parts of so many suffixes are counted in 16 bits.
const MOST_IN_16_BITS: usize = i16::MAX as usize - 64;

/// Counts the repeats within one part after another.
pub(super) struct PartCounter<'a> {
    text: &'a Text<'a>,
    whole: usize,
    packing: Packing,
    pub(super) tally: Tally,
    /// Pairs whose first difference is after so many bits of their numbers, of the part that is counted.
    pairs: [u64; 64],
    /// Bits of the longest repeat that was found.
    longest_bits: usize,
    patience: usize,
    room: Room,
}

/// What one part after another is counted in.
#[derive(Default)]
struct Room {
    /// Suffixes in each class.
    counts_8: Vec<u8>,
    /// Those that share a class.
    places: Vec<u32>,
    sorted: Vec<u64>,
    counts_16: Vec<u16>,
    lcp: Vec<u32>,
}

impl<'a> PartCounter<'a> {
    pub(super) fn new(text: &'a Text<'a>, whole: usize, packing: Packing) -> Self {
        let tally = Tally::new(packing.counted_len(text));
        Self {
            text,
            whole,
            packing,
            tally,
            pairs: [0; 64],
            longest_bits: 0,
            patience: 0,
            room: Room::default(),
        }
    }

    /// The number of suffixes in a part, short ones included. Nothing where they repeat too much.
    pub(super) fn count(&mut self, number: usize, part: Part<'_>) -> Option<u32> {
        let packing = self.packing;
        let suffixes = part.suffixes();
        self.patience = suffixes.len() * PATIENCE + 4096;
        let mut counts = std::mem::take(&mut self.room.counts_8);
        counts.clear();
        counts.resize(1 << packing.class_bits, 0_u8);
        for &suffix in suffixes {
            let count = &mut counts[packing.class(suffix)];
            *count = count.wrapping_add(1);
        }
        // If no count went over the top.
        let counted: usize = counts.iter().map(|&count| usize::from(count)).sum();
        let top = if counted == suffixes.len() && counted <= MOST_IN_16_BITS {
            self.count_shared(&counts, part);
            let mut shorter = std::mem::take(&mut self.room.counts_16);
            let (zeros, ones) = counts.split_at(counts.len() / 2);
            shorter.clear();
            shorter.extend(zeros.iter().zip(ones).map(|(&a, &b)| u16::from(a) + u16::from(b)));
            let top = self.count_shorter(number, &mut shorter);
            self.room.counts_16 = shorter;
            u32::from(top)
        } else {
            let mut counts = vec![0_u32; 1 << packing.class_bits];
            suffixes.iter().for_each(|&suffix| counts[packing.class(suffix)] += 1);
            self.count_shared(&counts, part);
            fold(&mut counts, 1);
            self.count_shorter(number, &mut counts)
        };
        self.room.counts_8 = counts;
        (self.patience > 0).then_some(top)
    }

    /// Counts the tuples shorter than a class's bits, from the counts of those one bit shorter.
    fn count_shorter<C: Count>(&mut self, part: usize, counts: &mut Vec<C>) -> C {
        let (packing, width) = (self.packing, self.text.width);
        let part_bits = packing.part_bits as usize;
        let lengths = part_bits.div_ceil(width)..=packing.counted_len(self.text);
        let (level, lowest) = (packing.bits() - 1, *lengths.start() * width);
        let index = |reversed: u64, level: usize| {
            let within = reversed >> part_bits & ((1 << (level - part_bits)) - 1);
            (packing.part(reversed) == part).then_some(within as usize)
        };
        count_down(self.text, self.whole, counts, level, lengths, index, |length, counts| {
            self.tally.add_counts(length, counts);
        });
        fold(counts, lowest.min(level) - part_bits);
        counts[0]
    }

    /// Counts what repeats among the suffixes that share a class.
    fn count_shared<C: Copy + Ord + From<u8>>(&mut self, counts: &[C], part: Part<'_>) {
        let packing = self.packing;
        let mut places = std::mem::take(&mut self.room.places);
        let mut sorted = std::mem::take(&mut self.room.sorted);
        places.resize(places.len().max(part.suffixes().len() + 1), 0);
        let mut shared = 0;
        part.each_with_high_half(|suffix, high_half| {
            places[shared] = high_half | suffix & 0xFFFF;
            shared += usize::from(counts[packing.class(suffix)] > C::from(1));
        });
        sorted.clear();
        sorted.extend(places[..shared].iter().map(|&place| {
            let place = place as usize;
            packing.pack(self.text.bits_at(place, 0), place)
        }));
        sorted.sort_unstable();
        let mut from = 0;
        while from < sorted.len() {
            let class = packing.class_key(sorted[from]);
            let same =
                sorted[from..].iter().take_while(|&&suffix| packing.class_key(suffix) == class);
            let to = from + same.count();
            if to - from <= SMALL {
                self.count_pairs(&sorted[from..to]);
            } else {
                self.count_sorted(&mut sorted[from..to]);
            }
            from = to;
        }
        self.room.places = places;
        self.room.sorted = sorted;
        for (bits, pairs) in (packing.part_bits as usize..).zip(&mut self.pairs) {
            self.tally.add_pairs(bits / self.text.width, std::mem::take(pairs));
        }
    }

    /// How many symbols two suffixes of a class share.
    #[inline]
    fn shared(&mut self, a: u64, b: u64) -> usize {
        let (x, y) = (self.packing.place(a), self.packing.place(b));
        let differ = (a ^ b) & !self.packing.place_mask();
        if differ == 0 {
            return self.text.shared(x, y, self.packing.known_bits(), &mut self.patience);
        }
        let bits = self.packing.part_bits + differ.leading_zeros();
        let symbols =
            if self.text.width == 1 { bits as usize } else { bits as usize / self.text.width };
        symbols.min(self.text.len - x.max(y))
    }

    /// A class of a few suffixes.
    #[inline]
    fn count_pairs(&mut self, class: &[u64]) {
        let Packing { part_bits, .. } = self.packing;
        let key = !self.packing.place_mask();
        for (number, &a) in class.iter().enumerate().skip(1) {
            for &b in &class[..number] {
                let places = (self.packing.place(a), self.packing.place(b));
                // The zeros after the end of the text are not symbols.
                let is_whole = places.0.max(places.1) + 64 <= self.text.len;
                let differ = (a ^ b) & key;
                let bits = part_bits + differ.leading_zeros();
                // Most pairs are shorter than the longest one, and their places do not matter.
                if differ != 0 && is_whole && (bits as usize) < self.longest_bits {
                    self.pairs[differ.leading_zeros() as usize % 64] += 1;
                    continue;
                }
                let shared = self.shared(a, b);
                self.tally.add_pair(shared, || (places.0.min(places.1), places.0.max(places.1)));
                self.longest_bits =
                    self.tally.longest.map_or(0, |found| found.len) * self.text.width;
            }
        }
    }

    /// A class of many suffixes, in the order of their numbers.
    fn count_sorted(&mut self, class: &mut [u64]) {
        let key = |suffix: u64| suffix & !self.packing.place_mask();
        let mut same = 0;
        let mut runs = Vec::new();
        for run in class.chunk_by(|&a, &b| key(a) == key(b)) {
            if run.len() > 1 {
                runs.push((same..same + run.len(), self.packing.known_bits()));
            }
            same += run.len();
        }
        self.sort_runs(class, runs);
        let mut lcp = std::mem::take(&mut self.room.lcp);
        lcp.clear();
        for pair in class.windows(2) {
            let shared = self.shared(pair[0], pair[1]);
            let mut places = [self.packing.place(pair[0]), self.packing.place(pair[1])];
            places.sort_unstable();
            self.tally.note_repeat(shared, || (places[0], places[1]));
            lcp.push(shared as u32);
        }
        self.tally.add_sorted(lcp.iter().copied());
        self.room.lcp = lcp;
    }

    /// Sorts runs of suffixes whose first bits are equal by those that follow.
    fn sort_runs(&mut self, class: &mut [u64], mut runs: Vec<(Range<usize>, usize)>) {
        let mut keyed = Vec::new();
        while let Some((run, known)) = runs.pop() {
            self.patience = self.patience.saturating_sub(run.len());
            if self.patience == 0 {
                return;
            }
            let has_more = |suffix: u64| {
                (self.text.len - self.packing.place(suffix)) * self.text.width > known + 64
            };
            keyed.clear();
            keyed.extend(class[run.clone()].iter().map(|&suffix| {
                let place = self.packing.place(suffix);
                let end = (self.text.len - place) * self.text.width;
                let bits = if known < end { self.text.bits_at(place, known) } else { 0 };
                // Of two that are equal to the end of the text the shorter one comes first.
                (bits, Reverse(place), suffix)
            }));
            keyed.sort_unstable();
            for (slot, &(.., suffix)) in class[run.clone()].iter_mut().zip(&keyed) {
                *slot = suffix;
            }
            let mut from = run.start;
            for same in keyed.chunk_by(|a, b| a.0 == b.0) {
                let to = from + same.len();
                if same.iter().filter(|&&(.., suffix)| has_more(suffix)).count() > 1 {
                    runs.push((from..to, known + 64));
                }
                from = to;
            }
        }
    }
}
