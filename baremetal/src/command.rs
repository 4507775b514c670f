// SPDX-License-Identifier: GPL-2.0-or-later
//! The monitor's commands: what a typed line asks for. Settings have the words and ranges of the job grammar, and are
//! checked by it.

use core::fmt;

use chaos_wire::Parameter;

/// Most samples that one `raw` prints.
pub const RAW_MAX: usize = 100_000;
/// Most bytes that one `rng` or `seed` prints.
pub const BYTES_MAX: usize = 65_536;
/// Samples of a histogram by default.
pub const HISTOGRAM_SAMPLES: usize = 20_000;
/// Most samples of a histogram.
pub const HISTOGRAM_MAX: usize = 1_000_000;

/// A parsed command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command<'a> {
    /// List the commands.
    Help,
    /// Print samples of raw noise.
    Raw(usize),
    /// Draw a histogram of so many samples.
    Histogram(usize),
    /// Print bytes of the amplified stream.
    Rng(usize),
    /// Print bytes of conditioned output.
    Seed(usize),
    /// Show the health tests.
    Health,
    /// Restart the noise source.
    Restart,
    /// Show what the counter is like.
    Clock,
    /// Show the CPU's vendor, features and hypervisor.
    Cpu,
    /// Show the memory.
    Mem,
    /// Time the engine.
    Bench,
    /// Run the self tests.
    SelfTest,
    /// Show the settings.
    Settings,
    /// Change a setting: a key of the job grammar without its prefix, and the value.
    Set(&'a str, &'a str),
    /// Raise a CPU exception on purpose.
    Fault(Fault),
    /// Reset the machine.
    Reboot,
    /// End QEMU with success.
    Exit,
}

/// An exception that a command can raise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Division by zero.
    DivideError,
    /// Breakpoint; it is reported and execution continues.
    Breakpoint,
    /// Invalid opcode.
    InvalidOpcode,
    /// A fault while a fault is delivered.
    DoubleFault,
    /// A segment that is not present.
    SegmentNotPresent,
    /// A stack address that is not canonical.
    StackFault,
    /// A privileged rule broken.
    GeneralProtection,
    /// A read through a null pointer.
    PageFault,
    /// A write to code.
    WriteToCode,
    /// A call into data.
    ExecuteData,
    /// The stack runs into its guard page.
    StackOverflow,
    /// An unmasked x87 error.
    FloatingPoint,
    /// An unmasked SSE error.
    Simd,
    /// A panic in Rust.
    Panic,
}

/// The words for [`Fault`].
pub const FAULTS: &[(&str, Fault)] = &[
    ("de", Fault::DivideError),
    ("bp", Fault::Breakpoint),
    ("ud", Fault::InvalidOpcode),
    ("df", Fault::DoubleFault),
    ("np", Fault::SegmentNotPresent),
    ("ss", Fault::StackFault),
    ("gp", Fault::GeneralProtection),
    ("pf", Fault::PageFault),
    ("write", Fault::WriteToCode),
    ("nx", Fault::ExecuteData),
    ("stack", Fault::StackOverflow),
    ("mf", Fault::FloatingPoint),
    ("xm", Fault::Simd),
    ("panic", Fault::Panic),
];

/// Commands as `help` lists them.
pub const HELP: &[(&str, &str)] = &[
    ("help", "this list"),
    ("raw N", "N samples of raw noise, in ticks"),
    ("hist [N]", "histogram of N samples"),
    ("rng N", "N bytes of the stream (amplified; not all of it is entropy)"),
    ("seed N", "N bytes of conditioned output (full entropy by account)"),
    ("health", "health tests: counters, cutoffs, state"),
    ("restart", "restart the noise source, with its startup test"),
    ("clock", "the counter: step, cost of a reading, frequency"),
    ("cpu", "vendor, features, hypervisor"),
    ("mem", "memory map, free frames, heap"),
    ("bench", "samples and bytes per second for each workload"),
    ("settings", "what the engine runs with"),
    ("timer W", "off, 100 or 1000 interrupts per second while sampling"),
    ("selftest", "check the machine"),
    ("fault W", "raise an exception: de bp ud df np ss gp pf write nx stack mf xm panic"),
    ("reboot", "reset the machine"),
    ("exit", "end QEMU, or go back to the menu"),
];

/// Whether a command is a setting: a key of the job grammar without its prefix.
fn is_setting(name: &str) -> bool {
    name == "timer" || Parameter::ALL.iter().any(|parameter| parameter.key() == name)
}

/// A line that is not a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandError<'a> {
    /// No command of this name.
    Unknown(&'a str),
    /// Something is missing or too much.
    Usage(&'static str),
    /// A number that is none, or out of range.
    Number {
        /// As typed.
        given: &'a str,
        /// The largest that is allowed; the smallest is 1.
        max: usize,
    },
}

impl fmt::Display for CommandError<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(out, "no command `{name}`; `help` lists them"),
            Self::Usage(usage) => write!(out, "usage: {usage}"),
            Self::Number { given, max } => write!(out, "`{given}` is not a number from 1 to {max}"),
        }
    }
}

