// SPDX-License-Identifier: MIT OR Apache-2.0
//! The text as words, and cut into bzip2's blocks.

use super::word::Word;

/// Characters after which a block is full (bzip2: 100,000 per level, less 19).
const FULL: usize = super::LEVEL as usize * 100_000 - 19;

/// No word is longer than this: three digits and a space.
pub(super) const LONGEST_WORD: usize = 4;

/// The number that is written for each symbol, in decimal with a space after it.
pub struct Vocabulary {
    words: [Word; 256],
    /// Their lengths.
    lengths: [u8; 256],
    /// Mapped symbols in the order of their words.
    sorted: Vec<u8>,
}

impl Vocabulary {
    /// `numbers[symbol]` is the number to write for `symbol`.
    #[must_use]
    pub fn new(numbers: &[u8; 256]) -> Self {
        let words = numbers.map(Word::of_symbol);
        let mut sorted: Vec<u8> = (0..=255).collect();
        sorted.sort_by_key(|&symbol| words[usize::from(symbol)]);
        Self { words, lengths: words.map(|word| word.len() as u8), sorted }
    }

    fn word(&self, symbol: u8) -> Word {
        self.words[usize::from(symbol)]
    }

    /// The whole text, with one space between the words.
    pub(super) fn text(&self, symbols: &[u8]) -> Vec<u8> {
        let mut text = Vec::with_capacity(symbols.len() * LONGEST_WORD);
        text.extend(symbols.iter().flat_map(|&symbol| self.word(symbol).characters()));
        text.pop();
        text
    }
}

/// A block as a ring of words: what bzip2 sorts are the rotations of its characters.
pub(super) struct Block {
    /// The words that occur, in order.
    pub(super) words: Vec<Word>,
    /// How often each one does.
    pub(super) counts: Vec<u32>,
    /// The ring, as indices into `words`.
    pub(super) ring: Vec<u16>,
}

#[cfg(test)]
impl Block {
    pub(super) fn new(words: Vec<Word>, ring: Vec<u16>) -> Self {
        let mut counts = vec![0; words.len()];
        ring.iter().for_each(|&word| counts[usize::from(word)] += 1);
        Self { words, counts, ring }
    }
}

/// Cuts the text into blocks.
pub(super) struct Blocks<'a> {
    symbols: &'a [u8],
    vocabulary: &'a Vocabulary,
    /// The symbol that the next block begins in, and the characters of its word that are gone.
    at: usize,
    gone: usize,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(symbols: &'a [u8], vocabulary: &'a Vocabulary) -> Self {
        Self { symbols, vocabulary, at: 0, gone: 0 }
    }

    /// The word of symbol number `at`: the last one has no space after it.
    fn word(&self, at: usize) -> Word {
        let word = self.vocabulary.word(self.symbols[at]);
        if at + 1 == self.symbols.len() { word.first(word.len() - 1) } else { word }
    }

    /// Where the block ends that begins here: a symbol, and characters of its word that still belong to the block.
    fn end(&self) -> (usize, usize) {
        const STRIDE: usize = 256;
        let (mut at, mut room) = (self.at, FULL + self.gone);
        while room > STRIDE * LONGEST_WORD && at + STRIDE < self.symbols.len() {
            let lengths = self.symbols[at..at + STRIDE]
                .iter()
                .map(|&symbol| usize::from(self.vocabulary.lengths[usize::from(symbol)]));
            room -= lengths.sum::<usize>();
            at += STRIDE;
        }
        while at < self.symbols.len() {
            let word = self.word(at);
            if room < word.len() {
                // bzip2 looks whether a block is full only between runs of equal characters; a word has no longer
                // ones than three, so that a run never crosses a space.
                let same = |from: usize| from > 0 && word.at(from - 1) == word.at(from);
                let mut cut = room;
                while cut < word.len() && same(cut) {
                    cut += 1;
                }
                if cut < word.len() {
                    // Of the whole text at most one character would be left: it is taken along at the end.
                    let last = at + 1 == self.symbols.len() && cut + 1 == word.len();
                    return if last { (at + 1, 0) } else { (at, cut) };
                }
                return (at + 1, 0);
            }
            room -= word.len();
            at += 1;
            if room == 0 {
                let last = at + 1 == self.symbols.len() && self.word(at).len() == 1;
                return if last { (at + 1, 0) } else { (at, 0) };
            }
        }
        (at, 0)
    }
}

