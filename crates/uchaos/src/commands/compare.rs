// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask compare`: the main job. Build both images, boot both on the same machine, take raw noise, stream and
//! restart rows, in isolation and without, assess, and write the report.

mod extra;
mod starts;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chaos_wire::{Params, Target, Targets};
use clap::Args;
use entropy_report::{
    AnalyseOptions, Artifact, CompareResult, Progress, Provenance, TakenRun, add_clones,
    add_server_keys, analyse,
};
use indicatif::ProgressBar;

use crate::commands::clone;
use crate::images::{ImageSource, Parts};
use guest_run::progress::task;
use guest_run::{CommandContext, Images, LinuxImage, say};
use measure::engine_options::check_for_every_target;
use measure::external::ExternalOptions;
use measure::guest::{Host, MachineOptions};
use measure::plan::{self, PlannedBoot};
use measure::provenance::artifact;
use measure::publish;
use measure::runs::{RunFolder, RunsOption};
use measure::settings::Settings;
use measure::starts::{KeptRows, TargetStarts};
use measure::stored;
use measure::{host, run_guest, synthetic};

const READ: &str = "read";
const HOST: &str = "host";
const SYNTHETIC: &str = "synthetic clock";
const SERVER_KEYS: &str = "server keys";
const ASSESS: &str = "assess";
/// The steps after the boots, and the steps for existing runs.
const AFTER_BOOTS: [&str; 3] = [SYNTHETIC, ASSESS, publish::REPORT];
const ON_RECORDED: [&str; 3] = [READ, ASSESS, publish::REPORT];

/// Build, boot and measure both machines, assess the samples, write the report.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask compare                              the main job, as it is
  cargo xtask compare --quick                      a quick run with two boots
  cargo xtask compare --workload flush --claim 250 --machine microvm
  cargo xtask compare --restarts boot:1000x1000    with 1,000 power-on boots of each guest; can be resumed
  cargo xtask compare --clones                     also one saved machine of each guest, restored twice
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
    /// Also start a database server twice under each condition, and compare the generated TLS keys and UUIDs (profile mariadb)
    #[arg(long, conflicts_with = "taken")]
    keys: bool,
    /// What is compared, joined by +; linux-hwrng is the host's generator by virtio-rng (profile hwrng)
    #[arg(long, value_name = "TARGETS", default_value_t = plan::default_targets(), value_parser = run_guest::targets)]
    #[arg(conflicts_with = "taken")]
    targets: Targets,
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
        let boots = plan::all(self.boots, self.targets);
        let Guests { compared: images, with_host_rng, server } =
            self.images(context, source, &boots)?;
        let images_of = |boot: PlannedBoot| match &with_host_rng {
            Some(with) if boot.has_host_rng() => with,
            _ => &images,
        };
        let qemu_host = self.machine.host()?;
        let Some(run) = run else {
            self.show_commands(&images, images_of, &qemu_host, &boots)?;
            return server.map_or(Ok(()), |server| self.show_servers(&server, &qemu_host));
        };
        let (starts, kept) = self.start_often(context, &images, &qemu_host, &runs)?;
        let mut taken = Vec::new();
        for boot in boots {
            let label = context.next_label(&boot.name());
            let taken_now = task(&label, |_| {
                let request = boot.request(&self.settings);
                let boots = boot.boot(images_of(boot), &qemu_host, &self.machine, &request)?;
                let of_first = of_first(boot, &starts);
                run.measure(|| boots.keep(&qemu_host.qemu, run.path(), &boot.slug(), of_first))
                    .with_context(|| format!("measuring {}", boot.name()))
            })?;
            taken.extend(taken_now);
        }
        if self.includes_host() {
            let deadline = self.machine.deadline();
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
        }
        taken.push(task(&context.next_label(SYNTHETIC), |_| {
            synthetic::take(&self.settings, run.path())
        })?);
        let mut provenance = publish::provenance(
            context,
            &images,
            &qemu_host,
            &self.settings,
            &self.machine,
            run.id(),
        )?;
        if let Some(with) = &with_host_rng {
            provenance.artifacts.extend(artifacts_of(with.linux()?)?);
        }
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

    fn images(
        &self,
        context: &CommandContext,
        source: &dyn ImageSource,
        boots: &[PlannedBoot],
    ) -> Result<Guests> {
        // Before the compared guests, because the images' description must be theirs in the end.
        let server = self.keys.then(|| source.images(context, Parts::Server, 0)).transpose()?;
        let has_host_rng = boots.iter().any(|boot| boot.has_host_rng());
        let with_host_rng =
            has_host_rng.then(|| source.images(context, Parts::HostRng, 0)).transpose()?;
        let compared = source.images(
            context,
            Parts::both(self.machine.smp),
            boots.len()
                + self.starts_steps()
                + usize::from(self.includes_host())
                + AFTER_BOOTS.len()
                + usize::from(self.clones)
                + usize::from(self.keys)
                + self.external.steps(),
        )?;
        Ok(Guests { compared, with_host_rng, server })
    }

    fn includes_host(&self) -> bool {
        self.targets.contains(Target::HostUser)
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
    fn show_commands<'a>(
        &self,
        images: &Images,
        images_of: impl Fn(PlannedBoot) -> &'a Images,
        host: &Host,
        boots: &[PlannedBoot],
    ) -> Result<()> {
        for boot in boots {
            let request = boot.request(&self.settings);
            let boots = boot.boot(images_of(*boot), host, &self.machine, &request)?;
            let command = boots.command(&host.qemu, Path::new("data.capture"));
            say!("# {}\n{}", boot.name(), guest_run::quoted(&command))?;
        }
        if !self.includes_host() {
            return Ok(());
        }
        let request = host::request(&self.settings, 1);
        let on_host = host::command(images, &request, Path::new("data.capture"))?;
        say!("# the host itself\n{}", guest_run::quoted(&on_host))
    }
}

/// The images that are booted.
struct Guests {
    compared: Images,
    /// For the target linux-hwrng.
    with_host_rng: Option<Images>,
    /// For `--keys`.
    server: Option<Images>,
}

/// Files of one more Linux guest, each with the profile that it is of.
fn artifacts_of(linux: &LinuxImage) -> Result<Vec<Artifact>> {
    let named =
        |(name, path): (&str, &Path)| artifact(&format!("{name} ({})", linux.profile), path);
    linux.files().into_iter().map(named).collect()
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
