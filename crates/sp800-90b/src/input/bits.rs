// SPDX-License-Identifier: MIT OR Apache-2.0
//! Symbols that are not whole bytes: packed ones, and bits as text.

use super::InputError;

/// Symbols side by side, most significant bit first, across byte borders.
pub(super) struct Packed {
    bits: u8,
    held: u32,
    held_bits: u8,
}

impl Packed {
    pub(super) fn new(bits: u8) -> Self {
        Self { bits, held: 0, held_bits: 0 }
    }

    /// Hands each whole symbol on until `each` wants no more.
    pub(super) fn push(
        &mut self,
        bytes: &[u8],
        each: &mut dyn FnMut(u64) -> Result<bool, InputError>,
    ) -> Result<bool, InputError> {
        for &byte in bytes {
            self.held = self.held << 8 | u32::from(byte);
            self.held_bits += 8;
            while self.held_bits >= self.bits {
                self.held_bits -= self.bits;
                let symbol = self.held >> self.held_bits;
                self.held &= (1 << self.held_bits) - 1;
                if !each(symbol.into())? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Bits at the end that do not fill a symbol.
    pub(super) fn left_over(&self) -> u8 {
        self.held_bits
    }
}

/// The bit of a character; nothing for one that separates bits.
pub(super) fn text_bit(byte: u8, offset: u64) -> Result<Option<u8>, InputError> {
    match byte {
        b'0' | b'1' => Ok(Some(byte - b'0')),
        b',' | b';' => Ok(None),
        _ if byte.is_ascii_whitespace() => Ok(None),
        _ => Err(InputError::Sample(format!(
            "the byte at offset {offset} is {byte:#04x}, and --format bits takes the characters 0 and 1; for one \
             symbol per byte use --format u8, for numbers --format dec"
        ))),
    }
}
