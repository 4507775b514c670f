// SPDX-License-Identifier: GPL-2.0-or-later
//! The Burrows-Wheeler transform of a ring of words.
//!
//! The rotations that begin with a word are sorted first, by packed numbers of the next few words. All others begin
//! inside a word: those that begin with the same part of a word come in the order of what follows it, which is known
//! by then.

use super::words::Block;
use crate::patient_sort::patient_sort;

/// Bits for a place in the ring: a block has at most 250,000 words, because each has two characters or more.
const PLACE_BITS: u32 = 18;
const PLACE_MASK: u64 = (1 << PLACE_BITS) - 1;
/// Keys that may on average be looked at per rotation.
const PATIENCE: usize = 40;

/// The last characters of the sorted rotations; nothing where the text repeats itself too much, or is one joined word.
pub(super) fn burrows_wheeler(block: &Block) -> Option<Vec<u8>> {
    // A word of a single space stands only beside another one; shorter rings are left to the real compressor.
    if block.ring.len() < 2 || block.ring.len() as u64 > PLACE_MASK {
        return None;
    }
    if block.words.iter().any(|word| word.last() != Some(&b' ')) {
        return None;
    }
    let sorted = sort_words(block)?;
    Some(last_characters(block, &sorted))
}

/// Places in the ring, in the order of the rotations that begin there.
fn sort_words(block: &Block) -> Option<Vec<u32>> {
    let len = block.ring.len();
    let word_bits = u32::BITS - (block.words.len() as u32).leading_zeros();
    let depth = ((64 - PLACE_BITS) / word_bits).max(1) as usize;
    let key_bits = depth as u32 * word_bits;
    let mut keys = vec![0_u64; len];
    let mut key = (0..depth).fold(0, |key, at| key << word_bits | u64::from(block.ring[at % len]));
    for place in (0..len).rev() {
        key = key >> word_bits | u64::from(block.ring[place]) << (key_bits - word_bits);
        keys[place] = key;
    }
    let mut order = sort_keys(&keys, key_bits);

    let mut patience = len * PATIENCE;
    let mut scratch = Vec::new();
    let mut from = 0;
    while from < len {
        let same = |a: u64, b: u64| a >> PLACE_BITS == b >> PLACE_BITS;
        let to = from + order[from..].iter().take_while(|&&key| same(key, order[from])).count();
        if to - from > 1 {
            patient_sort(&mut order[from..to], &mut scratch, &mut |a, b| {
                let mut a = (a & PLACE_MASK) as usize;
                let mut b = (b & PLACE_MASK) as usize;
                for _ in 0..len.div_ceil(depth) {
                    a = (a + depth) % len;
                    b = (b + depth) % len;
                    patience = patience.checked_sub(1)?;
                    if keys[a] != keys[b] {
                        return Some(keys[a] < keys[b]);
                    }
                }
                // They agree all around, and their order does not matter.
                Some(false)
            })?;
        }
        from = to;
    }
    Some(order.into_iter().map(|key| (key & PLACE_MASK) as u32).collect())
}

/// Keys with their places, sorted: first into buckets by the high bits, then each bucket.
fn sort_keys(keys: &[u64], key_bits: u32) -> Vec<u64> {
    const BUCKET_BITS: u32 = 12;
    let shift = key_bits.saturating_sub(BUCKET_BITS);
    let mut starts = vec![0_u32; (1 << BUCKET_BITS.min(key_bits)) + 1];
    for key in keys {
        starts[(key >> shift) as usize + 1] += 1;
    }
    for bucket in 1..starts.len() {
        starts[bucket] += starts[bucket - 1];
    }
    let mut order = vec![0; keys.len()];
    let mut next = starts.clone();
    for (place, &key) in (0_u64..).zip(keys) {
        let slot = &mut next[(key >> shift) as usize];
        order[*slot as usize] = key << PLACE_BITS | place;
        *slot += 1;
    }
    for bounds in starts.windows(2) {
        order[bounds[0] as usize..bounds[1] as usize].sort_unstable();
    }
    order
}

/// The character before each rotation, in order.
fn last_characters(block: &Block, sorted: &[u32]) -> Vec<u8> {
    let mut counts = vec![0_u32; block.words.len()];
    for &word in &block.ring {
        counts[usize::from(word)] += 1;
    }
    // Every way in which a rotation can begin: the rest of some word.
    let mut beginnings: Vec<&[u8]> =
        block.words.iter().flat_map(|word| (0..word.len()).map(|at| &word[at..])).collect();
    beginnings.sort_unstable();
    beginnings.dedup();
    let mut next = vec![0_u32; beginnings.len() + 1];
    // Where the rotations that begin in a word go, and which character is before each; word after word.
    let mut parts: Vec<(u16, u8)> = Vec::new();
    let mut parts_of: Vec<std::ops::Range<u32>> = Vec::with_capacity(block.words.len());
    for (word, count) in block.words.iter().zip(counts) {
        let from = parts.len() as u32;
        let mut before = b' ';
        let part = word.iter().enumerate().map(|(at, &character)| {
            let beginning = beginnings.partition_point(|other| *other < &word[at..]);
            next[beginning + 1] += count;
            (beginning as u16, std::mem::replace(&mut before, character))
        });
        parts.extend(part);
        parts_of.push(from..parts.len() as u32);
    }
    for beginning in 1..next.len() {
        next[beginning] += next[beginning - 1];
    }
    let mut last = vec![0; next[beginnings.len()] as usize];
    for &place in sorted {
        let place = place as usize;
        let word = block.ring[if place == 0 { block.ring.len() - 1 } else { place - 1 }];
        let range = &parts_of[usize::from(word)];
        for &(beginning, character) in &parts[range.start as usize..range.end as usize] {
            let slot = &mut next[usize::from(beginning)];
            last[*slot as usize] = character;
            *slot += 1;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotations_are_those_of_the_characters() {
        let words: Vec<Vec<u8>> =
            ["1 ", "12 ", "2 ", "211 "].map(|word| word.as_bytes().to_vec()).to_vec();
        let ring = vec![3, 0, 1, 2, 2, 0, 3, 1, 0, 1];
        let text: Vec<u8> =
            ring.iter().flat_map(|&word| words[usize::from(word)].clone()).collect();
        let mut rotations: Vec<Vec<u8>> =
            (0..text.len()).map(|at| [&text[at..], &text[..at]].concat()).collect();
        rotations.sort();
        let by_hand: Vec<u8> =
            rotations.iter().filter_map(|rotation| rotation.last().copied()).collect();
        assert_eq!(burrows_wheeler(&Block { words, ring }), Some(by_hand));
    }
}
