// SPDX-License-Identifier: GPL-2.0-or-later
//! The share of ones by bit: in noise the low bits are near one half and the high ones constant; in a stream all are
//! near one half, whatever its source.

use core::fmt;

/// Characters of a full bar.
const BAR_CHARS: u64 = 50;

/// Counts of ones, by bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BitCounts {
    ones: [u64; 64],
    words: u64,
}

impl BitCounts {
    /// No counts yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { ones: [0; 64], words: 0 }
    }

    /// Counts samples of up to 64 bits, or bytes.
    pub fn add(&mut self, words: impl IntoIterator<Item = u64>) {
        for word in words {
            self.words += 1;
            for (bit, ones) in self.ones.iter_mut().enumerate() {
                *ones += (word >> bit) & 1;
            }
        }
    }

    /// Draws a line for each bit, the lowest first, up to the highest that was ever one; each bar has a mark at half.
    /// `what` is what was counted, in the plural, and `width_bits` how many bits each of it has.
    ///
    /// # Errors
    /// Returns an error if `out` does.
    pub fn draw(&self, out: &mut dyn fmt::Write, what: &str, width_bits: usize) -> fmt::Result {
        let words = self.words.max(1);
        let shown = self.ones.iter().rposition(|ones| *ones > 0).map_or(0, |highest| highest + 1);
        writeln!(out, "bit       ones   share  0 %{:>22}50 %{:>21}", "", "100 %")?;
        for (bit, ones) in self.ones.iter().take(shown).enumerate() {
            // Rounded to the nearest.
            let share = |of: u64| (ones.saturating_mul(2 * of) / words).div_ceil(2);
            let (tenths, chars) = (share(1000), share(BAR_CHARS));
            write!(out, "{bit:>3} {ones:>10} {:>3}.{} %  ", tenths / 10, tenths % 10)?;
            for place in 0..BAR_CHARS {
                let halfway = if place == BAR_CHARS / 2 { '|' } else { '.' };
                out.write_char(if place < chars { '#' } else { halfway })?;
            }
            out.write_char('\n')?;
        }
        write!(out, "{what} {}", self.words)?;
        if shown < width_bits {
            write!(out, "; every bit from {shown} on is 0")?;
        }
        out.write_char('\n')
    }
}

impl Default for BitCounts {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(words: impl IntoIterator<Item = u64>) -> String {
        let mut counts = BitCounts::new();
        counts.add(words);
        let mut text = String::new();
        counts.draw(&mut text, "samples", 64).unwrap();
        text
    }

    #[test]
    fn each_bit_has_a_line_up_to_the_highest_one() {
        // Bit 0 is one half of the time, bit 1 a quarter, bit 2 never, bit 3 always.
        let text = drawn((0..1000).map(|n| 8 | (n & 1) | (u64::from(n % 4 == 3) << 1)));
        let lines: Vec<&str> = text.lines().collect();
        let bar = |ones: usize, half: char| {
            let rest: String = (ones..50).map(|at| if at == 25 { half } else { '.' }).collect();
            "#".repeat(ones) + &rest
        };
        assert_eq!(lines[1], format!("  0        500  50.0 %  {}", bar(25, '|')));
        assert_eq!(lines[2], format!("  1        250  25.0 %  {}", bar(13, '|')));
        assert_eq!(lines[3], format!("  2          0   0.0 %  {}", bar(0, '|')));
        assert_eq!(lines[4], format!("  3       1000 100.0 %  {}", bar(50, '|')));
        assert_eq!(lines[5..], ["samples 1000; every bit from 4 on is 0"]);
        // The scale stands over the bars: 0 % at the first place, 50 % at the middle, 100 % at the last.
        assert_eq!(lines[0].find("50 %"), lines[1].find('|').or_else(|| lines[2].find('|')));
        assert_eq!((lines[0].find("0 %"), lines[0].len()), (lines[1].find('#'), lines[1].len()));
    }

    #[test]
    fn the_widest_numbers_stay_within_80_columns() {
        let text = drawn([u64::MAX, 0]);
        assert_eq!(text.lines().count(), 66);
        assert!(text.ends_with("samples 2\n"));
        let most = BitCounts { ones: [9_999_999_999; 64], words: 9_999_999_999 };
        let mut text = String::new();
        most.draw(&mut text, "samples", 64).unwrap();
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
        assert!(text.lines().nth(1).unwrap().contains("100.0 %"));
    }

    #[test]
    fn of_nothing_nothing_is_drawn() {
        assert!(drawn([]).ends_with("samples 0; every bit from 0 on is 0\n"));
        assert!(drawn([0, 0]).ends_with("samples 2; every bit from 0 on is 0\n"));
    }
}
