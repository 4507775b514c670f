// SPDX-License-Identifier: MIT OR Apache-2.0
//! One guess per sample, made before the sample is seen, and how sure the predictor is of it.

use super::contexts::Contexts;

/// Levels of sureness; each predictor numbers its own.
const LEVELS: usize = 256;

/// The guesses of one predictor.
pub(super) struct Guesses {
    /// The symbol that is guessed.
    pub(super) symbols: Vec<u8>,
    /// How sure the predictor is, as a number that means nothing but itself: [`Choice`] finds out how often guesses of
    /// a level are right.
    pub(super) levels: Vec<u8>,
}

/// Counts of the symbols seen in one context.
struct Counts {
    of: [u32; 256],
    total: u32,
    best: u8,
}

impl Counts {
    /// The level of a guess: how many samples it is drawn from (by powers of 2), and which share of them agrees.
    fn level(&self) -> u8 {
        let seen = (u32::BITS - self.total.leading_zeros()).min(15);
        let share = self.of[usize::from(self.best)] * 15 / self.total;
        (seen * 16 + share) as u8
    }

    fn learn(&mut self, symbol: u8) {
        self.of[usize::from(symbol)] += 1;
        self.total += 1;
        // Of equally common symbols the last one seen is guessed.
        if self.of[usize::from(symbol)] >= self.of[usize::from(self.best)] {
            self.best = symbol;
        }
    }

    fn halve(&mut self) {
        self.of.iter_mut().for_each(|count| *count /= 2);
        self.total = self.of.iter().sum();
        let most = self.of.iter().copied().max().unwrap_or(0);
        if self.of[usize::from(self.best)] < most {
            self.best = self.of.iter().position(|&count| count == most).unwrap_or(0) as u8;
        }
    }
}

impl Guesses {
    /// Guesses the most common symbol of those seen before in the same context; in a context that is new, what
    /// `fallback` guesses. With `memory`, counts are halved whenever a context has so many, so that old samples fade.
    pub(super) fn by_counting(
        contexts: &Contexts,
        symbols: &[u8],
        fallback: Option<&Self>,
        memory: Option<u32>,
    ) -> Self {
        let mut guesses = Self {
            symbols: fallback.map_or_else(|| vec![0; symbols.len()], |other| other.symbols.clone()),
            levels: vec![0; symbols.len()],
        };
        let (samples, ends) = contexts.groups();
        let memory = memory.unwrap_or(u32::MAX / 16);
        let mut counts = Counts { of: [0; 256], total: 0, best: 0 };
        let mut begin = 0;
        for end in ends {
            let group = &samples[begin..end as usize];
            begin = end as usize;
            // A context that occurs only once teaches nothing.
            if group.len() < 2 {
                continue;
            }
            for &at in group {
                let at = at as usize;
                if counts.total > 0 {
                    guesses.symbols[at] = counts.best;
                    guesses.levels[at] = counts.level();
                }
                counts.learn(symbols[at]);
                if counts.total >= memory {
                    counts.halve();
                }
            }
            for &at in group {
                counts.of[usize::from(symbols[at as usize])] = 0;
            }
            (counts.total, counts.best) = (0, 0);
        }
        guesses
    }

    /// Guesses that are computed; `None` where nothing can be said, and `fallback` guesses. The level is how often in a
    /// row the rule has just been right.
    pub(super) fn by_rule(
        symbols: &[u8],
        fallback: &Self,
        mut rule: impl FnMut(usize) -> Option<u8>,
    ) -> Self {
        let mut guesses =
            Self { symbols: fallback.symbols.clone(), levels: vec![0; symbols.len()] };
        let mut right = 0_u8;
        for (at, &symbol) in symbols.iter().enumerate() {
            if let Some(guess) = rule(at) {
                guesses.symbols[at] = guess;
                guesses.levels[at] = 1 + right;
                right = if guess == symbol { (right + 1).min(63) } else { 0 };
            }
        }
        guesses
    }

    /// How many samples from `begin` on are guessed right.
    pub(super) fn hits(&self, symbols: &[u8], begin: usize) -> u64 {
        let pairs = self.symbols[begin..].iter().zip(&symbols[begin..]);
        pairs.filter(|(guess, symbol)| guess == symbol).count() as u64
    }
}

/// For each scored sample the guess of the predictor that is the most reliable there, of all that were offered.
///
/// How reliable guesses of a level are is measured on the second quarter of the samples, never on the scored half.
pub(super) struct Choice {
    begin: usize,
    guesses: Vec<u8>,
    reliability: Vec<f32>,
}

impl Choice {
    pub(super) fn new(samples: usize, begin: usize) -> Self {
        Self { begin, guesses: vec![0; samples - begin], reliability: vec![-1.0; samples - begin] }
    }

    pub(super) fn offer(&mut self, offered: &Guesses, symbols: &[u8]) {
        // A level that hardly ever came up is trusted less.
        const DOUBT: f32 = 16.0;
        let (mut right, mut made) = ([0_u32; LEVELS], [0_u32; LEVELS]);
        for (at, &symbol) in symbols.iter().enumerate().take(self.begin).skip(self.begin / 2) {
            let level = usize::from(offered.levels[at]);
            made[level] += 1;
            right[level] += u32::from(offered.symbols[at] == symbol);
        }
        let mut reliable = [0.0; LEVELS];
        for (level, share) in reliable.iter_mut().enumerate() {
            *share = right[level] as f32 / (made[level] as f32 + DOUBT);
        }
        let chosen = self.guesses.iter_mut().zip(&mut self.reliability);
        let scored = offered.symbols[self.begin..].iter().zip(&offered.levels[self.begin..]);
        for ((guess, reliability), (&symbol, &level)) in chosen.zip(scored) {
            let share = reliable[usize::from(level)];
            if share > *reliability {
                *reliability = share;
                *guess = symbol;
            }
        }
    }

    pub(super) fn hits(&self, symbols: &[u8]) -> u64 {
        let pairs = self.guesses.iter().zip(&symbols[self.begin..]);
        pairs.filter(|(guess, symbol)| guess == symbol).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_noise;

    #[test]
    fn a_guess_knows_only_what_came_before() {
        let symbols = [4, 4, 9, 9, 9, 4];
        let guesses = Guesses::by_counting(&Contexts::none(6), &symbols, None, None);
        assert_eq!(guesses.symbols, [0, 4, 4, 4, 9, 9]);
        assert_eq!(guesses.hits(&symbols, 3), 1);
    }

    #[test]
    fn old_samples_fade() {
        let symbols: Vec<u8> = (0..4_000).map(|at| u8::from(at >= 2_000)).collect();
        let contexts = Contexts::none(symbols.len());
        let hits =
            |memory| Guesses::by_counting(&contexts, &symbols, None, memory).hits(&symbols, 2_000);
        assert_eq!(hits(None), 0);
        assert!(hits(Some(64)) > 1_950);
    }

    #[test]
    fn the_choice_takes_each_predictor_where_it_is_good() {
        // The first predictor knows even samples, the second odd ones.
        let symbols: Vec<u8> = test_noise::symbols(4, 1).take(40_000).collect();
        let base = Guesses::by_counting(&Contexts::none(symbols.len()), &symbols, None, None);
        let mut choice = Choice::new(symbols.len(), 20_000);
        for parity in 0..2 {
            let half =
                Guesses::by_rule(&symbols, &base, |at| (at % 2 == parity).then(|| symbols[at]));
            assert!(half.hits(&symbols, 20_000) < 11_500);
            choice.offer(&half, &symbols);
        }
        assert_eq!(choice.hits(&symbols), 20_000);
    }
}
