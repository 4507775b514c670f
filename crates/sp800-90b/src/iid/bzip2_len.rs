// SPDX-License-Identifier: GPL-2.0-or-later
//! The compression statistic, SP 800-90B §5.1.11: the length of the symbols, written in decimal, after bzip2.

use std::io::Write;

/// Block size of NIST's tool, in units of 100,000 bytes.
const LEVEL: u32 = 5;

/// The length in bytes of the compressed text of `symbols`, each standing for its entry in `raw`.
pub(super) fn compressed_len(symbols: &[u8], raw: &[u8; 256]) -> u64 {
    let mut counter = Counter(0);
    let mut encoder = bzip2::write::BzEncoder::new(&mut counter, bzip2::Compression::new(LEVEL));
    // A counter takes every byte that it is given, so that writing cannot fail.
    let written =
        encoder.write_all(&decimal_text(symbols, raw)).and_then(|()| encoder.finish().map(|_| ()));
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

/// The symbols in decimal, with one space between them.
fn decimal_text(symbols: &[u8], raw: &[u8; 256]) -> Vec<u8> {
    // Four bytes hold "255 "; only the used ones count.
    let words: Vec<([u8; 4], usize)> = raw
        .iter()
        .map(|symbol| {
            let word = format!("{symbol} ");
            let mut bytes = [0; 4];
            bytes[..word.len()].copy_from_slice(word.as_bytes());
            (bytes, word.len())
        })
        .collect();
    let mut text = Vec::with_capacity(symbols.len() * 4 + 4);
    for &symbol in symbols {
        let (bytes, len) = words[usize::from(symbol)];
        text.extend_from_slice(&bytes);
        text.truncate(text.len() - 4 + len);
    }
    text.pop();
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_written_in_decimal() {
        let raw = std::array::from_fn(|symbol| symbol as u8);
        assert_eq!(decimal_text(&[144, 21, 139, 0, 0, 15], &raw), b"144 21 139 0 0 15");
        assert_eq!(decimal_text(&[], &raw), b"");
    }

    #[test]
    fn the_standards_example_compresses_to_some_length() {
        let raw = std::array::from_fn(|symbol| symbol as u8);
        // What `printf '144 21 139 0 0 15' | bzip2 -5 | wc -c` prints.
        assert_eq!(compressed_len(&[144, 21, 139, 0, 0, 15], &raw), 49);
    }
}
