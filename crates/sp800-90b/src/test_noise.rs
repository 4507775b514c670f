// SPDX-License-Identifier: MIT OR Apache-2.0
//! Noise for the tests of this crate: the high bits of a linear congruence modulo 2^64.

/// Endless symbols of so many bits.
pub(crate) fn symbols(bits: u32, seed: u64) -> impl Iterator<Item = u8> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> (64 - bits)) as u8
    })
}
