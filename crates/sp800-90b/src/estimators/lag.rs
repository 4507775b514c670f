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
    if symbols.len() < 3 {
        return Outcome::too_few("the lag predictor needs 3 samples or more");
    }
    let mut race = Race { scores: [0; LAGS], winner: 0, best: 0, hits: Hits::default() };
    // The first samples, before which not every lag has a sample to look back at.
    let slow_end = symbols.len().min(LAGS);
    for at in 1..slow_end {
        race.step(symbols, at, 0..at);
    }
    let mut contenders = Vec::with_capacity(LAGS);
    let mut at = slow_end;
    while at < symbols.len() {
        let end = symbols.len().min(at + BLOCK);
        let len = end - at;
        contenders.clear();
        let block = &symbols[at..end];
        for offset in 0..LAGS {
            let back = &symbols[at - offset - 1..end - offset - 1];
            let matches = u64::from(count_equal(block, back));
            if race.scores[offset] + matches >= race.best {
                contenders.push(offset);
            } else {
                race.scores[offset] += matches;
            }
        }
        // The winner is always a contender: its score is the best one.
        for position in at..at + len {
            race.step(symbols, position, contenders.iter().copied());
        }
        at = end;
    }
    Outcome::Value(race.hits.estimate(symbols.len() as u64 - 1, alphabet_size))
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
