// SPDX-License-Identifier: MIT OR Apache-2.0
//! A few characters in one number, so that words compare as numbers do.

/// Up to 8 characters, none of them NUL: the first in the highest byte, zeros after the last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Word(u64);

impl Word {
    pub(super) const EMPTY: Self = Self(0);

    /// The number of `symbol` in decimal, and a space.
    pub(super) fn of_symbol(symbol: u8) -> Self {
        format!("{symbol} ").bytes().fold(Self::EMPTY, Self::push)
    }

    /// The word with one character more.
    fn push(self, character: u8) -> Self {
        Self(self.0 | u64::from(character) << (56 - 8 * self.len()))
    }

    pub(super) fn len(self) -> usize {
        8 - self.0.trailing_zeros() as usize / 8
    }

    /// The character at `at`, which is below 8; 0 after the end.
    pub(super) fn at(self, at: usize) -> u8 {
        (self.0 >> (56 - 8 * at)) as u8
    }

    /// What is left after the first `count` characters, of which there may be 7 at most.
    pub(super) fn after(self, count: usize) -> Self {
        Self(self.0 << (8 * count))
    }

    /// The first `count` characters, of which there may be 7 at most.
    pub(super) fn first(self, count: usize) -> Self {
        Self(self.0 & !(u64::MAX >> (8 * count)))
    }

    pub(super) fn ends_with_space(self) -> bool {
        self.len() > 0 && self.at(self.len() - 1) == b' '
    }

    /// Both words in one; 8 characters at most.
    pub(super) fn and(self, other: Self) -> Self {
        other.characters().fold(self, Self::push)
    }

    pub(super) fn characters(self) -> impl Iterator<Item = u8> {
        (0..self.len()).map(move |at| self.at(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_strings() {
        let text = |word: Word| String::from_utf8(word.characters().collect()).unwrap();
        let word = Word::of_symbol(207);
        assert_eq!((text(word), word.len(), word.at(2)), ("207 ".to_owned(), 4, b'7'));
        assert_eq!((text(word.after(1)), text(word.first(2))), ("07 ".to_owned(), "20".to_owned()));
        assert_eq!(text(word.first(3).and(Word::of_symbol(0))), "2070 ");
        assert_eq!(
            (word.first(0), word.after(4), Word::EMPTY.len()),
            (Word::EMPTY, Word::EMPTY, 0)
        );
        assert!(
            Word::of_symbol(10) > Word::of_symbol(1) && Word::of_symbol(10) < Word::of_symbol(2)
        );
    }
}
