// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask compare`: the main job. Build both images, boot both on the same machine, take raw noise, stream and
//! restart rows, in isolation and without, assess, and write the report.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use chaos_wire::{Params, Target, Targets};
use clap::Args;
use entropy_report::{
    AnalyseOptions, Clones, CompareResult, Progress, Provenance, ServerKeys, TakenRun, add_clones,
    add_server_keys, analyse,
};
use indicatif::ProgressBar;

use crate::commands::clone;
use crate::images::{ImageSource, Parts};
use guest_run::CommandContext;
use guest_run::Images;
use guest_run::progress::task;
use guest_run::say;
use measure::clones::{self, Cloning, GenerationIds};
use measure::engine_options::check_for_every_target;
use measure::external::ExternalOptions;
use measure::guest::{GuestKind, Host, MachineOptions};
use measure::plan::{self, PlannedBoot};
use measure::publish;
use measure::runs::{RunFolder, RunsOption};
use measure::server_keys::FirstStarts;
use measure::settings::Settings;
use measure::starts::{Collected, Collection, KeptRows, Shape, Start, TargetStarts};
use measure::stored;
use measure::{host, synthetic};

const READ: &str = "read";
const HOST: &str = "host";
const HOST_STARTS: &str = "host, process starts";
const GUEST_STARTS: [(GuestKind, &str); 2] = [
    (GuestKind::BareMetal, "bare metal, power-on boots"),
    (GuestKind::Linux, "linux, power-on boots"),
];
const SYNTHETIC: &str = "synthetic clock";
const SERVER_KEYS: &str = "server keys";
const ASSESS: &str = "assess";
/// The steps before and after the boots, and the steps for existing runs.
const AROUND_BOOTS: [&str; 5] = [HOST_STARTS, HOST, SYNTHETIC, ASSESS, publish::REPORT];
const ON_RECORDED: [&str; 3] = [READ, ASSESS, publish::REPORT];

/// Build, boot and measure both machines, assess the samples, write the report.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask compare                              the main job, as it is
  cargo xtask compare --quick                      a quick run with two boots
  cargo xtask compare --workload flush --claim 250 --machine microvm
  cargo xtask compare --restarts boot:1000x1000    with 1,000 power-on boots of each guest; can be resumed
  cargo xtask compare --clones                     also one saved machine of each guest, restored twice
  cargo xtask compare --keys                       also a database server, started twice under each condition
  cargo xtask compare --boots 10                   a better idea of how far figures spread
  cargo xtask compare runs/A runs/B                existing runs side by side: boots no guest
  cargo xtask compare runs/A                       one existing run, assessed again

Writes runs/<id>/ with result.json, report.html, manifest.json and the samples, and points runs/latest at it.")]
pub struct Compare {
    /// Existing runs, by folder or by name: compare them without booting anything
    #[arg(value_name = "RUN")]
    taken: Vec<PathBuf>,
    /// Ordinary boots of each target: figures are their median and range; 5 are enough to rank four targets
    #[arg(long, value_name = "N", default_value_t = 5, default_value_if("quick", "true", "2"), value_parser = clap::value_parser!(u32).range(2..=100))]
    boots: u32,
    /// Also save each guest once and restore it twice, and compare what the clones give (about two minutes)
    #[arg(long, conflicts_with = "taken")]
    clones: bool,
    /// Also start a database server twice in isolation and twice with ordinary time, and compare the generated TLS keys
    /// and UUIDs (takes about two minutes; needs the guest of profile mariadb)
    #[arg(long, conflicts_with = "taken")]
    keys: bool,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    machine: MachineOptions,
    #[command(flatten)]
    external: ExternalOptions,
    #[command(flatten)]
    runs: RunsOption,
}

