// SPDX-License-Identifier: GPL-2.0-or-later
//! Judges that the user has installed, asked about the very bytes that we have assessed. Each has a bounded time, and
//! one that is not here is said to be absent; none is ever installed by us.

mod catalogue;
mod dieharder;
mod ent;
mod non_iid;
mod practrand;
mod rngtest;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use entropy_report::result::{Absent, Judges, Opinion, TargetResult};
use entropy_report::{CompareResult, Status, TakenRun, Verdict};

use guest_run::CommandContext;
use guest_run::process::{self, Finished, OnInterrupt, ProcessError, Wiring};
use guest_run::progress::task;
use guest_run::quoted;

/// Whether judges are asked, and how long each may take.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Other judges")]
pub struct JudgeOptions {
    /// Ask judges that are installed here as well.
    #[arg(
        long,
        help = "Ask judges that are installed here as well: ea_non_iid or PyPI's sp800-90b, ent, rngtest, dieharder, RNG_test"
    )]
    pub judge: bool,
    /// The most that one judge may take for one target
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..))]
    judge_seconds: u64,
}

/// Which data a judge looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Data {
    /// Raw noise as symbols of a byte, as we assess them.
    Raw,
    /// The output stream.
    Stream,
}

/// A judge: how it is found, asked and understood.
struct Judge {
    name: &'static str,
    /// Where it comes from, for someone who does not have it.
    from: &'static str,
    data: Data,
    /// Whether it is on this machine.
    is_here: fn() -> bool,
    /// The commands that look at a file, in order.
    commands: fn(&Path) -> Vec<Command>,
    /// From all that the commands wrote to a judgement.
    read: fn(&str, &TargetResult) -> Result<Reading>,
}

/// What a judge said.
#[derive(Debug)]
struct Reading {
    figure: &'static str,
    unit: &'static str,
    theirs: f64,
    ours: Option<f64>,
    status: Status,
    text: String,
    formula: &'static str,
    version: String,
}

impl JudgeOptions {
    /// Steps that asking takes.
    pub fn steps(&self) -> usize {
        usize::from(self.judge)
    }

    /// Asks every judge, where that is wanted, and notes in `result` what they say. `boots` have their samples.
    ///
    /// # Errors
    /// A file of samples for a judge that cannot be written; Ctrl-C. A judge that fails is no error, and is noted.
    pub fn hear(
        &self,
        context: &CommandContext,
        result: &mut CompareResult,
        boots: &[TakenRun],
    ) -> Result<()> {
        if !self.judge {
            return Ok(());
        }
        let folder = tempfile::tempdir().context("creating a folder for the judges")?;
        let judges = task(&context.next_label("judges"), |bar| {
            let (here, absent): (Vec<Judge>, Vec<Judge>) =
                catalogue::all().into_iter().partition(|judge| (judge.is_here)());
            let mut opinions = Vec::new();
            for (target, boot) in heard(result, boots) {
                for judge in &here {
                    bar.set_prefix(format!("{}, {}", judge.name, target.title()));
                    opinions.extend(self.ask(judge, target, boot, folder.path())?);
                }
            }
            let absent = absent
                .into_iter()
                .map(|judge| Absent { judge: judge.name.to_owned(), from: judge.from.to_owned() })
                .collect();
            Ok(Judges { opinions, absent })
        })?;
        result.judges = Some(judges);
        Ok(())
    }

    fn ask(
        &self,
        judge: &Judge,
        target: &TargetResult,
        boot: &TakenRun,
        folder: &Path,
    ) -> Result<Option<Opinion>> {
        let (word, bytes) = match judge.data {
            Data::Raw => ("raw", symbols(boot)),
            Data::Stream => ("stream", boot.stream.clone()),
        };
        if bytes.is_empty() {
            return Ok(None);
        }
        let file = folder.join(format!("{word}.bin"));
        fs::write(&file, &bytes).with_context(|| format!("writing {}", file.display()))?;
        let begun = Instant::now();
        let deadline = begun + Duration::from_secs(self.judge_seconds);
        let mut said = String::new();
        let mut shown = Vec::new();
        let mut failed = None;
        for command in (judge.commands)(&file) {
            shown.push(quoted(&command));
            let left = deadline.saturating_duration_since(Instant::now());
            match process::run(command, Wiring::OnePipe, Some(left), OnInterrupt::Kill) {
                Ok(finished) if finished.status.success() => said.push_str(&finished.text()),
                Ok(finished) => failed = Some(last_lines(&finished)),
                Err(ProcessError::Deadline { .. }) => {
                    failed = Some(format!(
                        "it was stopped after {} s (--judge-seconds gives it longer)",
                        self.judge_seconds
                    ));
                }
                Err(error) => return Err(error.into()),
            }
            if failed.is_some() {
                break;
            }
        }
        let reading = match failed {
            Some(why) => Err(why),
            None => (judge.read)(&said, target).map_err(|error| format!("{error:#}")),
        };
        let mut opinion = Opinion {
            judge: judge.name.to_owned(),
            version: String::new(),
            target: target.title(),
            data: word.to_owned(),
            bytes: bytes.len() as u64,
            figure: String::new(),
            unit: String::new(),
            theirs: None,
            ours: None,
            difference: None,
            seconds: begun.elapsed().as_secs_f64(),
            command: shown.join("\n"),
            verdict: Verdict::new(Status::Skipped, "", "none: it came to no result"),
        };
        match reading {
            Ok(reading) => {
                opinion.version = reading.version;
                opinion.figure = reading.figure.to_owned();
                opinion.unit = reading.unit.to_owned();
                opinion.theirs = Some(reading.theirs);
                opinion.ours = reading.ours;
                opinion.difference = reading.ours.map(|ours| reading.theirs - ours);
                opinion.verdict = Verdict::new(reading.status, reading.text, reading.formula);
            }
            Err(why) => opinion.verdict.text = format!("No judgement: {why}."),
        }
        Ok(Some(opinion))
    }
}

