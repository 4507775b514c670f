// SPDX-License-Identifier: GPL-2.0-or-later
//! A hex dump: offset, sixteen bytes in hexadecimal, and their printable characters.

use core::fmt;

/// Bytes of one line.
pub const DUMP_BYTES: usize = 16;

/// Writes one line of a hex dump; of `bytes` the first [`DUMP_BYTES`] are shown.
///
/// # Errors
/// Returns an error if `out` does.
pub fn hex_line(out: &mut dyn fmt::Write, offset: u64, bytes: &[u8]) -> fmt::Result {
    write!(out, "{offset:08x} ")?;
    for place in 0..DUMP_BYTES {
        let gap = if place == DUMP_BYTES / 2 { " " } else { "" };
        match bytes.get(place) {
            Some(byte) => write!(out, "{gap} {byte:02x}")?,
            None => write!(out, "{gap}   ")?,
        }
    }
    out.write_str("  |")?;
    for byte in bytes.iter().take(DUMP_BYTES) {
        let shown = if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' };
        out.write_char(shown)?;
    }
    out.write_str("|\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_look_like_hexdump_dash_c() {
        let line = |offset, bytes: &[u8]| {
            let mut text = String::new();
            hex_line(&mut text, offset, bytes).unwrap();
            text
        };
        assert_eq!(
            line(0x20, b"0123456789abc\0\x7f\xff"),
            "00000020  30 31 32 33 34 35 36 37  38 39 61 62 63 00 7f ff  |0123456789abc...|\n"
        );
        let cut = line(0, b"A ");
        assert_eq!(cut.find("|A |"), Some(60));
    }
}
