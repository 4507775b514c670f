// SPDX-License-Identifier: GPL-2.0-or-later
//! Bytes from a terminal to keys: control bytes, and the escape sequences of VT100 and its heirs.

/// A key with a meaning here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Print(u8),
    Enter,
    Backspace,
    Delete,
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
    /// Ctrl-C.
    Cancel,
    /// Ctrl-D: the end of input on an empty line, else Delete.
    EndOfInput,
    /// Ctrl-U.
    CutToStart,
    /// Ctrl-K.
    CutToEnd,
    /// Ctrl-W.
    CutWord,
    /// Ctrl-L.
    ClearScreen,
}

/// Where in a sequence the last byte left off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Plain,
    /// A carriage return came; a line feed right after it belongs to it.
    AfterReturn,
    Escape,
    /// `ESC [` or `ESC O`, and the first digit of its parameter if there was one.
    Sequence(Option<u8>),
}

/// Puts bytes together to keys.
#[derive(Debug, Default)]
pub struct KeyReader {
    state: State,
}

impl KeyReader {
    #[must_use]
    pub const fn new() -> Self {
        Self { state: State::Plain }
    }

    /// Takes a byte; the key that it completes.
    pub fn feed(&mut self, byte: u8) -> Option<Key> {
        match core::mem::replace(&mut self.state, State::Plain) {
            State::AfterReturn if byte == b'\n' => None,
            State::Plain | State::AfterReturn => self.plain(byte),
            State::Escape => {
                if matches!(byte, b'[' | b'O') {
                    self.state = State::Sequence(None);
                }
                None
            }
            State::Sequence(digit) => self.sequence(byte, digit),
        }
    }

    fn plain(&mut self, byte: u8) -> Option<Key> {
        Some(match byte {
            b'\r' => {
                self.state = State::AfterReturn;
                Key::Enter
            }
            b'\n' => Key::Enter,
            0x1b => {
                self.state = State::Escape;
                return None;
            }
            0x20..=0x7e => Key::Print(byte),
            0x01 => Key::Home,
            0x02 => Key::Left,
            0x03 => Key::Cancel,
            0x04 => Key::EndOfInput,
            0x05 => Key::End,
            0x06 => Key::Right,
            0x08 | 0x7f => Key::Backspace,
            0x0b => Key::CutToEnd,
            0x0c => Key::ClearScreen,
            0x0e => Key::Down,
            0x10 => Key::Up,
            0x15 => Key::CutToStart,
            0x17 => Key::CutWord,
            _ => return None,
        })
    }

    fn sequence(&mut self, byte: u8, digit: Option<u8>) -> Option<Key> {
        match (byte, digit) {
            (b'A', _) => Some(Key::Up),
            (b'B', _) => Some(Key::Down),
            (b'C', _) => Some(Key::Right),
            (b'D', _) => Some(Key::Left),
            (b'H', _) | (b'~', Some(b'1' | b'7')) => Some(Key::Home),
            (b'F', _) | (b'~', Some(b'4' | b'8')) => Some(Key::End),
            (b'~', Some(b'3')) => Some(Key::Delete),
            (b'0'..=b'9' | b';', _) => {
                self.state = State::Sequence(digit.or(Some(byte)));
                None
            }
            // The end of a sequence that means nothing here, or a byte that belongs to none.
            _ => None,
        }
    }
}
