// SPDX-License-Identifier: GPL-2.0-or-later
//! A program that is given a bounded time; what it started goes down with it.

use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use guest_run::interrupt::{self, Interrupted};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use guest_run::quoted;

/// How it ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// With status 0; all that it wrote.
    Well(String),
    /// In any other way; its last words.
    Badly(String),
    /// It was stopped.
    TooLate,
}

/// How often Ctrl-C is looked for.
const LOOK: Duration = Duration::from_millis(100);

/// Runs `command` until `deadline` at the latest. Its standard input is as the caller has set it.
///
/// # Errors
/// When it cannot be started or waited for; [`Interrupted`].
pub(super) fn run(command: &mut Command, deadline: Instant) -> Result<Ended> {
    let shown = quoted(command);
    let (mut reader, writer) = std::io::pipe().context("making a pipe")?;
    let errors = writer.try_clone().context("sharing a pipe")?;
    let mut child = command
        .stdout(writer)
        .stderr(errors)
        .process_group(0)
        .spawn()
        .with_context(|| format!("starting `{shown}`"))?;
    // Ours are closed, so that the pipe ends with the child.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let group = Pid::from_raw(i32::try_from(child.id()).context("a process number")?);
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = reader.read_to_end(&mut bytes).map(|_| bytes);
        // Nobody listens any more where the time is over.
        let _ = sender.send(read);
    });
    let ended = loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match receiver.recv_timeout(left.min(LOOK)) {
            Ok(read) => break Ok(read.with_context(|| format!("reading what `{shown}` says"))?),
            Err(RecvTimeoutError::Timeout) if interrupt::requested() => break Err(true),
            Err(RecvTimeoutError::Timeout) if !left.is_zero() => {}
            Err(_) => break Err(false),
        }
    };
    if ended.is_err() {
        // The group may be gone already, which is as good.
        let _ = killpg(group, Signal::SIGKILL);
    }
    let status = child.wait().with_context(|| format!("waiting for `{shown}`"))?;
    match ended {
        Err(true) => Err(Interrupted.into()),
        Err(false) => Ok(Ended::TooLate),
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if status.success() {
                return Ok(Ended::Well(text));
            }
            let last: Vec<&str> = text.lines().rev().take(3).collect();
            let last: Vec<&str> = last.into_iter().rev().collect();
            Ok(Ended::Badly(format!("it failed ({status}) with: {}", last.join(" / "))))
        }
    }
}
