// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bits packed into words: what the estimators on bits read, in an eighth of the memory that bytes would take.

/// A string of bits.
///
/// The first bit is the highest of the first word; the last word is filled up with zeros.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BitString {
    words: Vec<u64>,
    len: usize,
}

/// Eight bytes of 0 or 1 times this have the first byte's bit highest in the highest byte.
const GATHER: u64 = 0x8040_2010_0804_0201;

impl BitString {
    /// The string of the lowest bit of each byte.
    #[must_use]
    pub fn from_low_bits(bytes: &[u8]) -> Self {
        let words = bytes.chunks(64).map(|chunk| {
            let (eights, rest) = chunk.as_chunks::<8>();
            let packed = eights.iter().fold(0_u64, |word, &eight| word << 8 | pack_8(eight));
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            let word = if rest.is_empty() { packed } else { packed << 8 | pack_8(last) };
            word << (u64::BITS as usize - chunk.len().div_ceil(8) * 8)
        });
        Self { words: words.collect(), len: bytes.len() }
    }

    /// The string of symbols of `bits` bits, each with its highest bit first.
    pub(crate) fn from_symbols(symbols: &[u8], bits: u8) -> Self {
        if bits == 1 {
            return Self::from_low_bits(symbols);
        }
        let len = symbols.len() * usize::from(bits);
        let mut words = Vec::with_capacity(len.div_ceil(64));
        if bits == 8 {
            let (eights, rest) = symbols.as_chunks::<8>();
            words.extend(eights.iter().map(|&eight| u64::from_be_bytes(eight)));
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            words.extend((!rest.is_empty()).then(|| u64::from_be_bytes(last)));
            return Self { words, len };
        }
        let width = u32::from(bits);
        let (mut word, mut free) = (0_u64, u64::BITS);
        for &symbol in symbols {
            let symbol = u64::from(symbol);
            if free >= width {
                free -= width;
                word |= symbol << free;
            } else {
                let over = width - free;
                words.push(word | symbol >> over);
                free = u64::BITS - over;
                word = symbol << free;
            }
        }
        if words.len() * 64 < len {
            words.push(word);
        }
        Self { words, len }
    }

    /// How many bits there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many bits are set.
    #[must_use]
    pub fn ones(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// The bits, one by one.
    pub fn iter(&self) -> impl Iterator<Item = u8> + '_ {
        (0..self.len).map(|at| self.bit(at))
    }

    /// 64 bits in each word, the first one highest.
    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }

    /// The bit at `at`, which is below [`BitString::len`].
    #[inline]
    pub(crate) fn bit(&self, at: usize) -> u8 {
        (self.words[at / 64] >> (63 - at % 64)) as u8 & 1
    }

    /// The 64 bits from `at` on; zeros after the end.
    #[inline]
    pub(crate) fn bits_at(&self, at: usize) -> u64 {
        let word = |at: usize| self.words.get(at).copied().unwrap_or(0);
        let (first, shift) = (word(at / 64), at % 64);
        if shift == 0 { first } else { first << shift | word(at / 64 + 1) >> (64 - shift) }
    }
}

#[inline]
fn pack_8(bytes: [u8; 8]) -> u64 {
    const LOWEST: u64 = 0x0101_0101_0101_0101;
    (u64::from_le_bytes(bytes) & LOWEST).wrapping_mul(GATHER) >> 56
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_width_is_packed_as_its_bits() {
        let mut state = 5_u32;
        for bits in 1..=8_u8 {
            for len in [0, 1, 7, 8, 9, 63, 64, 65, 200] {
                let symbols: Vec<u8> = (0..len)
                    .map(|_| {
                        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        (state >> 24) as u8 >> (8 - bits)
                    })
                    .collect();
                let one_by_one: Vec<u8> = symbols
                    .iter()
                    .flat_map(|&symbol| (0..bits).rev().map(move |place| symbol >> place & 1))
                    .collect();
                let packed = BitString::from_symbols(&symbols, bits);
                assert_eq!(packed.len(), one_by_one.len());
                assert_eq!(packed.words().len(), one_by_one.len().div_ceil(64));
                assert!(packed.iter().eq(one_by_one.iter().copied()), "{len} of {bits} bits");
                assert_eq!(packed, BitString::from_low_bits(&one_by_one));
                let ones = one_by_one.iter().filter(|&&bit| bit == 1).count();
                assert_eq!(packed.ones(), ones as u64);
                for at in 0..packed.len() {
                    let there = one_by_one[at..].iter().chain(&[0; 64]).take(64);
                    let word = there.fold(0_u64, |word, &bit| word << 1 | u64::from(bit));
                    assert_eq!(packed.bits_at(at), word, "{at} in {len} of {bits} bits");
                }
            }
        }
    }
}
