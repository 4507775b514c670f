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

    /// The 64 bits from a place on, the first one lowest.
    #[inline]
    pub(super) fn reversed_at(&self, place: usize) -> u64 {
        self.bits_at(place, 0).reverse_bits()
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

/// How suffixes are divided, by their first bits into parts and by the next ones into classes, and how one is packed
/// into a number: the bits after those that choose its part, and its place.
#[derive(Clone, Copy)]
pub(super) struct Packing {
    /// Bits that choose a part, and the class within it.
    pub(super) part_bits: u32,
    pub(super) class_bits: u32,
    pub(super) place_bits: u32,
}

impl Packing {
    /// How many classes there are for each suffix, and at most in each part, as powers of 2: those of a part are counted in
    /// 64 KiB, and few have two suffixes.
    const SPARE_BITS: u32 = 3;
    const MOST_CLASS_BITS: u32 = 16;
    const MOST_BITS: u32 = 30;

    pub(super) fn of(text: &Text<'_>) -> Self {
        let bits = (text.len.ilog2() + Self::SPARE_BITS).min(Self::MOST_BITS);
        let class_bits = (bits - 1).min(Self::MOST_CLASS_BITS);
        Self {
            part_bits: bits - class_bits,
            class_bits,
            place_bits: usize::BITS - text.len.leading_zeros(),
        }
    }

    pub(super) fn bits(&self) -> usize {
        (self.part_bits + self.class_bits) as usize
    }

    /// The length of the longest tuples that are shorter than a class's bits: those that are counted whole.
    pub(super) fn counted_len(&self, text: &Text<'_>) -> usize {
        (self.bits() - 1) / text.width
    }

    /// Of a suffix's first bits, the first one lowest.
    #[inline]
    pub(super) fn part(&self, reversed: u64) -> usize {
        (reversed & ((1 << self.part_bits) - 1)) as usize
    }

    /// A suffix in its part: the class, and the low half of the place.
    #[inline]
    pub(super) fn class_and_place(&self, reversed: u64, place: usize) -> u32 {
        ((reversed >> self.part_bits) as u32) << 16 | (place & 0xFFFF) as u32
    }

    /// The class of a suffix in its part.
    #[inline]
    pub(super) fn class(&self, class_and_place: u32) -> usize {
        (class_and_place >> 16) as usize & ((1 << self.class_bits) - 1)
    }

    pub(super) fn pack(&self, bits: u64, place: usize) -> u64 {
        (bits << self.part_bits) & !self.place_mask() | place as u64
    }

    /// The bits of a packed suffix that choose its class.
    pub(super) fn class_key(&self, suffix: u64) -> u64 {
        suffix >> (u64::BITS - self.class_bits)
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
