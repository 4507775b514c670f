// SPDX-License-Identifier: GPL-2.0-or-later
//! A few words of somebody else's text, kept without allocation, for error messages.

use core::fmt::{self, Write as _};

const CAPACITY_BYTES: usize = 40;

/// The beginning of a text, at most 40 bytes of it. Shown with control characters escaped, so that a strange
/// command line cannot garble the console, and with `...` where it was cut.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Excerpt {
    bytes: [u8; CAPACITY_BYTES],
    len: u8,
    cut: bool,
}

impl Excerpt {
    /// Takes the beginning of `text`, whole characters only.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let len = text.floor_char_boundary(CAPACITY_BYTES);
        let mut bytes = [0; CAPACITY_BYTES];
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
