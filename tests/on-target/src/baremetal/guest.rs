// SPDX-License-Identifier: GPL-2.0-or-later
//! Starting the microkernel for a check.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chaos_wire::{Capture, GuestStatus};
use guest_run::{DataPort, Guest, Limits, Machine, Model, Outcome, PortKind, Qemu, Session};

use super::super::Rig;

/// What any of these boots may take on a busy machine.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);
/// What the monitor may take for an answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// Machine models that the microkernel boots on.
pub(super) const MODELS: [Model; 3] = [Model::Microvm, Model::Q35, Model::Pc];

/// The microkernel with its own initrd, and nowhere to put data.
pub(super) fn without_port(rig: &Rig, command_line: &str) -> Result<Guest> {
    let image = &rig.images()?.bare;
    Ok(Guest {
        name: format!("the microkernel with `{command_line}`"),
        kernel: image.elf.clone(),
        initrd: Some(image.initrd.clone()),
        command_line: command_line.to_owned(),
        least_memory_mib: None,
        data: None,
        live: None,
        attached: guest_run::Attached::default(),
    })
}

/// The same with a data port into a file of the check.
pub(super) fn with_port(rig: &Rig, command_line: &str) -> Result<(Guest, PathBuf)> {
    let path = rig.scratch().join("bare-frames.bin");
    let port =
        DataPort { kind: PortKind::VirtConsole, path: path.clone(), expected_bytes: 32 << 20 };
    Ok((Guest { data: Some(port), ..without_port(rig, command_line)? }, path))
}

pub(super) fn limits() -> Limits {
    Limits { deadline: Some(DEADLINE), ..Limits::default() }
}

/// Runs a guest to its end.
pub(super) fn run(machine: &Machine, guest: &Guest) -> Result<Outcome> {
    Ok(guest_run::run(&Qemu::find()?, machine, guest, &limits())?)
}

/// Does the jobs and reads the capture; the guest itself must say that all went well.
pub(in super::super) fn capture(
    rig: &Rig,
    machine: &Machine,
    command_line: &str,
) -> Result<Capture> {
    let (guest, path) = with_port(rig, command_line)?;
    run(machine, &guest)?.verdict()?;
    let capture = Capture::read(&path).with_context(|| format!("on {}", machine.model))?;
    fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
    Ok(capture)
}

/// Starts a guest and waits for the monitor's prompt.
pub(super) fn at_the_prompt(machine: &Machine, guest: &Guest) -> Result<Session> {
    let mut session = Session::start(&Qemu::find()?, machine, guest, &limits())?;
    session.expect(PROMPT, PATIENCE)?;
    Ok(session)
}

/// What the monitor shows when it waits.
pub(super) const PROMPT: &str = "uchaos> ";

/// Holds that a guest ended as `status` says, after an error line with `said` in it.
pub(super) fn expect_refusal(outcome: &Outcome, status: GuestStatus, said: &str) -> Result<()> {
    ensure!(
        outcome.guest_status == Some(status),
        "expected the guest to end with {status:?}, and it ended with {:?}\n{}",
        outcome.guest_status,
        outcome.scene
    );
    let line = outcome.error_line().unwrap_or_default();
    ensure!(
        line.contains(said),
        "expected an error line with {said:?}, and it was {line:?}\n{}",
        outcome.scene
    );
    Ok(())
}
