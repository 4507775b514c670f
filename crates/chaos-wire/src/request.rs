// SPDX-License-Identifier: GPL-2.0-or-later
//! The request: every `uchaos.` key of a kernel command line, over the defaults of the initrd.

use core::fmt;

use crate::choices::{Health, Timer, Workload};
use crate::excerpt::Excerpt;
use crate::job::Jobs;
use crate::job_error::{JobError, Problem, Source};
use crate::number;
use crate::target::{Target, Targets};

/// What every key of ours begins with; other words of a command line belong to somebody else.
const PREFIX: &str = "uchaos.";

/// Where both guests' initrd has defaults for the request. The command line overrides them key by key.
pub const DEFAULTS_PATH: &str = "/etc/uchaos.conf";

const JOB: &str = "uchaos.job";
const TARGET: &str = "uchaos.target";
const WORKLOAD: &str = "uchaos.workload";
const TURNS: &str = "uchaos.turns";
const INIT_TURNS: &str = "uchaos.init_turns";
const MIN_DELTA: &str = "uchaos.min_delta";
const CLAIM: &str = "uchaos.claim";
const HEALTH: &str = "uchaos.health";
const TIMER: &str = "uchaos.timer";

/// Every key of the grammar.
pub const KEYS: &[&str] =
    &[JOB, TARGET, WORKLOAD, TURNS, INIT_TURNS, MIN_DELTA, CLAIM, HEALTH, TIMER];

/// What a guest is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// What to take; nothing: be interactive. `uchaos.job=`
    pub jobs: Jobs,
    /// From which targets; empty: the guest's own default. `uchaos.target=`
    pub targets: Targets,
    /// What the engine does between two readings of its clock. `uchaos.workload=`
    pub workload: Workload,
    /// Samples per 64-bit word of the mixer, 1 to 7. `uchaos.turns=`
    pub turns: u32,
    /// Samples that the mixer takes in before its first word, 1 to 63. `uchaos.init_turns=`
    pub init_turns: u32,
    /// Ticks below which a sample counts as none, 1 to 255. `uchaos.min_delta=`
    pub min_delta: u32,
    /// Claimed min-entropy per sample in thousandths of a bit, 1 to 8000; the engine takes some of these. `uchaos.claim=`
    pub claim_millibits: u32,
    /// What a failed health test does. `uchaos.health=`
    pub health: Health,
    /// Timer interrupts while sampling; bare metal only. `uchaos.timer=`
    pub timer: Timer,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            jobs: Jobs::EMPTY,
            targets: Targets::EMPTY,
            workload: Workload::Pause,
            turns: 1,
            init_turns: 7,
            min_delta: 3,
            claim_millibits: 125,
            health: Health::Enforce,
            timer: Timer::Off,
        }
    }
}

impl Request {
    /// Parses a kernel command line. Words that do not begin with `uchaos.` are somebody else's.
    ///
    /// # Errors
    /// The first key, job or number that is wrong. Nothing is clamped or skipped.
    pub fn parse(command_line: &str) -> Result<Self, JobError> {
        Self::parse_over("", command_line)
    }

    /// Parses the text of [`DEFAULTS_PATH`] (keys apart by blanks or line ends, `#` begins a comment), and the
    /// kernel command line over it.
    ///
    /// # Errors
    /// The first key, job or number that is wrong; in the defaults also any word that is no key of ours.
    pub fn parse_over(defaults: &str, command_line: &str) -> Result<Self, JobError> {
        let mut request = Self::default();
        let mut seen = Seen::default();
        for (index, line) in defaults.lines().enumerate() {
            let source = Source::Defaults { line: u32::try_from(index + 1).unwrap_or(u32::MAX) };
            let line = line.split_once('#').map_or(line, |(keys, _)| keys);
            for word in line.split_ascii_whitespace() {
                request.take(word, &mut seen).map_err(|problem| JobError { source, problem })?;
            }
        }
        request
            .changed(command_line)
            .map_err(|problem| JobError { source: Source::CommandLine, problem })
    }

    /// The request with the words of a command line over its own, as [`Request::parse`] reads them.
    ///
    /// # Errors
    /// The first key, job or number that is wrong.
    pub fn changed(mut self, command_line: &str) -> Result<Self, Problem> {
        let mut seen = Seen::default();
        for word in words(command_line).filter(|word| word.starts_with(PREFIX)) {
            self.take(word, &mut seen)?;
        }
        Ok(self)
    }

