// SPDX-License-Identifier: MIT OR Apache-2.0
//! Repeats of a string in which only short tuples repeat, as in noise.
//!
//! Suffixes are put into classes by their first bits, many more classes than there are suffixes. The counts of the
//! classes, added up, are those of all shorter tuples. Longer ones can repeat only within a class, which mostly has one.
//! A string that repeats itself at length is given back to the general sorter.

use super::suffix_part::PartCounter;
use super::suffix_parts::{SuffixParts, each_suffix};
use super::suffixes::{Packing, Text};
use super::tally::Tally;
use super::tuple_counts::count_down;
use crate::parallel::{self, Task};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// Suffixes that are held in memory at a time, at least, and at most if memory allows for so few passes.
const FEWEST_HELD: usize = 1 << 25;
const MOST_HELD: usize = 1 << 27;

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
    each_suffix(text, 0..whole, |reversed, _| sizes[packing.part(reversed)] += 1);
    let mut tops = Vec::with_capacity(sizes.len());
    let mut parts = SuffixParts::default();
    let mut all = Tally::new(packing.counted_len(text));
    while tops.len() < sizes.len() {
        let left = &sizes[tops.len()..];
        let mut held = 0;
        let fits = |size: &&usize| {
            held += **size;
            held <= held_suffixes(text.len)
        };
        let now = &left[..left.iter().take_while(fits).count().max(1)];
        parts.gather(text, whole, &packing, tops.len(), now);
        let (tally, top) = count_parts(text, whole, &packing, tops.len(), &parts)?;
        all.merge(&tally);
        tops.extend(top);
    }
    // Tuples of fewer bits than choose a part.
    let lengths = 1..=(part_bits - 1) / text.width;
    let index = |reversed: u64, level: usize| Some((reversed & ((1 << level) - 1)) as usize);
    count_down(text, whole, &mut tops, part_bits, lengths, index, |length, counts| {
        all.add_counts(length, counts);
    });
    Some(all)
}

/// Counts the repeats within each of some parts, and the suffixes in each.
fn count_parts(
    text: &Text<'_>,
    whole: usize,
    packing: &Packing,
    first_part: usize,
    parts: &SuffixParts,
) -> Option<(Tally, Vec<u32>)> {
    let next = AtomicUsize::new(0);
    let gave_up = AtomicBool::new(false);
    let total = Mutex::new((Tally::new(packing.counted_len(text)), vec![0; parts.len()]));
    let work = || {
        let mut counter = PartCounter::new(text, whole, *packing);
        let mut tops = Vec::new();
        loop {
            let number = next.fetch_add(1, Relaxed);
            if number >= parts.len() {
                break;
            }
            if gave_up.load(Relaxed) {
                return;
            }
            match counter.count(first_part + number, parts.part(number)) {
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