impl Compare {
    pub fn run(self, context: &CommandContext, source: &dyn ImageSource) -> Result<()> {
        let runs = self.runs.folder(context);
        if !self.taken.is_empty() {
            return self.compare_taken(context, &runs);
        }
        check_for_every_target(&self.settings.engine.over(Params::DEFAULT))?;
        // First, so that an unwritable folder is noticed before a build.
        let run = if context.dry_run { None } else { Some(RunFolder::create(&runs)?) };
        let boots = plan::all(self.boots);
        // Before the compared guests, because the images' description must be theirs in the end.
        let server = self.keys.then(|| source.images(context, Parts::Server, 0)).transpose()?;
        let images = source.images(
            context,
            Parts::both(self.machine.smp),
            boots.len()
                + self.guest_starts().len()
                + AROUND_BOOTS.len()
                + usize::from(self.clones)
                + usize::from(self.keys)
                + self.external.steps(),
        )?;
        let qemu_host = self.machine.host()?;
        let Some(run) = run else {
            self.show_commands(&images, &qemu_host, &boots)?;
            return server.map_or(Ok(()), |server| self.show_servers(&server, &qemu_host));
        };
        let deadline = self.machine.deadline();
        let mut starts = Vec::new();
        let mut kept = Vec::new();
        // Before any measurement: starting a process takes longer the more memory this one holds.
        let on_host = task(&context.next_label(HOST_STARTS), |bar| {
            self.start_host_often(&images, deadline, &runs, bar)
        })?;
        if let Some(collected) = on_host {
            starts.extend(collected.starts);
            kept.push(collected.rows);
        }
        for (guest, label) in self.guest_starts() {
            let collected = task(&context.next_label(label), |bar| {
                self.boot_often(*guest, &images, &qemu_host, &runs, bar)
            })?;
            if let Some(collected) = collected {
                starts.extend(collected.starts);
                kept.push(collected.rows);
            }
        }
        let mut taken = Vec::new();
        for boot in boots {
            let label = context.next_label(&boot.name());
            let taken_now = task(&label, |_| {
                let request = boot.request(&self.settings);
                let boots = boot.boot(&images, &qemu_host, &self.machine, &request)?;
                let of_first = of_first(boot, &starts);
                run.measure(|| boots.keep(&qemu_host.qemu, run.path(), &boot.slug(), of_first))
                    .with_context(|| format!("measuring {}", boot.name()))
            })?;
            taken.extend(taken_now);
        }
        let on_host = task(&context.next_label(HOST), |_| {
            (1..=self.boots)
                .map(|number| {
                    let request = host::request(&self.settings, number);
                    let of_first = if number == 1 { starts.as_slice() } else { &[] };
                    host::keep(&images, &request, deadline, run.path(), number, of_first)
                })
                .collect::<Result<Vec<_>>>()
        })?;
        taken.extend(on_host);
        taken.push(task(&context.next_label(SYNTHETIC), |_| {
            synthetic::take(&self.settings, run.path())
        })?);
        let provenance = publish::provenance(
            context,
            &images,
            &qemu_host,
            &self.settings,
            &self.machine,
            run.id(),
        )?;
        let clones = match self.clones {
            true => Some(task(&context.next_label(clone::STEP), |bar| {
                self.take_clones(&images, &qemu_host, bar)
            })?),
            false => None,
        };
        let keys = server.map(|server| {
            task(&context.next_label(SERVER_KEYS), |bar| {
                self.start_servers(&server, &qemu_host, bar)
            })
        });
        let keys = keys.transpose()?;
        let mut result = assess(context, &taken, provenance, Vec::new())?;
        if let Some(clones) = clones {
            add_clones(&mut result, clones);
        }
        if let Some(keys) = keys {
            add_server_keys(&mut result, keys);
        }
        self.external.run(context, &mut result, &taken)?;
        publish::write(context, run, &result, &taken, RunFolder::finish)?;
        kept.into_iter().try_for_each(KeptRows::forget)
    }

    fn take_clones(&self, images: &Images, host: &Host, bar: &ProgressBar) -> Result<Clones> {
        let guests = [GuestKind::BareMetal, GuestKind::Linux];
        let (cases, left_out) = clones::plan(&guests, &self.machine, host, GenerationIds::Both)?;
        let scratch = tempfile::tempdir().context("creating a folder for the saved states")?;
        let params = self.settings.engine.over(Params::DEFAULT);
        let cloning =
            Cloning { images, host, machine: &self.machine, params, scratch: scratch.path() };
        cloning.take_all(&cases, left_out, bar)
    }

    fn start_servers(&self, images: &Images, host: &Host, bar: &ProgressBar) -> Result<ServerKeys> {
        let scratch = tempfile::tempdir().context("creating a folder for the servers' logs")?;
        let scratch = scratch.path();
        FirstStarts { images, host, machine: &self.machine, scratch }.take_all(bar)
    }

    /// `--dry-run`: the commands of the servers.
    fn show_servers(&self, images: &Images, host: &Host) -> Result<()> {
        let starts = FirstStarts { images, host, machine: &self.machine, scratch: Path::new("") };
        starts.commands()?.iter().try_for_each(|(name, command)| say!("# {name}\n{command}"))
    }

