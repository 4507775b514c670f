// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an estimator estimates on: bits, or symbols of a larger alphabet.

use super::BitString;
use std::borrow::Cow;

/// A sequence whose symbols are known to lie in `0..alphabet_size`.
///
/// [`Symbols::literal_sequence`](crate::Symbols::literal_sequence) and
/// [`Symbols::bit_sequence`](crate::Symbols::bit_sequence) make one; so does [`BitString`].
#[derive(Clone, Debug)]
pub struct Sequence<'a>(pub(crate) Content<'a>);

#[derive(Clone, Debug)]
pub(crate) enum Content<'a> {
    /// An alphabet of two symbols.
    Bits(Cow<'a, BitString>),
    /// More than two. Every symbol is below `alphabet_size`, which is 256 at most.
    Symbols { symbols: &'a [u8], alphabet_size: usize },
}

impl Sequence<'_> {
    /// How many symbols there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Content::Bits(bits) => bits.len(),
            Content::Symbols { symbols, .. } => symbols.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bits, if these are bits.
    #[must_use]
    pub fn bits(&self) -> Option<&BitString> {
        match &self.0 {
            Content::Bits(bits) => Some(bits),
            Content::Symbols { .. } => None,
        }
    }
}

impl<'a> From<&'a BitString> for Sequence<'a> {
    fn from(bits: &'a BitString) -> Self {
        Self(Content::Bits(Cow::Borrowed(bits)))
    }
}

impl From<BitString> for Sequence<'_> {
    fn from(bits: BitString) -> Self {
        Self(Content::Bits(Cow::Owned(bits)))
    }
}
