// SPDX-License-Identifier: MIT OR Apache-2.0
//! bzip2's third stage: runs of zeros as numbers, and groups of symbols.

use super::last_column::Repeat;

/// Symbols in one group, which share a Huffman table.
pub(super) const GROUP: usize = 50;
/// Most symbols there are: two digits for runs, the moves 1 to 10 of 11 characters, and the end of the block.
pub(super) const MOST_SYMBOLS: usize = 13;
/// Runs up to this are looked up.
const SHORT_RUN: u64 = 254;
/// Places that are coded without looking whether the run is still short.
const STRIDE: usize = 64;

/// The block after this stage, as far as its coded length depends on it.
#[derive(Default)]
pub(super) struct Coded {
    symbols: Vec<u8>,
    /// How often each symbol occurs in each group of 50.
    pub(super) groups: Vec<[u8; 16]>,
    /// How many different symbols there are.
    pub(super) alphabet_size: usize,
}

impl Coded {
    /// Codes a block: places in the list of `kinds` characters, and where zeros were left out after one.
    pub(super) fn fill(&mut self, places: &[u8], repeats: &[Repeat], kinds: usize) {
        // The coder writes up to 8 digits before it knows whether they are wanted.
        self.symbols.resize(places.len() + repeats.len() * u64::BITS as usize + 16, 0);
        let mut coder = Coder { symbols: &mut self.symbols, len: 0, run: 0 };
        let mut from = 0;
        for repeat in repeats {
            coder.push_all(&places[from..=repeat.at]);
            coder.run += repeat.more;
            from = repeat.at + 1;
        }
        coder.push_all(&places[from..]);
        coder.push_slowly(kinds as u8);
        let len = coder.len;
        self.symbols.truncate(len);
        self.alphabet_size = kinds + 2;
        self.groups.clear();
        self.groups.extend(self.symbols.chunks(GROUP).map(count));
    }

    /// How many symbols there are in all.
    pub(super) fn len(&self) -> usize {
        self.symbols.len()
    }
}

/// How often each symbol occurs in a group.
fn count(group: &[u8]) -> [u8; 16] {
    const ONE_OF_EACH: [[u64; 2]; 16] = {
        let mut ones = [[0; 2]; 16];
        let mut symbol = 0;
        while symbol < 16 {
            ones[symbol][symbol / 8] = 1 << (8 * (symbol % 8));
            symbol += 1;
        }
        ones
    };
    let (mut low, mut high) = (0_u64, 0_u64);
    for &symbol in group {
        let [one_low, one_high] = ONE_OF_EACH[usize::from(symbol) % 16];
        low += one_low;
        high += one_high;
    }
    let mut counts = [0; 16];
    counts[..8].copy_from_slice(&low.to_le_bytes());
    counts[8..].copy_from_slice(&high.to_le_bytes());
    counts
}

/// The digits of a run's length in bijective base 2, lowest first, one in a byte.
#[derive(Clone, Copy)]
struct Digits {
    bytes: [u8; 8],
    count: usize,
}

impl Digits {
    const SHORT: [Self; SHORT_RUN as usize + 1] = {
        let mut all = [Self { bytes: [0; 8], count: 0 }; SHORT_RUN as usize + 1];
        let mut run = 0;
        while run <= SHORT_RUN {
            // Below its highest one, the length and one in base 2 has the digits.
            let mut left = run + 1;
            let digits = &mut all[run as usize];
            while left > 1 {
                digits.bytes[digits.count] = (left & 1) as u8;
                digits.count += 1;
                left >>= 1;
            }
            run += 1;
        }
        all
    };
}

struct Coder<'a> {
    symbols: &'a mut [u8],
    len: usize,
    /// Zeros since the last place that was none.
    run: u64,
}

impl Coder<'_> {
    fn push_all(&mut self, places: &[u8]) {
        for places in places.chunks(STRIDE) {
            if self.run + places.len() as u64 > SHORT_RUN {
                places.iter().for_each(|&place| self.push_slowly(place));
            } else {
                self.push_quickly(places);
            }
        }
    }

    /// Codes one place, after a run of any length.
    fn push_slowly(&mut self, place: u8) {
        if place == 0 {
            self.run += 1;
            return;
        }
        let mut left = self.run + 1;
        while left > 1 {
            self.symbols[self.len] = (left & 1) as u8;
            self.len += 1;
            left >>= 1;
        }
        self.symbols[self.len] = place + 1;
        self.len += 1;
        self.run = 0;
    }

    /// Codes places without a branch on what they are, which nobody could predict.
    fn push_quickly(&mut self, places: &[u8]) {
        let mut run = self.run as usize;
        let mut len = self.len;
        for &place in places {
            let digits = &Digits::SHORT[run];
            let end = len + digits.count;
            self.symbols[len..len + 8].copy_from_slice(&digits.bytes);
            self.symbols[end] = place + 1;
            let ends_run = usize::from(place != 0).wrapping_neg();
            len += (digits.count + 1) & ends_run;
            run = (run + 1) & !ends_run;
        }
        (self.run, self.len) = (run as u64, len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// bzip2's symbols of a sequence of places.
    fn by_hand(places: impl Iterator<Item = u8>, kinds: u8) -> Vec<u8> {
        let (mut symbols, mut run) = (Vec::new(), 0_u64);
        for place in places.chain([kinds]) {
            if place == 0 {
                run += 1;
                continue;
            }
            while run > 0 {
                symbols.push(u8::from(run.is_multiple_of(2)));
                run = (run - 1) / 2;
            }
            symbols.push(place + 1);
        }
        symbols
    }

    #[test]
    fn short_and_long_runs_are_numbers() {
        let mut places = vec![3, 0, 0, 1, 0, 2, 0, 0, 0, 5];
        for run in [62, 63, 64, 190, 250, 253, 254, 255, 256, 700] {
            places.extend(vec![0; run]);
            places.push(run as u8 % 7 + 1);
        }
        places.extend([0; 33]);
        let repeats = [(0, 0), (2, 1), (4, 300), (9, 70_000), (places.len() - 1, 5)]
            .map(|(at, more)| Repeat { at, more });
        let whole = places.iter().enumerate().flat_map(|(at, &place)| {
            let more =
                repeats.iter().find(|repeat| repeat.at == at).map_or(0, |repeat| repeat.more);
            std::iter::once(place).chain(std::iter::repeat_n(0, more as usize))
        });
        let known = by_hand(whole, 8);
        let mut coded = Coded::default();
        coded.fill(&places, &repeats, 8);
        assert_eq!(coded.symbols, known);
        assert_eq!((coded.len(), coded.alphabet_size), (known.len(), 10));
        assert_eq!(coded.groups.len(), known.len().div_ceil(GROUP));
        for (counts, group) in coded.groups.iter().zip(known.chunks(GROUP)) {
            for (symbol, &count) in (0..).zip(counts) {
                assert_eq!(
                    usize::from(count),
                    group.iter().filter(|&&other| other == symbol).count()
                );
            }
        }
    }
}
