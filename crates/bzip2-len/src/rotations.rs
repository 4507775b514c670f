// SPDX-License-Identifier: MIT OR Apache-2.0
//! The order of a ring's rotations that begin with a word.
//!
//! Each rotation is one number: its first words, its place, and the word before it. The numbers are put into buckets
//! by their first words, and each bucket, which the processor's cache holds, is sorted by radix. Rotations that are
//! equal so far are compared.

use super::words::Block;
use crate::patient_sort::patient_sort;
use std::ops::Range;

/// Bits for a place in the ring: a block has at most 250,000 words, because each has two characters or more.
const PLACE_BITS: u32 = 18;
/// Bits by which the rotations are sorted before equal ones are looked for, which are few if they are noise.
const RADIX_BITS: u32 = 26;
/// Bits of one digit at most.
const DIGIT_BITS: u32 = 11;
/// Words that may on average be compared per rotation.
const PATIENCE: usize = 200;

/// Memory for sorting, kept from block to block.
#[derive(Default)]
pub(super) struct Sorter {
    order: Vec<u64>,
    other: Vec<u64>,
    scratch: Vec<u64>,
}

/// How a rotation is packed into a number: its first words highest, its place, the word before it.
struct Packing {
    word_bits: u32,
    /// First words in a number.
    depth: u32,
    /// Bits of a digit, which is some whole words.
    digit_bits: u32,
    /// Digits by which the numbers are sorted, from the highest one down.
    digits: u32,
}

impl Packing {
    fn of(block: &Block) -> Self {
        let word_bits = (usize::BITS - (block.words.len() - 1).leading_zeros()).max(1);
        let depth = (u64::BITS - PLACE_BITS - word_bits) / word_bits;
        let digit_bits = DIGIT_BITS / word_bits * word_bits;
        let digits = RADIX_BITS.div_ceil(digit_bits).min(depth * word_bits / digit_bits);
        Self { word_bits, depth, digit_bits, digits }
    }

    /// The numbers of digit `index`, of which the highest is 0.
    fn digit(&self, index: u32) -> impl Fn(u64) -> usize + use<> {
        let shift = self.low_bits() + self.depth * self.word_bits - (index + 1) * self.digit_bits;
        let mask = (1 << self.digit_bits) - 1;
        move |number| (number >> shift) as usize & mask
    }

    /// Bits below the words.
    fn low_bits(&self) -> u32 {
        PLACE_BITS + self.word_bits
    }

    /// Bits below the digits that are sorted by.
    fn unsorted_bits(&self) -> u32 {
        self.low_bits() + self.depth * self.word_bits - self.digits * self.digit_bits
    }

    fn place(&self, number: u64) -> usize {
        (number >> self.word_bits) as usize & ((1 << PLACE_BITS) - 1)
    }

    fn word_before(&self, number: u64) -> usize {
        number as usize & ((1 << self.word_bits) - 1)
    }
}

impl Sorter {
    /// Calls `each` with the word before each rotation, in the order of the rotations. Nothing, and perhaps only some
    /// calls, where the ring repeats itself too much, or is too short or long.
    pub(super) fn sort(&mut self, block: &Block, mut each: impl FnMut(usize)) -> Option<()> {
        let ring = &block.ring;
        if ring.len() < 2 || ring.len() >> PLACE_BITS != 0 {
            return None;
        }
        let packing = Packing::of(block);
        let mut patience = ring.len() * PATIENCE;
        for bucket in self.fill_buckets(block, &packing) {
            let bucket = &mut self.order[bucket];
            sort_by_digits(bucket, &mut self.other, &packing);
            sort_equals(bucket, &mut self.scratch, ring, &packing, &mut patience)?;
            for &number in &*bucket {
                each(packing.word_before(number));
            }
        }
        Some(())
    }

    /// Makes the numbers, and says where those with the same highest digit are.
    fn fill_buckets(&mut self, block: &Block, packing: &Packing) -> Vec<Range<usize>> {
        let ring = &block.ring;
        let highest = packing.digit(0);
        let mut starts = [0_u32; 1 << DIGIT_BITS];
        if packing.digit_bits == packing.word_bits {
            starts[..block.counts.len()].copy_from_slice(&block.counts);
        } else {
            numbers(ring, packing, |number| starts[highest(number)] += 1);
        }
        add_up(&mut starts);
        let mut next = starts;
        self.order.resize(ring.len(), 0);
        numbers(ring, packing, |number| {
            let slot = &mut next[highest(number)];
            self.order[*slot as usize] = number;
            *slot += 1;
        });
        let filled = starts.into_iter().zip(next).map(|(from, to)| from as usize..to as usize);
        filled.take(1 << packing.digit_bits).filter(|bucket| !bucket.is_empty()).collect()
    }
}

