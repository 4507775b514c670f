// SPDX-License-Identifier: GPL-2.0-or-later
//! A string of symbols packed into 64-bit words, each symbol in as few bits as the largest one needs.

use std::cmp::Ordering;

pub(super) struct PackedText {
    /// The bits, the first one highest; zeros after the end.
    words: Vec<u64>,
    width: u32,
    len: usize,
}

impl PackedText {
    pub(super) fn new(symbols: &[u8]) -> Self {
        let used = symbols.iter().fold(0, |mask, &symbol| mask | symbol);
        let width = (u8::BITS - used.leading_zeros()).max(1);
        let bits = symbols.len() * width as usize;
        let mut words = vec![0_u64; bits / 64 + 2];
        let mut at = 0;
        for &symbol in symbols {
            let (word, offset) = (at / 64, (at % 64) as u32);
            let wide = u128::from(symbol) << (128 - width - offset);
            words[word] |= (wide >> 64) as u64;
            words[word + 1] |= wide as u64;
            at += width as usize;
        }
        Self { words, width, len: symbols.len() }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// 64 bits from `skip` bits after the beginning of symbol number `place`; zeros after the end.
    #[inline]
    pub(super) fn bits_at(&self, place: usize, skip: u32) -> u64 {
        let at = place * self.width as usize + skip as usize;
        let (word, offset) = (at / 64, (at % 64) as u32);
        let high = self.words.get(word).copied().unwrap_or(0);
        let low = self.words.get(word + 1).copied().unwrap_or(0);
        // In two steps, because a shift by 64 bits is none.
        high << offset | low >> 1 >> (63 - offset)
    }

    /// The order of two different suffixes of which the first `known_bits` are equal. Takes a unit of `patience` per
    /// word, and has no answer when there is none left.
    pub(super) fn compare(
        &self,
        a: usize,
        b: usize,
        known_bits: u32,
        patience: &mut u64,
    ) -> Option<Ordering> {
        let end = (self.len - a.max(b)) * self.width as usize;
        let mut skip = known_bits;
        while (skip as usize) < end {
            *patience = patience.checked_sub(1)?;
            let (x, y) = (self.bits_at(a, skip), self.bits_at(b, skip));
            if x != y {
                // Where one of them has ended it has zeros, and comes first all the same.
                return Some(x.cmp(&y));
            }
            skip += 64;
        }
        // The shorter suffix is a prefix of the other one, and comes first.
        Some(b.cmp(&a))
    }

    /// How many symbols two suffixes share.
    pub(super) fn shared_symbols(&self, a: usize, b: usize) -> usize {
        let end = (self.len - a.max(b)) * self.width as usize;
        let mut bits = 0;
        while bits < end {
            let differ = self.bits_at(a, bits as u32) ^ self.bits_at(b, bits as u32);
            if differ != 0 {
                bits += differ.leading_zeros() as usize;
                break;
            }
            bits += 64;
        }
        bits.min(end) / self.width as usize
    }

    /// Whole symbols in the `bits` that two suffixes share, as far as both have symbols.
    #[inline]
    pub(super) fn whole_symbols(&self, bits: u32, a: usize, b: usize) -> usize {
        ((bits / self.width) as usize).min(self.len - a.max(b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_compare_as_slices_do() {
        let mut state = 1_u32;
        for modulus in [1, 2, 3, 200] {
            let symbols: Vec<u8> = (0..150)
                .map(|at| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    if at > 70 { 0 } else { ((state >> 16) % modulus) as u8 }
                })
                .collect();
            let text = PackedText::new(&symbols);
            for a in 0..symbols.len() {
                for b in (0..symbols.len()).filter(|&b| b != a) {
                    let order = text.compare(a, b, 0, &mut 1000);
                    assert_eq!(
                        order,
                        Some(symbols[a..].cmp(&symbols[b..])),
                        "{a} {b} of {modulus}"
                    );
                    let shared =
                        symbols[a..].iter().zip(&symbols[b..]).take_while(|(x, y)| x == y).count();
                    assert_eq!(text.shared_symbols(a, b), shared, "{a} {b} of {modulus}");
                }
            }
        }
    }
}
