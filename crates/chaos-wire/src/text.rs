// SPDX-License-Identifier: GPL-2.0-or-later
//! Text without an allocator: a buffer to write into, an excerpt of foreign text for an error message, and the
//! known word nearest to an unknown one.

use core::fmt::{self, Write as _};

/// Bytes of an [`Excerpt`].
const EXCERPT_BYTES: usize = 40;
/// Bytes of the longest word that is looked at.
const MOST_BYTES: usize = 32;

/// Collects text; an overflow is an error and is remembered.
#[derive(Debug)]
pub struct TextBuffer<'a> {
    bytes: &'a mut [u8],
    len_bytes: usize,
    overflowed: bool,
}

impl<'a> TextBuffer<'a> {
    /// An empty text that can grow to as many bytes as `bytes` has.
    pub fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, len_bytes: 0, overflowed: false }
    }

    /// The bytes so far.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len_bytes).unwrap_or_default()
    }

    /// Whether something did not fit.
    #[must_use]
    pub fn overflowed(&self) -> bool {
        self.overflowed
    }
}

impl fmt::Write for TextBuffer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len_bytes.saturating_add(text.len());
        if self.overflowed {
            return Err(fmt::Error);
        }
        let Some(place) = self.bytes.get_mut(self.len_bytes..end) else {
            self.overflowed = true;
            return Err(fmt::Error);
        };
        place.copy_from_slice(text.as_bytes());
        self.len_bytes = end;
        Ok(())
    }
}

/// The beginning of a text, at most 40 bytes of it. Shown with control characters escaped, so that a strange
/// command line cannot garble the console, and with `...` where it was cut.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Excerpt {
    bytes: [u8; EXCERPT_BYTES],
    len: u8,
    cut: bool,
}

impl Excerpt {
    /// Takes the beginning of `text`, whole characters only.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let len = text.floor_char_boundary(EXCERPT_BYTES);
        let mut bytes = [0; EXCERPT_BYTES];
        for (to, from) in bytes.iter_mut().zip(text.as_bytes().iter().take(len)) {
            *to = *from;
        }
        // At most 40 (see above).
        Self { bytes, len: len as u8, cut: len < text.len() }
    }

    /// What was kept.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let kept = self.bytes.get(..usize::from(self.len)).unwrap_or_default();
        core::str::from_utf8(kept).unwrap_or_default()
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.as_str().chars() {
            if character.is_control() {
                write!(f, "{}", character.escape_default())?;
            } else {
                f.write_char(character)?;
            }
        }
        if self.cut { f.write_str("...") } else { Ok(()) }
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// The candidate with the fewest edits to `word`, where these are at most a third of its letters, or one. Capital letters
/// are taken for small ones.
#[must_use]
pub fn nearest<'a>(word: &str, mut known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // One loop for all kinds of lists: guests are small.
    let known: &mut dyn Iterator<Item = &'a str> = &mut known;
    known
        .filter_map(|known| Some((edits(word.as_bytes(), known.as_bytes())?, known)))
        .min_by_key(|(edits, _)| *edits)
        .filter(|(edits, known)| usize::from(*edits) <= (known.len() / 3).max(1))
        .map(|(_, known)| known)
}

/// Bytes to add, drop, change, or swap with their neighbour, to make the one of the other (the optimal string alignment
/// distance); `None` for words that are too long.
fn edits(from: &[u8], to: &[u8]) -> Option<u8> {
    if from.len() > MOST_BYTES || to.len() > MOST_BYTES {
        return None;
    }
    // Rows of the table of distances between beginnings: two bytes ago, one byte ago, now.
    let mut rows = [[0; MOST_BYTES + 1]; 3];
    let [_, _, now] = &mut rows;
    now.iter_mut().zip(0..).for_each(|(distance, len)| *distance = len);
    let mut before = None;
    for (&one, row_number) in from.iter().zip(1..) {
        rows.rotate_left(1);
        let [older, last, now] = &mut rows;
        now[0] = row_number;
        let mut left = None;
        for (column, &other) in to.iter().enumerate() {
            let change = last[column] + u8::from(!one.eq_ignore_ascii_case(&other));
            let mut least = change.min(last[column + 1] + 1).min(now[column] + 1);
            let is = |a: Option<u8>, b: u8| a.is_some_and(|a| a.eq_ignore_ascii_case(&b));
            if is(left, one) && is(before, other) {
                least = least.min(older[column - 1] + 1);
            }
            now[column + 1] = least;
            left = Some(other);
        }
        before = Some(one);
    }
    rows[2].get(to.len()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overflow_is_noticed_and_nothing_is_half_written_after_it() {
        let mut place = [0; 8];
        let mut text = TextBuffer::new(&mut place);
        assert!(text.write_str("12345").is_ok());
        assert!(text.write_str("6789").is_err());
        assert!(text.write_str("6").is_err());
        assert!(text.overflowed());
        assert_eq!(text.as_bytes(), b"12345");
    }

    #[test]
    fn long_text_is_cut_at_a_character_and_says_so() {
        assert_eq!(Excerpt::new("short").to_string(), "short");
        let long = "é".repeat(30);
        let excerpt = Excerpt::new(&long);
        assert_eq!(excerpt.as_str(), "é".repeat(20));
        assert_eq!(excerpt.to_string(), format!("{}...", "é".repeat(20)));
        let odd = format!("x{long}");
        assert_eq!(Excerpt::new(&odd).as_str().len(), 39);
    }

    #[test]
    fn control_characters_do_not_reach_the_console() {
        assert_eq!(Excerpt::new("a\u{1b}[2Jb\n").to_string(), "a\\u{1b}[2Jb\\n");
    }

    #[test]
    fn edits_are_counted_by_hand() {
        for (from, to, count) in [
            ("", "", 0),
            ("", "abc", 3),
            ("turn", "turns", 1),
            ("trns", "turns", 1),
            ("tunrs", "turns", 1),
            ("TURNS", "turns", 0),
            ("kitten", "sitting", 3),
            ("memory", "combined", 7),
            // Optimal string alignment edits no byte twice: swap and insert between is three.
            ("ca", "abc", 3),
        ] {
            assert_eq!(edits(from.as_bytes(), to.as_bytes()), Some(count), "{from} {to}");
            assert_eq!(edits(to.as_bytes(), from.as_bytes()), Some(count), "{to} {from}");
        }
        assert_eq!(edits(&[b'a'; MOST_BYTES], &[b'b'; MOST_BYTES]), Some(32));
        assert_eq!(edits(&[b'a'; MOST_BYTES + 1], b"a"), None);
    }

    #[test]
    fn a_word_far_from_all_has_no_nearest() {
        let known = ["pause", "memory", "hash", "combined"];
        assert_eq!(nearest("memry", known.into_iter()), Some("memory"));
        assert_eq!(nearest("Hsah", known.into_iter()), Some("hash"));
        assert_eq!(nearest("sleep", known.into_iter()), None);
    }
}