impl Iterator for Blocks<'_> {
    type Item = Block;

    fn next(&mut self) -> Option<Block> {
        if self.at >= self.symbols.len() {
            return None;
        }
        let (end, taken) = self.end();
        let ends_text = end == self.symbols.len();
        // Whole words, and what is left over at both ends, which the ring joins to one word.
        let mut first = self.at + usize::from(self.gone > 0);
        let mut last = end;
        let mut joined = Word::EMPTY;
        if taken > 0 {
            joined = self.word(end).first(taken);
        } else if ends_text && end > first {
            // The last word has no space.
            last = end - 1;
            joined = self.word(last);
        }
        if self.gone > 0 {
            joined = joined.and(self.word(self.at).after(self.gone));
        } else if joined != Word::EMPTY && first < last {
            joined = joined.and(self.word(first));
            first += 1;
        }
        let block = ring(self.vocabulary, &self.symbols[first..last.max(first)], joined);
        (self.at, self.gone) = (end, taken);
        Some(block)
    }
}

/// The ring of whole words, and of the joined one where there is one.
fn ring(vocabulary: &Vocabulary, whole: &[u8], joined: Word) -> Block {
    let mut count_of = [0_u32; 256];
    for &symbol in whole {
        count_of[usize::from(symbol)] += 1;
    }
    let mut words: Vec<Word> = vocabulary
        .sorted
        .iter()
        .filter(|&&symbol| count_of[usize::from(symbol)] > 0)
        .map(|&symbol| vocabulary.word(symbol))
        .collect();
    if joined != Word::EMPTY
        && let Err(place) = words.binary_search(&joined)
    {
        words.insert(place, joined);
    }
    let index = |word: Word| words.partition_point(|&other| other < word);
    let index_of = vocabulary.words.map(index);
    let mut counts = vec![0; words.len()];
    for (&index, count) in index_of.iter().zip(count_of).filter(|&(_, count)| count > 0) {
        counts[index] = count;
    }
    let mut ring = Vec::with_capacity(whole.len() + 1);
    if joined != Word::EMPTY {
        let index = index(joined);
        counts[index] += 1;
        ring.push(index as u16);
    }
    let index_of = index_of.map(|index| index as u16);
    ring.extend(whole.iter().map(|&symbol| index_of[usize::from(symbol)]));
    Block { words, counts, ring }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_written_in_decimal() {
        let raw = std::array::from_fn(|symbol| symbol as u8);
        let vocabulary = Vocabulary::new(&raw);
        assert_eq!(vocabulary.text(&[144, 21, 139, 0, 0, 15]), b"144 21 139 0 0 15");
        assert_eq!(vocabulary.text(&[]), b"");
    }

    #[test]
    fn blocks_have_all_characters() {
        let raw = std::array::from_fn(|symbol| symbol as u8);
        let vocabulary = Vocabulary::new(&raw);
        for len in [1, 2, 300, 200_000, 300_001] {
            let symbols: Vec<u8> = (0..len).map(|at: usize| (at * at / 3) as u8).collect();
            let characters: usize = Blocks::new(&symbols, &vocabulary)
                .flat_map(|block| {
                    block.ring.into_iter().map(move |word| block.words[usize::from(word)].len())
                })
                .sum();
            assert_eq!(characters, vocabulary.text(&symbols).len());
        }
    }
}
