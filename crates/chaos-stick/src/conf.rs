// SPDX-License-Identifier: GPL-2.0-or-later
//! The stick's configuration: the jobs, the number of boots, and what to do afterwards.

use core::fmt;

use chaos_wire::{Excerpt, Job, KEYS, Problem, Request, Targets, nearest};

use crate::CONF_PATH;
use crate::name::Machine;

/// Maximum boots of one series.
pub const BOOTS_MAX: u32 = 10_000;
const BOOTS: &str = "uchaos.boots";
const AFTER: &str = "uchaos.after";

chaos_vocab::words! {
    /// The action of a machine after its jobs.
    After {
        /// shows the menu
        Menu = 0 "menu",
        /// switches off
        PowerOff = 1 "poweroff",
        /// starts again
        Reboot = 2 "reboot",
    }
}

/// The configuration of a stick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conf {
    pub request: Request,
    /// Boots of the series; 1 means no series.
    pub boots: u32,
    pub after: After,
}

impl Default for Conf {
    fn default() -> Self {
        Self { request: Request::default(), boots: 1, after: After::Menu }
    }
}

impl Conf {
    /// Parses the file: `key=value` separated by blanks or line ends; `#` starts a comment.
    ///
    /// # Errors
    /// Returns an error with the first invalid key or value and its line. Nothing is clamped or skipped.
    pub fn parse(text: &str) -> Result<Self, ConfError> {
        let mut conf = Self::default();
        let mut seen = 0;
        let mut last_line = 1;
        // Windows editors start a file with a byte-order mark.
        for (text, line) in text.trim_start_matches('\u{feff}').lines().zip(1..) {
            last_line = line;
            let text = text.split_once('#').map_or(text, |(keys, _)| keys);
            for word in text.split_ascii_whitespace() {
                conf.take(word, &mut seen).map_err(|fault| ConfError { line, fault })?;
            }
        }
        let is_raw = |job: &Job| matches!(job, Job::Raw { .. });
        if conf.boots > 1 && !conf.request.jobs.iter().any(|job| is_raw(&job)) {
            return Err(ConfError { line: last_line, fault: ConfFault::SeriesWithoutRaw });
        }
        Ok(conf)
    }

    /// The request for one machine: the targets that it has, or its own default.
    #[must_use]
    pub fn request_for(&self, machine: Machine) -> Request {
        let mut targets = Targets::EMPTY;
        for target in
            self.request.targets.iter().filter(|target| machine.targets().contains(*target))
        {
            targets = targets.with(target);
        }
        Request { targets, ..self.request }
    }

    fn take(&mut self, word: &str, seen: &mut u32) -> Result<(), ConfFault> {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        let all_keys = KEYS.iter().chain([&BOOTS, &AFTER]);
        let Some(index) = all_keys.clone().position(|known| *known == key) else {
            let given = Excerpt::new(key);
            return Err(ConfFault::UnknownKey { given, nearest: nearest(key, all_keys.copied()) });
        };
        if *seen & 1 << index != 0 {
            return Err(ConfFault::Problem(Problem::Twice { what: Excerpt::new(key) }));
        }
        *seen |= 1 << index;
        match key {
            BOOTS => {
                let plain = value.bytes().all(|byte| byte.is_ascii_digit());
                let number =
                    value.parse().ok().filter(|number| plain && (1..=BOOTS_MAX).contains(number));
                self.boots = number.ok_or(ConfFault::Boots(Excerpt::new(value)))?;
            }
            AFTER => {
                self.after =
                    After::from_word(value).ok_or(ConfFault::After(Excerpt::new(value)))?;
            }
            _ => self.request = self.request.changed(word).map_err(ConfFault::Problem)?,
        }
        Ok(())
    }
}

/// A configuration that cannot be parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfError {
    /// Counted from 1.
    pub line: u32,
    pub fault: ConfFault,
}

/// The fault in a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfFault {
    UnknownKey { given: Excerpt, nearest: Option<&'static str> },
    Problem(Problem),
    Boots(Excerpt),
    After(Excerpt),
    SeriesWithoutRaw,
}

