// SPDX-License-Identifier: GPL-2.0-or-later
//! Text put together in borrowed memory: a guest has no allocator to do it with.

use core::fmt;

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

#[cfg(test)]
mod tests {
    use core::fmt::Write as _;

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
}
