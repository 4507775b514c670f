// SPDX-License-Identifier: GPL-2.0-or-later
//! A guest's console: splits bytes into timed lines, kept in memory and in a log file.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

/// Longer lines are split here.
const LONGEST_LINE_BYTES: usize = 4096;
/// A guest that writes more than this is faulty, and would fill memory and disk.
pub(crate) const MOST_BYTES: usize = 64 << 20;

/// One line of a guest's console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleLine {
    /// Time from QEMU's start to the end of the line.
    pub at: Duration,
    /// Without line end and carriage returns.
    pub text: String,
}

/// Everything the guest has written, and QEMU's own messages.
#[derive(Debug, Default)]
pub(crate) struct Console {
    lines: Vec<ConsoleLine>,
    partial: Vec<u8>,
    complaints: Vec<String>,
    partial_complaint: Vec<u8>,
    log: Option<File>,
    taken_bytes: usize,
}

/// A read position in a console.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cursor {
    line: usize,
    byte: usize,
}

impl Console {
    /// A console that is logged to a new file; the file begins with the command.
    pub(crate) fn logged(path: Option<&Path>, command: &str) -> io::Result<Self> {
        let mut log = path.map(File::create).transpose()?;
        if let Some(log) = &mut log {
            writeln!(log, "$ {command}")?;
        }
        Ok(Self { log, ..Self::default() })
    }

    /// Splits the written pieces into lines.
    pub(crate) fn lines_of(pieces: &[(Duration, Vec<u8>)]) -> Vec<ConsoleLine> {
        let mut console = Self::default();
        for (at, bytes) in pieces {
            for byte in bytes {
                console.push(*at, *byte);
            }
        }
        if !console.partial.is_empty() {
            console.end_line(pieces.last().map(|(at, _)| *at).unwrap_or_default());
        }
        console.lines
    }

    /// Adds bytes from the guest.
    pub(crate) fn take(&mut self, at: Duration, bytes: &[u8]) -> io::Result<()> {
        self.taken_bytes = self.taken_bytes.saturating_add(bytes.len());
        let first_new = self.lines.len();
        for byte in bytes {
            self.push(at, *byte);
        }
        self.write_log(first_new)
    }

    /// Adds bytes from QEMU itself.
    pub(crate) fn complain(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.taken_bytes = self.taken_bytes.saturating_add(bytes.len());
        for byte in bytes {
            self.partial_complaint.push(*byte);
            if *byte == b'\n' || self.partial_complaint.len() >= LONGEST_LINE_BYTES {
                self.end_complaint()?;
            }
        }
        Ok(())
    }

    /// Ends an unfinished line; no more bytes will follow.
    pub(crate) fn finish(&mut self, at: Duration) -> io::Result<()> {
        let first_new = self.lines.len();
        if !self.partial.is_empty() {
            self.end_line(at);
        }
        if !self.partial_complaint.is_empty() {
            self.end_complaint()?;
        }
        self.write_log(first_new)
    }

    /// Whether the guest has written more than `MOST_BYTES`.
    pub(crate) fn is_flooded(&self) -> bool {
        self.taken_bytes > MOST_BYTES
    }

    /// The guest's lines so far.
    pub(crate) fn lines(&self) -> &[ConsoleLine] {
        &self.lines
    }

    /// QEMU's own messages so far.
    pub(crate) fn complaints(&self) -> &[String] {
        &self.complaints
    }

    /// Returns the guest's lines.
    pub(crate) fn take_lines(&mut self) -> Vec<ConsoleLine> {
        std::mem::take(&mut self.lines)
    }

    /// The last lines of the guest, then of QEMU, made printable.
    pub(crate) fn last(&self, count: usize) -> Vec<String> {
        let skip = |len: usize| len.saturating_sub(count);
        let guest = self.lines.iter().skip(skip(self.lines.len())).map(|line| shown(&line.text));
        let qemu = self.complaints.iter().skip(skip(self.complaints.len()));
        guest.chain(qemu.map(|line| format!("qemu: {}", shown(line)))).collect()
    }