    /// The guests to boot once per row of the restart matrix.
    fn guest_starts(&self) -> &'static [(GuestKind, &'static str)] {
        if self.settings.restarts.boots { &GUEST_STARTS } else { &[] }
    }

    /// True restarts on the host: starts of the process, each for its first samples.
    fn start_host_often(
        &self,
        images: &Images,
        deadline: Duration,
        runs: &Path,
        bar: &ProgressBar,
    ) -> Result<Option<Collected>> {
        let Some(shape) = Shape::of(self.settings.restarts.job) else { return Ok(None) };
        let first = host::request(&self.settings, 1);
        let request = shape.request(&first, first.targets);
        let start = Start::Process { images, deadline };
        Collection { start, request: &request, shape, jobs: 1, runs, name: HOST }
            .collect(bar)
            .map(Some)
    }

    /// True restarts of a guest: power-on boots, each for its first samples.
    fn boot_often(
        &self,
        guest: GuestKind,
        images: &Images,
        host: &Host,
        runs: &Path,
        bar: &ProgressBar,
    ) -> Result<Option<Collected>> {
        let Some(shape) = Shape::of(self.settings.restarts.job) else { return Ok(None) };
        let planned = PlannedBoot { guest, isolated: false, number: 1 };
        let targets = match guest {
            GuestKind::BareMetal => Targets::EMPTY.with(Target::BareMetal),
            GuestKind::Linux => Targets::EMPTY.with(Target::LinuxModule).with(Target::LinuxUser),
        };
        let request = shape.request(&planned.request(&self.settings), targets);
        let boot = planned.boot(images, host, &self.machine, &request)?;
        let start = Start::Guest { boot, qemu: &host.qemu };
        let jobs = usize::from(self.settings.jobs);
        Collection { start, request: &request, shape, jobs, runs, name: guest.slug() }
            .collect(bar)
            .map(Some)
    }

    /// Compares existing runs; a single one is assessed again. No guest is booted.
    fn compare_taken(&self, context: &CommandContext, runs: &Path) -> Result<()> {
        context.expect_steps(ON_RECORDED.len() + self.external.steps());
        let taken = task(&context.next_label(READ), |_| {
            self.taken.iter().map(|name| stored::read(runs, name)).collect::<Result<Vec<_>>>()
        })?;
        let run = RunFolder::create(runs)?;
        let provenance = publish::provenance_of_taken(context, &taken, run.id());
        let taken: Vec<(Provenance, Vec<TakenRun>)> =
            taken.into_iter().map(|stored| (stored.result.provenance, stored.boots)).collect();
        let (origins, boots) = entropy_report::side_by_side(taken)?;
        let mut result = assess(context, &boots, provenance, origins)?;
        self.external.run(context, &mut result, &boots)?;
        // It holds no samples, so `latest` still points to the last measured run.
        publish::write(context, run, &result, &boots, RunFolder::keep)
    }

    /// `--dry-run`: prints every command that would take a measurement.
    fn show_commands(&self, images: &Images, host: &Host, boots: &[PlannedBoot]) -> Result<()> {
        for boot in boots {
            let request = boot.request(&self.settings);
            let boots = boot.boot(images, host, &self.machine, &request)?;
            let command = boots.command(&host.qemu, Path::new("data.capture"));
            say!("# {}\n{}", boot.name(), guest_run::quoted(&command))?;
        }
        let request = host::request(&self.settings, 1);
        let on_host = host::command(images, &request, Path::new("data.capture"))?;
        say!("# the host itself\n{}", guest_run::quoted(&on_host))
    }
}

/// True starts are kept with the first ordinary boot.
fn of_first(boot: PlannedBoot, starts: &[TargetStarts]) -> &[TargetStarts] {
    if boot.number == 1 && !boot.isolated { starts } else { &[] }
}

fn assess(
    context: &CommandContext,
    boots: &[TakenRun],
    provenance: Provenance,
    runs: Vec<Provenance>,
) -> Result<CompareResult> {
    task(&context.next_label(ASSESS), |bar| {
        let progress = |now: Progress| show(bar, &now);
        analyse(boots, AnalyseOptions { provenance, runs, progress: &progress })
            .context("assessing what was recorded")
    })
}

fn show(bar: &ProgressBar, now: &Progress) {
    bar.set_prefix(format!("{}/{} {}", now.done, now.total, now.what));
}
