// SPDX-License-Identifier: MIT OR Apache-2.0
//! Several predictors of bits that compete: the one with the most correct predictions leads, and only its predictions
//! count (§6.3.7 step 3, §6.3.8 step 3, §6.3.9 step 5).

use super::predictor::Hits;

/// What a predictor said of up to 64 bits, the first one in the highest bit.
#[derive(Clone, Copy, Default)]
pub(super) struct Verdict {
    /// Correct predictions.
    pub(super) right: u64,
    /// Bits that it made a prediction for.
    pub(super) made: u64,
}

impl Verdict {
    /// Adds some bits of another one.
    fn take(&mut self, other: Self, bits: u64) {
        self.right |= other.right & bits;
        self.made |= other.made & bits;
    }
}

/// `N` predictors and their scores.
pub(super) struct Race<const N: usize> {
    pub(super) scores: [u64; N],
    pub(super) leader: usize,
    pub(super) hits: Hits,
    contenders: Vec<(usize, Verdict)>,
}

impl<const N: usize> Race<N> {
    pub(super) fn new() -> Self {
        Self { scores: [0; N], leader: 0, hits: Hits::default(), contenders: Vec::with_capacity(N) }
    }

    /// Counts `len` predictions of each predictor for the same bits.
    ///
    /// A predictor whose score stays below the leader's old one cannot have led meanwhile: only the others are followed
    /// bit by bit, and mostly there is none.
    #[inline]
    pub(super) fn count(&mut self, verdicts: &[Verdict; N], len: u32) {
        let best = self.scores[self.leader];
        let mut contenders = std::mem::take(&mut self.contenders);
        contenders.clear();
        for (place, (score, &verdict)) in self.scores.iter_mut().zip(verdicts).enumerate() {
            let gain = u64::from(verdict.right.count_ones());
            if *score + gain >= best {
                contenders.push((place, verdict));
            } else {
                *score += gain;
            }
        }
        self.follow(&contenders, len);
        self.contenders = contenders;
    }

    /// Counts the predictions of those that may come to lead, in ascending order, the leader among them.
    pub(super) fn follow(&mut self, contenders: &[(usize, Verdict)], len: u32) {
        if let [(leader, verdict)] = contenders {
            self.scores[*leader] += u64::from(verdict.right.count_ones());
            self.hits.note_word(verdict.right, verdict.made, len);
            return;
        }
        // What was said by the one that led at the time.
        let mut led = Verdict::default();
        for piece in (0..len).step_by(8) {
            let shift = 56 - piece;
            let gain = |verdict: Verdict| u64::from((verdict.right >> shift & 0xFF).count_ones());
            let best = self.scores[self.leader];
            let leader = self.leader;
            // As above, for fewer bits.
            let is_settled = contenders.iter().all(|&(place, verdict)| {
                place == leader || self.scores[place] + gain(verdict) < best
            });
            if is_settled {
                for &(place, verdict) in contenders {
                    self.scores[place] += gain(verdict);
                    if place == leader {
                        led.take(verdict, 0xFF << shift);
                    }
                }
            } else {
                (shift..shift + 8).rev().for_each(|place| self.step(contenders, place, &mut led));
            }
        }
        self.hits.note_word(led.right, led.made, len);
    }

    /// Counts one bit.
    fn step(&mut self, contenders: &[(usize, Verdict)], place: u32, led: &mut Verdict) {
        let leader = self.leader;
        for &(contender, verdict) in contenders {
            if contender == leader {
                led.take(verdict, 1 << place);
            }
            let right = verdict.right >> place & 1;
            self.scores[contender] += right;
            // The last one to reach the best score leads.
            if right == 1 && self.scores[contender] >= self.scores[self.leader] {
                self.leader = contender;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_count_as_their_bits_do() {
        let mut state = 1_u64;
        let mut random = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state ^ state >> 29
        };
        let mut race = Race::<3>::new();
        let (mut scores, mut leader, mut hits) = ([0_u64; 3], 0, Hits::default());
        for round in 0..400_u32 {
            let len = if round % 5 == 0 { 1 + round % 64 } else { 64 };
            let wanted = u64::MAX << (64 - len);
            let verdicts: [Verdict; 3] = std::array::from_fn(|place| {
                // The first one makes no prediction now and then; the last one is bad, then good.
                let made = if place == 0 && round % 3 == 0 { random() } else { u64::MAX } & wanted;
                let bad = place == 2 && round < 200;
                let right = if bad { random() & random() } else { random() | random() };
                Verdict { right: right & made, made }
            });
            race.count(&verdicts, len);
            for at in (64 - len..64).rev() {
                if verdicts[leader].made >> at & 1 == 1 {
                    hits.note(verdicts[leader].right >> at & 1 == 1);
                }
                for place in 0..3 {
                    if verdicts[place].right >> at & 1 == 1 {
                        scores[place] += 1;
                        if scores[place] >= scores[leader] {
                            leader = place;
                        }
                    }
                }
            }
            assert_eq!((race.scores, race.leader), (scores, leader));
            assert_eq!(race.hits.estimate(1_000_000, 2), hits.estimate(1_000_000, 2));
        }
    }
}