/// The numbers of all rotations, from the last place to the first.
fn numbers(ring: &[u16], packing: &Packing, mut each: impl FnMut(u64)) {
    let len = ring.len();
    let top = (packing.depth - 1) * packing.word_bits;
    let first_words = (0..packing.depth as usize).map(|at| ring[at % len]);
    let mut words = first_words.fold(0, |words, word| words << packing.word_bits | u64::from(word));
    for place in (0..len).rev() {
        words = words >> packing.word_bits | u64::from(ring[place]) << top;
        let before = ring[if place == 0 { len - 1 } else { place - 1 }];
        let low = (place as u64) << packing.word_bits | u64::from(before);
        each(words << packing.low_bits() | low);
    }
}

/// Replaces each count by the sum of those before it.
fn add_up(counts: &mut [u32]) {
    let mut sum = 0;
    for count in counts {
        sum += std::mem::replace(count, sum);
    }
}

/// Sorts numbers with the same highest digit by the others.
fn sort_by_digits(bucket: &mut [u64], other: &mut Vec<u64>, packing: &Packing) {
    let kinds = 1 << packing.digit_bits;
    if bucket.len() * 2 < kinds {
        // So few are sorted sooner than the digits are counted.
        bucket.sort_unstable();
        return;
    }
    other.resize(bucket.len(), 0);
    for index in (1..packing.digits).rev() {
        let digit = packing.digit(index);
        let mut next = [0_u32; 1 << DIGIT_BITS];
        for &number in &*bucket {
            next[digit(number)] += 1;
        }
        add_up(&mut next[..kinds]);
        for &number in &*bucket {
            let slot = &mut next[digit(number)];
            other[*slot as usize] = number;
            *slot += 1;
        }
        bucket.copy_from_slice(other);
    }
}

/// Sorts numbers that are equal in the digits by the words after them.
fn sort_equals(
    bucket: &mut [u64],
    scratch: &mut Vec<u64>,
    ring: &[u16],
    packing: &Packing,
    patience: &mut usize,
) -> Option<()> {
    let len = ring.len();
    let mut less = |a: u64, b: u64| {
        let after = |number| (packing.place(number) + packing.depth as usize) % len;
        let (mut a, mut b) = (after(a), after(b));
        for _ in 0..len {
            if ring[a] != ring[b] {
                return Some(ring[a] < ring[b]);
            }
            *patience = patience.checked_sub(1)?;
            a = if a + 1 == len { 0 } else { a + 1 };
            b = if b + 1 == len { 0 } else { b + 1 };
        }
        // They agree all around, and their order does not matter.
        Some(false)
    };
    let same = |bits: u32| move |a: &u64, b: &u64| a >> bits == b >> bits;
    let same_digits = same(packing.unsorted_bits());
    let mut from = 0;
    while from + 1 < bucket.len() {
        if !same_digits(&bucket[from], &bucket[from + 1]) {
            from += 1;
            continue;
        }
        let first = bucket[from];
        let equal = bucket[from..].iter().take_while(|&number| same_digits(&first, number)).count();
        let group = &mut bucket[from..from + equal];
        group.sort_unstable();
        for same in group.chunk_by_mut(same(packing.low_bits())) {
            patient_sort(same, scratch, &mut less)?;
        }
        from += equal;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::word::Word;
    use super::*;

    #[test]
    fn rotations_are_sorted_by_their_words() {
        let mut state = 1_u32;
        for (kinds, len) in [(1, 2), (2, 50), (2, 3000), (3, 7), (100, 3000), (257, 5000), (4, 2)] {
            let words = (0..kinds).map(|_| Word::EMPTY).collect();
            let ring: Vec<u16> = (0..len)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    ((state >> 16) % kinds) as u16
                })
                .collect();
            let rotation = |place: usize| [&ring[place..], &ring[..place]].concat();
            let mut rotations: Vec<_> = (0..len).map(rotation).collect();
            rotations.sort();
            let known: Vec<_> = rotations.iter().map(|words| usize::from(words[len - 1])).collect();
            let mut ours = Vec::new();
            let block = Block::new(words, ring);
            Sorter::default().sort(&block, |word| ours.push(word)).unwrap();
            assert!(ours == known, "{len} words of {kinds} kinds");
        }
    }

    #[test]
    fn a_ring_of_many_repeats_is_given_back() {
        let words = vec![Word::EMPTY; 2];
        let ring: Vec<u16> = (0..60_000).map(|at| u16::from(at == 0)).collect();
        let block = Block::new(words, ring);
        assert!(Sorter::default().sort(&block, |_| ()).is_none());
    }
}
