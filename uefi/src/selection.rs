// SPDX-License-Identifier: GPL-2.0-or-later
//! The menu's state: the selected line, and the effect of keys on it.

use baremetal::line_editor::keys::Key;

/// A selected line of a menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection {
    pub index: usize,
    /// How many lines there are.
    pub lines: usize,
}

/// The effect of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    /// Another line is selected; or the same, at either end.
    Moved,
    /// The selected line was chosen.
    Done,
    /// The key has no effect.
    Nothing,
}

impl Selection {
    /// The first of `lines`.
    #[must_use]
    pub const fn new(lines: usize) -> Self {
        Self { index: 0, lines }
    }

    /// Handles a key: arrows move, Enter chooses the selected line, a digit the line with that number.
    pub fn take(&mut self, key: Key) -> Chosen {
        match key {
            Key::Up => self.index = self.index.saturating_sub(1),
            Key::Down => self.index = (self.index + 1).min(self.lines.saturating_sub(1)),
            Key::Home => self.index = 0,
            Key::End => self.index = self.lines.saturating_sub(1),
            Key::Enter => return Chosen::Done,
            Key::Print(digit @ b'1'..=b'9') if usize::from(digit - b'1') < self.lines => {
                self.index = usize::from(digit - b'1');
                return Chosen::Done;
            }
            _ => return Chosen::Nothing,
        }
        Chosen::Moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_stop_at_the_ends_and_digits_choose() {
        let mut selection = Selection::new(3);
        for (key, chosen, index) in [
            (Key::Up, Chosen::Moved, 0),
            (Key::Down, Chosen::Moved, 1),
            (Key::Down, Chosen::Moved, 2),
            (Key::Down, Chosen::Moved, 2),
            (Key::Enter, Chosen::Done, 2),
            (Key::Print(b'1'), Chosen::Done, 0),
            (Key::Print(b'4'), Chosen::Nothing, 0),
            (Key::Print(b'0'), Chosen::Nothing, 0),
            (Key::End, Chosen::Moved, 2),
        ] {
            assert_eq!((selection.take(key), selection.index), (chosen, index), "{key:?}");
        }
    }
}
