// SPDX-License-Identifier: MIT OR Apache-2.0
//! The repeats among suffixes that begin with the same bits.

use super::suffixes::{Packing, Text};
use super::tally::Tally;
use std::cmp::Reverse;
use std::ops::{Range, RangeInclusive};

/// Words of the text that may on average be looked at per suffix.
const PATIENCE: usize = 96;
/// Classes of this size or less are compared pair by pair.
const SMALL: usize = 6;

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
    counts: Vec<u32>,
    /// Where each class's next suffix goes; then where the class ends.
    next: Vec<u32>,
    by_class: Vec<u64>,
    lcp: Vec<u32>,
    patience: usize,
}

impl<'a> PartCounter<'a> {
    pub(super) fn new(text: &'a Text<'a>, whole: usize, packing: Packing) -> Self {
        let tally = Tally::new(packing.bits() / text.width);
        Self {
            text,
            whole,
            packing,
            tally,
            pairs: [0; 64],
            longest_bits: 0,
            counts: Vec::new(),
            next: Vec::new(),
            by_class: Vec::new(),
            lcp: Vec::new(),
            patience: 0,
        }
    }

    /// The number of suffixes in a part, short ones included. Nothing where they repeat too much.
    pub(super) fn count(&mut self, part: usize, suffixes: &[u64]) -> Option<u32> {
        let packing = self.packing;
        self.patience = suffixes.len() * PATIENCE + 4096;
        self.counts.clear();
        self.counts.resize(1 << packing.class_bits, 0);
        for &suffix in suffixes {
            self.counts[packing.class(suffix)] += 1;
        }
        self.next.clear();
        let mut sum = 0;
        self.next.extend(self.counts.iter().map(|&count| {
            sum += count;
            sum - count
        }));
        self.by_class.resize(suffixes.len(), 0);
        for &suffix in suffixes {
            let slot = &mut self.next[packing.class(suffix)];
            self.by_class[*slot as usize] = suffix;
            *slot += 1;
        }
        let mut by_class = std::mem::take(&mut self.by_class);
        for class in 0..self.counts.len() {
            let (size, end) = (self.counts[class] as usize, self.next[class] as usize);
            match size {
                0 | 1 => {}
                2..=SMALL => self.count_pairs(&by_class[end - size..end]),
                _ => self.count_sorted(&mut by_class[end - size..end]),
            }
        }
        self.by_class = by_class;
        for (bits, pairs) in (packing.part_bits as usize..).zip(&mut self.pairs) {
            self.tally.add_pairs(bits / self.text.width, std::mem::take(pairs));
        }
        let (part_bits, width) = (packing.part_bits as usize, self.text.width);
        let lengths = part_bits.div_ceil(width)..=packing.bits() / width;
        let lowest = *lengths.start() * width;
        count_down(
            self.text,
            self.whole,
            &mut self.counts,
            packing.bits(),
            lengths,
            &mut self.tally,
            |bits, level| {
                let within = (bits << part_bits) >> 1 >> (63 + part_bits - level);
                (packing.part(bits) == part).then_some(within as usize)
            },
        );
        let top = if lowest > packing.bits() { packing.bits() } else { lowest };
        fold(&mut self.counts, top - part_bits);
        (self.patience > 0).then(|| self.counts[0])
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

    /// A class of a few suffixes, in the order of their places.
    #[inline]
    fn count_pairs(&mut self, class: &[u64]) {
        let Packing { part_bits, .. } = self.packing;
        let key = !self.packing.place_mask();
        for (number, &a) in class.iter().enumerate().skip(1) {
            // Behind the end of the text are zeros, which are no symbols.
            let is_whole = self.packing.place(a) + 64 <= self.text.len;
            for &b in &class[..number] {
                let differ = (a ^ b) & key;
                let bits = part_bits + differ.leading_zeros();
                // Most pairs are shorter than the longest one, and their places do not matter.
                if differ != 0 && is_whole && (bits as usize) < self.longest_bits {
                    self.pairs[differ.leading_zeros() as usize % 64] += 1;
                    continue;
                }
                let shared = self.shared(a, b);
                self.tally.add_pair(shared, || (self.packing.place(b), self.packing.place(a)));
                self.longest_bits =
                    self.tally.longest.map_or(0, |found| found.len) * self.text.width;
            }
        }
    }

    /// A class of many suffixes.
    fn count_sorted(&mut self, class: &mut [u64]) {
        class.sort_unstable();
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
        let mut lcp = std::mem::take(&mut self.lcp);
        lcp.clear();
        for pair in class.windows(2) {
            let shared = self.shared(pair[0], pair[1]);
            let mut places = [self.packing.place(pair[0]), self.packing.place(pair[1])];
            places.sort_unstable();
            self.tally.note_repeat(shared, || (places[0], places[1]));
            lcp.push(shared as u32);
        }
        self.tally.add_sorted(lcp.iter().copied());
        self.lcp = lcp;
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

/// Counts the tuples of some lengths, the longest first, from those of `level` bits in `counts`. `index` finds the place of
/// a tuple among those of as many bits as it has.
pub(super) fn count_down(
    text: &Text<'_>,
    whole: usize,
    counts: &mut Vec<u32>,
    mut level: usize,
    lengths: RangeInclusive<usize>,
    tally: &mut Tally,
    index: impl Fn(u64, usize) -> Option<usize>,
) {
    for length in lengths.rev() {
        let bits = length * text.width;
        fold(counts, level - bits);
        level = bits;
        // The suffix of just this length joins those that have more.
        if let Some(place) = text.len.checked_sub(length)
            && place >= whole
            && let Some(at) = index(text.bits_at(place, 0), bits)
        {
            counts[at] += 1;
        }
        tally.add_counts(length, counts);
    }
}

/// Adds up the counts of tuples that differ only in their last `bits` bits.
pub(super) fn fold(counts: &mut Vec<u32>, bits: usize) {
    let len = counts.len() >> bits;
    match bits {
        0 => return,
        1 => {
            for at in 0..len {
                counts[at] = counts[2 * at] + counts[2 * at + 1];
            }
        }
        _ => {
            for at in 0..len {
                counts[at] = counts[at << bits..(at + 1) << bits].iter().sum();
            }
        }
    }
    counts.truncate(len);
}
