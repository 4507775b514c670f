// SPDX-License-Identifier: GPL-2.0-or-later
//! SHA-256 of samples, as they lie in the files.

use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Of bytes.
#[must_use]
pub fn of_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Of deltas as 64-bit little-endian words, the content of a `.u64le` file.
#[must_use]
pub fn of_ticks(delta_ticks: &[u64]) -> String {
    let mut hasher = Sha256::new();
    let mut buffer = Vec::with_capacity(8 * 4_096);
    for chunk in delta_ticks.chunks(4_096) {
        buffer.clear();
        buffer.extend(chunk.iter().flat_map(|delta| delta.to_le_bytes()));
        hasher.update(&buffer);
    }
    hex(&hasher.finalize())
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_hash_as_their_file_does() {
        let deltas: Vec<u64> = (0..10_000).map(|i| i * 0x0102_0304_0506).collect();
        let file: Vec<u8> = deltas.iter().flat_map(|delta| delta.to_le_bytes()).collect();
        assert_eq!(of_ticks(&deltas), of_bytes(&file));
        // FIPS 180-4 example: SHA-256("abc").
        assert!(of_bytes(b"abc").starts_with("ba7816bf8f01cfea"));
    }
}
