// SPDX-License-Identifier: MIT OR Apache-2.0
//! Repeats of a string in which only short tuples repeat, as in noise.
//!
//! Suffixes are put into classes by their first bits, about as many classes as there are suffixes. The counts of the
//! classes, added up, are those of all shorter tuples. Longer ones can repeat only within a class, which is mostly a pair.
//! A string that repeats itself at length is given back to the general sorter.

use super::tally::Tally;
use crate::parallel::{self, Task};
use crate::symbols::BitString;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::ops::{Range, RangeInclusive};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// A string of symbols, each in `width` bits.
pub(super) struct Text<'a> {
    pub(super) bits: Cow<'a, BitString>,
    pub(super) width: usize,
    pub(super) len: usize,
}

/// Words of the text that may on average be looked at per suffix.
const PATIENCE: usize = 96;
/// Suffixes that are held in memory at a time, at least, and at most if memory allows for so few passes.
const FEWEST_HELD: usize = 1 << 24;
const MOST_HELD: usize = 1 << 26;
/// Classes of this size or less are compared pair by pair.
const SMALL: usize = 6;

/// How many suffixes of a string of `len` symbols are in memory at a time.
pub(crate) fn held_suffixes(len: usize) -> usize {
    len.min((len / 16).clamp(FEWEST_HELD, MOST_HELD))
}

impl Text<'_> {
    #[inline]
    fn bits_at(&self, place: usize, skip: usize) -> u64 {
        self.bits.bits_at(place * self.width + skip)
    }

    /// How many symbols two suffixes share, of which `known` bits are known to be equal. Takes a unit of `patience` per
    /// word.
    fn shared(&self, a: usize, b: usize, known: usize, patience: &mut usize) -> usize {
        let end = (self.len - a.max(b)) * self.width;
        let mut bits = known;
        while bits < end {
            *patience = patience.saturating_sub(1);
            let differ = self.bits_at(a, bits) ^ self.bits_at(b, bits);
            if differ != 0 || *patience == 0 {
                bits += differ.leading_zeros() as usize;
                break;
            }
            bits += 64;
        }
        bits.min(end) / self.width
    }
}

/// How a suffix is packed into a number: the bits after those that choose its part, and its place.
#[derive(Clone, Copy)]
struct Packing {
    /// Bits that choose a part, and the class within it.
    part_bits: u32,
    class_bits: u32,
    place_bits: u32,
}

impl Packing {
    fn of(text: &Text<'_>) -> Self {
        let bits = text.len.ilog2().clamp(2, 29);
        let part_bits = (bits / 2).min(12);
        Self {
            part_bits,
            class_bits: bits - part_bits,
            place_bits: usize::BITS - text.len.leading_zeros(),
        }
    }

    fn bits(&self) -> usize {
        (self.part_bits + self.class_bits) as usize
    }

    fn part(&self, bits: u64) -> usize {
        (bits >> (u64::BITS - self.part_bits)) as usize
    }

    fn pack(&self, bits: u64, place: usize) -> u64 {
        (bits << self.part_bits) & !self.place_mask() | place as u64
    }

    fn class(&self, suffix: u64) -> usize {
        (suffix >> (u64::BITS - self.class_bits)) as usize
    }

    fn place(&self, suffix: u64) -> usize {
        (suffix & self.place_mask()) as usize
    }

    fn place_mask(&self) -> u64 {
        (1 << self.place_bits) - 1
    }

    /// Bits of a suffix that are known from its part and number.
    fn known_bits(&self) -> usize {
        (self.part_bits + u64::BITS - self.place_bits) as usize
    }
}

/// Counts all repeats. Nothing where the string repeats itself too much.
pub(super) fn count(text: &Text<'_>) -> Option<Tally> {
    let packing = Packing::of(text);
    let part_bits = packing.part_bits as usize;
    // The last suffixes are shorter than a class's bits.
    let whole = (text.len + 1).saturating_sub(packing.bits().div_ceil(text.width));
    let mut sizes = vec![0_usize; 1 << part_bits];
    each_suffix(text, whole, |bits, _| sizes[packing.part(bits)] += 1);
    let mut tops = Vec::with_capacity(sizes.len());
    let mut suffixes = Vec::new();
    let mut all = Tally::new(packing.bits() / text.width);
    while tops.len() < sizes.len() {
        let left = &sizes[tops.len()..];
        let mut held = 0;
        let fits = |size: &&usize| {
            held += **size;
            held <= held_suffixes(text.len)
        };
        let now = &left[..left.iter().take_while(fits).count().max(1)];
        suffixes.resize(now.iter().sum(), 0);
        gather(text, whole, &packing, tops.len(), now, &mut suffixes);
        let (tally, top) = count_parts(text, whole, &packing, tops.len(), now, &suffixes)?;
        all.merge(&tally);
        tops.extend(top);
    }
    // Tuples of fewer bits than choose a part.
    let lengths = 1..=(part_bits - 1) / text.width;
    count_down(text, whole, &mut tops, part_bits, lengths, &mut all, |bits, level| {
        Some((bits >> (64 - level)) as usize)
    });
    Some(all)
}

