// SPDX-License-Identifier: GPL-2.0-or-later
//! The target `host-user`: uchaosbox on the host itself, the same program that the Linux guest runs.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use chaos_wire::{Capture, Target, Targets};
use entropy_report::TakenRun;
use guest_run::ConsoleLine;

use super::files;
use super::settings::Settings;
use super::taken::{self, BootFacts};
use guest_run::Failure;
use guest_run::Images;

/// The command that takes the measurement, its frames going to `capture`.
///
/// # Errors
/// A setting that the job grammar does not take.
pub fn command(images: &Images, settings: &Settings, capture: &Path) -> Result<Command> {
    let request = settings.request(Targets::EMPTY.with(Target::HostUser), false)?;
    let mut command = Command::new(&images.linux()?.uchaosbox);
    command
        .args(["job", "--target", "host-user", "--job", &request.jobs.to_string()])
        .args(["--workload", request.workload.word(), "--turns", &request.turns.to_string()])
        .arg("--output")
        .arg(capture);
    Ok(command)
}

/// Runs it, and writes what it gave below `run_folder`.
///
/// # Errors
/// When the program cannot be run or fails, its capture is not whole, or a file cannot be written.
pub fn take(
    images: &Images,
    settings: &Settings,
    run_folder: &Path,
    number: u32,
) -> Result<TakenRun> {
    let capture_path = run_folder.join("host-user.capture");
    let mut command = command(images, settings, &capture_path)?;
    let shown = guest_run::quoted(&command);
    let begun = Instant::now();
    // One pipe for both, so that its lines stay in order; ours is closed by then, and the pipe ends with the child.
    let (reader, writer) = std::io::pipe().context("making a pipe")?;
    let errors = writer.try_clone().context("sharing a pipe")?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(errors)
        .spawn()
        .with_context(|| format!("starting `{shown}`"))?;
    drop(command);
    let mut lines = Vec::new();
    for line in BufReader::new(reader).lines() {
        let text = line.with_context(|| format!("reading the messages of `{shown}`"))?;
        lines.push(ConsoleLine { at: begun.elapsed(), text });
    }
    let status = child.wait().with_context(|| format!("waiting for `{shown}`"))?;
    if !status.success() {
        let said: String = lines.iter().map(|line| format!("  | {}\n", line.text)).collect();
        bail!("`{shown}` failed ({status}); it said:\n{said}");
    }
    let capture = Capture::read(&capture_path)?;
    std::fs::remove_file(&capture_path)
        .with_context(|| format!("removing {}", capture_path.display()))?;
    if let Some((target, job, why)) = taken::failures(&capture).into_iter().next() {
        return Err(
            Failure::Check(format!("{target} failed at its job '{}': {why}", job.word())).into()
        );
    }
    let facts =
        BootFacts { accel: "host".to_owned(), isolated: false, boot: number, command: shown };
    let mut runs = taken::from_capture(capture, &lines, &facts);
    let Some(mut run) = runs.pop() else { bail!("the capture of host-user holds no target") };
    files::write(run_folder, &mut run, None)?;
    Ok(run)
}
