// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask clone`: saves a machine once, restores it twice, and compares the outputs.

use std::path::Path;

use anyhow::{Context, Result};
use chaos_wire::Params;
use clap::Args;
use entropy_report::{Clones, clones_table};
use guest_run::progress::task;
use guest_run::{CommandContext, Images, output, say};
use measure::clones::{self, Cloning, GenerationIds};
use measure::engine_options::{EngineOptions, check_for_every_target};
use measure::guest::{GuestKind, Host, MachineOptions};
use measure::publish;
use measure::runs::{RunFolder, RunsOption};
use serde::Serialize;

use crate::images::{ImageSource, Parts};

/// Version of the shape of `clones.json`; incremented when a field is removed or changes its meaning.
const SCHEMA_VERSION: u32 = 1;

/// The step that makes the clones.
pub(crate) const STEP: &str = "clones";

/// Save a guest once, restore it twice, and compare what the two clones give
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask clone                                both guests; TCG, isolated, KVM where it works; with vmgenid and without
  cargo xtask clone --target bare --workload pause
  cargo xtask clone --target linux --vmgenid without --json | jq '.clones.claims[].text'

Writes runs/<id>/clones.json; docs/clones.md describes its fields.")]
pub struct Clone {
    /// Which guest (default: both)
    #[arg(long, value_enum)]
    target: Option<GuestKind>,
    /// Whether the machines have a vmgenid device, which gives each restored machine a new random number
    #[arg(long, value_enum, default_value = "both")]
    vmgenid: GenerationIds,
    #[command(flatten)]
    engine: EngineOptions,
    #[command(flatten)]
    runs: RunsOption,
    #[command(flatten)]
    machine: MachineOptions,
}

/// `clones.json`.
#[derive(Debug, Serialize)]
struct Record<'a> {
    schema_version: u32,
    provenance: entropy_report::Provenance,
    clones: &'a Clones,
}

impl Clone {
    /// Builds what is needed, makes the clones and shows the comparison.
    pub fn run(self, context: &CommandContext, source: &dyn ImageSource) -> Result<()> {
        let guests = match self.target {
            Some(guest) => vec![guest],
            None => vec![GuestKind::BareMetal, GuestKind::Linux],
        };
        let parts = if guests == [GuestKind::BareMetal] {
            self.machine.check_cpus(GuestKind::BareMetal)?;
            Parts::BareMetal
        } else {
            Parts::both(self.machine.smp)
        };
        if guests.contains(&GuestKind::Linux) {
            check_for_every_target(&self.engine.over(Params::DEFAULT))?;
        }
        let run = if context.dry_run {
            None
        } else {
            Some(RunFolder::create(&self.runs.folder(context))?)
        };
        let images = source.images(context, parts, 1)?;
        let host = self.machine.host()?;
        let (cases, left_out) = clones::plan(&guests, &self.machine, &host, self.vmgenid)?;
        let scratch = tempfile::tempdir().context("creating a folder for the saved states")?;
        let cloning = Cloning {
            images: &images,
            host: &host,
            machine: &self.machine,
            params: self.engine.over(Params::DEFAULT),
            scratch: scratch.path(),
        };
        let Some(run) = run else {
            return cases
                .into_iter()
                .try_for_each(|case| say!("# {}\n{}", case.name(), cloning.command(case)?));
        };
        let found = task(&context.next_label(STEP), |bar| cloning.take_all(&cases, left_out, bar))
            .inspect_err(|_| keep_logs(scratch.path(), run.path()))?;
        let record = Record {
            schema_version: SCHEMA_VERSION,
            provenance: self.provenance(context, &images, &host, run.id())?,
            clones: &found,
        };
        let text = serde_json::to_string_pretty(&record).context("writing clones.json")?;
        publish::save(&run.path().join("clones.json"), &text)?;
        let place = run.keep()?;
        if context.json {
            output::json(&record)?;
        } else {
            show(&found)?;
        }
        eprintln!("figures: {}", place.join("clones.json").display());
        Ok(())
    }

    fn provenance(
        &self,
        context: &CommandContext,
        images: &Images,
        host: &Host,
        run: &str,
    ) -> Result<entropy_report::Provenance> {
        let params = self.engine.over(Params::DEFAULT);
        publish::provenance_of_guests(context, images, host, params, &self.machine, run)
    }
}

/// Keeps the console logs of failed machines in the place for failed runs.
fn keep_logs(scratch: &Path, run: &Path) {
    let logs = std::fs::read_dir(scratch).into_iter().flatten().flatten();
    for log in logs.filter(|entry| entry.file_name().to_string_lossy().ends_with(".log")) {
        // The error being reported matters more than a log that cannot be kept.
        let _ = std::fs::copy(log.path(), run.join(log.file_name()));
    }
}

/// Prints the table and its sentences.
pub(crate) fn show(found: &Clones) -> Result<()> {
    say!("{}", clones_table(found).to_text())?;
    for claim in &found.claims {
        say!("{}", lab::text::wrapped(&claim.text))?;
    }
    for left_out in &found.not_measured {
        say!(
            "{}",
            lab::text::wrapped(&format!("Not measured: {}: {}", left_out.what, left_out.why))
        )?;
    }
    Ok(())
}
