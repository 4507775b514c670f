// SPDX-License-Identifier: MIT OR Apache-2.0
//! The suffixes of a text in parts, four bytes each.
//!
//! A suffix is its class and the low half of its place. Within a part suffixes are in the order of the text; where each
//! stretch of 2^16 places ends is known, and with it the high half.

use super::suffixes::{Packing, Text};
use std::ops::Range;

const STRETCH: usize = 1 << 16;

/// Suffixes of some neighbouring parts.
#[derive(Default)]
pub(super) struct SuffixParts {
    suffixes: Vec<u32>,
    /// For each stretch of the text and each part, where its first suffix is; then where the last one ends.
    bounds: Vec<u32>,
    parts: usize,
}

impl SuffixParts {
    /// Replaces what is held by the suffixes before `end` in as many parts as there are `sizes`.
    pub(super) fn gather(
        &mut self,
        text: &Text<'_>,
        end: usize,
        packing: &Packing,
        first_part: usize,
        sizes: &[usize],
    ) {
        let held = sizes.iter().sum();
        if self.suffixes.len() < held {
            // Not resized: zeros that were never written cost no time.
            self.suffixes = vec![0; held];
        }
        let suffixes = &mut self.suffixes[..held];
        let mut next = Vec::with_capacity(sizes.len());
        let mut sum = 0;
        for &size in sizes {
            next.push(sum as u32);
            sum += size;
        }
        self.parts = sizes.len();
        self.bounds.clear();
        self.bounds.reserve_exact(self.parts * (end.div_ceil(STRETCH) + 1));
        self.bounds.extend(&next);
        for start in (0..end).step_by(STRETCH) {
            each_suffix(text, start..end.min(start + STRETCH), |reversed, place| {
                if let Some(slot) = next.get_mut(packing.part(reversed).wrapping_sub(first_part)) {
                    suffixes[*slot as usize] = packing.class_and_place(reversed, place);
                    *slot += 1;
                }
            });
            self.bounds.extend(&next);
        }
    }

    /// How many parts are held.
    pub(super) fn len(&self) -> usize {
        self.parts
    }

    pub(super) fn part(&self, number: usize) -> Part<'_> {
        Part { all: self, number }
    }
}

/// The suffixes of one part.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    all: &'a SuffixParts,
    number: usize,
}

impl<'a> Part<'a> {
    pub(super) fn suffixes(self) -> &'a [u32] {
        let bounds = &self.all.bounds;
        let last = bounds.len() - self.all.parts;
        &self.all.suffixes[bounds[self.number] as usize..bounds[last + self.number] as usize]
    }

    /// Calls `each` with every suffix and the high half of its place.
    #[inline]
    pub(super) fn each_with_high_half(self, mut each: impl FnMut(u32, u32)) {
        let mut rest = self.suffixes();
        let mut bounds = self.all.bounds[self.number..].iter().step_by(self.all.parts);
        let mut from = bounds.next().copied().unwrap_or(0);
        for (stretch, &to) in (0..).zip(bounds) {
            let now;
            (now, rest) = rest.split_at((to - from) as usize);
            now.iter().for_each(|&suffix| each(suffix, stretch << 16));
            from = to;
        }
    }
}

/// Calls `each` with the first 64 bits, the first one lowest, and the place of every suffix in `places`, which begin with a
/// multiple of 64.
#[inline]
pub(super) fn each_suffix(text: &Text<'_>, places: Range<usize>, mut each: impl FnMut(u64, usize)) {
    if text.width == 1 {
        let words = &text.bits.words()[places.start / 64..];
        let mut word = words.first().map_or(0, |word| word.reverse_bits());
        for (number, start) in (1..).zip(places.clone().step_by(64)) {
            let next = words.get(number).map_or(0, |word| word.reverse_bits());
            for shift in 0..(places.end - start).min(64) {
                each(word >> shift | next << 1 << (63 - shift), start + shift);
            }
            word = next;
        }
    } else {
        for place in places {
            each(text.reversed_at(place), place);
        }
    }
}
