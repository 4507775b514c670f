// SPDX-License-Identifier: GPL-2.0-or-later
//! A line editor for a serial terminal: bytes in, edits and echoes out. It knows backspace, the arrow keys,
//! Home, End, Delete, a history, and the control keys known from shells.

mod history;
pub mod keys;

use core::fmt::{self, Write};

use self::history::History;
use self::keys::{Key, KeyReader};

/// Bytes of the longest line; more are not taken, with a bell.
pub const LINE_BYTES: usize = 120;

/// What the keys typed so far have come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Enter: the line is in [`LineEditor::line`] until the next key.
    Line,
    /// Ctrl-C.
    Cancelled,
    /// Ctrl-D on an empty line.
    End,
}

/// The line being typed, and those before it.
#[derive(Debug)]
pub struct LineEditor {
    prompt: &'static str,
    line: Line,
    history: History,
    /// How many lines back the shown one is; 0 is the one being typed.
    depth: usize,
    keys: KeyReader,
    /// The line is full, and the bell has rung for it.
    rung: bool,
    finished: bool,
}

#[derive(Debug, Clone, Copy)]
struct Line {
    bytes: [u8; LINE_BYTES],
    len: usize,
    cursor: usize,
}

impl LineEditor {
    /// An empty line behind `prompt`.
    #[must_use]
    pub const fn new(prompt: &'static str) -> Self {
        Self {
            prompt,
            line: Line { bytes: [0; LINE_BYTES], len: 0, cursor: 0 },
            history: History::new(),
            depth: 0,
            keys: KeyReader::new(),
            rung: false,
            finished: false,
        }
    }

    /// Shows the prompt of a new line.
    ///
    /// # Errors
    /// Returns an error if the screen does.
    pub fn prompt(&self, screen: &mut dyn Write) -> fmt::Result {
        screen.write_str(self.prompt)
    }

    /// Shows the prompt and what is typed already, over what the line showed before.
    ///
    /// # Errors
    /// Returns an error if the screen does.
    pub fn redraw(&self, screen: &mut dyn Write) -> fmt::Result {
        write!(screen, "\r{}{}\x1b[K", self.prompt, self.line())?;
        match self.line.len - self.line.cursor {
            0 => Ok(()),
            back => write!(screen, "\x1b[{back}D"),
        }
    }

    /// The line as it stands.
    #[must_use]
    pub fn line(&self) -> &str {
        // Only printable ASCII is ever inserted.
        core::str::from_utf8(&self.line.bytes[..self.line.len]).unwrap_or_default()
    }

    /// Takes one byte from the terminal and echoes its effect on `screen`.
    ///
    /// # Errors
    /// Returns an error if the screen does.
    pub fn feed(&mut self, byte: u8, screen: &mut dyn Write) -> Result<Option<Event>, fmt::Error> {
        if core::mem::take(&mut self.finished) {
            self.line.clear();
        }
        let Some(key) = self.keys.feed(byte) else { return Ok(None) };
        match key {
            Key::Enter => {
                screen.write_str("\n")?;
                self.history.push(&self.line.bytes[..self.line.len]);
                self.finish();
                return Ok(Some(Event::Line));
            }
            Key::Cancel => {
                screen.write_str("^C\n")?;
                self.line.clear();
                self.finish();
                return Ok(Some(Event::Cancelled));
            }
            Key::EndOfInput if self.line.len == 0 => {
                screen.write_str("\n")?;
                return Ok(Some(Event::End));
            }
            Key::Print(byte) => return self.print(byte, screen).map(|()| None),
            Key::Up => self.recall(self.depth + 1),
            Key::Down => self.recall(self.depth.saturating_sub(1)),
            Key::ClearScreen => screen.write_str("\x1b[2J\x1b[H")?,
            other => self.line.edit(other),
        }
        self.redraw(screen)?;
        Ok(None)
    }

    /// Typing at the end of the line echoes one byte, which also reads well in a log or through a pipe.
    fn print(&mut self, byte: u8, screen: &mut dyn Write) -> fmt::Result {
        let at_end = self.line.cursor == self.line.len;
        if !self.line.insert(byte) {
            // Once: a long paste into a full line is not a storm of bells.
            let first = !core::mem::replace(&mut self.rung, true);
            return if first { screen.write_str("\x07") } else { Ok(()) };
        }
        self.rung = false;
        if at_end { screen.write_char(char::from(byte)) } else { self.redraw(screen) }
    }

    fn finish(&mut self) {
        self.depth = 0;
        self.rung = false;
        self.finished = true;
    }

    fn recall(&mut self, depth: usize) {
        if depth == 0 {
            self.depth = 0;
            self.line.clear();
        } else if let Some(old) = self.history.back(depth) {
            self.depth = depth;
            self.line.set(old);
        }
    }
}

impl Line {
    fn clear(&mut self) {
        self.len = 0;
        self.cursor = 0;
    }

    fn set(&mut self, text: &[u8]) {
        self.bytes[..text.len()].copy_from_slice(text);
        self.len = text.len();
        self.cursor = self.len;
    }

    fn insert(&mut self, byte: u8) -> bool {
        if self.len == LINE_BYTES {
            return false;
        }
        self.bytes.copy_within(self.cursor..self.len, self.cursor + 1);
        self.bytes[self.cursor] = byte;
        self.cursor += 1;
        self.len += 1;
        true
    }

