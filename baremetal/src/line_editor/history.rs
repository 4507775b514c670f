// SPDX-License-Identifier: GPL-2.0-or-later
//! The last few lines typed, without an allocator.

use super::LINE_BYTES;

/// Lines that are remembered.
const LINES: usize = 16;

/// A ring of lines; empty lines and repetitions of the last one are not kept.
#[derive(Debug)]
pub(super) struct History {
    lines: [[u8; LINE_BYTES]; LINES],
    lens: [usize; LINES],
    /// Lines ever pushed.
    pushed: usize,
}

impl History {
    pub(super) const fn new() -> Self {
        Self { lines: [[0; LINE_BYTES]; LINES], lens: [0; LINES], pushed: 0 }
    }

    pub(super) fn push(&mut self, line: &[u8]) {
        if line.is_empty() || self.back(1) == Some(line) {
            return;
        }
        let slot = self.pushed % LINES;
        self.lines[slot][..line.len()].copy_from_slice(line);
        self.lens[slot] = line.len();
        self.pushed += 1;
    }

    /// The line `depth` before now, 1 being the last one.
    pub(super) fn back(&self, depth: usize) -> Option<&[u8]> {
        if depth == 0 || depth > LINES {
            return None;
        }
        let slot = self.pushed.checked_sub(depth)? % LINES;
        Some(&self.lines[slot][..self.lens[slot]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_lines_make_room_for_new_ones() {
        let mut history = History::new();
        for number in 0..LINES as u8 + 3 {
            history.push(&[number]);
        }
        assert_eq!(history.back(1), Some(&[LINES as u8 + 2][..]));
        assert_eq!(history.back(LINES), Some(&[3][..]));
        assert_eq!((history.back(LINES + 1), history.back(0)), (None, None));
    }
}
