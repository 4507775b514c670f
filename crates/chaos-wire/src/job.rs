// SPDX-License-Identifier: GPL-2.0-or-later
//! What a guest is asked to take: one job, and the list of them.

use core::fmt;

use crate::problem::{self, Place, Problem};
use crate::text::Excerpt;

/// Most raw samples of one job.
const MAX_SAMPLES: u64 = 1 << 30;
/// Most bytes of one stream job.
const MAX_STREAM_BYTES: u64 = 64 << 30;
/// Most rows and columns of a restart matrix; a row must fit one frame.
const MAX_ROWS: u64 = 4096;
const MAX_COLUMNS: u64 = 65536;
/// Most bytes of seed: it is slow, and more is of no use.
const MAX_SEED_BYTES: u64 = 16 << 20;

/// One thing to take from a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Job {
    /// `raw:N`: so many samples of raw noise, before any mixing.
    Raw { samples: u64 },
    /// `stream:N`: so many bytes of the amplified output.
    Stream { len_bytes: u64 },
    /// `restart:RxC`: the restart matrix of SP 800-90B §3.1.4, by re-initialisation.
    Restart {
        rows: u32,
        /// Samples after each restart.
        columns: u32,
    },
    /// `seed:N`: so many bytes of conditioned output.
    Seed { len_bytes: u64 },
    /// `selftest`: the machine checks itself and reports lines of text.
    SelfTest,
}

chaos_vocab::words! {
    /// The kinds of job. A request has at most one of each, so that a capture has one of each per target.
    JobKind {
        /// see [`Job::Raw`]
        Raw = 0 "raw",
        /// see [`Job::Stream`]
        Stream = 1 "stream",
        /// see [`Job::Restart`]
        Restart = 2 "restart",
        /// see [`Job::Seed`]
        Seed = 3 "seed",
        /// see [`Job::SelfTest`]
        SelfTest = 4 "selftest",
    }
}

impl JobKind {
    /// How a job of this kind is written.
    #[must_use]
    pub const fn form(self) -> &'static str {
        match self {
            Self::Raw => "raw:SAMPLES",
            Self::Stream => "stream:BYTES",
            Self::Restart => "restart:ROWSxCOLUMNS",
            Self::Seed => "seed:BYTES",
            Self::SelfTest => "selftest",
        }
    }
}

impl Job {
    /// Parses one job, such as `stream:16M`.
    ///
    /// # Errors
    /// Returns an error for an unknown kind, a form that the kind does not have, or a number out of range.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let (word, argument) = match text.split_once(':') {
            Some((word, argument)) => (word, Some(argument)),
            None => (text, None),
        };
        let kind = JobKind::from_word(word).ok_or(Problem::Unknown {
            place: Place::Job,
            given: Excerpt::new(word),
            known: JobKind::WORDS,
        })?;
        let wrong_form = Problem::WrongForm { job: Excerpt::new(text), form: kind.form() };
        let given = argument.unwrap_or_default();
        let number_problem =
            |given, fault| Problem::Number { of: kind.form(), given: Excerpt::new(given), fault };
        match (kind, argument) {
            (JobKind::SelfTest, None) => Ok(Self::SelfTest),
            (JobKind::SelfTest, Some(_)) | (_, None) => Err(wrong_form),
            (JobKind::Raw, _) => problem::count(given, 1, MAX_SAMPLES)
                .map(|samples| Self::Raw { samples })
                .map_err(|fault| number_problem(given, fault)),
            (JobKind::Stream, _) => problem::size_bytes(given, 1, MAX_STREAM_BYTES)
                .map(|len_bytes| Self::Stream { len_bytes })
                .map_err(|fault| number_problem(given, fault)),
            (JobKind::Seed, _) => problem::size_bytes(given, 1, MAX_SEED_BYTES)
                .map(|len_bytes| Self::Seed { len_bytes })
                .map_err(|fault| number_problem(given, fault)),
            (JobKind::Restart, _) => {
                let (rows, columns) = given.split_once('x').ok_or(wrong_form)?;
                let side = |text, most| {
                    problem::count(text, 1, most)
                        // At most 65536 (see above).
                        .map(|side| side as u32)
                        .map_err(|fault| number_problem(text, fault))
                };
                Ok(Self::Restart {
                    rows: side(rows, MAX_ROWS)?,
                    columns: side(columns, MAX_COLUMNS)?,
                })
            }
        }
    }

    #[must_use]
    pub const fn kind(self) -> JobKind {
        match self {
            Self::Raw { .. } => JobKind::Raw,
            Self::Stream { .. } => JobKind::Stream,
            Self::Restart { .. } => JobKind::Restart,
            Self::Seed { .. } => JobKind::Seed,
            Self::SelfTest => JobKind::SelfTest,
        }
    }

    /// Bytes of samples or output that the job gives, without headers; 0 for a self test.
    #[must_use]
    pub const fn len_bytes(self) -> u64 {
        match self {
            Self::Raw { samples } => samples * 8,
            Self::Stream { len_bytes } | Self::Seed { len_bytes } => len_bytes,
            Self::Restart { rows, columns } => rows as u64 * columns as u64 * 8,
            Self::SelfTest => 0,
        }
    }
}

/// As in the grammar.
impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Raw { samples } => write!(f, "raw:{samples}"),
            Self::Stream { len_bytes } => {
                f.write_str("stream:")?;
                problem::write_size(f, len_bytes)
            }
            Self::Restart { rows, columns } => write!(f, "restart:{rows}x{columns}"),
            Self::Seed { len_bytes } => {
                f.write_str("seed:")?;
                problem::write_size(f, len_bytes)
            }
            Self::SelfTest => f.write_str("selftest"),
        }
    }
}

/// The jobs of a request, in the order given, at most one of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Jobs {
    jobs: [Option<Job>; JobKind::ALL.len()],
}

impl Jobs {
    /// No job: the guest is interactive.
    pub const EMPTY: Self = Self { jobs: [None; JobKind::ALL.len()] };

    /// Parses a list, such as `raw:1000000,stream:16M`; `none` is the empty list.
    ///
    /// # Errors
    /// Returns an error if [`Job::parse`] does, and a kind that is given twice.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mut jobs = Self::EMPTY;
        if text == "none" {
            return Ok(jobs);
        }
        for word in text.split(',') {
            jobs.push(Job::parse(word)?)?;
        }
        Ok(jobs)
    }

    /// Adds a job at the end.
    ///
    /// # Errors
    /// Returns an error if there is one of its kind already.
    pub fn push(&mut self, job: Job) -> Result<(), Problem> {
        let twice = Problem::Twice { what: Excerpt::new(job.kind().word()) };
        if self.iter().any(|other| other.kind() == job.kind()) {
            return Err(twice);
        }
        let place = self.jobs.iter_mut().find(|place| place.is_none()).ok_or(twice)?;
        *place = Some(job);
        Ok(())
    }

    pub fn iter(&self) -> impl Iterator<Item = Job> {
        self.jobs.into_iter().flatten()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

/// As in the grammar.
impl fmt::Display for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        for (index, job) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            write!(f, "{job}")?;
        }
        Ok(())
    }
}
