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
use crate::taken::{self, BootFacts};

/// The command that takes the measurement of boot `number`, its frames going to `capture`.
pub fn command(
    images: &Images,
    settings: &Settings,
    number: u32,
    capture: &Path,
) -> Result<Command> {
    let targets = Targets::EMPTY.with(Target::HostUser);
    let request: Request = if number == 1 {
        settings.request(targets, false)
    } else {
        settings.short_request(targets)
    };
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

/// Runs it, and writes what it gave below `run_folder`.
pub fn take(
    images: &Images,
    settings: &Settings,
    deadline: Duration,
    run_folder: &Path,
    number: u32,
) -> Result<TakenRun> {
    let capture_path = run_folder.join("host-user.capture");
    let command = command(images, settings, number, &capture_path)?;
    let shown = guest_run::quoted(&command);
    let finished = process::run(command, Wiring::OnePipe, Some(deadline), OnInterrupt::Kill)?;
    let lines = finished.lines();
    if !finished.status.success() {
        let said: String = lines.iter().map(|line| format!("  | {}\n", line.text)).collect();
        let text = format!("`{shown}` failed ({}); it said:\n{said}", finished.status);
        return Err(ExitKind::Guest(text).into());
    }
    let facts =
        BootFacts { accel: "host".to_owned(), isolated: false, boot: number, command: shown };
    let mut runs = taken::from_capture(read_capture(&capture_path)?, &lines, &facts);
    let Some(mut run) = runs.pop() else { bail!("the capture of host-user holds no target") };
    files::write(run_folder, &mut run, None)?;
    Ok(run)
}
