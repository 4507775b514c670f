// SPDX-License-Identifier: MIT OR Apache-2.0
//! Counts of all tuples of one length, and from them those of each shorter length.
//!
//! A tuple's place among the counts has its first bit lowest, so that those that differ only in their last bit are half of
//! the counts apart, and the halves add up.

use super::suffixes::Text;
use std::ops::{Add, RangeInclusive};

/// A number that counts tuples.
pub(super) trait Count: Copy + Ord + From<u8> + Into<u64> + Add<Output = Self> {
    /// Pairs of equal tuples.
    fn pairs(counts: &[Self]) -> u64;
}

/// For tuples of which there are [`u16::COUNTED`] in all.
impl Count for u16 {
    fn pairs(counts: &[Self]) -> u64 {
        // Signed, because processors multiply and add these at once. A sum below 2^15 squared is below 2^30.
        let twice: i32 = counts
            .iter()
            .map(|&count| i32::from(count as i16) * i32::from((count as i16).wrapping_sub(1)))
            .sum();
        u64::from(twice.unsigned_abs()) / 2
    }
}

impl Count for u32 {
    fn pairs(counts: &[Self]) -> u64 {
        let twice: u64 =
            counts.iter().map(|&n| u64::from(n) * u64::from(n.saturating_sub(1))).sum();
        twice / 2
    }
}

/// Calls `each` with some lengths, the longest first, and the counts of their tuples, from those of `level` bits in `counts`.
/// `index` finds the place of a tuple, its first bit lowest, among those of as many bits as it has.
pub(super) fn count_down<C: Count>(
    text: &Text<'_>,
    whole: usize,
    counts: &mut Vec<C>,
    mut level: usize,
    lengths: RangeInclusive<usize>,
    index: impl Fn(u64, usize) -> Option<usize>,
    mut each: impl FnMut(usize, &[C]),
) {
    for length in lengths.rev() {
        let bits = length * text.width;
        fold(counts, level - bits);
        level = bits;
        // The suffix of just this length joins those that have more.
        if let Some(place) = text.len.checked_sub(length)
            && place >= whole
            && let Some(at) = index(text.reversed_at(place), bits)
        {
            counts[at] = counts[at] + C::from(1);
        }
        each(length, counts);
    }
}

/// Adds up the counts of tuples that differ only in their last `bits` bits.
pub(super) fn fold<C: Count>(counts: &mut Vec<C>, bits: usize) {
    for _ in 0..bits {
        let half = counts.len() / 2;
        let (sums, ones) = counts.split_at_mut(half);
        sums.iter_mut().zip(ones).for_each(|(sum, one)| *sum = *sum + *one);
        counts.truncate(half);
    }
}
