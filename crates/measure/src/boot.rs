// SPDX-License-Identifier: GPL-2.0-or-later
//! The one path from a guest to its samples: boot it with jobs, check the whole capture, return one [`TakenRun`] per
//! target. Failures mean the same for every command that boots.

use fs_err as fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use chaos_wire::{Capture, Job, Request};
use entropy_report::TakenRun;
use guest_run::{ConsoleLine, ExitKind, FIRST_OUTPUT, Guest, Limits, Machine, Qemu, Session};

use crate::files;
use crate::guest::BootFiles;
use crate::start_rows::TargetStarts;
use crate::taken::{self, BootFacts};

/// Room in the data file for headers and reports, beyond the samples.
const OVERHEAD_BYTES: u64 = 4 << 20;

/// A guest on a machine, with its jobs.
#[derive(Debug)]
pub struct Boot<'a> {
    pub guest: BootFiles<'a>,
    pub machine: Machine,
    /// `request` as kernel command line arguments.
    pub arguments: String,
    pub request: &'a Request,
    pub deadline: Duration,
    /// Its number among the boots under one condition, from 1.
    pub number: u32,
}

/// The result of a boot.
#[derive(Debug)]
pub struct Taken {
    pub runs: Vec<TakenRun>,
    /// Lines of the self-tests, each prefixed with the target's name.
    pub self_test: Vec<String>,
    pub console_log: PathBuf,
}

impl Boot<'_> {
    fn guest(&self, capture: &Path) -> Guest {
        let data = (capture.to_path_buf(), expected_bytes(self.request));
        self.guest.guest(&self.machine, &self.arguments, Some(data))
    }

    /// The command that boots it, with its data written to `capture`.
    #[must_use]
    pub fn command(&self, qemu: &Qemu, capture: &Path) -> Command {
        self.machine.command(qemu, &self.guest(capture))
    }

    /// Boots it and reads its data; `slug` names its files in `work_dir`, of which the console log is kept. `on_line`
    /// is called with each line of the console.
    pub fn take(
        &self,
        qemu: &Qemu,
        work_dir: &Path,
        slug: &str,
        mut on_line: impl FnMut(&ConsoleLine),
    ) -> Result<Taken> {
        let capture_path = work_dir.join(format!("{slug}.capture"));
        let console_log = work_dir.join(format!("{slug}.console.log"));
        let limits = Limits {
            deadline: Some(self.deadline),
            first_output: Some(FIRST_OUTPUT),
            console_log: Some(console_log.clone()),
        };
        let mut session = Session::start(qemu, &self.machine, &self.guest(&capture_path), &limits)?;
        while let Some(line) = session.next_line()? {
            on_line(&line);
        }
        let outcome = session.finish()?;
        outcome.verdict()?;
        let capture = read_capture(&capture_path)?;
        let self_test = capture
            .targets
            .iter()
            .flat_map(|of| of.self_test.iter().map(|line| format!("{}: {line}", of.target)))
            .collect();
        let facts = BootFacts {
            accel: self.machine.runs_on().to_string(),
            isolated: self.machine.isolated,
            boot: self.number,
            command: outcome.scene.command.clone(),
        };
        let runs = taken::from_capture(capture, &outcome.lines, &facts);
        Ok(Taken { runs, self_test, console_log })
    }

    /// Boots it, and writes each target's data below `folder`, with the target's true starts if `starts` has them.
    pub fn keep(
        &self,
        qemu: &Qemu,
        folder: &Path,
        slug: &str,
        starts: &[TargetStarts],
    ) -> Result<Vec<TakenRun>> {
        let Taken { mut runs, console_log, .. } = self.take(qemu, folder, slug, |_| ())?;
        for run in &mut runs {
            run.starts = TargetStarts::of(starts, &run.target);
            files::write(folder, run, Some(&console_log))?;
        }
        fs::remove_file(&console_log)?;
        Ok(runs)
    }
}

/// The approximate bytes that a guest sends for `request`.
fn expected_bytes(request: &Request) -> u64 {
    let samples_bytes: u64 = request.jobs.iter().map(Job::len_bytes).sum();
    samples_bytes * request.targets.len().max(1) as u64 + OVERHEAD_BYTES
}

/// Reads a capture whose targets report that all jobs are done, and removes it.
pub fn read_capture(path: &Path) -> Result<Capture> {
    let capture = Capture::read(path)?;
    fs::remove_file(path)?;
    for target in &capture.targets {
        if let Some((report, why)) =
            target.reports.iter().find_map(|report| Some((report, report.failure.as_ref()?)))
        {
            let job = report.job.kind().word();
            let text = format!("{} failed at its job '{job}': {why}", target.target);
            return Err(ExitKind::Guest(text).into());
        }
    }
    Ok(capture)
}
