// SPDX-License-Identifier: GPL-2.0-or-later
//! The text as words, and cut into bzip2's blocks.

/// Characters after which a block is full (bzip2: 100,000 per level, less 19).
const FULL: usize = super::LEVEL as usize * 100_000 - 19;

/// The word of each mapped symbol: its number in decimal and a space.
pub(super) struct Vocabulary {
    words: Vec<Vec<u8>>,
    /// Mapped symbols in the order of their words.
    sorted: Vec<u8>,
}

impl Vocabulary {
    pub(super) fn new(raw: &[u8; 256]) -> Self {
        let words: Vec<Vec<u8>> =
            raw.iter().map(|symbol| format!("{symbol} ").into_bytes()).collect();
        let mut sorted: Vec<u8> = (0..=255).collect();
        sorted.sort_by(|&a, &b| words[usize::from(a)].cmp(&words[usize::from(b)]));
        Self { words, sorted }
    }

    fn word(&self, symbol: u8) -> &[u8] {
        &self.words[usize::from(symbol)]
    }

    /// The whole text, with one space between the words.
    pub(super) fn text(&self, symbols: &[u8]) -> Vec<u8> {
        let mut text = Vec::with_capacity(symbols.len() * 4);
        for &symbol in symbols {
            text.extend_from_slice(self.word(symbol));
        }
        text.pop();
        text
    }
}

/// A block as a ring of words: what bzip2 sorts are the rotations of its characters.
pub(super) struct Block {
    /// The words that occur, in order.
    pub(super) words: Vec<Vec<u8>>,
    /// The ring, as indices into `words`.
    pub(super) ring: Vec<u16>,
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

    /// The characters of symbol number `at`: the last one has no space after it.
    fn characters(&self, at: usize) -> &'a [u8] {
        let word = self.vocabulary.word(self.symbols[at]);
        if at + 1 == self.symbols.len() { &word[..word.len() - 1] } else { word }
    }

    /// Where the block ends that begins here: a symbol, and characters of its word that still belong to the block.
    fn end(&self) -> (usize, usize) {
        let (mut at, mut room) = (self.at, FULL + self.gone);
        while at < self.symbols.len() {
            let characters = self.characters(at);
            if room < characters.len() {
                // bzip2 looks whether a block is full only between runs of equal characters; a word has no longer
                // ones than three, so that a run never crosses a space.
                let same = |from: usize| from > 0 && characters[from - 1] == characters[from];
                let mut cut = room;
                while cut < characters.len() && same(cut) {
                    cut += 1;
                }
                if cut < characters.len() {
                    // Of the whole text at most one character would be left: it is taken along at the end.
                    let last = at + 1 == self.symbols.len() && cut + 1 == characters.len();
                    return if last { (at + 1, 0) } else { (at, cut) };
                }
                return (at + 1, 0);
            }
            room -= characters.len();
            at += 1;
            if room == 0 {
                let last = at + 1 == self.symbols.len() && self.characters(at).len() == 1;
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
        let mut joined = Vec::new();
        if taken > 0 {
            joined.extend_from_slice(&self.characters(end)[..taken]);
        } else if ends_text && end > first {
            // The last word has no space.
            last = end - 1;
            joined.extend_from_slice(self.characters(last));
        }
        if self.gone > 0 {
            joined.extend_from_slice(&self.characters(self.at)[self.gone..]);
        } else if !joined.is_empty() && first < last {
            joined.extend_from_slice(self.characters(first));
            first += 1;
        }
        let block = ring(self.vocabulary, &self.symbols[first..last.max(first)], &joined);
        (self.at, self.gone) = (end, taken);
        Some(block)
    }
}

/// The ring of whole words, and of the joined one where there is one.
fn ring(vocabulary: &Vocabulary, whole: &[u8], joined: &[u8]) -> Block {
    let mut present = [false; 256];
    for &symbol in whole {
        present[usize::from(symbol)] = true;
    }
    let mut words: Vec<Vec<u8>> = vocabulary
        .sorted
        .iter()
        .filter(|&&symbol| present[usize::from(symbol)])
        .map(|&symbol| vocabulary.word(symbol).to_vec())
        .collect();
    words.dedup();
    if !joined.is_empty()
        && let Err(place) = words.binary_search_by(|word| word.as_slice().cmp(joined))
    {
        words.insert(place, joined.to_vec());
    }
    let index = |word: &[u8]| words.partition_point(|other| other.as_slice() < word) as u16;
    let index_of: Vec<u16> = (0..=255).map(|symbol| index(vocabulary.word(symbol))).collect();
    let mut ring = Vec::with_capacity(whole.len() + 1);
    if !joined.is_empty() {
        ring.push(index(joined));
    }
    ring.extend(whole.iter().map(|&symbol| index_of[usize::from(symbol)]));
    Block { words, ring }
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
