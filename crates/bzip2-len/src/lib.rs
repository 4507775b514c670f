// SPDX-License-Identifier: MIT OR Apache-2.0
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod huffman;
mod last_column;
mod mtf;
mod rotations;
mod runs;
mod word;
mod words;

use last_column::LastColumn;
use mtf::{Codes, move_to_front};
use rotations::Sorter;
use runs::Coded;
use std::io::Write;
use words::Blocks;
pub use words::Vocabulary;

/// Block size of NIST's tool, in units of 100,000 bytes.
const LEVEL: u32 = 5;
/// The file header before the blocks; magic number and checksum after them.
const STREAM_BITS: u64 = 32 + 80;
/// Bits that say which bytes occur: 16 for the ranges of 16 bytes, and 16 for each range in use. The space is in one
/// range and all digits are in another.
const USED_MAP_BITS: u64 = 16 + 16 * 2;
/// Magic number, checksum, the flag for randomised blocks, and the rotation that is the original.
const BLOCK_BITS: u64 = 48 + 32 + 1 + 24;

/// Working memory, reused from one text to the next.
#[derive(Default)]
pub struct Compressor {
    sorter: Sorter,
    last_column: LastColumn,
    coded: Coded,
}

impl Compressor {
    /// The length in bytes of what `bzip2 -5` makes of the text of `symbols`: each one's decimal number by
    /// `vocabulary`, with a space between two of them.
    pub fn compressed_len(&mut self, symbols: &[u8], vocabulary: &Vocabulary) -> u64 {
        self.compressed_by_words(symbols, vocabulary)
            .unwrap_or_else(|| compressed_by_bzip2(&vocabulary.text(symbols)))
    }

    /// Nothing where the text repeats itself too much.
    fn compressed_by_words(&mut self, symbols: &[u8], vocabulary: &Vocabulary) -> Option<u64> {
        let mut bits = STREAM_BITS;
        for block in Blocks::new(symbols, vocabulary) {
            // The text's last word has no space, and is joined to the block's first one unless it is alone.
            if block.words.iter().any(|word| !word.ends_with_space()) {
                return None;
            }
            let column = &mut self.last_column;
            column.fill(&block, &mut self.sorter)?;
            let codes = Codes::new(&block.words);
            move_to_front(column.characters_mut(), &codes);
            self.coded.fill(column.padded(), column.repeats(), codes.kinds);
            bits += BLOCK_BITS + USED_MAP_BITS + huffman::coded_bits(&self.coded);
        }
        Some(bits.div_ceil(8))
    }
}

fn compressed_by_bzip2(text: &[u8]) -> u64 {
    let mut counter = Counter(0);
    let mut encoder = bzip2::write::BzEncoder::new(&mut counter, bzip2::Compression::new(LEVEL));
    // A counter takes every byte that it is given, so that writing cannot fail.
    let written = encoder.write_all(text).and_then(|()| encoder.finish().map(|_| ()));
    debug_assert!(written.is_ok());
    counter.0
}

struct Counter(u64);

impl Write for &mut Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Symbols of so many kinds, in an order without structure.
    fn shuffled(len: usize, kinds: usize) -> Vec<u8> {
        let mut symbols: Vec<u8> = (0..len).map(|at| (at % kinds) as u8).collect();
        let mut state = (len * 1000 + kinds) as u64;
        for last in (1..symbols.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            symbols.swap(last, (state >> 33) as usize % (last + 1));
        }
        symbols
    }

    #[test]
    fn the_standards_example_compresses_to_some_length() {
        let raw = std::array::from_fn(|symbol| symbol as u8);
        // What `printf '144 21 139 0 0 15' | bzip2 -5 | wc -c` prints.
        let vocabulary = Vocabulary::new(&raw);
        let len = Compressor::default().compressed_len(&[144, 21, 139, 0, 0, 15], &vocabulary);
        assert_eq!(len, 49);
    }

    #[test]
    fn both_ways_give_the_same_length() {
        let raw = std::array::from_fn(|symbol| symbol as u8);
        let vocabulary = Vocabulary::new(&raw);
        let mut compressor = Compressor::default();
        let mut by_words = 0;
        // Lengths around one symbol, and around one and several blocks of 499,981 characters.
        for len in [1, 2, 3, 10, 50, 777, 20_000, 140_100, 249_991, 250_100] {
            // The real compressor is slow in a test build: only three kinds of long texts.
            let kinds: &[usize] =
                if len < 100_000 { &[1, 2, 3, 11, 16, 100, 256] } else { &[2, 11, 256] };
            for &kinds in kinds {
                let symbols = shuffled(len, kinds);
                let slow = compressed_by_bzip2(&vocabulary.text(&symbols));
                if let Some(fast) = compressor.compressed_by_words(&symbols, &vocabulary) {
                    assert_eq!(fast, slow, "{len} symbols of {kinds} kinds");
                    by_words += 1;
                }
            }
        }
        assert!(by_words > 40, "{by_words}");
    }
}
