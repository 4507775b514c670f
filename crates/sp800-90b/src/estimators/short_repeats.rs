// SPDX-License-Identifier: MIT OR Apache-2.0
//! Repeats of a string in which only short tuples repeat, as in noise.
//!
//! Suffixes are put into classes by their first bits, about as many classes as there are suffixes. The counts of the
//! classes, added up, are those of all shorter tuples. Longer ones can repeat only within a class, which is mostly a pair.
//! A string that repeats itself at length is given back to the general sorter.

use super::suffix_part::{PartCounter, count_down};
use super::suffixes::{Packing, Text};
use super::tally::Tally;
use crate::parallel::{self, Task};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// Suffixes that are held in memory at a time, at least, and at most if memory allows for so few passes.
const FEWEST_HELD: usize = 1 << 24;
const MOST_HELD: usize = 1 << 26;

/// How many suffixes of a string of `len` symbols are in memory at a time.
pub(crate) fn held_suffixes(len: usize) -> usize {
    len.min((len / 16).clamp(FEWEST_HELD, MOST_HELD))
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
        let held = now.iter().sum::<usize>();
        if suffixes.len() < held {
            // Not resized: zeros that were never written cost no time.
            suffixes = vec![0; held];
        }
        let suffixes = &mut suffixes[..held];
        gather(text, whole, &packing, tops.len(), now, suffixes);
        let (tally, top) = count_parts(text, whole, &packing, tops.len(), now, suffixes)?;
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
