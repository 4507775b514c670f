// SPDX-License-Identifier: GPL-2.0-or-later
//! What `run-bare` and `run-linux` share: a guest on this terminal without a job; with one, its capture checked whole
//! and written as files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use chaos_wire::{Capture, Job, Request};
use clap::Args;
use guest_run::{Limits, Network, Session};

use crate::guest::{BootFiles, MachineOptions};
use crate::taken::{self, BootFacts};
use crate::{boot::OVERHEAD_BYTES, files};
use guest_run::CommandContext;
use guest_run::Failure;
use guest_run::say;

/// Options of both commands.
#[derive(Debug, Args)]
pub struct RunOptions {
    /// Jobs: raw:SAMPLES, stream:BYTES, restart:ROWSxCOLUMNS, seed:BYTES, selftest; joined by commas
    #[arg(long, value_name = "JOBS")]
    job: Option<String>,
    /// Which targets do the jobs: baremetal; or linux-module, linux-user, linux-crng, joined by +
    #[arg(long, value_name = "TARGETS", requires = "job")]
    target: Option<String>,
    /// Where the files of a job go: a folder that does not exist yet
    #[arg(long, value_name = "DIR", requires = "job")]
    output: Option<PathBuf>,
    /// Time is a count of instructions, and nothing physical reaches the guest
    #[arg(long)]
    pub isolated: bool,
    /// More words for the kernel command line, such as uchaos.workload=memory
    #[arg(long, value_name = "WORDS", default_value = "")]
    append: String,
    #[command(flatten)]
    machine: MachineOptions,
}

impl RunOptions {
    /// The words for the guest, checked before anything is built.
    ///
    /// # Errors
    /// [`Failure::Usage`] for what the grammar does not take, or an output folder that is there already.
    pub fn check(&self) -> Result<Request> {
        let request = Request::parse(&self.words())
            .map_err(|error| anyhow!(Failure::Usage(error.to_string())))?;
        if let Some(output) = self.output.as_ref().filter(|output| output.exists()) {
            let text = format!(
                "{} is there already, and nothing is overwritten; give another --output",
                output.display()
            );
            return Err(Failure::Usage(text).into());
        }
        Ok(request)
    }

    /// The same with at least so much memory.
    pub fn with_memory(mut self, least_mib: u32) -> Self {
        self.machine.memory = self.machine.memory.max(least_mib);
        self
    }

    fn words(&self) -> String {
        let job = self.job.as_ref().map(|job| format!("uchaos.job={job}"));
        let target = self.target.as_ref().map(|target| format!("uchaos.target={target}"));
        let append = Some(self.append.clone()).filter(|append| !append.is_empty());
        [job, target, append].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// Runs the guest, with a network card where it is to have one.
    ///
    /// # Errors
    /// The guest's death, deadline or failure; a capture that is not whole; files that cannot be written.
    pub fn run(
        &self,
        context: &CommandContext,
        boots: BootFiles<'_>,
        network: Option<Network>,
    ) -> Result<()> {
        let kind = boots.kind;
        let request = self.check()?;
        let host = self.machine.host()?;
        let mut machine = self.machine.machine(&host, self.isolated);
        machine.network = network;
        let scratch = tempfile::tempdir().context("creating a folder for the guest's data")?;
        let capture_path = scratch.path().join("capture");
        let data = (!request.jobs.is_empty()).then(|| {
            let samples_bytes: u64 = request.jobs.iter().map(Job::len_bytes).sum();
            (
                capture_path.clone(),
                samples_bytes * request.targets.len().max(1) as u64 + OVERHEAD_BYTES,
            )
        });
        let guest = boots.guest(&machine, &self.words(), data);
        if context.dry_run {
            return say!("{}", guest_run::quoted(&machine.command(&host.qemu, &guest)));
        }
        fs::create_dir_all(context.out.join("logs")).context("creating the folder for logs")?;
        let console_log = context.out.join("logs").join(format!("run-{}.console.log", kind.slug()));
        if request.jobs.is_empty() {
            let limits = Limits { deadline: None, console_log: Some(console_log) };
            let status = guest_run::interactive(&host.qemu, &machine, &guest, &limits)?;
            return match status {
                Some(chaos_wire::GuestStatus::Success) | None => Ok(()),
                Some(status) => {
                    Err(Failure::Guest(format!("{} ended with {status}", kind.name())).into())
                }
            };
        }
        let limits = Limits {
            deadline: Some(self.machine.deadline()),
            console_log: Some(console_log.clone()),
        };
        let mut session = Session::start(&host.qemu, &machine, &guest, &limits)?;
        while let Some(line) = session.next_line()? {
            eprintln!("{:>9.3} {}", line.at.as_secs_f64(), line.text);
        }
        let outcome = session.finish()?;
        outcome.verdict()?;
        let capture = Capture::read(&capture_path)?;
        let facts = BootFacts {
            accel: machine.runs_on().to_string(),
            isolated: self.isolated,
            boot: 1,
            command: outcome.scene.command.clone(),
        };
        for target in &capture.targets {
            for line in &target.self_test {
                say!("{}: {line}", target.target)?;
            }
        }
        let mut runs = taken::from_capture(capture, &outcome.lines, &facts);
        let Some(output) = &self.output else {
            eprintln!("the capture is whole; --output DIR would keep it");
            return Ok(());
        };
        let parent = output
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        fs::create_dir_all(parent).with_context(|| format!("creating {}", parent.display()))?;
        let whole = tempfile::tempdir_in(parent)
            .with_context(|| format!("writing next to {}", output.display()))?;
        for run in &mut runs {
            files::write(whole.path(), run, Some(&console_log))?;
        }
        let made = whole.keep();
        fs::rename(&made, output).with_context(|| format!("naming {}", output.display()))?;
        eprintln!("written to {}", output.display());
        Ok(())
    }
}
