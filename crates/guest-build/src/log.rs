// SPDX-License-Identifier: GPL-2.0-or-later
//! A step's log: everything its tools print goes to a file; the terminal gets a spinner with the time, and on
//! failure the last lines. A tool runs in a process group of its own, which goes down with an interrupt.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use indicatif::ProgressBar;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use guest_run::progress::spinner;

/// Lines of a failed tool's output that are shown at once.
const TAIL_LINES: usize = 15;

/// The log of one running step.
#[derive(Debug)]
pub struct StepLog {
    path: PathBuf,
    file: File,
    bar: ProgressBar,
}

impl StepLog {
    /// Starts `folder/name.log` anew.
    ///
    /// # Errors
    /// When the folder or the file cannot be written.
    pub fn create(folder: &Path, name: &str, label: &str) -> Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("creating the log folder {}", folder.display()))?;
        let path = folder.join(format!("{name}.log"));
        let file =
            File::create(&path).with_context(|| format!("creating the log {}", path.display()))?;
        let bar = spinner(label);
        Ok(Self { path, file, bar })
    }

    /// Where the log is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a line of the step's own.
    pub fn note(&mut self, text: &str) -> Result<()> {
        writeln!(self.file, "{text}").with_context(|| format!("writing {}", self.path.display()))
    }

    /// Shows a line to the person now, above the spinner, and keeps it in the log.
    pub fn say(&mut self, text: &str) -> Result<()> {
        self.bar.suspend(|| eprintln!("    {text}"));
        self.note(text)
    }

    /// The bar, for steps that know how far they are.
    pub fn bar(&self) -> &ProgressBar {
        &self.bar
    }

    /// Runs a tool to its end, its output in the log.
    ///
    /// # Errors
    /// When it cannot be started, ends with a non-zero status (the last lines are in the error), or is interrupted.
    pub fn run(&mut self, command: &mut Command) -> Result<()> {
        let shown = quoted(command);
        self.note(&format!("$ {shown}"))?;
        let begin = self.file.metadata().map(|data| data.len()).unwrap_or_default();
        let output = self.file.try_clone().context("sharing the log with a tool")?;
        let errors = self.file.try_clone().context("sharing the log with a tool")?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .with_context(|| {
                format!("starting `{shown}`: is the tool installed? (`cargo xtask doctor` tells)")
            })?;
        let status = wait_or_kill(child).with_context(|| format!("running `{shown}`"))?;
        if status.success() {
            return Ok(());
        }
        bail!("`{shown}` failed ({status}); its last lines:\n{}", self.tail_since(begin))
    }

    fn tail_since(&self, begin: u64) -> String {
        let bytes = fs::read(&self.path).unwrap_or_default();
        let text = String::from_utf8_lossy(bytes.get(begin as usize..).unwrap_or_default());
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..]
            .iter()
            .map(|line| format!("  | {line}\n"))
            .collect()
    }

    /// Takes the spinner off the screen.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Waits for the child; an interrupt takes its whole process group down with it.
fn wait_or_kill(mut child: Child) -> Result<ExitStatus> {
    let group = Pid::from_raw(i32::try_from(child.id()).context("a process number")?);
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || sender.send(child.wait()));
        loop {
            match receiver.recv_timeout(Duration::from_millis(100)) {
                Ok(status) => return status.context("waiting for it"),
                Err(_) if guest_run::interrupt::requested() => {
                    let _ = killpg(group, Signal::SIGKILL);
                    return Err(guest_run::interrupt::Interrupted.into());
                }
                Err(_) => {}
            }
        }
    })
}

/// A command as one would type it.
pub fn quoted(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| {
            let word = word.to_string_lossy();
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@%".contains(c);
            if !word.is_empty() && word.chars().all(plain) {
                word.into_owned()
            } else {
                format!("'{}'", word.replace('\'', r"'\''"))
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
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
        let missing = log.run(&mut Command::new("no-such-tool-here")).unwrap_err();
        assert!(format!("{missing:#}").contains("doctor"));
    }

    #[test]
    fn words_with_spaces_are_quoted() {
        assert_eq!(quoted(Command::new("ls").args(["a b", "it's"])), r"ls 'a b' 'it'\''s'");
    }
}
