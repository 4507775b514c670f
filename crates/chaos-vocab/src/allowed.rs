// SPDX-License-Identifier: GPL-2.0-or-later
//! What values a parameter may have.

/// The values that a parameter may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// Every number from `low` to `high`, both included.
    Range { low: u32, high: u32 },
    /// These numbers.
    List(&'static [u32]),
    /// One of these words; its number is its index.
    Words(&'static [&'static str]),
}

impl Allowed {
    /// Whether the number of a value is allowed. Inlined, so that the engine's object holds no table of words: a table of
    /// pointers cannot be read-only in position-independent code.
    #[inline(always)]
    #[must_use]
    pub fn contains(&self, number: u32) -> bool {
        match self {
            Self::Range { low, high } => (*low..=*high).contains(&number),
            Self::List(numbers) => numbers.contains(&number),
            Self::Words(words) => (number as usize) < words.len(),
        }
    }
}
