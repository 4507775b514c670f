// SPDX-License-Identifier: GPL-2.0-or-later
//! The peers, and the question to one of them on the command line of the process that queries it.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use anyhow::Result;

use crate::source::Source;
use crate::{jitterentropy, kernel, processor, rand_jitter};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    Jitterentropy,
    /// The copy of jitterentropy in the running kernel.
    Kernel,
    RandJitter,
    Rdseed,
    Rdrand,
}

impl Peer {
    pub const ALL: [Self; 5] =
        [Self::Jitterentropy, Self::Kernel, Self::RandJitter, Self::Rdseed, Self::Rdrand];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jitterentropy => "jitterentropy",
            Self::Kernel => "kernel-jitterentropy",
            Self::RandJitter => "rand_jitter",
            Self::Rdseed => "rdseed",
            Self::Rdrand => "rdrand",
        }
    }

    /// Opens it in this process; `library` is jitterentropy's, a path or a name for the loader.
    pub(crate) fn open(self, library: &Path) -> Result<Box<dyn Source>> {
        Ok(match self {
            Self::Jitterentropy => jitterentropy::open(library)?,
            Self::Kernel => Box::new(kernel::Kernel::open()?),
            Self::RandJitter => rand_jitter::open()?,
            Self::Rdseed => Box::new(processor::rdseed()?),
            Self::Rdrand => Box::new(processor::rdrand()?),
        })
    }

    /// Bytes of output that take a second or more, so that the start of the process is negligible.
    pub(crate) const fn output_bytes(self) -> u64 {
        match self {
            Self::Jitterentropy | Self::Kernel => 8 << 10,
            Self::RandJitter => 128 << 10,
            Self::Rdseed | Self::Rdrand => 8 << 20,
        }
    }
}

/// The question of one process to a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    pub peer: Peer,
    pub about: About,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Itself,
    Raw { samples: u64 },
    Output { bytes: u64 },
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let peer = self.peer.name();
        match self.about {
            About::Itself => write!(f, "{peer}:itself"),
            About::Raw { samples } => write!(f, "{peer}:raw:{samples}"),
            About::Output { bytes } => write!(f, "{peer}:output:{bytes}"),
        }
    }
}

impl FromStr for Question {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected =
            || format!("expected PEER:itself, PEER:raw:N or PEER:output:N, got `{text}`");
        let mut parts = text.split(':');
        let name = parts.next().unwrap_or_default();
        let peer = Peer::ALL.into_iter().find(|peer| peer.name() == name).ok_or_else(expected)?;
        let what = parts.next().unwrap_or_default();
        let count = parts.next().map(str::parse).transpose().map_err(|_| expected())?;
        let about = match (what, count, parts.next()) {
            ("itself", None, None) => About::Itself,
            ("raw", Some(samples), None) => About::Raw { samples },
            ("output", Some(bytes), None) => About::Output { bytes },
            _ => return Err(expected()),
        };
        Ok(Self { peer, about })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_read_as_it_was_written_and_others_are_refused() {
        for peer in Peer::ALL {
            for about in
                [About::Itself, About::Raw { samples: 7 }, About::Output { bytes: 1 << 40 }]
            {
                let question = Question { peer, about };
                assert_eq!(question.to_string().parse(), Ok(question));
            }
        }
        for text in [
            "",
            "rdrand",
            "rdrand:raw",
            "rdrand:raw:",
            "rdrand:raw:1:2",
            "rdrand:itself:1",
            "x:raw:1",
            "rdrand:raw:-1",
        ] {
            assert!(text.parse::<Question>().unwrap_err().contains(text), "{text}");
        }
    }
}
