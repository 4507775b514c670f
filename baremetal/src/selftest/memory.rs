// SPDX-License-Identifier: GPL-2.0-or-later
//! The functions that compiled code relies on, and the checksum of frames.

use super::ensure;

pub(super) fn crc() -> Result<(), &'static str> {
    ensure(chaos_wire::crc32(b"123456789") == 0xcbf4_3926, "it has another")
}

/// Every length and overlap up to three words, against loops that the compiler cannot turn into calls.
pub(super) fn functions() -> Result<(), &'static str> {
    const LEN: usize = 64;
    let pattern: [u8; LEN] = core::array::from_fn(|index| index as u8 ^ 0x5a);
    for from in 0..20 {
        for to in 0..20 {
            for len in 0..25 {
                let mut moved = pattern;
                moved.copy_within(from..from + len, to);
                let right = (0..LEN).all(|index| {
                    let copied = (to..to + len).contains(&index);
                    moved[index] == pattern[if copied { index - to + from } else { index }]
                });
                ensure(right, "memmove or memcpy")?;
            }
        }
        let mut filled = pattern;
        filled[from..from * 3].fill(0xc3);
        let right = (0..LEN).all(|index| {
            filled[index] == if (from..from * 3).contains(&index) { 0xc3 } else { pattern[index] }
        });
        ensure(right, "memset")?;
    }
    let mut other = pattern;
    for index in 0..LEN {
        other[index] ^= 0x80;
        let expected = pattern[index].cmp(&other[index]);
        ensure(core::hint::black_box(&pattern[..]).cmp(&other[..]) == expected, "memcmp")?;
        other[index] ^= 0x80;
    }
    ensure(core::hint::black_box(&pattern) == core::hint::black_box(&other), "memcmp of equals")
}
