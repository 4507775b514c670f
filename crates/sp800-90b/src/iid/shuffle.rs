// SPDX-License-Identifier: MIT OR Apache-2.0
//! Seeded shuffles: shuffle number `n` of a seed is always the same one.

/// xoshiro256** (Blackman and Vigna, 2018), seeded through splitmix64.
pub(super) struct Generator([u64; 4]);

impl Generator {
    /// The generator of shuffle `number` under `seed`.
    pub(super) fn new(seed: u64, number: u64) -> Self {
        // Numbers are spread over the whole period of splitmix64, which is a bijection: no two states are equal.
        let mut state = seed ^ number.wrapping_mul(0xD1B5_4A32_D192_ED03);
        Self(std::array::from_fn(|_| {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^ (z >> 31)
        }))
    }

    #[inline]
    fn next(&mut self) -> u64 {
        let s = &mut self.0;
        let result = s[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// A number below `bound`, all equally likely (Lemire, 2019), from 32 bits that are equally likely. `bound` is not 0.
    #[inline]
    fn below(&mut self, bound: u32, random: u32) -> u32 {
        let mut wide = u64::from(random) * u64::from(bound);
        if (wide as u32) < bound {
            let unfair = bound.wrapping_neg() % bound;
            while (wide as u32) < unfair {
                wide = (self.next() >> 32) * u64::from(bound);
            }
        }
        (wide >> 32) as u32
    }
}

/// Shuffles fewer than 2^32 `symbols` (Fisher and Yates, as §5.1 step 2.1 asks).
pub(super) fn shuffle(symbols: &mut [u8], generator: &mut Generator) {
    let mut left = symbols.len() as u32;
    while left > 1 {
        // One number is enough for two places.
        let random = generator.next();
        for half in [random as u32, (random >> 32) as u32] {
            let other = generator.below(left, half);
            symbols.swap(left as usize - 1, other as usize);
            left = (left - 1).max(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_orders_are_equally_likely() {
        let mut seen = [0_u32; 6];
        for number in 0..6000 {
            let mut order = [0, 1, 2];
            shuffle(&mut order, &mut Generator::new(5, number));
            let rank = usize::from(order[0]) * 2 + usize::from(order[1] > order[2]);
            seen[rank] += 1;
        }
        // Standard deviation 29.
        assert!(seen.iter().all(|&count| count.abs_diff(1000) < 150), "{seen:?}");
    }

    #[test]
    fn a_number_names_a_shuffle() {
        let shuffled = |seed, number| {
            let mut symbols: Vec<u8> = (0..=255).collect();
            shuffle(&mut symbols, &mut Generator::new(seed, number));
            symbols
        };
        assert_eq!(shuffled(1, 2), shuffled(1, 2));
        assert_ne!(shuffled(1, 2), shuffled(1, 3));
        assert_ne!(shuffled(1, 2), shuffled(2, 2));
    }
}
