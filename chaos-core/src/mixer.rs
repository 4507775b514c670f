// SPDX-License-Identifier: GPL-2.0-or-later
//! The mixer: 64 bits of state that one sample at a time drives apart, and an avalanche at the output.
//! It amplifies, it does not create: with a clock that is known, every output word is known. There is no seed and
//! no secret, and a word can be inverted to the state that gave it, so the mixer hides no weak clock.

/// The state before the first sample: the fraction of π, a nothing-up-my-sleeve number. Not a seed.
const START: u64 = 0x243F_6A88_85A3_08D3;
/// 2^64 divided by the golden ratio, odd: spreads a change of one tick over the upper half.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
/// 2^64 times the fraction of e, made odd.
const FOLD: u64 = 0xB7E1_5162_8AED_2A6B;
/// 2^64 times the fraction of the square root of 3, made odd.
const TWIST: u64 = 0xBB67_AE85_84CA_A73B;
/// The mixer's whole state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mixer {
    state: u64,
}

impl Default for Mixer {
    fn default() -> Self {
        Self::new()
    }
}

impl Mixer {
    /// The mixer before its first sample; the same on every machine and at every start.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: START }
    }

    /// Takes in one sample. It has one path; and it is never timed, so that it need not be anything else.
    #[inline(always)]
    pub const fn absorb(&mut self, delta_ticks: u64) {
        let state = (self.state ^ delta_ticks).wrapping_mul(SPREAD);
        self.state = (state ^ state >> 32).rotate_left(23);
    }

    /// Takes in bytes from outside; they stir the state and are credited with nothing.
    pub fn stir(&mut self, data: &[u8]) {
        for &byte in data {
            self.absorb(u64::from(byte) | STIR_MARK);
        }
        self.absorb(data.len() as u64 | STIR_MARK);
    }

    /// The output word for the state as it is: every state bit reaches every output bit.
    #[inline(always)]
    #[must_use]
    pub const fn word(&self) -> u64 {
        let mut word = self.state;
        word ^= word >> 32;
        word = word.wrapping_mul(FOLD);
        word ^= word >> 29;
        word = word.wrapping_mul(TWIST);
        word ^ (word >> 32)
    }

    /// The state itself, as supplementary input to conditioning.
    #[must_use]
    pub const fn state(&self) -> u64 {
        self.state
    }
}

/// Sets bytes from outside apart from samples: no sample has its top bit set.
const STIR_MARK: u64 = 1 << 63;

#[cfg(test)]
mod tests {
    use super::*;

    fn after(deltas: &[u64]) -> u64 {
        let mut mixer = Mixer::new();
        deltas.iter().for_each(|&delta| mixer.absorb(delta));
        mixer.word()
    }

    #[test]
    fn one_tick_more_changes_half_of_the_word() {
        let mut flipped = 0;
        let mut per_bit = [0_u32; 64];
        for begin in 0..4096_u64 {
            let deltas = [begin * 37 % 1009, 700 + begin];
            let change = after(&deltas) ^ after(&[deltas[0], deltas[1] + 1]);
            flipped += change.count_ones();
            for (bit, count) in per_bit.iter_mut().enumerate() {
                *count += (change >> bit & 1) as u32;
            }
        }
        let mean = f64::from(flipped) / 4096.0;
        assert!((31.5..32.5).contains(&mean), "{mean} of 64 bits flip");
        // 2,048 each are expected, with a standard deviation of 32.
        assert!(per_bit.iter().all(|count| (1800..2300).contains(count)), "{per_bit:?}");
    }

    #[test]
    fn an_early_sample_still_tells_in_the_word() {
        let mut deltas = [711; 64];
        let word = after(&deltas);
        deltas[0] += 1;
        assert!((16..48).contains(&(after(&deltas) ^ word).count_ones()));
    }

    #[test]
    fn the_word_gives_the_state_away() {
        // The avalanche has an inverse, on purpose: no veil over the clock.
        let inverse = |odd: u64| {
            (0..6).fold(odd, |x, _| x.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(x))))
        };
        let mut mixer = Mixer::new();
        mixer.absorb(12_345);
        let mut word = mixer.word();
        word ^= word >> 32;
        word = word.wrapping_mul(inverse(TWIST));
        word ^= word >> 29 ^ word >> 58;
        word = word.wrapping_mul(inverse(FOLD));
        word ^= word >> 32;
        assert_eq!(word, mixer.state());
    }
}
