// SPDX-License-Identifier: GPL-2.0-or-later
//! A step's log: its tools' output goes to a file; the terminal shows a spinner with the elapsed time, and on
//! failure the first error and the last lines. A tool runs in its own process group, which an interrupt ends.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use guest_run::process::{self, OnInterrupt, Wiring};
use guest_run::progress::spinner;
use guest_run::quoted;
use indicatif::ProgressBar;

/// Number of lines shown of a failed tool's output: the last ones, and those from the first error on.
const TAIL_LINES: usize = 15;
const ERROR_LINES: usize = 5;
/// Texts that identify an error line of a compiler, linker or make.
const ERRORS: [&str; 8] = [
    "error:",
    "error[",
    "Error:",
    "undefined reference",
    "No rule to make target",
    "No space left on device",
    "not found",
    "Killed",
];

/// The log of one running step.
#[derive(Debug)]
pub struct StepLog {
    path: PathBuf,
    file: File,
    bar: ProgressBar,
}

impl StepLog {
    /// Starts `folder/name.log` from scratch.
    pub fn create(folder: &Path, name: &str, label: &str) -> Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("creating the log folder {}", folder.display()))?;
        let path = folder.join(format!("{name}.log"));
        let file =
            File::create(&path).with_context(|| format!("creating the log {}", path.display()))?;
        let bar = spinner(label);
        Ok(Self { path, file, bar })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a line from the step itself.
    pub fn note(&mut self, text: &str) -> Result<()> {
        writeln!(self.file, "{text}").with_context(|| format!("writing {}", self.path.display()))
    }

    /// Shows a line at once, above the spinner, and adds it to the log.
    pub fn say(&mut self, text: &str) -> Result<()> {
        self.bar.suspend(|| eprintln!("    {text}"));
        self.note(text)
    }

    /// The progress bar, for steps that know their progress.
    pub fn bar(&self) -> &ProgressBar {
        &self.bar
    }

    /// Runs a tool to its end, with its output in the log. `command` is consumed.
    pub fn run(&mut self, command: &mut Command) -> Result<()> {
        let shown = quoted(command);
        self.note(&format!("$ {shown}"))?;
        let begin = self.file.metadata().map(|data| data.len()).unwrap_or_default();
        let output = self.file.try_clone().context("sharing the log with a tool")?;
        let errors = self.file.try_clone().context("sharing the log with a tool")?;
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let taken = std::mem::replace(command, Command::new("true"));
        let finished = process::run(taken, Wiring::AsSet, None, OnInterrupt::Kill)
            .context("is the tool installed? (`cargo xtask doctor` shows what is missing)")?;
        let status = finished.status;
        if status.success() {
            return Ok(());
        }
        bail!("`{shown}` failed ({status}); {}", self.failure_since(begin))
    }

    /// Excerpts of the output since `begin`: with parallel jobs the first error is often far above the last lines.
    fn failure_since(&self, begin: u64) -> String {
        let bytes = fs::read(&self.path).unwrap_or_default();
        let text = String::from_utf8_lossy(bytes.get(begin as usize..).unwrap_or_default());
        let lines: Vec<&str> = text.lines().collect();
        let (before, tail) = lines.split_at(lines.len().saturating_sub(TAIL_LINES));
        let shown = |lines: &[&str]| -> String {
            lines.iter().map(|line| format!("  | {line}\n")).collect()
        };
        let is_error = |line: &&str| ERRORS.iter().any(|error| line.contains(error));
        match before.iter().position(is_error) {
            Some(first) => {
                let error = &before[first..before.len().min(first + ERROR_LINES)];
                format!("its first error:\n{}its last lines:\n{}", shown(error), shown(tail))
            }
            None => format!("its last lines:\n{}", shown(tail)),
        }
    }

    /// Removes the spinner.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_tool_shows_its_last_lines_and_its_command() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = StepLog::create(folder.path(), "step", "[1/1] step").unwrap();
        let error = log
            .run(Command::new("sh").args(["-c", "echo earlier; echo 'the reason' >&2; exit 3"]))
            .unwrap_err();
        let text = format!("{error:#}");
        assert!(
            text.contains("the reason")
                && text.contains("exit status: 3")
                && text.contains("sh -c"),
            "{text}"
        );
        // The first error of a parallel build, not only the later output of other jobs.
        let parallel =
            "echo 'a.c:1:2: error: no such thing'; seq 40; echo 'make: *** Error 1'; exit 2";
        let error = log.run(Command::new("sh").args(["-c", parallel])).unwrap_err();
        let text = format!("{error:#}");
        let (first, last) = text.split_once("its last lines:").unwrap();
        assert!(
            first.contains("its first error:\n  | a.c:1:2: error: no such thing\n  | 1\n"),
            "{text}"
        );
        assert!(!first.contains("| 5\n") && last.contains("*** Error 1"), "{text}");
        let missing = log.run(&mut Command::new("no-such-tool-here")).unwrap_err();
        assert!(format!("{missing:#}").contains("doctor"));
    }
}
