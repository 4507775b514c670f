// SPDX-License-Identifier: GPL-2.0-or-later
//! What is wrong with a request, and where; the text also names the nearest word that would have been right.

use core::fmt;

use crate::excerpt::Excerpt;
use crate::nearest::nearest;
use crate::number::NumberFault;

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
                write!(f, "in {}, line {line}", crate::request::DEFAULTS_PATH)
            }
        }
    }
}

/// A request that cannot be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobError {
    /// Where it stands.
    pub source: Source,
    /// What is wrong with it.
    pub problem: Problem,
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.problem, self.source)?;
        if let Some(nearest) = self.problem.nearest() {
            write!(f, "; did you mean `{nearest}`?")?;
        }
        Ok(())
    }
}

impl core::error::Error for JobError {}

/// What is wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// A key that the grammar does not have.
    UnknownKey {
        /// The key.
        key: Excerpt,
    },
    /// A key without `=` and a value.
    NoValue {
        /// The key.
        key: &'static str,
    },
    /// A key or a kind of job that is given twice in one place.
    Twice {
        /// The key or kind.
        what: Excerpt,
    },
    /// A kind of job that the grammar does not have.
    UnknownJob {
        /// Its word.
        job: Excerpt,
    },
    /// A job that is not written as its kind is.
    WrongForm {
        /// As given.
        job: Excerpt,
        /// As it should be.
        form: &'static str,
    },
    /// A number that is none, or out of range.
    Number {
        /// The key or form in which it stands.
        of: &'static str,
        /// As given.
        given: Excerpt,
        /// What is wrong with it.
        fault: NumberFault,
    },
    /// A value that is not one of a key's words.
    UnknownWord {
        /// The key.
        key: &'static str,
        /// As given.
        given: Excerpt,
        /// The words that there are.
        words: &'static [&'static str],
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey { key } => write!(f, "unknown key `{key}`"),
            Self::NoValue { key } => write!(f, "key `{key}` without a value (write `{key}=VALUE`)"),
            Self::Twice { what } => write!(f, "`{what}` given twice"),
            Self::UnknownJob { job } => {
                write!(
                    f,
                    "unknown job `{job}` (there are raw, stream, restart, seed, selftest, none)"
                )
            }
            Self::WrongForm { job, form } => write!(f, "job `{job}` must be written `{form}`"),
            Self::Number { of, given, fault } => write!(f, "number `{given}` in `{of}` {fault}"),
            Self::UnknownWord { key, given, words } => {
                write!(f, "unknown value `{given}` of `{key}` (there are ")?;
                for (index, word) in words.iter().enumerate() {
                    write!(f, "{}{word}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str(")")
            }
        }
    }
}

impl Problem {
    /// The known word that is nearest to the unknown one, where one is near enough to be meant.
    #[must_use]
    pub fn nearest(&self) -> Option<&'static str> {
        match self {
            Self::UnknownKey { key } => nearest(key.as_str(), crate::request::KEYS.iter().copied()),
            Self::UnknownJob { job } => {
                nearest(job.as_str(), crate::job::JobKind::ALL.iter().map(|kind| kind.word()))
            }
            Self::UnknownWord { given, words, .. } => {
                nearest(given.as_str(), words.iter().copied())
            }
            _ => None,
        }
    }
}
