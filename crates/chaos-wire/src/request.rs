// SPDX-License-Identifier: GPL-2.0-or-later
//! The request: every `uchaos.` key of a kernel command line, over the defaults of the initrd.

use core::fmt;

use chaos_vocab::{Allowed, Parameter, Params};

use crate::job::Jobs;
use crate::problem::{self, NumberFault, Place, Problem, RequestError, Source};
use crate::target::{TARGET_KEY as TARGET, Targets};
use crate::text::Excerpt;

chaos_vocab::words! {
    /// Timer interrupts per second that the bare-metal target takes while it samples.
    Timer {
        /// none: nothing interrupts the noise source
        Off = 0 "off",
        /// as a Linux kernel with HZ=100
        Hz100 = 100 "100",
        /// as a Linux kernel with HZ=1000
        Hz1000 = 1000 "1000",
    }
}

/// What every key of the grammar begins with; other arguments of a command line are left alone.
const PREFIX: &str = "uchaos.";

const JOB: &str = "uchaos.job";
const TIMER: &str = "uchaos.timer";

/// Every key of the grammar: jobs and targets, the engine's parameters, the timer.
pub const KEYS: &[&str] = &{
    let mut keys = [JOB; Parameter::ALL.len() + 3];
    keys[1] = TARGET;
    let mut index = 0;
    while index < Parameter::ALL.len() {
        keys[index + 2] = Parameter::ALL[index].command_line_key();
        index += 1;
    }
    keys[index + 2] = TIMER;
    keys
};

/// What a guest is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// What to take; nothing: be interactive. `uchaos.job=`
    pub jobs: Jobs,
    /// From which targets; empty: the guest's own default. `uchaos.target=`
    pub targets: Targets,
    /// What the engine runs with. `uchaos.workload=`, `uchaos.turns=` and so on
    pub params: Params,
    /// Timer interrupts while sampling; bare metal only. `uchaos.timer=`
    pub timer: Timer,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            jobs: Jobs::EMPTY,
            targets: Targets::EMPTY,
            params: Params::DEFAULT,
            timer: Timer::Off,
        }
    }
}

impl Request {
    /// Parses a kernel command line. Arguments that do not begin with `uchaos.` are ignored.
    ///
    /// # Errors
    /// Returns the first key, job or number that is wrong. Nothing is clamped or skipped.
    pub fn parse(command_line: &str) -> Result<Self, RequestError> {
        Self::parse_over("", command_line)
    }

    /// Parses the text of [`DEFAULTS_PATH`] (keys apart by blanks or line ends, `#` begins a comment), and the
    /// kernel command line over it.
    ///
    /// # Errors
    /// Returns an error if a key, job or value is wrong, or if the defaults have anything but keys of the grammar.
    pub fn parse_over(defaults: &str, command_line: &str) -> Result<Self, RequestError> {
        let mut request = Self::default();
        let mut seen = Seen::default();
        for (index, line) in defaults.lines().enumerate() {
            let source = Source::Defaults { line: u32::try_from(index + 1).unwrap_or(u32::MAX) };
            let line = line.split_once('#').map_or(line, |(keys, _)| keys);
            for word in line.split_ascii_whitespace() {
                request
                    .take(word, &mut seen)
                    .map_err(|problem| RequestError { source, problem })?;
            }
        }
        request
            .changed(command_line)
            .map_err(|problem| RequestError { source: Source::CommandLine, problem })
    }

    /// The request with the arguments of a command line applied, as [`Request::parse`] reads them.
    ///
    /// # Errors
    /// Returns the first key, job or number that is wrong.
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
            return Err(unknown(Place::Key, given_key, KEYS));
        };
        let key = KEYS[index];
        seen.note(index)?;
        if value.is_empty() {
            return Err(Problem::NoValue { key });
        }
        let is_key = |parameter: &&Parameter| parameter.command_line_key() == key;
        if let Some(&parameter) = Parameter::ALL.iter().find(is_key) {
            let number = parse_parameter(parameter, value)?;
            // It was just checked.
            self.params = self.params.with(parameter, number).unwrap_or(self.params);
            return Ok(());
        }
        match key {
            JOB => self.jobs = Jobs::parse(value)?,
            TARGET => self.targets = Targets::parse(value)?,
            // The last of KEYS; a key that has no arm here fails the round-trip test.
            _ => {
                self.timer = Timer::from_word(value)
                    .ok_or_else(|| unknown(Place::Value(key), value, Timer::WORDS))?;
            }
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
        for (parameter, number) in self.params.iter() {
            write!(f, " {}={}", parameter.command_line_key(), parameter.value(number))?;
        }
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

/// The arguments of a kernel command line, separated by blanks that are not in double quotes, as in Linux.
fn words(command_line: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    command_line
        .split(move |c: char| {
            quoted ^= c == '"';
            !quoted && c.is_ascii_whitespace()
        })
        .filter(|word| !word.is_empty())
}

/// The number of a parameter's value.
///
/// # Errors
/// Returns an error if the parameter does not allow the value.
pub fn parse_parameter(parameter: Parameter, value: &str) -> Result<u32, Problem> {
    let key = parameter.command_line_key();
    let wrong = |fault| Problem::Number { of: key, given: Excerpt::new(value), fault };
    let not_allowed = wrong(NumberFault::NotAllowed(parameter.allowed_text()));
    let number = match parameter.allowed() {
        Allowed::Words(words) => {
            let index = words.iter().position(|word| *word == value);
            index.ok_or_else(|| unknown(Place::Value(key), value, words))? as u64
        }
        _ => problem::count(value, 0, u32::MAX.into()).map_err(|fault| match fault {
            NumberFault::OutOfRange { .. } => not_allowed,
            fault => wrong(fault),
        })?,
    };
    // At most `u32::MAX`.
    let number = number as u32;
    if parameter.allowed().contains(number) { Ok(number) } else { Err(not_allowed) }
}

fn unknown(place: Place, given: &str, known: &'static [&'static str]) -> Problem {
    Problem::Unknown { place, given: Excerpt::new(given), known }
}
