// SPDX-License-Identifier: GPL-2.0-or-later
//! The lag predictor: it guesses each sample from one that came up to [`LAGS`] samples earlier (after SP 800-90B
//! §6.3.8, with a search in place of a scoreboard). Whatever the rule by which it picks that sample, it knows only the past, so by
//! the claim each guess is right with a chance of 2^-H at most, and the cutoffs follow.
//!
//! While it searches, it waits for one earlier sample to come again, which costs the sampling loop nothing but a
//! comparison; it takes a newer one when that is [`LAGS`] samples old. A run of right guesses locks it: then it keeps its
//! lag through single wrong guesses, looking after each sample.

use super::run::Run;

/// Samples that the lag predictor looks back at most.
pub const LAGS: u32 = 32;

/// Right guesses in a row that lock the lag. A clock of few values gives 8 by chance every second, and each sample taken
/// while locked stands in a block of its own, which makes it a little shorter; 16 it hardly ever gives.
const LOCK_HITS: u32 = 16;
/// Wrong guesses in a row that unlock it.
const UNLOCK_MISSES: u32 = 3;

#[derive(Debug)]
pub(super) struct LagPredictor {
    history: [u64; LAGS as usize],
    /// The number of the sample that is the next guess.
    guess: u64,
    /// The lag that is kept, or 0 while searching.
    locked_lag: u32,
    misses: u32,
    /// Right guesses in a row.
    pub(super) hits: Run,
    /// Right guesses in the window.
    pub(super) window_hits: u32,
}

impl LagPredictor {
    pub(super) const fn new() -> Self {
        Self {
            history: [0; LAGS as usize],
            guess: 0,
            locked_lag: 0,
            misses: 0,
            hits: Run::NONE,
            window_hits: 0,
        }
    }

    #[inline(always)]
    pub(super) const fn record(&mut self, number: u64, delta: u64) {
        self.history[number as usize % LAGS as usize] = delta;
    }

    /// Sample `number` was guessed right. Returns the next guess.
    pub(super) fn hit(&mut self, number: u64) -> u64 {
        self.hits.go_on(number);
        self.window_hits = self.window_hits.wrapping_add(1);
        self.guess = self.guess.wrapping_add(1);
        self.history[self.guess as usize % LAGS as usize]
    }

    /// How many samples from `number` on it can do without [`LagPredictor::look`]; 1 to [`LAGS`].
    #[inline(always)]
    pub(super) const fn block_samples(&self, number: u64) -> u32 {
        if self.locked_lag > 0 {
            return 1;
        }
        let lag = number.wrapping_sub(self.guess) as u32;
        let samples = (LAGS + 1).saturating_sub(lag);
        if samples == 0 { 1 } else { samples }
    }

    /// Settles from which sample it guesses on, before sample `number`. Returns the next guess.
    pub(super) fn look(&mut self, number: u64) -> u64 {
        let run = self.hits.length_before(number);
        if self.locked_lag > 0 {
            self.misses = if run > 0 { 0 } else { self.misses.saturating_add(1) };
            self.guess = number.wrapping_sub(u64::from(self.locked_lag));
            if self.misses == UNLOCK_MISSES {
                self.locked_lag = 0;
            }
        } else if run >= LOCK_HITS {
            self.locked_lag = number.wrapping_sub(self.guess) as u32;
            self.misses = 0;
        }
        if number.wrapping_sub(self.guess) > u64::from(LAGS) {
            self.guess = number.wrapping_sub(1);
        }
        self.history[self.guess as usize % LAGS as usize]
    }
}
