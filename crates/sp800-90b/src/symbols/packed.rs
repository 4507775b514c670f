// SPDX-License-Identifier: MIT OR Apache-2.0
//! Symbols out of bytes that hold several of them.

use super::{SymbolError, Symbols};

/// Cuts `bytes` into symbols of `bits` bits, most significant bit first, across byte borders.
///
/// Bits at the end that do not fill a symbol are left out; there are fewer than `bits` of them.
///
/// # Errors
/// [`SymbolError::Width`] for a width outside 1 to 8.
pub fn from_packed_bits(bytes: &[u8], bits: u8) -> Result<Symbols, SymbolError> {
    if !(1..=8).contains(&bits) {
        return Err(SymbolError::Width { bits });
    }
    let mut symbols = Vec::with_capacity(bytes.len() * 8 / usize::from(bits));
    let mut held = 0_u32;
    let mut held_bits = 0;
    for &byte in bytes {
        held = held << 8 | u32::from(byte);
        held_bits += 8;
        while held_bits >= bits {
            held_bits -= bits;
            symbols.push((held >> held_bits) as u8);
            held &= (1 << held_bits) - 1;
        }
    }
    Symbols::new(symbols, bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_taken_from_the_top() {
        let bytes = [0b1011_0001, 0b0111_1111];
        let raw = |bits| from_packed_bits(&bytes, bits).unwrap().raw().to_vec();
        assert_eq!(raw(1), [1, 0, 1, 1, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1]);
        assert_eq!(raw(3), [0b101, 0b100, 0b010, 0b111, 0b111]);
        assert_eq!(raw(4), [0b1011, 0b0001, 0b0111, 0b1111]);
        assert_eq!(raw(8), bytes);
        assert!(from_packed_bits(&bytes, 0).is_err());
    }
}