    /// Takes out `start..end` and puts the cursor there.
    fn cut(&mut self, start: usize, end: usize) {
        self.bytes.copy_within(end..self.len, start);
        self.len -= end - start;
        self.cursor = start;
    }

    fn edit(&mut self, key: Key) {
        let (cursor, len) = (self.cursor, self.len);
        match key {
            Key::Backspace => self.cut(cursor.saturating_sub(1), cursor),
            Key::Delete | Key::EndOfInput => self.cut(cursor, (cursor + 1).min(len)),
            Key::Left => self.cursor = cursor.saturating_sub(1),
            Key::Right => self.cursor = (cursor + 1).min(len),
            Key::Home => self.cursor = 0,
            Key::End => self.cursor = len,
            Key::CutToStart => self.cut(0, cursor),
            Key::CutToEnd => self.cut(cursor, len),
            Key::CutWord => self.cut(self.word_start(), cursor),
            // The others are not edits of the line; `feed` has dealt with them.
            Key::Enter | Key::Cancel | Key::Up | Key::Down | Key::ClearScreen | Key::Print(_) => {}
        }
    }

    fn word_start(&self) -> usize {
        let before = &self.bytes[..self.cursor];
        let word_end = before.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
        before[..word_end].iter().rposition(|byte| *byte == b' ').map_or(0, |space| space + 1)
    }
}

#[cfg(test)]
mod tests {
    use std::string::{String, ToString as _};
    use std::vec::Vec;

    use super::*;

    /// The lines that come of typing `bytes`, and what the terminal was sent.
    fn typed(bytes: &[u8]) -> (Vec<String>, String) {
        let mut editor = LineEditor::new("> ");
        let mut screen = String::new();
        let mut lines = Vec::new();
        for byte in bytes {
            match editor.feed(*byte, &mut screen).unwrap() {
                Some(Event::Line) => lines.push(editor.line().to_string()),
                Some(Event::Cancelled) => lines.push("<cancelled>".to_string()),
                Some(Event::End) => lines.push("<end>".to_string()),
                None => {}
            }
        }
        (lines, screen)
    }

    fn lines(bytes: &[u8]) -> Vec<String> {
        typed(bytes).0
    }

    #[test]
    fn each_kind_of_line_end_ends_one_line() {
        assert_eq!(lines(b"a\rb\nc\r\nd\n\n"), ["a", "b", "c", "d", ""]);
    }

    #[test]
    fn mistakes_can_be_mended_anywhere_in_the_line() {
        assert_eq!(lines(b"rax\x7fw\r"), ["raw"]);
        assert_eq!(lines(b"aw\x1b[D\x1b[Dr\r"), ["raw"]);
        assert_eq!(lines(b"xraw\x01\x04\r"), ["raw"]);
        assert_eq!(lines(b"xraw\x1b[H\x1b[3~\x1b[F 5\r"), ["raw 5"]);
        assert_eq!(lines(b"raw 100\x17200\r"), ["raw 200"]);
        assert_eq!(lines(b"nonsense\x15raw\r"), ["raw"]);
        assert_eq!(lines(b"rawxyz\x1bOD\x1bOD\x1bOD\x0b\r"), ["raw"]);
        assert_eq!(lines(b"\x7f\x08\x1b[D\x1b[C\x17raw\r"), ["raw"]);
    }

    #[test]
    fn the_history_goes_back_and_forth_and_keeps_no_double() {
        assert_eq!(lines(b"one\rtwo\rtwo\r\x1b[A\x1b[A\r"), ["one", "two", "two", "one"]);
        assert_eq!(lines(b"one\rtwo\r\x1b[A\x1b[A\x1b[B!\r"), ["one", "two", "two!"]);
        assert_eq!(lines(b"\x1b[Aone\r\x1b[A\x1b[A\x1b[A\x1b[B\r"), ["one", ""]);
    }

    #[test]
    fn ctrl_c_drops_the_line_and_ctrl_d_ends_only_an_empty_one() {
        assert_eq!(lines(b"raw\x03x\r"), ["<cancelled>", "x"]);
        assert_eq!(lines(b"ab\x04\r\x04"), ["ab", "<end>"]);
    }

    #[test]
    fn a_full_line_rings_once_and_nothing_is_lost_from_it() {
        let mut keys = [b'x'; LINE_BYTES + 5].to_vec();
        keys.push(b'\r');
        let (lines, screen) = typed(&keys);
        assert_eq!(lines[0].len(), LINE_BYTES);
        assert_eq!(screen.matches('\x07').count(), 1);
        let mut again = [b'x'; LINE_BYTES + 2].to_vec();
        again.extend(b"\x7fyz\r");
        assert_eq!(typed(&again).1.matches('\x07').count(), 2, "there was room in between");
    }

    #[test]
    fn typing_at_the_end_echoes_only_what_is_typed() {
        assert_eq!(typed(b"raw 5\r").1, "raw 5\n");
    }

    #[test]
    fn no_bytes_from_the_line_make_it_panic() {
        let mut state = 1_u32;
        let mut editor = LineEditor::new("> ");
        let mut screen = String::new();
        for _ in 0..100_000 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let byte = (state >> 24) as u8;
            let byte = if byte > 200 {
                b"\x1b[ABCDHF~3\x7f\x15\x17\x0b\x01\x05"[usize::from(byte) % 16]
            } else {
                byte
            };
            editor.feed(byte, &mut screen).unwrap();
            screen.clear();
        }
    }
}
