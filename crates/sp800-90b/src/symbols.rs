// SPDX-License-Identifier: MIT OR Apache-2.0
//! Raw noise as symbols of 1 to 8 bits: what every estimator reads.
//!
//! Symbols come from one byte each ([`Symbols::new`], [`from_reader`]), from packed bits ([`from_packed_bits`]) or from
//! clock ticks ([`from_ticks`]).

mod bit_string;
mod packed;
mod reader;
mod sequence;
mod step;
mod ticks;

pub use bit_string::BitString;
pub use packed::from_packed_bits;
pub use reader::{ReadError, from_reader};
pub(crate) use sequence::Content;
pub use sequence::Sequence;
pub use step::{CounterStep, gcd};
pub use ticks::{LowBitsError, TickRange, TickSymbols, from_ticks, from_ticks_low_bits};

use std::borrow::Cow;

/// Why bytes are not symbols.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SymbolError {
    /// A width outside 1 to 8 bits.
    #[error(
        "symbols of {bits} bits cannot be assessed: SP 800-90B takes 1 to 8 bits; choose --bits 1 to 8"
    )]
    Width {
        /// The width asked for.
        bits: u8,
    },
    /// A symbol that does not fit into the stated width.
    #[error(
        "the symbol at offset {offset} is {value}, which does not fit into the stated {bits} bits; \
         state a larger width, or cut the data at its source"
    )]
    OverWidth {
        /// Index of the first such symbol, in symbols from 0.
        offset: usize,
        /// Its value.
        value: u8,
        /// The stated width in bits.
        bits: u8,
    },
}

/// A sequence of symbols of one width.
///
/// Literal estimators see the symbols mapped down to `0..alphabet_size` in their order (§6.1); the bitstring is made
/// of the symbols as they came, most significant bit first (§3.1.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbols {
    raw: Vec<u8>,
    mapped: Option<Vec<u8>>,
    bits: u8,
    alphabet_size: usize,
}

impl Symbols {
    /// Symbols of `bits` bits, one per byte.
    ///
    /// # Errors
    /// [`SymbolError::Width`] for a width outside 1 to 8, [`SymbolError::OverWidth`] for the first symbol that does
    /// not fit.
    pub fn new(raw: Vec<u8>, bits: u8) -> Result<Self, SymbolError> {
        if !(1..=8).contains(&bits) {
            return Err(SymbolError::Width { bits });
        }
        let largest_allowed = u8::MAX >> (8 - bits);
        // All of them at once is faster than one by one.
        let largest = raw.iter().copied().max().unwrap_or(0);
        if largest > largest_allowed
            && let Some(offset) = raw.iter().position(|&symbol| symbol > largest_allowed)
        {
            return Err(SymbolError::OverWidth { offset, value: raw[offset], bits });
        }
        Ok(Self::fitting(raw, bits))
    }

    /// Symbols, one per byte, as wide as the widest of them (1 bit for nothing but zeros).
    #[must_use]
    pub fn detect_width(raw: Vec<u8>) -> Self {
        let used = raw.iter().fold(0, |mask, &symbol| mask | symbol);
        let bits = u8::try_from(u8::BITS - used.leading_zeros()).unwrap_or(8).max(1);
        Self::fitting(raw, bits)
    }

    fn fitting(raw: Vec<u8>, bits: u8) -> Self {
        let mut present = [false; 256];
        for &symbol in &raw {
            present[usize::from(symbol)] = true;
        }
        let mut map = [0_u8; 256];
        let mut alphabet_size = 0_usize;
        let mut largest = 0;
        for symbol in 0..256 {
            if present[symbol] {
                map[symbol] = alphabet_size as u8;
                alphabet_size += 1;
                largest = symbol;
            }
        }
        let mapped = (alphabet_size != 0 && alphabet_size <= largest)
            .then(|| raw.iter().map(|&symbol| map[usize::from(symbol)]).collect());
        Self { raw, mapped, bits, alphabet_size }
    }

