// SPDX-License-Identifier: GPL-2.0-or-later
//! Running `cargo xtask` as a user would, for checks on what it says and how it ends.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Rig;
use guest_run::process::{self, OnInterrupt, Wiring};

/// What a command left.
#[derive(Debug)]
pub(super) struct Ended {
    status: ExitStatus,
    /// Standard output.
    pub(super) stdout: String,
    /// Standard error.
    pub(super) stderr: String,
}

impl Ended {
    /// Holds the exit status, and that standard error says each of `said`.
    pub(super) fn expect(&self, status: i32, said: &[&str]) -> Result<()> {
        ensure!(
            self.status.code() == Some(status),
            "expected exit status {status} and got {}; standard error:\n{}",
            self.status,
            self.stderr
        );
        for text in said {
            ensure!(
                self.stderr.contains(text),
                "standard error should say {text:?}:\n{}",
                self.stderr
            );
        }
        Ok(())
    }
}

/// `cargo xtask ARGUMENTS` with the kernel source under test, its results in the check's folder, and its output in
/// pipes.
pub(super) fn xtask(rig: &Rig, arguments: &[&str]) -> Result<Command> {
    let source = rig.linux_options().linux_src.as_ref().map(std::path::absolute).transpose();
    let source = source.context("resolving --linux-src")?;
    let mut command = Command::new(&rig.setup().xtask);
    command
        .args(arguments)
        .current_dir(rig.root())
        .env("UCHAOS_RUNS", rig.runs())
        .envs(source.map(|source| ("UCHAOS_LINUX_SRC", source)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Ok(command)
}

/// Runs a command to its end; it is used up.
pub(super) fn ended(command: &mut Command) -> Result<Ended> {
    let command = std::mem::replace(command, Command::new("true"));
    let finished = process::run(command, Wiring::AsSet, None, OnInterrupt::PassOn)?;
    let (status, stdout, stderr) = (finished.status, finished.text(), finished.complaints());
    Ok(Ended { status, stdout, stderr })
}

/// A command that runs, and whose standard error is read as it comes. Killed when dropped.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    said: String,
}

impl Running {
    pub(super) fn start(command: &mut Command) -> Result<Self> {
        Self::start_into(command, Stdio::null())
    }

    /// With its standard output to `stdout`.
    pub(super) fn start_into(command: &mut Command, stdout: impl Into<Stdio>) -> Result<Self> {
        let mut child =
            command.stdout(stdout).stderr(Stdio::piped()).spawn().context("starting it")?;
        let stderr = BufReader::new(child.stderr.take().context("its standard error")?);
        Ok(Self { child, stderr, said: String::new() })
    }

    /// Reads standard error up to a line that has `text` in it.
    pub(super) fn wait_for(&mut self, text: &str) -> Result<()> {
        loop {
            let begin = self.said.len();
            if self.stderr.read_line(&mut self.said).context("reading what it says")? == 0 {
                bail!("it ended without saying {text:?}; it said:\n{}", self.said);
            }
            if self.said[begin..].contains(text) {
                return Ok(());
            }
        }
    }

    /// The QEMU that it started.
    pub(super) fn qemu(&self) -> Result<Pid> {
        qemu_of(Pid::from_raw(i32::try_from(self.child.id()).context("a process number")?))
    }

    pub(super) fn signal(&self, signal: Signal) -> Result<()> {
        let process = Pid::from_raw(i32::try_from(self.child.id()).context("a process number")?);
        kill(process, signal).context("sending it a signal")
    }

    /// Waits for its end.
    pub(super) fn finish(mut self) -> Result<Ended> {
        self.stderr.read_to_string(&mut self.said).context("reading what it says")?;
        let status = self.child.wait().context("waiting for it")?;
        Ok(Ended { status, stdout: String::new(), stderr: std::mem::take(&mut self.said) })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The QEMU that a process started.
pub(super) fn qemu_of(process: Pid) -> Result<Pid> {
    let tasks = format!("/proc/{process}/task");
    for task in std::fs::read_dir(&tasks).with_context(|| format!("reading {tasks}"))?.flatten() {
        let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
        for child in children.split_whitespace() {
            let name = std::fs::read_to_string(format!("/proc/{child}/comm")).unwrap_or_default();
            if name.starts_with("qemu") {
                return Ok(Pid::from_raw(child.parse().context("a process number")?));
            }
        }
    }
    bail!("process {process} has no QEMU among its children")
}

/// Whether a process is gone, or only waits to be collected.
pub(super) fn is_gone(process: Pid) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(process.to_string()).join("stat"));
    stat.map_or(true, |text| text.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z')))
}