    /// Whether an engine that was started for this request serves `other` as well: they differ in no parameter.
    #[must_use]
    pub fn same_engine(&self, other: &Self) -> bool {
        let Self { jobs, timer, .. } = *other;
        Self { jobs, timer, ..*self } == *other
    }

    /// Takes one `key=value` in.
    fn take(&mut self, word: &str, seen: &mut Seen) -> Result<(), Problem> {
        let (given_key, value) = match word.split_once('=') {
            Some((key, value)) => (key, value),
            None => (word, ""),
        };
        let Some(index) = KEYS.iter().position(|key| *key == given_key) else {
            return Err(Problem::UnknownKey { key: Excerpt::new(given_key) });
        };
        let key = KEYS[index];
        seen.note(index)?;
        if value.is_empty() {
            return Err(Problem::NoValue { key });
        }
        match key {
            JOB => self.jobs = Jobs::parse(value)?,
            TARGET => self.targets = targets(value)?,
            WORKLOAD => self.workload = choice(key, value, Workload::from_word, Workload::WORDS)?,
            TURNS => self.turns = parameter(key, value, 7)?,
            INIT_TURNS => self.init_turns = parameter(key, value, 63)?,
            MIN_DELTA => self.min_delta = parameter(key, value, 255)?,
            CLAIM => self.claim_millibits = parameter(key, value, 8000)?,
            HEALTH => self.health = choice(key, value, Health::from_word, Health::WORDS)?,
            // The last of KEYS; a key that has no arm here fails the round-trip test.
            _ => self.timer = choice(key, value, Timer::from_word, Timer::WORDS)?,
        }
        Ok(())
    }
}

/// The whole request as a piece of a kernel command line: what [`Request::parse`] reads back as the same request.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{JOB}={}", self.jobs)?;
        if !self.targets.is_empty() {
            write!(f, " {TARGET}={}", self.targets)?;
        }
        write!(f, " {WORKLOAD}={} {TURNS}={}", self.workload, self.turns)?;
        write!(f, " {INIT_TURNS}={} {MIN_DELTA}={}", self.init_turns, self.min_delta)?;
        write!(f, " {CLAIM}={} {HEALTH}={}", self.claim_millibits, self.health)?;
        write!(f, " {TIMER}={}", self.timer)
    }
}

/// Which keys one source has given, so that the second of two is not silently the one that counts.
#[derive(Default)]
struct Seen(u32);

impl Seen {
    fn note(&mut self, index: usize) -> Result<(), Problem> {
        let bit = 1 << index;
        if self.0 & bit != 0 {
            return Err(Problem::Twice { what: Excerpt::new(KEYS[index]) });
        }
        self.0 |= bit;
        Ok(())
    }
}

/// The words of a kernel command line: apart by blanks, but for blanks in double quotes (as Linux has it).
fn words(command_line: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    command_line
        .split(move |c: char| {
            quoted ^= c == '"';
            !quoted && c.is_ascii_whitespace()
        })
        .filter(|word| !word.is_empty())
}

fn parameter(key: &'static str, value: &str, highest: u32) -> Result<u32, Problem> {
    number::count(value, 1, highest.into())
        // At most `highest`.
        .map(|number| number as u32)
        .map_err(|fault| Problem::Number { of: key, given: Excerpt::new(value), fault })
}

fn choice<T>(
    key: &'static str,
    value: &str,
    from_word: impl Fn(&str) -> Option<T>,
    words: &'static [&'static str],
) -> Result<T, Problem> {
    from_word(value).ok_or(Problem::UnknownWord { key, given: Excerpt::new(value), words })
}

fn targets(value: &str) -> Result<Targets, Problem> {
    let mut targets = Targets::EMPTY;
    for word in value.split('+') {
        let unknown = Problem::UnknownWord {
            key: TARGET,
            given: Excerpt::new(word),
            words: Target::WORDS.get(1..).unwrap_or_default(),
        };
        let target =
            Target::from_word(word).filter(|target| *target != Target::None).ok_or(unknown)?;
        if targets.contains(target) {
            return Err(Problem::Twice { what: Excerpt::new(word) });
        }
        targets = targets.with(target);
    }
    Ok(targets)
}
