// SPDX-License-Identifier: GPL-2.0-or-later
//! CRC-32 as in IEEE 802.3 (reflected, polynomial 0xEDB88320), four bytes at a step.
//!
//! Ours and not a crate's, because each byte that a guest sends passes through it under an emulator: four tables
//! (4 KiB) cost a third of the time of one, and the sixteen of the usual crates would not fit the microkernel.

const POLYNOMIAL: u32 = 0xEDB8_8320;

/// `TABLES[n][b]`: what the byte `b`, followed by `n` zero bytes, does to the register.
static TABLES: [[u32; 256]; 4] = tables();

const fn tables() -> [[u32; 256]; 4] {
    let mut tables = [[0; 256]; 4];
    let mut byte = 0;
    while byte < 256 {
        let mut value = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { (value >> 1) ^ POLYNOMIAL } else { value >> 1 };
            bit += 1;
        }
        tables[0][byte] = value;
        byte += 1;
    }
    let mut table = 1;
    while table < 4 {
        let mut byte = 0;
        while byte < 256 {
            let before: u32 = tables[table - 1][byte];
            tables[table][byte] = (before >> 8) ^ tables[0][(before & 0xff) as usize];
            byte += 1;
        }
        table += 1;
    }
    tables
}

/// A CRC-32 under way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crc32(u32);

impl Crc32 {
    pub(crate) const fn new() -> Self {
        Self(!0)
    }

    /// Takes more bytes in.
    #[must_use]
    pub(crate) fn update(self, bytes: &[u8]) -> Self {
        let (words, rest) = bytes.as_chunks::<4>();
        let mut register = self.0;
        for word in words {
            let [a, b, c, d] = (register ^ u32::from_le_bytes(*word)).to_le_bytes();
            register = TABLES[3][usize::from(a)]
                ^ TABLES[2][usize::from(b)]
                ^ TABLES[1][usize::from(c)]
                ^ TABLES[0][usize::from(d)];
        }
        for byte in rest {
            let [low, ..] = register.to_le_bytes();
            register = (register >> 8) ^ TABLES[0][usize::from(low ^ byte)];
        }
        Self(register)
    }

    /// The checksum of what was taken in.
    pub(crate) const fn finish(self) -> u32 {
        !self.0
    }
}

/// The CRC-32 of `bytes`.
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    Crc32::new().update(bytes).finish()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_check_value_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(b""), 0);
    }

    proptest! {
        #[test]
        fn as_an_independent_implementation_in_any_pieces(bytes in prop::collection::vec(any::<u8>(), 0..300), cut in 0..300usize) {
            let cut = cut.min(bytes.len());
            let (first, second) = bytes.split_at(cut);
            prop_assert_eq!(Crc32::new().update(first).update(second).finish(), crc32fast::hash(&bytes));
        }
    }
}
