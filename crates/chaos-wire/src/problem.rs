// SPDX-License-Identifier: GPL-2.0-or-later
//! What can be wrong with a request and where it was read, and the numbers of the grammar: plain counts, and sizes in bytes
//! with a binary suffix.

use core::fmt;

use crate::text::{Excerpt, nearest};

/// Where both guests' initrd has defaults for the request. The command line overrides them key by key.
pub const DEFAULTS_PATH: &str = "/etc/uchaos.conf";

/// Where a request was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The kernel command line.
    CommandLine,
    /// The defaults in the initrd.
    Defaults {
        /// Counted from 1.
        line: u32,
    },
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandLine => f.write_str("on the kernel command line"),
            Self::Defaults { line } => {
                write!(f, "in {DEFAULTS_PATH}, line {line}")
            }
        }
    }
}

/// A request that cannot be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestError {
    /// Where it stands.
    pub source: Source,
    /// What is wrong with it.
    pub problem: Problem,
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.problem, self.source)?;
        if let Some(nearest) = self.problem.nearest() {
            write!(f, "; did you mean `{nearest}`?")?;
        }
        Ok(())
    }
}

impl core::error::Error for RequestError {}

/// What is wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// A word that is not one of those known in its place.
    Unknown { place: Place, given: Excerpt, known: &'static [&'static str] },
    /// A key without `=` and a value.
    NoValue { key: &'static str },
    /// A key, target or kind of job given twice in one place.
    Twice { what: Excerpt },
    /// A job that is not written as its kind is.
    WrongForm { job: Excerpt, form: &'static str },
    /// A number that is malformed or not allowed.
    Number {
        /// The key or form that it belongs to.
        of: &'static str,
        given: Excerpt,
        fault: NumberFault,
    },
}

/// Where an unknown word was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Key,
    Job,
    /// The value of this key.
    Value(&'static str),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { place: Place::Key, given, .. } => write!(f, "unknown key `{given}`"),
            Self::Unknown { place, given, known } => {
                match place {
                    Place::Value(key) => write!(f, "unknown value `{given}` of `{key}`")?,
                    _ => write!(f, "unknown job `{given}`")?,
                }
                f.write_str(" (known: ")?;
                for (index, word) in known.iter().enumerate() {
                    write!(f, "{}{word}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str(")")
            }
            Self::NoValue { key } => write!(f, "key `{key}` without a value (write `{key}=VALUE`)"),
            Self::Twice { what } => write!(f, "`{what}` given twice"),
            Self::WrongForm { job, form } => write!(f, "job `{job}` must be written `{form}`"),
            Self::Number { of, given, fault } => write!(f, "number `{given}` in `{of}` {fault}"),
        }
    }
}

impl Problem {
    /// The known word nearest to the unknown one, if one is near enough to be meant.
    #[must_use]
    pub fn nearest(&self) -> Option<&'static str> {
        match self {
            Self::Unknown { given, known, .. } => nearest(given.as_str(), known.iter().copied()),
            _ => None,
        }
    }
}

/// What is wrong with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberFault {
    /// Not a decimal number.
    NotANumber,
    /// A number of bytes that is neither plain nor ends in K, M or G.
    NotASize,
    /// A number that a parameter does not allow; what it does allow.
    NotAllowed(&'static str),
    /// A number outside what is allowed, both ends included.
    OutOfRange {
        /// The lowest that is allowed.
        low: u64,
        /// The highest that is allowed.
        high: u64,
    },
}

impl fmt::Display for NumberFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANumber => f.write_str("must be a plain decimal number"),
            Self::NotASize => f.write_str(
                "must be a number of bytes, plain or with K, M or G (1024, 1024^2, 1024^3)",
            ),
            Self::NotAllowed(allowed) => write!(f, "must be {allowed}"),
            Self::OutOfRange { low, high } => write!(f, "must be {low} to {high}"),
        }
    }
}

/// A plain decimal count between `low` and `high`.
pub(crate) fn count(text: &str, low: u64, high: u64) -> Result<u64, NumberFault> {
    let number = digits(text).ok_or(NumberFault::NotANumber)?;
    in_range(number, low, high)
}

/// A size in bytes between `low` and `high`, with an optional K, M or G.
pub(crate) fn size_bytes(text: &str, low: u64, high: u64) -> Result<u64, NumberFault> {
    let (text, shift) = match text.as_bytes().last() {
        Some(b'K') => (text.get(..text.len() - 1), 10),
        Some(b'M') => (text.get(..text.len() - 1), 20),
        Some(b'G') => (text.get(..text.len() - 1), 30),
        _ => (Some(text), 0),
    };
    let number = text.and_then(digits).ok_or(NumberFault::NotASize)?;
    let bytes = number.and_then(|number| number.checked_mul(1 << shift));
    in_range(bytes, low, high)
}

/// `None`: not decimal digits. `Some(None)`: digits, but more than 64 bits of them.
fn digits(text: &str) -> Option<Option<u64>> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().ok())
}

fn in_range(number: Option<u64>, low: u64, high: u64) -> Result<u64, NumberFault> {
    match number {
        Some(number) if (low..=high).contains(&number) => Ok(number),
        _ => Err(NumberFault::OutOfRange { low, high }),
    }
}

/// Writes a size with the largest suffix that leaves a whole number: the inverse of [`size_bytes`].
pub(crate) fn write_size(f: &mut fmt::Formatter<'_>, len_bytes: u64) -> fmt::Result {
    for (shift, suffix) in [(30, 'G'), (20, 'M'), (10, 'K')] {
        if len_bytes != 0 && len_bytes.trailing_zeros() >= shift {
            return write!(f, "{}{suffix}", len_bytes >> shift);
        }
    }
    write!(f, "{len_bytes}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_plain() {
        assert_eq!(count("1000000", 1, 1 << 30), Ok(1_000_000));
        assert_eq!(count("007", 1, 9), Ok(7));
        for bad in ["", "-1", "+1", "1M", "1_000", " 1", "1 ", "0x10", "１", "1.0"] {
            assert_eq!(count(bad, 1, 9), Err(NumberFault::NotANumber), "{bad:?}");
        }
        let range = NumberFault::OutOfRange { low: 1, high: 9 };
        for bad in [
            "0",
            "10",
            "18446744073709551615",
            "18446744073709551616",
            "99999999999999999999999999",
        ] {
            assert_eq!(count(bad, 1, 9), Err(range), "{bad}");
        }
        assert_eq!(count("18446744073709551615", 0, u64::MAX), Ok(u64::MAX));
    }

    #[test]
    fn sizes_have_binary_suffixes() {
        assert_eq!(size_bytes("16M", 1, u64::MAX), Ok(16 << 20));
        assert_eq!(size_bytes("4K", 1, u64::MAX), Ok(4096));
        assert_eq!(size_bytes("2G", 1, u64::MAX), Ok(2 << 30));
        assert_eq!(size_bytes("17", 1, u64::MAX), Ok(17));
        for bad in ["", "K", "M", "1k", "1T", "1KB", "1MiB", "-1M", "1 M", "é", "1é"] {
            assert_eq!(size_bytes(bad, 1, u64::MAX), Err(NumberFault::NotASize), "{bad:?}");
        }
        let range = NumberFault::OutOfRange { low: 1, high: u64::MAX };
        for bad in ["0", "0K", "18446744073709551616", "17179869184G", "18014398509481984K"] {
            assert_eq!(size_bytes(bad, 1, u64::MAX), Err(range), "{bad}");
        }
        assert_eq!(size_bytes("17179869183G", 1, u64::MAX), Ok(17_179_869_183 << 30));
    }
}
