// SPDX-License-Identifier: GPL-2.0-or-later
//! Lines `key=value`, as the text frames have them.

/// Keys and values in the order in which they were written. A key may be there more than once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Parses lines `key=value`; the error is the line that is none.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        text.lines()
            .map(|line| match line.split_once('=') {
                Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
                _ => Err(line.to_owned()),
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The first value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// The first value of a key as a number.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<u64> {
        self.get(key)?.parse().ok()
    }

    /// All keys and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}
