// SPDX-License-Identifier: GPL-2.0-or-later
//! Shared by `run-bare` and `run-linux`: without a job, a guest on this terminal; with one, its capture is checked
//! and written as files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use chaos_wire::{GuestStatus, Job, Jobs, Problem, Request, Target, Targets};
use clap::Args;
use entropy_report::TakenRun;
use guest_run::{CommandContext, ExitKind, FIRST_OUTPUT, Limits, Machine, Network, say};

use crate::boot::{Boot, Taken};
use crate::engine_options::{EngineOptions, check_for_every_target};
use crate::exec::exec;
use crate::files;
use crate::guest::{BootFiles, GuestKind, MachineOptions};
use crate::serve::serve;

/// Options of both commands.
#[derive(Debug, Args)]
pub struct RunOptions {
    /// Jobs: raw:SAMPLES, stream:BYTES, restart:ROWSxCOLUMNS, seed:BYTES; joined by commas (run-bare has selftest too)
    #[arg(long, value_name = "JOBS", value_parser = jobs)]
    job: Option<Jobs>,
    /// Targets that run the jobs: baremetal; or linux-module, linux-user, linux-crng, linux-hwrng, joined by +
    #[arg(long, value_name = "TARGETS", requires = "job", value_parser = targets)]
    target: Option<Targets>,
    /// Folder for the files of a job; it must not exist yet
    #[arg(long, value_name = "DIR", requires = "job")]
    output: Option<PathBuf>,
    /// Use an instruction count as time, so that nothing physical reaches the guest
    #[arg(long)]
    pub isolated: bool,
    /// More arguments for the kernel command line, such as uchaos.timer=100
    #[arg(long, value_name = "ARGUMENTS", default_value = "")]
    append: String,
    #[command(flatten)]
    engine: EngineOptions,
    #[command(flatten)]
    machine: MachineOptions,
}

impl RunOptions {
    /// The arguments for the guest, checked before anything is built.
    ///
    /// # Errors
    /// Returns an error ([`ExitKind::Usage`]) if the grammar or this guest does not accept them, or the output folder
    /// exists.
    pub fn check(&self, kind: GuestKind) -> Result<Request> {
        self.machine.check_cpus(kind)?;
        if self.isolated && self.machine.smp > 1 {
            let text = "--smp: an isolated machine has one processor; omit --smp or --isolated";
            return Err(ExitKind::Usage(text.to_owned()).into());
        }
        let request = Request::parse(&self.arguments())
            .map_err(|error| anyhow!(ExitKind::Usage(error.to_string())))?;
        let own = kind.targets();
        if let Some(foreign) = request.targets.iter().find(|target| !own.contains(*target)) {
            let text = format!("{} has no target {foreign}; it has {own}", kind.name());
            return Err(ExitKind::Usage(text).into());
        }
        if kind == GuestKind::Linux {
            check_for_every_target(&request.params)?;
        }
        if kind == GuestKind::Linux && request.jobs.iter().any(|job| job == Job::SelfTest) {
            let text = "the Linux image is built without the module's self test; `cargo xtask test --filter module::self_test` builds one with it and runs it";
            return Err(ExitKind::Usage(text.to_owned()).into());
        }
        if let Some(output) = self.output.as_ref().filter(|output| output.exists()) {
            let text = format!(
                "{} already exists and is not overwritten; give another --output",
                output.display()
            );
            return Err(ExitKind::Usage(text).into());
        }
        Ok(request)
    }

    /// The machine's processors.
    #[must_use]
    pub fn cpus(&self) -> u32 {
        self.machine.smp
    }

    /// Whether it asks for the host's generator by virtio-rng.
    #[must_use]
    pub fn asks_for_host_rng(&self) -> bool {
        self.target.is_some_and(|targets| targets.contains(Target::LinuxHwrng))
    }

    /// The same with at least this much memory.
    pub fn with_memory(mut self, least_mib: u32) -> Self {
        self.machine.memory = self.machine.memory.max(least_mib);
        self
    }

    fn arguments(&self) -> String {
        let job = self.job.as_ref().map(|job| format!("uchaos.job={job}"));
        let target = self.target.as_ref().map(|target| format!("uchaos.target={target}"));
        let texts = [self.engine.command_line(), self.append.clone()];
        let texts = texts.into_iter().filter(|text| !text.is_empty());
        job.into_iter().chain(target).chain(texts).collect::<Vec<_>>().join(" ")
    }

