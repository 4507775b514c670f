// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Burrows-Wheeler transform: the character before each rotation of a ring's characters, in order.
//!
//! The order of the rotations that begin with a word is known. All others begin inside a word: those that begin with
//! the same part of a word come in the order of what follows it, which is known too. Where only one character ever
//! stands before a part, the transform has a run of it, and the run is not written out.

use super::rotations::Sorter;
use super::word::Word;
use super::words::{Block, LONGEST_WORD};

/// Slots for beginnings: a space, 10 digits, 100 pairs and 256 triples with one, and the 7 of a joined word.
const SLOTS: usize = 512;
/// A space comes before every digit.
const SPACE: usize = 0;
/// Bytes after the transform, so that the next stages may work on pieces of 64 and 32.
pub(super) const PADDING: usize = 96;
/// Where characters go that are not wanted.
const NO_SLOT: usize = SLOTS - 1;

/// The transform, with its long runs cut out.
#[derive(Default)]
pub(super) struct LastColumn {
    /// The characters are the first `len` of these.
    buffer: Vec<u8>,
    len: usize,
    repeats: Vec<Repeat>,
}

/// More of the character at `at`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Repeat {
    pub(super) at: usize,
    pub(super) more: u64,
}

/// The rotations that begin with one part of a word.
#[derive(Clone, Copy)]
struct Beginning {
    part: Word,
    count: u32,
    before: Before,
}

/// What stands before them.
#[derive(Clone, Copy)]
enum Before {
    Nothing,
    Only(u8),
    Several,
}

/// Where the characters before the spaces go. Every word has one, and they follow one another: their place does not have to
/// be looked up.
struct Spaces {
    /// Of each word.
    before: Vec<u8>,
    at: usize,
    /// 1 for characters that are wanted.
    step: usize,
}

/// Where a character goes.
#[derive(Clone, Copy)]
struct Target {
    slot: u16,
    character: u8,
    /// 1 for a character that is wanted.
    step: u8,
}

impl Target {
    const NONE: Self = Self { slot: NO_SLOT as u16, character: 0, step: 0 };
}

impl Spaces {
    #[inline]
    fn put(&mut self, buffer: &mut [u8], word: usize) {
        buffer[self.at] = self.before[word];
        self.at += self.step;
    }
}

impl LastColumn {
    /// The characters, but those that are left out, and [`PADDING`].
    pub(super) fn padded(&self) -> &[u8] {
        &self.buffer[..self.len + PADDING]
    }

    pub(super) fn characters_mut(&mut self) -> &mut [u8] {
        &mut self.buffer[..self.len]
    }

    /// Where characters were left out, in order.
    pub(super) fn repeats(&self) -> &[Repeat] {
        &self.repeats
    }

    /// Sets the transform of `block`, whose words all end with a space. Nothing where it cannot be sorted.
    pub(super) fn fill(&mut self, block: &Block, sorter: &mut Sorter) -> Option<()> {
        let beginnings = beginnings(block);
        let next = self.lay_out(&beginnings);
        let targets: Vec<Vec<Target>> =
            block.words.iter().map(|&word| targets(word, &beginnings)).collect();
        let several = matches!(beginnings.first()?.before, Before::Several);
        let spaces = Spaces {
            before: block
                .words
                .iter()
                .map(|&word| character_before(word, word.len() - 1))
                .collect(),
            at: if several { next[SPACE] } else { next[NO_SLOT] } as usize,
            step: usize::from(several),
        };
        let widest = block
            .words
            .iter()
            .zip(&targets)
            .filter(|(word, _)| word.len() <= LONGEST_WORD)
            .map(|(_, targets)| targets.len());
        match widest.max() {
            None | Some(0 | 1) => self.scatter::<1>(block, sorter, spaces, &targets, next),
            Some(2) => self.scatter::<2>(block, sorter, spaces, &targets, next),
            Some(3) => self.scatter::<3>(block, sorter, spaces, &targets, next),
            Some(_) => self.scatter::<LONGEST_WORD>(block, sorter, spaces, &targets, next),
        }
    }

    /// Gives each beginning its place in the transform. Says where each one's next character goes.
    fn lay_out(&mut self, beginnings: &[Beginning]) -> [u32; SLOTS] {
        self.repeats.clear();
        let mut next = [0; SLOTS];
        let mut len = 0;
        for (beginning, slot) in beginnings.iter().zip(&mut next) {
            *slot = len as u32;
            if let Before::Only(_) = beginning.before {
                self.repeats.push(Repeat { at: len, more: u64::from(beginning.count - 1) });
                len += 1;
            } else {
                len += beginning.count as usize;
            }
        }
        self.len = len;
        // The padding takes those that are not wanted.
        next[NO_SLOT] = len as u32;
        self.buffer.resize(self.buffer.len().max(len + PADDING), 0);
        self.buffer[len..].fill(0);
        for (beginning, slot) in beginnings.iter().zip(next) {
            if let Before::Only(character) = beginning.before {
                self.buffer[slot as usize] = character;
            }
        }
        next
    }

