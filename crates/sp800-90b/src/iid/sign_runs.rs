// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs of equal signs (§5.1.2 to §5.1.6), the signs packed into words.

/// What there is to say about a sequence of signs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct SignRuns {
    pub(super) number: u64,
    pub(super) longest: u64,
    /// Signs that are set.
    pub(super) set: u64,
    pub(super) len: u64,
}

impl SignRuns {
    /// The runs of the signs of pairs, one from each side, as many as the shorter side has.
    pub(super) fn of_pairs(a: &[u8], b: &[u8], sign: impl Fn(u8, u8) -> bool + Copy) -> Self {
        let mut counter = Counter::default();
        let len = a.len().min(b.len());
        let ((a, a_rest), (b, b_rest)) = (a[..len].as_chunks::<64>(), b[..len].as_chunks::<64>());
        for (a, b) in a.iter().zip(b) {
            counter.push(pack(a, b, sign), 64);
        }
        let (mut last_a, mut last_b) = ([0; 64], [0; 64]);
        last_a[..a_rest.len()].copy_from_slice(a_rest);
        last_b[..b_rest.len()].copy_from_slice(b_rest);
        if !a_rest.is_empty() {
            counter.push(pack(&last_a, &last_b, sign), a_rest.len() as u32);
        }
        counter.finish()
    }
}

/// One sign in each bit, the first one lowest.
#[inline]
fn pack(a: &[u8; 64], b: &[u8; 64], sign: impl Fn(u8, u8) -> bool) -> u64 {
    let mut signs = [0_u8; 64];
    for ((sign_of, &a), &b) in signs.iter_mut().zip(a).zip(b) {
        *sign_of = u8::from(sign(a, b));
    }
    // Bit 8i of eight signs, shifted by 56 - 7i, is bit 56 + i; no other product gets there.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let eights = signs.as_chunks::<8>().0;
    eights
        .iter()
        .rev()
        .fold(0, |word, &eight| word << 8 | u64::from_le_bytes(eight).wrapping_mul(GATHER) >> 56)
}

/// A run goes on where a sign is equal to the one before it: runs of ones are counted in the words that say so.
#[derive(Default)]
struct Counter {
    runs: SignRuns,
    /// The last sign, lowest.
    last: u64,
    /// Signs that were equal to the one before them, up to the last word's end, and the most of those anywhere.
    equal: u64,
    most_equal: u64,
}

impl Counter {
    /// Takes `len` signs, 1 to 64 of them.
    fn push(&mut self, word: u64, len: u32) {
        let wanted = u64::MAX >> (64 - len);
        let word = word & wanted;
        let mut changes = (word ^ (word << 1 | self.last)) & wanted;
        if self.runs.len == 0 {
            // The first sign begins a run, whatever it is.
            changes |= 1;
        }
        self.runs.number += u64::from(changes.count_ones());
        self.runs.set += u64::from(word.count_ones());
        self.runs.len += u64::from(len);
        self.last = word >> (len - 1);

        if changes == 0 {
            self.equal += u64::from(len);
            self.most_equal = self.most_equal.max(self.equal);
            return;
        }
        let equal = !changes & wanted;
        self.most_equal = self.most_equal.max(self.equal + u64::from(equal.trailing_ones()));
        self.equal = u64::from(changes.leading_zeros() - (64 - len));
        // A longer run inside of this word is rare: is there one?
        let mut longer = equal;
        let mut length = 1;
        while longer != 0 && length <= self.most_equal {
            let step = length.min(self.most_equal + 1 - length);
            longer &= longer >> step;
            length += step;
        }
        while longer != 0 {
            self.most_equal += 1;
            longer &= longer >> 1;
        }
    }

    fn finish(mut self) -> SignRuns {
        self.most_equal = self.most_equal.max(self.equal);
        self.runs.longest = if self.runs.len == 0 { 0 } else { self.most_equal + 1 };
        self.runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same, sign by sign.
    fn by_hand(signs: &[bool]) -> SignRuns {
        let runs = signs.chunk_by(|a, b| a == b);
        SignRuns {
            number: runs.clone().count() as u64,
            longest: runs.map(<[bool]>::len).max().unwrap_or(0) as u64,
            set: signs.iter().filter(|&&sign| sign).count() as u64,
            len: signs.len() as u64,
        }
    }

    #[test]
    fn runs_are_those_of_looking_at_every_sign() {
        let mut state = 1_u64;
        let mut next = |bound: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % bound
        };
        // Rare changes make long runs, over whole words.
        for rarity in [1, 2, 3, 20, 100, 500] {
            for len in [0, 1, 2, 63, 64, 65, 127, 128, 129, 1000, 5000] {
                let mut sign = false;
                let signs: Vec<bool> = (0..len)
                    .map(|_| {
                        sign ^= next(rarity) == 0;
                        sign
                    })
                    .collect();
                let bytes: Vec<u8> = signs.iter().map(|&sign| u8::from(sign)).collect();
                let ours = SignRuns::of_pairs(&bytes, &bytes, |a, _| a > 0);
                assert_eq!(ours, by_hand(&signs), "{len} signs, a change every {rarity}");
                let later = bytes.get(1..).unwrap_or(&[]);
                let rises: Vec<bool> = signs.windows(2).map(|pair| !pair[0] & pair[1]).collect();
                let ours = SignRuns::of_pairs(&bytes, later, |a, b| a < b);
                assert_eq!(ours, by_hand(&rises), "{len} signs, a change every {rarity}");
            }
        }
    }
}