    /// How many symbols there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.raw.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// The stated width in bits.
    #[must_use]
    pub fn bits_per_symbol(&self) -> u8 {
        self.bits
    }

    /// The width of the widest symbol, if that is below the stated width.
    pub(crate) fn used_bits_if_fewer(&self) -> Option<u32> {
        let used = u8::BITS - self.raw.iter().fold(0, |mask, symbol| mask | symbol).leading_zeros();
        (used < u32::from(self.bits)).then_some(used)
    }

    /// How many different symbols occur.
    #[must_use]
    pub fn alphabet_size(&self) -> usize {
        self.alphabet_size
    }

    /// The symbols as they came.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The symbols mapped down to `0..alphabet_size`, in their order.
    #[must_use]
    pub fn literal(&self) -> &[u8] {
        self.mapped.as_deref().unwrap_or(&self.raw)
    }

    /// The bits of the symbols as they came, most significant first (§3.1.3).
    #[must_use]
    pub fn bit_string(&self) -> BitString {
        BitString::from_symbols(&self.raw, self.bits)
    }

    /// What the literal estimators estimate on: the symbols mapped down, as bits if there are two of them at most.
    #[must_use]
    pub fn literal_sequence(&self) -> Sequence<'_> {
        let literal = self.literal();
        Sequence(if self.alphabet_size <= 2 {
            Content::Bits(Cow::Owned(BitString::from_low_bits(literal)))
        } else {
            Content::Symbols { symbols: literal, alphabet_size: self.alphabet_size }
        })
    }

    /// What the estimators on the bitstring estimate on.
    #[must_use]
    pub fn bit_sequence(&self) -> Sequence<'static> {
        self.bit_string().into()
    }

    /// The same symbols in another order.
    pub(crate) fn reordered(&self, raw: Vec<u8>) -> Self {
        Self::fitting(raw, self.bits)
    }
}

/// How often each symbol occurs.
pub(crate) fn counts_of(symbols: &[u8]) -> [u64; 256] {
    // One after another in different tables: the count of a symbol that just came is still being written.
    let mut tables = [[0_u64; 256]; 8];
    let (eights, rest) = symbols.as_chunks::<8>();
    for eight in eights {
        for (table, &symbol) in tables.iter_mut().zip(eight) {
            table[usize::from(symbol)] += 1;
        }
    }
    rest.iter().for_each(|&symbol| tables[0][usize::from(symbol)] += 1);
    std::array::from_fn(|symbol| tables.iter().map(|table| table[symbol]).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_over_the_width_is_named() {
        let error = Symbols::new(vec![3, 15, 16, 99], 4).unwrap_err();
        assert_eq!(error, SymbolError::OverWidth { offset: 2, value: 16, bits: 4 });
        assert!(error.to_string().contains("offset 2"));
        assert_eq!(Symbols::new(vec![], 9), Err(SymbolError::Width { bits: 9 }));
    }

    #[test]
    fn literal_symbols_are_mapped_down_and_the_bitstring_is_not() {
        let symbols = Symbols::new(vec![9, 2, 9, 4], 4).unwrap();
        assert_eq!(symbols.literal(), [2, 0, 2, 1]);
        assert_eq!(symbols.alphabet_size(), 3);
        let bits = [1, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0];
        assert!(symbols.bit_string().iter().eq(bits));
        let dense = Symbols::new(vec![2, 0, 1], 4).unwrap();
        assert_eq!(dense.literal(), dense.raw());
    }

    #[test]
    fn width_is_that_of_the_widest_symbol() {
        assert_eq!(Symbols::detect_width(vec![0, 5]).bits_per_symbol(), 3);
        assert_eq!(Symbols::detect_width(vec![0, 0]).bits_per_symbol(), 1);
        assert_eq!(Symbols::detect_width(vec![255]).bits_per_symbol(), 8);
    }
}
