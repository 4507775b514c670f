// SPDX-License-Identifier: GPL-2.0-or-later
//! Translates the output of line editor and menu to screen operations. A serial terminal gets the same text unchanged.

use core::mem;

/// An operation of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Print(char),
    LineFeed,
    /// To the first column.
    Return,
    /// Left by this many columns.
    Left(usize),
    /// To a row and a column, from 0.
    Go(usize, usize),
    EraseToLineEnd,
    /// Erases everything; the cursor stays.
    Erase,
    /// Dark on light, or as usual.
    Reverse(bool),
}

/// Maximum parameters of our sequences.
const PARAMETERS: usize = 2;

#[derive(Debug, Clone, Copy, Default)]
enum State {
    #[default]
    Plain,
    Escape,
    Sequence {
        parameters: [usize; PARAMETERS],
        index: usize,
    },
}

/// Reads text a character at a time.
#[derive(Debug, Default)]
pub struct Reader {
    state: State,
}

impl Reader {
    /// The operation for a character; `None` within a sequence and for unknown sequences.
    pub fn read(&mut self, c: char) -> Option<Operation> {
        match mem::take(&mut self.state) {
            State::Plain => self.plain(c),
            State::Escape => {
                if c == '[' {
                    self.state = State::Sequence { parameters: [0; PARAMETERS], index: 0 };
                }
                None
            }
            State::Sequence { mut parameters, index } => match c {
                '0'..='9' => {
                    let digit = usize::from(c as u8 - b'0');
                    if let Some(number) = parameters.get_mut(index) {
                        *number = number.saturating_mul(10).saturating_add(digit);
                    }
                    self.state = State::Sequence { parameters, index };
                    None
                }
                ';' => {
                    self.state = State::Sequence { parameters, index: index + 1 };
                    None
                }
                _ => finished(c, parameters),
            },
        }
    }

    fn plain(&mut self, c: char) -> Option<Operation> {
        match c {
            '\x1b' => {
                self.state = State::Escape;
                None
            }
            '\n' => Some(Operation::LineFeed),
            '\r' => Some(Operation::Return),
            c if c.is_control() => None,
            c => Some(Operation::Print(c)),
        }
    }
}

fn finished(last: char, [first, second]: [usize; PARAMETERS]) -> Option<Operation> {
    Some(match last {
        'D' => Operation::Left(first.max(1)),
        'H' => Operation::Go(first.saturating_sub(1), second.saturating_sub(1)),
        'K' => Operation::EraseToLineEnd,
        'J' => Operation::Erase,
        'm' => Operation::Reverse(first == 7),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use super::*;

    fn operations(text: &str) -> Vec<Operation> {
        let mut reader = Reader::default();
        text.chars().filter_map(|c| reader.read(c)).collect()
    }

    #[test]
    fn what_the_line_editor_and_the_menu_write_is_understood() {
        use Operation::{Erase, EraseToLineEnd, Go, Left, LineFeed, Print, Return, Reverse};
        assert_eq!(
            operations("\ra\x1b[K\x1b[12D\n"),
            [Return, Print('a'), EraseToLineEnd, Left(12), LineFeed]
        );
        assert_eq!(operations("\x1b[2J\x1b[H"), [Erase, Go(0, 0)]);
        assert_eq!(
            operations("\x1b[7;3H\x1b[7mµ\x1b[0m"),
            [Go(6, 2), Reverse(true), Print('µ'), Reverse(false)]
        );
    }

    #[test]
    fn other_sequences_and_controls_print_nothing() {
        assert_eq!(operations("\x07\x1bc\x1b[5q\x1b[1;2;3;4z"), vec![]);
    }
}
