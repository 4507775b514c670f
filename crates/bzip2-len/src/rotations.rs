// SPDX-License-Identifier: MIT OR Apache-2.0
//! The order of a ring's rotations that begin with a word.
//!
//! Each rotation is one number: its first words, its place, and the word before it. The numbers are put into buckets
//! by their first words, and each bucket, which the processor's cache holds, is sorted by two more digits. Rotations
//! that are equal so far are compared.

use super::words::Block;
use std::ops::Range;

/// Bits for a place in the ring: a block has at most 250,000 words, because each has two characters or more.
const PLACE_BITS: u32 = 18;
/// Bits of the highest digit at most.
const HIGHEST_BITS: u32 = 11;
/// Bits of each of the two digits after it. Rotations that are equal in all three digits are few if they are noise.
const DIGIT_BITS: u32 = 8;
/// Buckets this short are sorted sooner than their digits are counted.
const SHORT_BUCKET: usize = 128;
/// Words that may on average be compared per rotation.
const PATIENCE: usize = 200;

/// Memory for sorting, kept from block to block.
#[derive(Default)]
pub(super) struct Sorter {
    order: Vec<u64>,
    other: Vec<u64>,
    ties: Vec<Tie>,
}

/// How a rotation is packed into a number: its first words highest, its place, the word before it.
struct Packing {
    word_bits: u32,
    /// First words in a number.
    depth: u32,
    /// Bits of the highest digit, which is some whole words.
    highest_bits: u32,
}

impl Packing {
    fn of(block: &Block) -> Self {
        let word_bits = (usize::BITS - (block.words.len() - 1).leading_zeros()).max(1);
        let depth = (u64::BITS - PLACE_BITS - word_bits) / word_bits;
        Self { word_bits, depth, highest_bits: HIGHEST_BITS / word_bits * word_bits }
    }

    /// Bits below the words.
    fn low_bits(&self) -> u32 {
        PLACE_BITS + self.word_bits
    }

    /// Bits below the highest digit.
    fn below_highest(&self) -> u32 {
        self.low_bits() + self.depth * self.word_bits - self.highest_bits
    }

    fn place(&self, number: u64) -> usize {
        (number >> self.word_bits) as usize & ((1 << PLACE_BITS) - 1)
    }

    fn word_before(&self, number: u64) -> usize {
        number as usize & ((1 << self.word_bits) - 1)
    }
}

/// The words before sorted rotations.
pub(super) struct Words<'a> {
    numbers: std::slice::Iter<'a, u64>,
    packing: &'a Packing,
}

impl Iterator for Words<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        self.numbers.next().map(|&number| self.packing.word_before(number))
    }
}

