// SPDX-License-Identifier: MIT OR Apache-2.0
//! bzip2's third stage: runs of zeros as numbers, and groups of symbols.

use super::last_column::{PADDING, Repeat};

/// Symbols in one group, which share a Huffman table.
pub(super) const GROUP: usize = 50;
/// Most symbols there are: two digits for runs, the moves 1 to 10 of 11 characters, and the end of the block.
pub(super) const MOST_SYMBOLS: usize = 13;
/// Runs up to this are looked up.
const SHORT_RUN: u64 = 254;
/// Places that are looked at together.
const STRIDE: usize = 64;
/// Places that are copied together.
const COPIED: usize = PADDING - STRIDE;

/// The block after this stage, as far as its coded length depends on it.
#[derive(Default)]
pub(super) struct Coded {
    symbols: Vec<u8>,
    len: usize,
    /// How often each symbol occurs in each group of 50.
    pub(super) groups: Vec<[u8; 16]>,
    /// How many different symbols there are.
    pub(super) alphabet_size: usize,
}

impl Coded {
    /// Codes a block: places in the list of `kinds` characters, with [`PADDING`] after them, and where zeros were left
    /// out after one.
    pub(super) fn fill(&mut self, places: &[u8], repeats: &[Repeat], kinds: usize) {
        let len = places.len() - PADDING;
        // The coder writes whole pieces before it knows how much of them is wanted.
        let room = len + repeats.len() * u64::BITS as usize + PADDING;
        if self.symbols.len() < room {
            self.symbols.resize(room, 0);
        }
        let mut coder = Coder { symbols: &mut self.symbols, len: 0, run: 0 };
        let mut from = 0;
        for repeat in repeats {
            let to = repeat.at + 1;
            coder.push_all(&places[from..to + PADDING]);
            coder.run += repeat.more;
            from = to;
        }
        coder.push_all(&places[from..]);
        coder.end(kinds as u8);
        self.len = coder.len;
        self.alphabet_size = kinds + 2;
        self.groups.clear();
        self.groups.extend(self.symbols[..self.len].chunks(GROUP).map(count));
    }

    /// How many symbols there are in all.
    pub(super) fn len(&self) -> usize {
        self.len
    }
}

/// How often each symbol occurs in a group.
fn count(group: &[u8]) -> [u8; 16] {
    /// Bits that count up to half a group.
    const FIELD_BITS: usize = 5;
    /// The end of the block, which occurs once, has a field of 4 bits.
    const EVEN_FIELDS: u64 = {
        let (mut fields, mut symbol) = (0, 0);
        while symbol < MOST_SYMBOLS {
            fields |= 0x1F << (FIELD_BITS * symbol);
            symbol += 2;
        }
        fields
    };
    const ONE_OF_EACH: [u64; 16] = {
        let mut ones = [0; 16];
        let mut symbol = 0;
        while symbol < MOST_SYMBOLS {
            ones[symbol] = 1 << (FIELD_BITS * symbol);
            symbol += 1;
        }
        ones
    };
    let add = |sum: u64, &symbol: &u8| sum + ONE_OF_EACH[usize::from(symbol) % 16];
    let halves = match group.as_chunks::<{ GROUP / 2 }>() {
        ([first, second], []) => [first.iter().fold(0, add), second.iter().fold(0, add)],
        _ => {
            let (first, second) = group.split_at(group.len() / 2);
            [first.iter().fold(0, add), second.iter().fold(0, add)]
        }
    };
    // Fields of twice the width have room for the sum of both halves.
    let even = halves.iter().map(|half| half & EVEN_FIELDS).sum::<u64>();
    let odd = halves.iter().map(|half| half >> FIELD_BITS & EVEN_FIELDS).sum::<u64>();
    std::array::from_fn(|symbol| {
        let fields = if symbol.is_multiple_of(2) { even } else { odd };
        (fields >> (2 * FIELD_BITS * (symbol / 2)).min(63)) as u8
    })
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
    /// Codes places, which [`PADDING`] follows.
    fn push_all(&mut self, places: &[u8]) {
        let len = places.len() - PADDING;
        for from in (0..len).step_by(STRIDE) {
            if let Some(places) = places[from..].first_chunk() {
                self.push(places, STRIDE.min(len - from));
            }
        }
    }

    /// Codes the first `count` of some places: run after run, and what is between them at once.
    fn push(&mut self, places: &[u8; PADDING], count: usize) {
        let mut zeros = zeros(places);
        let mut at = 0;
        loop {
            let run = (zeros.trailing_ones() as usize).min(count - at);
            self.run += run as u64;
            at += run;
            if at == count {
                return;
            }
            self.end_run();
            zeros >>= run;
            let others = (zeros.trailing_zeros() as usize).min(count - at);
            for copied in (0..others).step_by(COPIED) {
                let to = self.len + copied;
                if let (Some(from), Some(to)) = (
                    places[at + copied..].first_chunk::<COPIED>(),
                    self.symbols[to..].first_chunk_mut::<COPIED>(),
                ) {
                    *to = std::array::from_fn(|at| from[at] + 1);
                }
            }
            self.len += others;
            at += others;
            if at == count {
                return;
            }
            zeros >>= others;
        }
    }

    /// Writes the run's digits, if there is one.
    fn end_run(&mut self) {
        if self.run <= SHORT_RUN {
            let digits = &Digits::SHORT[self.run as usize];
            self.symbols[self.len..self.len + 8].copy_from_slice(&digits.bytes);
            self.len += digits.count;
        } else {
            let mut left = self.run + 1;
            while left > 1 {
                self.symbols[self.len] = (left & 1) as u8;
                self.len += 1;
                left >>= 1;
            }
        }
        self.run = 0;
    }

    /// Writes the end of the block.
    fn end(&mut self, kinds: u8) {
        self.end_run();
        self.symbols[self.len] = kinds + 1;
        self.len += 1;
    }
}

/// A bit for each of the first places, the first one lowest: 1 for a zero. Places are below 128.
fn zeros(places: &[u8; PADDING]) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // Bit 8i of eight bytes, times 2^(56 - 7i), is bit 56 + i; no other product gets there.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let eights = places[..STRIDE].as_chunks::<8>().0;
    eights.iter().rev().fold(0, |zeros, &eight| {
        let others = u64::from_le_bytes(eight) + 0x7F * ONES;
        zeros << 8 | (!others >> 7 & ONES).wrapping_mul(GATHER) >> 56
    })
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
        coded.fill(&[&places[..], &[0; PADDING]].concat(), &repeats, 8);
        assert_eq!(coded.symbols[..coded.len], known);
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