impl fmt::Display for ConfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "reading {CONF_PATH}, line {}: {}", self.line, self.fault)
    }
}

impl fmt::Display for ConfFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey { given, nearest } => {
                write!(f, "unknown key `{given}`")?;
                nearest.map_or(Ok(()), |nearest| write!(f, "; did you mean `{nearest}`?"))
            }
            Self::Problem(problem) => {
                write!(f, "{problem}")?;
                problem.nearest().map_or(Ok(()), |nearest| write!(f, "; did you mean `{nearest}`?"))
            }
            Self::Boots(given) => {
                write!(f, "number `{given}` in `{BOOTS}` must be 1 to {BOOTS_MAX}")
            }
            Self::After(given) => {
                write!(f, "unknown value `{given}` of `{AFTER}` (known: menu, poweroff, reboot)")
            }
            Self::SeriesWithoutRaw => write!(
                f,
                "`{BOOTS}` requests a series of restarts, but no job takes raw noise: add `uchaos.job=raw:1000`"
            ),
        }
    }
}

impl core::error::Error for ConfError {}

#[cfg(test)]
mod tests {
    use super::*;
    use chaos_wire::{Target, Workload};
    use proptest::prelude::*;

    #[test]
    fn a_conf_is_the_job_grammar_and_two_keys() {
        let conf = Conf::parse(
            "\u{feff}# what to measure\r\nuchaos.job=raw:1000\r\nuchaos.workload=flush # and how\r\n\r\nuchaos.boots=50 uchaos.after=poweroff\r\n",
        )
        .unwrap();
        assert_eq!(
            conf.request,
            Request::parse("uchaos.job=raw:1000 uchaos.workload=flush").unwrap()
        );
        assert_eq!(conf.request.params.workload, Workload::Flush);
        assert_eq!((conf.boots, conf.after), (50, After::PowerOff));
        assert_eq!(Conf::parse(""), Ok(Conf::default()));
    }

    #[test]
    fn each_machine_runs_its_own_targets() {
        let conf = Conf::parse("uchaos.job=raw:1 uchaos.target=baremetal+linux-user").unwrap();
        let targets = |machine| conf.request_for(machine).targets;
        assert_eq!(targets(Machine::Bare), Targets::EMPTY.with(Target::BareMetal));
        assert_eq!(targets(Machine::Linux), Targets::EMPTY.with(Target::LinuxUser));
        let only_linux = Conf::parse("uchaos.job=raw:1 uchaos.target=linux-user").unwrap();
        assert!(only_linux.request_for(Machine::Bare).targets.is_empty());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, expected) in [
            (
                "\nuchaos.jobs=raw:1",
                "line 2: unknown key `uchaos.jobs`; did you mean `uchaos.job`?",
            ),
            ("quiet", "line 1: unknown key `quiet`"),
            ("uchaos.job=raw", "line 1: job `raw` must be written"),
            ("uchaos.turns=1\nuchaos.turns=2", "line 2: `uchaos.turns` given twice"),
            ("uchaos.boots=0", "line 1: number `0` in `uchaos.boots` must be 1 to 10000"),
            ("uchaos.boots=+5", "must be 1 to 10000"),
            ("uchaos.boots", "must be 1 to 10000"),
            ("uchaos.after=sleep", "(known: menu, poweroff, reboot)"),
            ("uchaos.workload=flus", "did you mean `flush`?"),
            ("uchaos.boots=2\nuchaos.job=seed:32\n", "add `uchaos.job=raw:1000`"),
        ] {
            let error = Conf::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text:?}: {error}");
            assert!(error.starts_with("reading /uchaos/uchaos.conf, line "), "{error}");
        }
    }

    #[test]
    fn every_key_is_named_once() {
        assert!(KEYS.len() + 2 <= 32);
        for word in After::WORDS {
            let text = ConfFault::After(Excerpt::new("x")).to_string();
            assert!(text.contains(word), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}") {
            let _ = Conf::parse(&text);
        }
    }
}
