// SPDX-License-Identifier: GPL-2.0-or-later
//! Lag prediction estimate, SP 800-90B §6.3.8.

use super::predictor::{Hits, Predictor};
use crate::Outcome;

/// Number of lags that compete (§6.3.8: D = 128).
const LAGS: usize = 128;
/// Samples whose matches are counted at once. A score grows by at most this much in one block.
const BLOCK: usize = 64;

/// Predicts each sample to equal the one `lag` back, with the best of 128 lags (§6.3.8); needs 3 samples.
///
/// Only a lag whose score comes within one block of the best can take the lead in it, so that most lags are merely
/// counted, a block at a time.
#[must_use]
pub fn lag(symbols: &[u8], alphabet_size: usize) -> Outcome<Predictor> {
    let mut lags = Lags::default();
    lags.push(symbols);
    lags.lag(alphabet_size)
}

/// The lags' race over a string that comes in pieces.
pub(crate) struct Lags {
    race: Race,
    /// The last samples, as many as the longest lag needs.
    history: Vec<u8>,
    samples: u64,
}

impl Default for Lags {
    fn default() -> Self {
        let race = Race { scores: [0; LAGS], winner: 0, best: 0, hits: Hits::default() };
        Self { race, history: Vec::new(), samples: 0 }
    }
}

impl Lags {
    pub(crate) fn push(&mut self, symbols: &[u8]) {
        /// Samples that are worked on with their history at a time.
        const PIECE: usize = 1 << 16;
        for piece in symbols.chunks(PIECE) {
            let from = self.history.len();
            self.history.extend_from_slice(piece);
            self.race.run(&self.history, from);
            self.history.drain(..self.history.len().saturating_sub(LAGS));
            self.samples += piece.len() as u64;
        }
    }

    pub(crate) fn lag(&self, alphabet_size: usize) -> Outcome<Predictor> {
        if self.samples < 3 {
            return Outcome::too_few("the lag predictor needs 3 samples or more");
        }
        Outcome::Value(self.race.hits.estimate(self.samples - 1, alphabet_size))
    }
}

/// How many of up to 64 pairs are equal.
#[inline]
fn count_equal(a: &[u8], b: &[u8]) -> u8 {
    a.iter().zip(b).fold(0_u8, |sum, (x, y)| sum + u8::from(x == y))
}

struct Race {
    scores: [u64; LAGS],
    /// The leading lag, less 1.
    winner: usize,
    best: u64,
    hits: Hits,
}

impl Race {
    /// The samples from `from` on; those before are the last ones, as many as there were or as the longest lag needs.
    fn run(&mut self, symbols: &[u8], from: usize) {
        // The first samples, before which not every lag has a sample to look back at.
        let slow_end = symbols.len().min(LAGS);
        for at in from.max(1)..slow_end {
            self.step(symbols, at, 0..at);
        }
        let mut contenders = Vec::with_capacity(LAGS);
        let mut at = from.max(slow_end);
        while at < symbols.len() {
            let end = symbols.len().min(at + BLOCK);
            contenders.clear();
            let block = &symbols[at..end];
            for offset in 0..LAGS {
                let back = &symbols[at - offset - 1..end - offset - 1];
                let matches = u64::from(count_equal(block, back));
                if self.scores[offset] + matches >= self.best {
                    contenders.push(offset);
                } else {
                    self.scores[offset] += matches;
                }
            }
            // The winner is always a contender: its score is the best one.
            for position in at..end {
                self.step(symbols, position, contenders.iter().copied());
            }
            at = end;
        }
    }

    /// One sample: test the leader's prediction, then score the `contenders` (lags less 1, ascending).
    #[inline]
    fn step(&mut self, symbols: &[u8], at: usize, contenders: impl Iterator<Item = usize>) {
        let symbol = symbols[at];
        self.hits.note(symbol == symbols[at - self.winner - 1]);
        for offset in contenders {
            if symbols[at - offset - 1] == symbol {
                self.scores[offset] += 1;
                // The last one to reach the best score leads.
                if self.scores[offset] >= self.best {
                    self.best = self.scores[offset];
                    self.winner = offset;
                }
            }
        }
    }
}