    /// Puts the characters of the word before each rotation where they belong: `N` of them, and the rest of the only
    /// word that may have more.
    fn scatter<const N: usize>(
        &mut self,
        block: &Block,
        sorter: &mut Sorter,
        mut spaces: Spaces,
        targets: &[Vec<Target>],
        mut next: [u32; SLOTS],
    ) -> Option<()> {
        let first: Vec<[Target; N]> = targets
            .iter()
            .map(|targets| {
                std::array::from_fn(|at| targets.get(at).copied().unwrap_or(Target::NONE))
            })
            .collect();
        let joined = targets.iter().position(|targets| targets.len() > N);
        let buffer = &mut self.buffer[..=self.len];
        sorter.sort(block, |mut words| {
            while let Some(a) = words.next() {
                spaces.put(buffer, a);
                let b = words.next();
                let of_b = b.map_or([Target::NONE; N], |b| {
                    spaces.put(buffer, b);
                    first[b]
                });
                for pair in first[a].into_iter().zip(of_b) {
                    put_both(buffer, &mut next, pair);
                }
                // No other word has parts as long as these.
                if joined.is_some() && (joined == Some(a) || joined == b) {
                    for &target in joined.into_iter().flat_map(|joined| &targets[joined][N..]) {
                        put_both(buffer, &mut next, (target, Target::NONE));
                    }
                }
            }
        })
    }
}

/// Puts a character, and then another one, each at the next place of its slot.
///
/// Both places are looked up before the first one changes: one look-up would have to wait for the other's change.
#[inline]
fn put_both(buffer: &mut [u8], next: &mut [u32; SLOTS], (a, b): (Target, Target)) {
    let slots = [a, b].map(|target| usize::from(target.slot) % SLOTS);
    let same = if a.slot == b.slot { u32::from(a.step) } else { 0 };
    let places = [next[slots[0]], next[slots[1]] + same];
    buffer[places[0] as usize] = a.character;
    buffer[places[1] as usize] = b.character;
    next[slots[0]] = places[0] + u32::from(a.step);
    next[slots[1]] = places[1] + u32::from(b.step);
}

/// All parts of words that a rotation can begin with, in order.
fn beginnings(block: &Block) -> Vec<Beginning> {
    let parts = |word: Word| (0..word.len()).map(move |at| (at, word.after(at)));
    let mut beginnings: Vec<Beginning> = block
        .words
        .iter()
        .flat_map(|&word| parts(word))
        .map(|(_, part)| Beginning { part, count: 0, before: Before::Nothing })
        .collect();
    beginnings.sort_unstable_by_key(|beginning| beginning.part);
    beginnings.dedup_by_key(|beginning| beginning.part);
    for (&word, &count) in block.words.iter().zip(&block.counts) {
        for (at, part) in parts(word) {
            let slot = slot_of(part, &beginnings);
            let beginning = &mut beginnings[slot];
            let character = character_before(word, at);
            beginning.count += count;
            beginning.before = match beginning.before {
                Before::Nothing => Before::Only(character),
                Before::Only(other) if other == character => Before::Only(character),
                Before::Only(_) | Before::Several => Before::Several,
            };
        }
    }
    beginnings
}

fn slot_of(part: Word, beginnings: &[Beginning]) -> usize {
    beginnings.partition_point(|beginning| beginning.part < part)
}

/// Every word has a space before it.
fn character_before(word: Word, at: usize) -> u8 {
    if at == 0 { b' ' } else { word.at(at - 1) }
}

/// The characters of a word that are not in runs of their own, but the one before its space: the one before its last digit
/// first, so that parts of the same length are at the same place.
fn targets(word: Word, beginnings: &[Beginning]) -> Vec<Target> {
    let target = |at: usize| {
        let slot = slot_of(word.after(at), beginnings);
        match beginnings[slot].before {
            Before::Only(_) => Target::NONE,
            _ => Target { slot: slot as u16, character: character_before(word, at), step: 1 },
        }
    };
    let mut targets: Vec<Target> = (0..word.len() - 1).rev().map(target).collect();
    while targets.pop_if(|target| target.step == 0).is_some() {}
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Word {
        let number = text.trim_end().parse::<u8>().map(Word::of_symbol);
        number.unwrap_or_else(|_| word(&text[..2]).first(2).and(word(&text[2..])))
    }

    #[test]
    fn characters_are_those_before_the_rotations() {
        // With a word that two others joined to.
        let texts = ["1 ", "12 ", "12130 ", "2 ", "211 ", "30 "];
        let words = texts.map(word).to_vec();
        let ring = vec![4, 0, 1, 3, 3, 2, 0, 4, 1, 5, 0, 1];
        let text: Vec<u8> = ring.iter().flat_map(|&at| texts[usize::from(at)].bytes()).collect();
        let mut rotations: Vec<Vec<u8>> =
            (0..text.len()).map(|at| [&text[at..], &text[..at]].concat()).collect();
        rotations.sort();
        let by_hand: Vec<u8> = rotations.iter().map(|rotation| rotation[text.len() - 1]).collect();

        let block = Block::new(words, ring);
        let mut column = LastColumn::default();
        column.fill(&block, &mut Sorter::default()).unwrap();
        let mut ours = Vec::new();
        let mut repeats = column.repeats().iter().peekable();
        for (at, &character) in column.buffer[..column.len].iter().enumerate() {
            let more = repeats.next_if(|repeat| repeat.at == at).map_or(0, |repeat| repeat.more);
            ours.extend(std::iter::repeat_n(character, 1 + more as usize));
        }
        assert_eq!(String::from_utf8(ours), String::from_utf8(by_hand));
        assert!(repeats.next().is_none() && column.repeats().len() > 3);
    }
}
