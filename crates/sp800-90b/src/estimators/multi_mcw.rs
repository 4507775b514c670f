// SPDX-License-Identifier: GPL-2.0-or-later
//! Multi most common in window prediction estimate, SP 800-90B §6.3.7.

use super::multi_mcw_binary::multi_mcw_binary;
use super::predictor::{Hits, Predictor};
use crate::Outcome;

/// Window lengths in samples (§6.3.7 step 1).
pub(super) const WINDOWS: [usize; 4] = [63, 255, 1023, 4095];

/// Predicts each sample to be the most common one of a window, with the best of four windows (§6.3.7).
///
/// Needs 4,096 samples, one more than the longest window.
#[must_use]
pub fn multi_mcw(symbols: &[u8], alphabet_size: usize) -> Outcome<Predictor> {
    let needed = WINDOWS[3] + 1;
    if symbols.len() < needed {
        return Outcome::too_few(format!(
            "the longest window needs {needed} samples or more, and there are {}",
            symbols.len()
        ));
    }
    let hits = if alphabet_size <= 2 {
        multi_mcw_binary(symbols)
    } else {
        multi_mcw_of_many(symbols, alphabet_size)
    };
    Outcome::Value(hits.estimate((symbols.len() - WINDOWS[0]) as u64, alphabet_size))
}

pub(super) fn multi_mcw_of_many(symbols: &[u8], alphabet_size: usize) -> Hits {
    let mut windows = WINDOWS.map(|len| Window::new(&symbols[..len], alphabet_size));
    let mut scores = [0_u64; 4];
    let mut winner = 0;
    let mut hits = Hits::default();
    for (at, &symbol) in symbols.iter().enumerate().skip(WINDOWS[0]) {
        hits.note(windows[winner].frequent == symbol);
        for (j, window) in windows.iter_mut().enumerate() {
            if at < WINDOWS[j] {
                break;
            }
            if window.frequent == symbol {
                scores[j] += 1;
                if scores[j] >= scores[winner] {
                    winner = j;
                }
            }
            window.slide(symbols[at - WINDOWS[j]], symbol, at);
        }
    }
    hits
}

/// The most common symbol of a window, and of several the one seen last.
struct Window {
    /// Per symbol: its count in the high 24 bits, where it was seen last in the low 40.
    keys: Vec<u64>,
    frequent: u8,
}

const ONE: u64 = 1 << 40;
const POSITION: u64 = ONE - 1;

impl Window {
    fn new(first: &[u8], alphabet_size: usize) -> Self {
        let mut keys = vec![0; alphabet_size];
        for (at, &symbol) in first.iter().enumerate() {
            arrive(&mut keys[usize::from(symbol)], at);
        }
        let mut window = Self { keys, frequent: 0 };
        window.frequent = window.largest();
        window
    }

    #[inline]
    fn slide(&mut self, leaving: u8, arriving: u8, at: usize) {
        self.keys[usize::from(leaving)] -= ONE;
        arrive(&mut self.keys[usize::from(arriving)], at);
        if arriving == self.frequent {
            // Still as common as before at least, and seen last.
        } else if leaving == self.frequent {
            self.frequent = self.largest();
        } else if self.keys[usize::from(arriving)] > self.keys[usize::from(self.frequent)] {
            self.frequent = arriving;
        }
    }

    fn largest(&self) -> u8 {
        let largest = self.keys.iter().copied().max().unwrap_or(0);
        self.keys.iter().position(|&key| key == largest).unwrap_or(0) as u8
    }
}

#[inline]
fn arrive(key: &mut u64, at: usize) {
    *key = (*key & !POSITION) + ONE + at as u64;
}