/// How a program failed, with the end of what it wrote.
fn last_lines(finished: &Finished) -> String {
    let text = finished.text();
    let lines: Vec<&str> = text.lines().collect();
    let last = lines[lines.len().saturating_sub(3)..].join(" / ");
    format!("it failed ({}) with: {last}", finished.status)
}

/// The targets that judges are asked about, each with the boot that was assessed. An isolated boot repeats another one
/// byte for byte, which no judge of a single file can see; so it would be asked in vain.
fn heard<'a>(
    result: &'a CompareResult,
    boots: &'a [TakenRun],
) -> Vec<(&'a TargetResult, &'a TakenRun)> {
    let of = |target: &TargetResult| {
        boots.iter().find(|boot| {
            (&boot.target, &boot.accel, &boot.run) == (&target.name, &target.accel, &target.run)
                && (boot.isolated, boot.boot) == (target.isolated, target.boot)
        })
    };
    let ordinary = result.targets.iter().filter(|target| !target.isolated);
    ordinary.filter_map(|target| Some((target, of(target)?))).collect()
}

/// Raw noise as the symbols that we assess: the low 8 bits of each delta after the GCD of all is divided out.
fn symbols(boot: &TakenRun) -> Vec<u8> {
    if boot.raw.is_empty() {
        return Vec::new();
    }
    sp800_90b::symbols::from_ticks(&boot.raw).symbols.raw().to_vec()
}

/// How many of our own output tests the stream fails.
fn failed_tests(target: &TargetResult) -> Option<f64> {
    let tests = &target.stream.as_ref()?.output_tests;
    Some(tests.iter().filter(|test| test.status == Status::Failed).count() as f64)
}

/// The word after `before` in `text`.
fn word_after(text: &str, before: &str) -> Option<String> {
    let rest = &text[text.find(before)? + before.len()..];
    rest.split_whitespace().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use entropy_report::{Provenance, analyse};

    /// A boot of raw noise and stream, and its result.
    pub(super) fn example() -> (CompareResult, Vec<TakenRun>) {
        let mut x = 1_u64;
        let mut next = move || {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (x >> 32) as u32
        };
        let boot = TakenRun {
            target: "baremetal".into(),
            accel: "tcg".into(),
            boot: 1,
            raw: (0..2_000).map(|_| u64::from(next() % 50)).collect(),
            stream: (0..50_000).flat_map(|_| next().to_le_bytes()).collect(),
            ..TakenRun::default()
        };
        let boots = vec![boot];
        (analyse(&boots, Provenance::default()).unwrap(), boots)
    }

    fn judge(commands: fn(&Path) -> Vec<Command>) -> Judge {
        Judge {
            name: "sh",
            from: "any system",
            data: Data::Stream,
            is_here: || true,
            commands,
            read: |said, _| {
                Ok(Reading {
                    figure: "bytes",
                    unit: "",
                    theirs: said.trim().parse()?,
                    ours: Some(200_001.0),
                    status: Status::Stated,
                    text: "counted".into(),
                    formula: "wc",
                    version: String::new(),
                })
            },
        }
    }

    fn opinion(commands: fn(&Path) -> Vec<Command>) -> Opinion {
        let (result, boots) = example();
        let folder = tempfile::tempdir().unwrap();
        let options = JudgeOptions { judge: true, judge_seconds: 1 };
        let asked = options.ask(&judge(commands), &result.targets[0], &boots[0], folder.path());
        asked.unwrap().unwrap()
    }

    fn shell(line: &str, file: &Path) -> Vec<Command> {
        let mut command = Command::new("sh");
        command.args(["-c", line, "sh"]).arg(file);
        vec![command]
    }

    #[test]
    fn a_judge_is_given_the_very_bytes_and_its_figure_stands_beside_ours() {
        let said = opinion(|file| shell("wc -c < \"$1\"", file));
        assert_eq!((said.theirs, said.difference), (Some(200_000.0), Some(-1.0)));
        assert!(said.command.contains("wc -c"));
    }

    #[test]
    fn a_judge_that_takes_too_long_fails_or_talks_nonsense_gives_no_figure() {
        let late = opinion(|file| shell("sleep 1000 & wait", file));
        assert!(late.verdict.text.contains("stopped after 1 s"), "{}", late.verdict.text);
        let failed = opinion(|file| shell("echo 'no such option' >&2; exit 3", file));
        assert!(failed.verdict.text.contains("no such option"), "{}", failed.verdict.text);
        let nonsense = opinion(|file| shell("echo hm", file));
        for none in [late, failed, nonsense] {
            assert_eq!((none.theirs, none.verdict.status), (None, Status::Skipped));
        }
    }
}