impl<'a> Command<'a> {
    /// Reads a line; `None` for an empty one.
    ///
    /// # Errors
    /// Returns [`CommandError`].
    pub fn parse(line: &'a str) -> Result<Option<Self>, CommandError<'a>> {
        let mut words = line.split_ascii_whitespace();
        let Some(name) = words.next() else { return Ok(None) };
        let argument = words.next();
        if words.next().is_some() {
            return Err(CommandError::Usage(usage_of(name)));
        }
        let command = match (name, argument) {
            ("raw", Some(given)) => Self::Raw(number(given, RAW_MAX)?),
            ("hist", Some(given)) => Self::Histogram(number(given, HISTOGRAM_MAX)?),
            ("rng", Some(given)) => Self::Rng(number(given, BYTES_MAX)?),
            ("seed", Some(given)) => Self::Seed(number(given, BYTES_MAX)?),
            ("fault", Some(given)) => {
                let known = FAULTS.iter().find(|(word, _)| *word == given);
                Self::Fault(known.ok_or(CommandError::Usage(usage_of(name)))?.1)
            }
            (key, Some(value)) if is_setting(key) => Self::Set(key, value),
            ("help" | "?", None) => Self::Help,
            ("hist", None) => Self::Histogram(HISTOGRAM_SAMPLES),
            ("health", None) => Self::Health,
            ("restart", None) => Self::Restart,
            ("clock", None) => Self::Clock,
            ("cpu", None) => Self::Cpu,
            ("mem", None) => Self::Mem,
            ("bench", None) => Self::Bench,
            ("selftest", None) => Self::SelfTest,
            ("settings", None) => Self::Settings,
            ("reboot", None) => Self::Reboot,
            ("exit" | "quit", None) => Self::Exit,
            _ if usage_of(name).is_empty() => return Err(CommandError::Unknown(name)),
            _ => return Err(CommandError::Usage(usage_of(name))),
        };
        Ok(Some(command))
    }
}

/// How a command is written; empty if there is none of that name.
fn usage_of(name: &str) -> &'static str {
    let named = |form: &&'static str| form.split(' ').next() == Some(name);
    let settings = Parameter::ALL.iter().map(|parameter| parameter.form());
    HELP.iter().map(|(form, _)| *form).chain(settings).find(named).unwrap_or_default()
}

fn number(given: &str, max: usize) -> Result<usize, CommandError<'_>> {
    let number = given.parse().ok().filter(|number| (1..=max).contains(number));
    number.ok_or(CommandError::Number { given, max })
}

#[cfg(test)]
mod tests {
    use std::string::ToString as _;

    use super::*;

    #[test]
    fn lines_become_commands() {
        for (line, command) in [
            ("raw 100", Command::Raw(100)),
            ("  hist ", Command::Histogram(HISTOGRAM_SAMPLES)),
            ("hist 5", Command::Histogram(5)),
            ("rng 32", Command::Rng(32)),
            ("seed 32", Command::Seed(32)),
            ("health", Command::Health),
            ("health observe", Command::Set("health", "observe")),
            ("workload flush", Command::Set("workload", "flush")),
            ("claim 250", Command::Set("claim", "250")),
            ("fault ud", Command::Fault(Fault::InvalidOpcode)),
            ("quit", Command::Exit),
        ] {
            assert_eq!(Command::parse(line), Ok(Some(command)), "{line}");
        }
        assert_eq!(Command::parse("   "), Ok(None));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (line, text) in [
            ("rwa 5", "no command `rwa`; `help` lists them"),
            ("raw", "usage: raw N"),
            ("raw x", "`x` is not a number from 1 to 100000"),
            ("raw 0", "`0` is not a number from 1 to 100000"),
            ("rng 65537", "`65537` is not a number from 1 to 65536"),
            (
                "rng 99999999999999999999999",
                "`99999999999999999999999` is not a number from 1 to 65536",
            ),
            ("raw 1 2", "usage: raw N"),
            ("reboot now", "usage: reboot"),
            ("turns", "usage: turns N"),
            ("min_delta", "usage: min_delta N"),
        ] {
            assert_eq!(Command::parse(line).unwrap_err().to_string(), text);
        }
        assert!(matches!(Command::parse("fault xx"), Err(CommandError::Usage(_))));
    }

    #[test]
    fn help_lists_every_command_and_every_fault() {
        for (form, _) in HELP {
            let word = form.split(' ').next().unwrap();
            assert!(!matches!(Command::parse(word), Err(CommandError::Unknown(_))), "{word}");
        }
        let (_, faults) = HELP.iter().find(|(form, _)| *form == "fault W").unwrap();
        assert!(FAULTS.iter().all(|(word, _)| faults.split(' ').any(|listed| listed == *word)));
    }

    #[test]
    fn every_key_but_job_and_target_is_a_setting() {
        for key in chaos_wire::KEYS {
            let name = key.strip_prefix("uchaos.").unwrap();
            assert_eq!(is_setting(name), !matches!(name, "job" | "target"), "{name}");
        }
    }
}
