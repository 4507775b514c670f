// SPDX-License-Identifier: GPL-2.0-or-later
//! The target `host-user`: uchaosbox on the host itself, the same program that the Linux guest runs.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Result, bail};
use chaos_wire::{Request, Target, Targets};
use entropy_report::TakenRun;
use guest_run::process::{self, OnInterrupt, Wiring};
use guest_run::{ExitKind, Images};

use crate::boot::read_capture;
use crate::files;
use crate::settings::Settings;
use crate::start_rows::TargetStarts;
use crate::taken::{self, BootFacts};

/// The request to the host in boot `number`.
#[must_use]
pub fn request(settings: &Settings, number: u32) -> Request {
    let targets = Targets::EMPTY.with(Target::HostUser);
    if number == 1 { settings.request(targets, false) } else { settings.short_request(targets) }
}

/// The command that takes the measurement and writes its frames to `capture`.
pub fn command(images: &Images, request: &Request, capture: &Path) -> Result<Command> {
    let mut command = Command::new(&images.linux()?.uchaosbox);
    command
        .args(["job", "--target", "host-user", "--job", &request.jobs.to_string()])
        .args(request.params.iter().flat_map(|(parameter, number)| {
            [parameter.option().to_owned(), parameter.value(number).to_string()]
        }))
        .arg("--output")
        .arg(capture)
        .stdin(Stdio::null());
    Ok(command)
}

/// Runs it once; its frames pass through `work_dir`.
pub fn take(
    images: &Images,
    request: &Request,
    deadline: Duration,
    work_dir: &Path,
    number: u32,
) -> Result<TakenRun> {
    let capture_path = work_dir.join("host-user.capture");
    let command = command(images, request, &capture_path)?;
    let shown = guest_run::quoted(&command);
    let finished = process::run(command, Wiring::OnePipe, Some(deadline), OnInterrupt::Kill)?;
    let lines = finished.lines();
    if !finished.status.success() {
        let said: String = lines.iter().map(|line| format!("  | {}\n", line.text)).collect();
        let text = format!("`{shown}` failed ({}); it printed:\n{said}", finished.status);
        return Err(ExitKind::Guest(text).into());
    }
    let facts =
        BootFacts { accel: "host".to_owned(), isolated: false, boot: number, command: shown };
    let mut runs = taken::from_capture(read_capture(&capture_path)?, &lines, &facts);
    let Some(run) = runs.pop() else { bail!("the capture of host-user holds no target") };
    Ok(run)
}

/// Runs it once, and writes its data below `run_folder`.
pub fn keep(
    images: &Images,
    request: &Request,
    deadline: Duration,
    run_folder: &Path,
    number: u32,
    starts: &[TargetStarts],
) -> Result<TakenRun> {
    let mut run = take(images, request, deadline, run_folder, number)?;
    run.starts = TargetStarts::of(starts, &run.target);
    files::write(run_folder, &mut run, None)?;
    Ok(run)
}