    /// Runs the guest, with a network card if `network` is given.
    pub fn run(
        &self,
        context: &CommandContext,
        guest: BootFiles<'_>,
        network: Option<Network>,
    ) -> Result<()> {
        let kind = guest.kind;
        let request = self.check(kind)?;
        let host = self.machine.host()?;
        let machine = Machine { network, ..self.machine.machine(&host, self.isolated) };
        let logs = context.out.join("logs");
        if !context.dry_run {
            fs::create_dir_all(&logs).context("creating the folder for logs")?;
        }
        let is_server = guest.image.is_some_and(|image| image.server.is_some());
        if request.jobs.is_empty() {
            let mut arguments = self.arguments();
            let reads_input = !is_server && !guest.runs_command();
            if kind == GuestKind::Linux && !guest_run::is_terminal() && reads_input {
                // The kernel passes it to /init as an environment variable.
                arguments = format!("{arguments} uchaos_input=pipe").trim_start().to_owned();
            }
            let booted = guest.guest(&machine, &arguments, None);
            if context.dry_run {
                return say!("{}", guest_run::quoted(&machine.command(&host.qemu, &booted)));
            }
            let console_log = logs.join(format!("run-{}.console.log", kind.slug()));
            let limits = Limits {
                deadline: None,
                first_output: Some(FIRST_OUTPUT),
                console_log: Some(console_log),
            };
            if guest.runs_command() {
                let limits = Limits { deadline: Some(self.machine.deadline()), ..limits };
                return exec(&host.qemu, &machine, booted, &limits);
            }
            if let Some(image) = guest.image.filter(|_| is_server) {
                let image_bytes = image.len_bytes()?;
                return serve(context, &host.qemu, &machine, &booted, &limits, image_bytes);
            }
            let status = guest_run::interactive(&host.qemu, &machine, &booted, &limits)?;
            return match status {
                Some(GuestStatus::Success) | None => Ok(()),
                Some(status) => {
                    Err(ExitKind::Guest(format!("{} ended with {status}", kind.name())).into())
                }
            };
        }
        let deadline = self.machine.deadline();
        let arguments = self.arguments();
        let boot = Boot { guest, machine, arguments, request: &request, deadline, number: 1 };
        let slug = format!("run-{}", kind.slug());
        if context.dry_run {
            let command = boot.command(&host.qemu, &logs.join(format!("{slug}.capture")));
            return say!("{}", guest_run::quoted(&command));
        }
        let Taken { runs, self_test, console_log } =
            boot.take(&host.qemu, &logs, &slug, |line| {
                eprintln!("{:>9.3} {}", line.at.as_secs_f64(), line.text);
            })?;
        self_test.iter().try_for_each(|line| say!("{line}"))?;
        match &self.output {
            Some(output) => write(output, runs, &console_log),
            None => {
                eprintln!("the capture is complete; --output DIR would keep it");
                Ok(())
            }
        }
    }
}

fn jobs(text: &str) -> Result<Jobs, String> {
    Jobs::parse(text).map_err(with_nearest)
}

/// The targets in a value of the command line.
pub fn targets(text: &str) -> Result<Targets, String> {
    Targets::parse(text).map_err(with_nearest)
}

fn with_nearest(problem: Problem) -> String {
    match problem.nearest() {
        Some(nearest) => format!("{problem}; did you mean `{nearest}`?"),
        None => problem.to_string(),
    }
}

/// Writes the files of all targets to a folder that appears when it is complete.
fn write(output: &Path, mut runs: Vec<TakenRun>, console_log: &Path) -> Result<()> {
    let parent =
        output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).with_context(|| format!("creating {}", parent.display()))?;
    let whole = tempfile::tempdir_in(parent)
        .with_context(|| format!("writing next to {}", output.display()))?;
    for run in &mut runs {
        files::write(whole.path(), run, Some(console_log))?;
    }
    let made = whole.keep();
    fs::rename(&made, output).with_context(|| format!("naming {}", output.display()))?;
    eprintln!("written to {}", output.display());
    Ok(())
}