impl Sorter {
    /// Calls `each` with the words before some rotations, in the order of the rotations. Nothing, and perhaps only some
    /// calls, where the ring repeats itself too much, or is too short or long.
    pub(super) fn sort(&mut self, block: &Block, mut each: impl FnMut(Words<'_>)) -> Option<()> {
        let ring = &block.ring;
        if ring.len() < 2 || ring.len() >> PLACE_BITS != 0 {
            return None;
        }
        let packing = Packing::of(block);
        let mut patience = ring.len() * PATIENCE;
        self.ties.clear();
        for bucket in self.fill_buckets(block, &packing) {
            let bucket = &mut self.order[bucket];
            let below = packing.below_highest();
            sort_by_digits(bucket, &mut self.other, below - 2 * DIGIT_BITS);
            sort_equals(bucket, &mut self.ties, ring, &packing, &mut patience)?;
            each(Words { numbers: bucket.iter(), packing: &packing });
        }
        Some(())
    }

    /// Makes the numbers, and says where those with the same highest digit are.
    fn fill_buckets(&mut self, block: &Block, packing: &Packing) -> Vec<Range<usize>> {
        let ring = &block.ring;
        let below = packing.below_highest();
        let highest = |number: u64| (number >> below) as usize % (1 << HIGHEST_BITS);
        let mut starts = [0_u32; 1 << HIGHEST_BITS];
        if packing.highest_bits == packing.word_bits {
            starts[..block.counts.len()].copy_from_slice(&block.counts);
        } else {
            numbers(ring, packing, |number| starts[highest(number)] += 1);
        }
        add_up(&mut starts);
        let mut next = starts;
        self.order.resize(ring.len(), 0);
        let order = &mut self.order[..];
        numbers(ring, packing, |number| {
            let slot = &mut next[highest(number)];
            order[*slot as usize] = number;
            *slot += 1;
        });
        let filled = starts.into_iter().zip(next).map(|(from, to)| from as usize..to as usize);
        filled.take(1 << packing.highest_bits).filter(|bucket| !bucket.is_empty()).collect()
    }
}

/// The numbers of all rotations, from the last place to the first.
fn numbers(ring: &[u16], packing: &Packing, mut each: impl FnMut(u64)) {
    let Some(&last) = ring.last() else { return };
    let low_bits = packing.low_bits();
    let first_words = ring.iter().cycle().take(packing.depth as usize);
    let mut words =
        first_words.fold(0, |words, &word| words << packing.word_bits | u64::from(word));
    words <<= low_bits;
    let first_word = 1 << (low_bits + (packing.depth - 1) * packing.word_bits);
    let words_only = u64::MAX << low_bits;
    let mut place = (ring.len() as u64) << packing.word_bits;
    let mut word = u64::from(last);
    let mut push = |before: u16| {
        words = (words >> packing.word_bits & words_only) + word * first_word;
        place -= 1 << packing.word_bits;
        word = u64::from(before);
        each(words | place | word);
    };
    ring[..ring.len() - 1].iter().rev().for_each(|&before| push(before));
    push(last);
}

/// Replaces each count by the sum of those before it.
fn add_up(counts: &mut [u32]) {
    let mut sum = 0;
    for count in counts {
        sum += std::mem::replace(count, sum);
    }
}

/// Sorts numbers by the two digits above `unsorted` bits. Those above them are equal.
fn sort_by_digits(bucket: &mut [u64], other: &mut Vec<u64>, unsorted: u32) {
    const DIGITS: usize = 1 << DIGIT_BITS;
    if bucket.len() < SHORT_BUCKET {
        bucket.sort_unstable();
        return;
    }
    let low = |number: u64| (number >> unsorted) as usize % DIGITS;
    let high = |number: u64| (number >> (unsorted + DIGIT_BITS)) as usize % DIGITS;
    let (mut next_low, mut next_high) = ([0; DIGITS], [0; DIGITS]);
    for &number in &*bucket {
        next_low[low(number)] += 1;
        next_high[high(number)] += 1;
    }
    add_up(&mut next_low);
    add_up(&mut next_high);
    if other.len() < bucket.len() {
        other.resize(bucket.len(), 0);
    }
    let other = &mut other[..bucket.len()];
    distribute(bucket, other, &mut next_low, low);
    distribute(other, bucket, &mut next_high, high);
}

/// Puts each number at the next place of its digit.
fn distribute<const N: usize>(
    from: &[u64],
    to: &mut [u64],
    next: &mut [u32; N],
    digit: impl Fn(u64) -> usize,
) {
    for &number in from {
        let place = &mut next[digit(number)];
        to[*place as usize] = number;
        *place += 1;
    }
}

/// Numbers of a bucket that are equal in `depth` words.
struct Tie {
    numbers: Range<usize>,
    depth: usize,
}

/// Sorts numbers that are equal in the digits: by all their words, then by the words after those, and so on.
fn sort_equals(
    bucket: &mut [u64],
    ties: &mut Vec<Tie>,
    ring: &[u16],
    packing: &Packing,
    patience: &mut usize,
) -> Option<()> {
    let unsorted = packing.below_highest() - 2 * DIGIT_BITS;
    let depth = packing.depth as usize;
    let mut from = 0;
    while let Some(first) = first_tie(&bucket[from..], unsorted) {
        from += first;
        let same = |&number: &u64| (number ^ bucket[from]) >> unsorted == 0;
        let group = from..from + bucket[from..].iter().take_while(|&number| same(number)).count();
        from = group.end;
        sort_by_words(bucket, group, depth, packing, ties);
    }
    while let Some(Tie { numbers, depth: sorted }) = ties.pop() {
        if sorted >= ring.len() {
            // They agree all around, and their order does not matter.
            continue;
        }
        *patience = patience.checked_sub(numbers.len() * depth)?;
        for number in &mut bucket[numbers.clone()] {
            let at = (packing.place(*number) + sorted) % ring.len();
            let next = ring[at..].iter().chain(ring.iter().cycle()).take(depth);
            let words = next.fold(0, |words, &word| words << packing.word_bits | u64::from(word));
            let low_bits = packing.low_bits();
            *number = words << low_bits | *number & !(u64::MAX << low_bits);
        }
        sort_by_words(bucket, numbers, sorted + depth, packing, ties);
    }
    Some(())
}

/// Where the first two neighbours are that differ at most in the lowest bits.
fn first_tie(numbers: &[u64], bits: u32) -> Option<usize> {
    numbers.windows(2).position(|pair| (pair[0] ^ pair[1]) >> bits == 0)
}

/// Sorts a group of numbers, and remembers those whose words are equal: `depth` words with those they replaced.
fn sort_by_words(
    bucket: &mut [u64],
    group: Range<usize>,
    depth: usize,
    packing: &Packing,
    ties: &mut Vec<Tie>,
) {
    let numbers = &mut bucket[group.clone()];
    numbers.sort_unstable();
    let mut from = group.start;
    for same in numbers.chunk_by(|a, b| (a ^ b) >> packing.low_bits() == 0) {
        if same.len() > 1 {
            ties.push(Tie { numbers: from..from + same.len(), depth });
        }
        from += same.len();
    }
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
            Sorter::default().sort(&block, |words| ours.extend(words)).unwrap();
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