/// Calls `each` with the first 64 bits and the place of every suffix before `end`.
#[inline]
fn each_suffix(text: &Text<'_>, end: usize, mut each: impl FnMut(u64, usize)) {
    if text.width == 1 {
        let words = text.bits.words();
        for (number, &word) in words.iter().enumerate().take(end.div_ceil(64)) {
            let next = words.get(number + 1).copied().unwrap_or(0);
            for shift in 0..(end - number * 64).min(64) {
                each(word << shift | next >> 1 >> (63 - shift), number * 64 + shift);
            }
        }
    } else {
        for place in 0..end {
            each(text.bits_at(place, 0), place);
        }
    }
}

/// Puts the suffixes of some parts one part after another.
fn gather(
    text: &Text<'_>,
    end: usize,
    packing: &Packing,
    first_part: usize,
    sizes: &[usize],
    suffixes: &mut [u64],
) {
    let mut next: Vec<usize> = Vec::with_capacity(sizes.len());
    let mut sum = 0;
    for size in sizes {
        next.push(sum);
        sum += size;
    }
    each_suffix(text, end, |bits, place| {
        if let Some(slot) = next.get_mut(packing.part(bits).wrapping_sub(first_part)) {
            suffixes[*slot] = packing.pack(bits, place);
            *slot += 1;
        }
    });
}

/// Counts the repeats within each of some parts, and the suffixes in each.
fn count_parts(
    text: &Text<'_>,
    whole: usize,
    packing: &Packing,
    first_part: usize,
    sizes: &[usize],
    suffixes: &[u64],
) -> Option<(Tally, Vec<u32>)> {
    let mut left = suffixes;
    let mut parts = Vec::with_capacity(sizes.len());
    for &size in sizes {
        let part;
        (part, left) = left.split_at(size);
        parts.push(part);
    }
    let next = AtomicUsize::new(0);
    let gave_up = AtomicBool::new(false);
    let total = Mutex::new((Tally::new(packing.bits() / text.width), vec![0; sizes.len()]));
    let work = || {
        let mut counter = PartCounter::new(text, whole, *packing);
        let mut tops = Vec::new();
        loop {
            let number = next.fetch_add(1, Relaxed);
            let Some(part) = parts.get(number) else { break };
            if gave_up.load(Relaxed) {
                return;
            }
            match counter.count(first_part + number, part) {
                Some(top) => tops.push((number, top)),
                None => gave_up.store(true, Relaxed),
            }
        }
        let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
        total.0.merge(&counter.tally);
        for (number, top) in tops {
            total.1[number] = top;
        }
    };
    let tasks = (0..parallel::threads()).map(|_| Box::new(&work) as Task<'_>).collect();
    parallel::run_all(tasks);
    let total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    (!gave_up.into_inner()).then_some(total)
}

/// Counts the tuples of some lengths, the longest first, from those of `level` bits in `counts`. `index` finds the place of
/// a tuple among those of as many bits as it has.
fn count_down(
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
fn fold(counts: &mut Vec<u32>, bits: usize) {
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

/// Counts the repeats within one part after another.
struct PartCounter<'a> {
    text: &'a Text<'a>,
    whole: usize,
    packing: Packing,
    tally: Tally,
    counts: Vec<u32>,
    /// Where each class's next suffix goes; then where the class ends.
    next: Vec<u32>,
    by_class: Vec<u64>,
    lcp: Vec<u32>,
    patience: usize,
}

impl<'a> PartCounter<'a> {
    fn new(text: &'a Text<'a>, whole: usize, packing: Packing) -> Self {
        let tally = Tally::new(packing.bits() / text.width);
        Self {
            text,
            whole,
            packing,
            tally,
            counts: Vec::new(),
            next: Vec::new(),
            by_class: Vec::new(),
            lcp: Vec::new(),
            patience: 0,
        }
    }

    /// The number of suffixes in a part, short ones included. Nothing where they repeat too much.
    fn count(&mut self, part: usize, suffixes: &[u64]) -> Option<u32> {
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

    /// A class of a few suffixes.
    fn count_pairs(&mut self, class: &[u64]) {
        for (number, &a) in class.iter().enumerate() {
            for &b in &class[..number] {
                let shared = self.shared(a, b);
                self.tally.add_pair(shared, || (self.packing.place(b), self.packing.place(a)));
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
