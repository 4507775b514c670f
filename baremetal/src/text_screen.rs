// SPDX-License-Identifier: GPL-2.0-or-later
//! A screen of 80 by 25 characters, as a PC has it in text mode. It understands what the monitor sends to a terminal:
//! line ends, and the few escape sequences of its line editor.

pub const COLUMNS: usize = 80;
pub const ROWS: usize = 25;
/// Light grey on black, and a blank.
const BLANK: u16 = 0x0700 | b' ' as u16;

/// The characters with their colours, and where the next one goes.
#[derive(Debug)]
pub struct TextScreen {
    cells: [u16; COLUMNS * ROWS],
    row: usize,
    column: usize,
    escape: Escape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escape {
    None,
    /// After ESC.
    Begun,
    /// After ESC and a bracket, with the number so far.
    Sequence(usize),
}

impl TextScreen {
    #[must_use]
    pub const fn new() -> Self {
        Self { cells: [BLANK; COLUMNS * ROWS], row: 0, column: 0, escape: Escape::None }
    }

    /// What is on the screen, row by row: the character of code page 437 below, its colours above.
    #[must_use]
    pub const fn cells(&self) -> &[u16; COLUMNS * ROWS] {
        &self.cells
    }

    /// The cell of the cursor.
    #[must_use]
    pub const fn cursor(&self) -> usize {
        self.row * COLUMNS + self.column
    }

    /// Shows a text.
    pub fn write(&mut self, text: &str) {
        text.chars().for_each(|c| self.put(c));
    }

    fn put(&mut self, c: char) {
        match (self.escape, c) {
            (Escape::None, '\x1b') => self.escape = Escape::Begun,
            (Escape::None, '\n') => self.new_line(),
            (Escape::None, '\r') => self.column = 0,
            (Escape::None, '\x08') => self.column = self.column.saturating_sub(1),
            (Escape::None, c) if c.is_control() => {}
            (Escape::None, c) => self.show(c),
            // Of several numbers the last counts; none that is sent here has more than one.
            (Escape::Begun, '[') | (Escape::Sequence(_), ':'..='?') => {
                self.escape = Escape::Sequence(0);
            }
            (Escape::Begun, _) => self.escape = Escape::None,
            (Escape::Sequence(number), '0'..='9') => {
                self.escape = Escape::Sequence(number * 10 % 1000 + (c as usize - '0' as usize));
            }
            (Escape::Sequence(number), c) => {
                self.escape = Escape::None;
                self.obey(c, number);
            }
        }
    }

    fn show(&mut self, c: char) {
        if self.column == COLUMNS {
            self.new_line();
        }
        let character = match c {
            ' '..='~' => c as u16,
            'µ' | 'μ' => 0xe6,
            _ => u16::from(b'?'),
        };
        let cell = self.cursor();
        self.cells[cell] = BLANK & 0xff00 | character;
        self.column += 1;
    }

    fn obey(&mut self, sequence: char, number: usize) {
        match sequence {
            'K' => {
                let rest = self.cursor()..(self.row + 1) * COLUMNS;
                self.cells[rest].fill(BLANK);
            }
            'D' => self.column = self.column.saturating_sub(number.max(1)),
            'J' => self.cells.fill(BLANK),
            'H' => (self.row, self.column) = (0, 0),
            _ => {}
        }
    }

    fn new_line(&mut self) {
        self.column = 0;
        if self.row + 1 < ROWS {
            self.row += 1;
        } else {
            self.cells.copy_within(COLUMNS.., 0);
            self.cells[(ROWS - 1) * COLUMNS..].fill(BLANK);
        }
    }
}

impl Default for TextScreen {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::String;

    use super::*;

    fn row(screen: &TextScreen, row: usize) -> String {
        let cells = &screen.cells()[row * COLUMNS..(row + 1) * COLUMNS];
        let text: String = cells.iter().map(|cell| char::from(*cell as u8)).collect();
        text.trim_end().into()
    }

    #[test]
    fn lines_wrap_and_scroll() {
        let mut screen = TextScreen::new();
        screen.write(&"x".repeat(COLUMNS));
        assert_eq!(screen.cursor(), COLUMNS, "the next character decides");
        screen.write("\nafter µ\u{2026}");
        assert_eq!((row(&screen, 0).len(), row(&screen, 1)), (80, "after \u{e6}?".into()));
        for line in 0..ROWS {
            screen.write(&format!("\nline {line}"));
        }
        assert_eq!(row(&screen, 0), "line 0");
        assert_eq!(row(&screen, ROWS - 1), "line 24");
        screen.write(&"y".repeat(2 * COLUMNS));
        assert_eq!(row(&screen, ROWS - 1), "yyyyyyy");
    }

    #[test]
    fn the_line_editor_is_understood() {
        let mut screen = TextScreen::new();
        screen.write("uchaos> rwa\r\x1b[Kuchaos> raw 5\x1b[2D");
        assert_eq!((row(&screen, 0), screen.cursor()), ("uchaos> raw 5".into(), 11));
        screen.write("\x08\x1b[K");
        assert_eq!(row(&screen, 0), "uchaos> ra");
        screen.write("\x1b[99D\x1b[?25h\x1b7\x07z");
        assert_eq!(row(&screen, 0).chars().next(), Some('z'));
        screen.write("\x1b[2J\x1b[H");
        assert!(screen.cells().iter().all(|cell| *cell == BLANK));
        assert_eq!(screen.cursor(), 0);
    }
}
