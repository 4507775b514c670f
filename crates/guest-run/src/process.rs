// SPDX-License-Identifier: GPL-2.0-or-later
//! This program as a child of its own, for commands that compare what several runs of it leave.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::{interrupt, quoted};

/// Runs a command to its end. It is out of the terminal's reach: a request to stop is handed on to it, once, and it is
/// waited for, so that it can take its own tools and guests down.
///
/// # Errors
/// A command that cannot be started; an interrupt. What it ends with is the caller's to judge.
pub fn output(command: &mut Command) -> Result<Output> {
    let child = command
        .process_group(0)
        .spawn()
        .with_context(|| format!("starting `{}`", quoted(command)))?;
    let process = Pid::from_raw(i32::try_from(child.id()).context("a process number")?);
    let handed_on = interrupt::subscribe(move || {
        let _ = kill(process, Signal::SIGINT);
    });
    let output =
        child.wait_with_output().with_context(|| format!("waiting for `{}`", quoted(command)))?;
    drop(handed_on);
    interrupt::check()?;
    Ok(output)
}
