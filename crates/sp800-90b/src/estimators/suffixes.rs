// SPDX-License-Identifier: MIT OR Apache-2.0
//! A string's suffixes as numbers.

use crate::symbols::BitString;
use std::borrow::Cow;

/// A string of symbols, each in `width` bits.
pub(super) struct Text<'a> {
    pub(super) bits: Cow<'a, BitString>,
    pub(super) width: usize,
    pub(super) len: usize,
}

impl Text<'_> {
    #[inline]
    pub(super) fn bits_at(&self, place: usize, skip: usize) -> u64 {
        self.bits.bits_at(place * self.width + skip)
    }

    /// How many symbols two suffixes share, of which `known` bits are known to be equal. Takes a unit of `patience` per
    /// word.
    pub(super) fn shared(&self, a: usize, b: usize, known: usize, patience: &mut usize) -> usize {
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
pub(super) struct Packing {
    /// Bits that choose a part, and the class within it.
    pub(super) part_bits: u32,
    pub(super) class_bits: u32,
    pub(super) place_bits: u32,
}

impl Packing {
    pub(super) fn of(text: &Text<'_>) -> Self {
        let bits = text.len.ilog2().clamp(2, 29);
        let part_bits = (bits / 2).saturating_sub(1).clamp(1, 12);
        Self {
            part_bits,
            class_bits: bits - part_bits,
            place_bits: usize::BITS - text.len.leading_zeros(),
        }
    }

    pub(super) fn bits(&self) -> usize {
        (self.part_bits + self.class_bits) as usize
    }

    pub(super) fn part(&self, bits: u64) -> usize {
        (bits >> (u64::BITS - self.part_bits)) as usize
    }

    pub(super) fn pack(&self, bits: u64, place: usize) -> u64 {
        (bits << self.part_bits) & !self.place_mask() | place as u64
    }

    pub(super) fn class(&self, suffix: u64) -> usize {
        (suffix >> (u64::BITS - self.class_bits)) as usize
    }

    pub(super) fn place(&self, suffix: u64) -> usize {
        (suffix & self.place_mask()) as usize
    }

    pub(super) fn place_mask(&self) -> u64 {
        (1 << self.place_bits) - 1
    }

    /// Bits of a suffix that are known from its part and number.
    pub(super) fn known_bits(&self) -> usize {
        (self.part_bits + u64::BITS - self.place_bits) as usize
    }
}
