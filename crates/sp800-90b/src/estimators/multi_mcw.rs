// SPDX-License-Identifier: MIT OR Apache-2.0
//! Multi most common in window prediction estimate, SP 800-90B §6.3.7.

use super::predictor::{Hits, Predictor};
use super::race::{Race, Verdict};
use crate::Outcome;
use crate::symbols::{BitString, Content, Sequence};

/// Window lengths in samples (§6.3.7 step 1), all odd.
const WINDOWS: [usize; 4] = [63, 255, 1023, 4095];

/// Predicts each sample to be the most common one of a window, with the best of four windows (§6.3.7).
///
/// Needs 4,096 samples, one more than the longest window.
#[must_use]
pub fn multi_mcw(sequence: &Sequence<'_>) -> Outcome<Predictor> {
    let (len, needed) = (sequence.len(), WINDOWS[3] + 1);
    if len < needed {
        return Outcome::too_few(format!(
            "the longest window needs {needed} samples or more, and there are {len}"
        ));
    }
    let (hits, alphabet_size) = match &sequence.0 {
        Content::Bits(bits) => (of_bits(bits), 2),
        Content::Symbols { symbols, alphabet_size } => {
            (of_symbols(symbols, *alphabet_size), *alphabet_size)
        }
    };
    Outcome::Value(hits.estimate((len - WINDOWS[0]) as u64, alphabet_size))
}

fn of_symbols(symbols: &[u8], alphabet_size: usize) -> Hits {
    let mut windows = WINDOWS.map(|len| Window::new(&symbols[..len], alphabet_size));
    let mut scores = [0_u64; 4];
    let mut leader = 0;
    let mut hits = Hits::default();
    for (at, &symbol) in symbols.iter().enumerate().skip(WINDOWS[0]) {
        hits.note(windows[leader].frequent == symbol);
        for (j, window) in windows.iter_mut().enumerate() {
            if at < WINDOWS[j] {
                break;
            }
            if window.frequent == symbol {
                scores[j] += 1;
                if scores[j] >= scores[leader] {
                    leader = j;
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

/// On bits a window's most common one is a comparison, and never a tie, because every window has an odd length.
fn of_bits(bits: &BitString) -> Hits {
    let mut windows = WINDOWS.map(|len| BitWindow::new(bits, len));
    let mut race = Race::<4>::new();
    // Bit by bit until every window is full, then word by word.
    for at in WINDOWS[0]..4096 {
        let arriving = bits.bit(at);
        let verdicts = std::array::from_fn(|j| {
            if at < WINDOWS[j] {
                return Verdict::default();
            }
            let right = u64::from(windows[j].predicts_one() == (arriving == 1));
            windows[j].excess += i32::from(arriving) - i32::from(bits.bit(at - WINDOWS[j]));
            Verdict { right: right << 63, made: 1 << 63 }
        });
        race.count(&verdicts, 1);
    }
    for (number, &word) in bits.words().iter().enumerate().skip(4096 / 64) {
        let len = (bits.len() - number * 64).min(64) as u32;
        let made = u64::MAX << (64 - len);
        let verdicts = std::array::from_fn(|j| {
            let leaving = bits.bits_at(number * 64 - WINDOWS[j]);
            Verdict { right: !(windows[j].predict(word, leaving) ^ word) & made, made }
        });
        race.count(&verdicts, len);
    }
    race.hits
}

/// By how many ones more than its half a window has.
struct BitWindow {
    excess: i32,
}

/// For each byte, the number of ones before each of its bits, the first bit's in the lowest byte.
const ONES_BEFORE: [u64; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut place, mut ones) = (0, 0);
        while place < 8 {
            table[byte] |= ones << (8 * place);
            ones += (byte as u64) >> (7 - place) & 1;
            place += 1;
        }
        byte += 1;
    }
    table
};

impl BitWindow {
    fn new(bits: &BitString, len: usize) -> Self {
        let ones = (0..len).map(|at| i32::from(bits.bit(at))).sum::<i32>();
        Self { excess: ones - (len / 2) as i32 }
    }

    fn predicts_one(&self) -> bool {
        self.excess >= 1
    }

    /// Predicts 64 bits and takes them in, while as many leave; eight at a time, a byte for each.
    #[inline]
    fn predict(&mut self, arriving: u64, leaving: u64) -> u64 {
        const EACH: u64 = 0x0101_0101_0101_0101;
        let mut predicted = 0;
        for (arriving, leaving) in arriving.to_be_bytes().into_iter().zip(leaving.to_be_bytes()) {
            // Within eight bits the excess changes by 8 at most: further away than that from 1 it may as well be cut.
            let base = (127 + self.excess.clamp(-100, 100)) as u64 * EACH;
            let (came, left) =
                (ONES_BEFORE[usize::from(arriving)], ONES_BEFORE[usize::from(leaving)]);
            let before = base + came - left;
            // Each byte's highest bit says whether the excess there is 1 or more.
            let highest = before >> 7 & EACH;
            predicted = predicted << 8 | highest.wrapping_mul(0x8040_2010_0804_0201) >> 56;
            // The ones before the last bit, and that one.
            self.excess += (came >> 56) as i32 + i32::from(arriving & 1)
                - (left >> 56) as i32
                - i32::from(leaving & 1);
        }
        predicted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_agree() {
        let mut state = 3_u32;
        for bias in [128, 250, 5, 140] {
            let bits: Vec<u8> = (0..20_011)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    u8::from(state >> 24 < bias)
                })
                .collect();
            for len in [4096, 4097, 5000, bits.len()] {
                let (bits, n) = (&bits[..len], len as u64);
                let (fast, slow) = (of_bits(&BitString::from_low_bits(bits)), of_symbols(bits, 2));
                assert_eq!(fast.estimate(n, 2), slow.estimate(n, 2), "{bias} {len}");
            }
        }
    }
}
