// SPDX-License-Identifier: GPL-2.0-or-later
//! The ways in which samples and bytes are shown to people.

/// A view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Samples as decimal numbers, one a line; bytes as a hex dump.
    Text,
    /// Samples by their size.
    Histogram,
    /// How often each bit is one.
    Bits,
}

impl View {
    /// Every view.
    pub const ALL: [Self; 3] = [Self::Text, Self::Histogram, Self::Bits];

    /// The option that asks for it.
    #[must_use]
    pub const fn option(self) -> &'static str {
        match self {
            Self::Text => "--text",
            Self::Histogram => "--histogram",
            Self::Bits => "--bits",
        }
    }
}