    /// Finds `text` at or after `cursor`, even in an unfinished line (such as a prompt), and moves `cursor`
    /// past it.
    pub(crate) fn find(&self, text: &str, cursor: &mut Cursor) -> bool {
        let partial = String::from_utf8_lossy(&self.partial);
        let lines = self.lines.iter().map(|line| line.text.as_str()).chain([partial.as_ref()]);
        for (number, line) in lines.enumerate().skip(cursor.line) {
            let from = if number == cursor.line { cursor.byte } else { 0 };
            if let Some(at) = line.get(from..).and_then(|rest| rest.find(text)) {
                *cursor = Cursor { line: number, byte: from + at + text.len() };
                return true;
            }
        }
        false
    }

    fn push(&mut self, at: Duration, byte: u8) {
        match byte {
            b'\r' => {}
            b'\n' => self.end_line(at),
            _ => {
                self.partial.push(byte);
                if self.partial.len() >= LONGEST_LINE_BYTES {
                    self.end_line(at);
                }
            }
        }
    }

    fn end_line(&mut self, at: Duration) {
        let text = String::from_utf8_lossy(&self.partial).into_owned();
        self.partial.clear();
        self.lines.push(ConsoleLine { at, text });
    }

    fn end_complaint(&mut self) -> io::Result<()> {
        let text = String::from_utf8_lossy(&self.partial_complaint).trim_end().to_owned();
        self.partial_complaint.clear();
        if let Some(log) = &mut self.log {
            writeln!(log, "      qemu  {text}")?;
        }
        self.complaints.push(text);
        Ok(())
    }

    fn write_log(&mut self, first_new: usize) -> io::Result<()> {
        let Some(log) = &mut self.log else { return Ok(()) };
        let mut text = Vec::new();
        for line in self.lines.iter().skip(first_new) {
            writeln!(text, "{:10.6}  {}", line.at.as_secs_f64(), line.text)?;
        }
        log.write_all(&text)
    }
}

/// The line without control characters that would affect the terminal.
fn shown(line: &str) -> String {
    line.chars()
        .flat_map(|c| {
            let escaped = c.is_control() && c != '\t';
            escaped.then(|| c.escape_default()).into_iter().flatten().chain((!escaped).then_some(c))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn lines_come_together_from_pieces_with_the_time_of_their_end() {
        let mut console = Console::default();
        console.take(at(1), b"one\r\ntw").unwrap();
        console.take(at(2), b"o\nthree\xff").unwrap();
        console.finish(at(3)).unwrap();
        let lines: Vec<_> =
            console.lines().iter().map(|line| (line.at, line.text.as_str())).collect();
        assert_eq!(lines, [(at(1), "one"), (at(2), "two"), (at(3), "three\u{fffd}")]);
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let mut console = Console::default();
        console.take(at(1), &vec![b'x'; 2 * LONGEST_LINE_BYTES + 1]).unwrap();
        assert_eq!(console.lines().len(), 2);
        assert!(!console.is_flooded());
        console.take(at(1), &vec![b'x'; MOST_BYTES]).unwrap();
        assert!(console.is_flooded());
    }

    #[test]
    fn a_prompt_is_found_once_and_only_after_what_was_found_before() {
        let mut console = Console::default();
        let mut cursor = Cursor::default();
        console.take(at(1), b"boot\n> ").unwrap();
        assert!(console.find("> ", &mut cursor));
        assert!(!console.find("> ", &mut cursor));
        assert!(!console.find("boot", &mut cursor));
        console.take(at(2), b"raw\nab ab\n> ").unwrap();
        assert!(console.find("ab", &mut cursor));
        assert!(console.find("ab", &mut cursor));
        assert!(!console.find("ab", &mut cursor));
        assert!(console.find("> ", &mut cursor));
    }

    #[test]
    fn the_log_has_the_command_the_times_and_the_complaints() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("console.log");
        let mut console = Console::logged(Some(&path), "qemu -x").unwrap();
        console.take(at(1500), b"hello\n").unwrap();
        console.complain(b"bad option\n").unwrap();
        console.finish(at(2000)).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "$ qemu -x\n  1.500000  hello\n      qemu  bad option\n");
        assert_eq!(console.last(5), ["hello", "qemu: bad option"]);
    }

    #[test]
    fn what_is_shown_cannot_move_the_terminals_cursor() {
        assert_eq!(shown("a\u{1b}[2Jb\tc"), "a\\u{1b}[2Jb\tc");
    }
}
