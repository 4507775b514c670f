// SPDX-License-Identifier: GPL-2.0-or-later
//! Shared prefix lengths of neighbours in suffix order, for strings whose repeats are short beside their length.
//!
//! Suffixes are cut into buckets by their first bits, and each bucket is sorted by the next 40 bits, packed with the
//! place into one number. What is still equal is compared in the text. Noise is done in one round over memory, on
//! all cores; a string that repeats itself at length is given back to the general sorter.

use super::packed_text::PackedText;
use crate::patient_sort::patient_sort;
use rayon::prelude::*;
use std::cmp::Ordering;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Bits that choose the bucket.
const BUCKET_BITS: u32 = 12;
/// Bits for a place in the string.
const PLACE_BITS: u32 = 24;
const PLACE_MASK: u64 = (1 << PLACE_BITS) - 1;
/// Bits of the suffix, after those of the bucket, in one number.
const KEY_BITS: u32 = u64::BITS - PLACE_BITS;
/// Words of the text that may on average be looked at per suffix.
const PATIENCE: u64 = 96;

/// `lcp[i]`: symbols shared by the suffixes of rank `i` and `i - 1`; `lcp[0]` is 0. Nothing where the string is too
/// long or repeats itself too much.
pub(super) fn lcp_of_noise(symbols: &[u8]) -> Option<Vec<i32>> {
    if symbols.len() > PLACE_MASK as usize {
        return None;
    }
    let text = PackedText::new(symbols);
    let (mut order, bounds) = into_buckets(&text);
    let mut lcp = vec![0_i32; symbols.len()];
    let gave_up = AtomicBool::new(false);
    let mut pieces = Vec::with_capacity(bounds.len());
    let (mut order_left, mut lcp_left) = (order.as_mut_slice(), lcp.as_mut_slice());
    for pair in bounds.windows(2) {
        let len = pair[1] - pair[0];
        let (order_piece, order_rest) = order_left.split_at_mut(len);
        let (lcp_piece, lcp_rest) = lcp_left.split_at_mut(len);
        pieces.push((order_piece, lcp_piece));
        (order_left, lcp_left) = (order_rest, lcp_rest);
    }
    pieces.into_par_iter().for_each(|(order, lcp)| {
        if !gave_up.load(Relaxed) && !sort_bucket(&text, order, lcp) {
            gave_up.store(true, Relaxed);
        }
    });
    if gave_up.into_inner() {
        return None;
    }
    // The first suffix of each bucket against the last one before it.
    for &first in &bounds[1..bounds.len() - 1] {
        if first > 0 && first < order.len() {
            let place = |rank: usize| (order[rank] & PLACE_MASK) as usize;
            lcp[first] = text.shared_symbols(place(first - 1), place(first)) as i32;
        }
    }
    Some(lcp)
}

/// The suffixes as numbers (the bits after the bucket's, and the place), and where each bucket begins.
fn into_buckets(text: &PackedText) -> (Vec<u64>, Vec<usize>) {
    let mut bounds = vec![0_usize; (1 << BUCKET_BITS) + 1];
    for place in 0..text.len() {
        bounds[(text.bits_at(place, 0) >> (u64::BITS - BUCKET_BITS)) as usize + 1] += 1;
    }
    for bucket in 1..bounds.len() {
        bounds[bucket] += bounds[bucket - 1];
    }
    let mut next = bounds.clone();
    let mut order = vec![0_u64; text.len()];
    for place in 0..text.len() {
        let bits = text.bits_at(place, 0);
        let slot = &mut next[(bits >> (u64::BITS - BUCKET_BITS)) as usize];
        order[*slot] = (bits << BUCKET_BITS) & !PLACE_MASK | place as u64;
        *slot += 1;
    }
    (order, bounds)
}

/// Sorts a bucket and sets all its shared lengths but the first. Says whether it could.
fn sort_bucket(text: &PackedText, order: &mut [u64], lcp: &mut [i32]) -> bool {
    order.sort_unstable();
    let known_bits = BUCKET_BITS + KEY_BITS;
    let mut patience = order.len() as u64 * PATIENCE + 4096;
    let mut scratch = Vec::new();
    let mut from = 0;
    while from < order.len() {
        let key = order[from] >> PLACE_BITS;
        let to =
            from + order[from..].iter().take_while(|&&other| other >> PLACE_BITS == key).count();
        if to - from > 1 {
            let sorted = patient_sort(&mut order[from..to], &mut scratch, &mut |a, b| {
                let (a, b) = ((a & PLACE_MASK) as usize, (b & PLACE_MASK) as usize);
                Some(text.compare(a, b, known_bits, &mut patience)? == Ordering::Less)
            });
            if sorted.is_none() {
                return false;
            }
        }
        from = to;
    }
    for rank in 1..order.len() {
        let differ = (order[rank - 1] ^ order[rank]) & !PLACE_MASK;
        let (a, b) = ((order[rank - 1] & PLACE_MASK) as usize, (order[rank] & PLACE_MASK) as usize);
        lcp[rank] = if differ == 0 {
            text.shared_symbols(a, b) as i32
        } else {
            text.whole_symbols(BUCKET_BITS + differ.leading_zeros(), a, b) as i32
        };
    }
    true
}
