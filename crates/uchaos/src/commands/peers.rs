// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask peers`: measures other noise sources next to `host-user`, in one run.

use std::path::PathBuf;

use anyhow::{Context, Result};
use chaos_wire::{Job, Params};
use clap::Args;
use entropy_report::{AnalyseOptions, CompareResult, Progress, Provenance, TakenRun, analyse};
use guest_run::progress::task;
use guest_run::{CommandContext, Images, output, say};
use measure::engine_options::{EngineOptions, check_for_every_target, in_option};
use measure::publish;
use measure::runs::{RunFolder, RunsOption};
use measure::starts::Shape;
use measure::surroundings::Watch;
use peers::{Bench, Comparison, Plan, Question};
use serde::Serialize;

use crate::images::{ImageSource, Parts};

/// Version of the shape of `peers.json`; incremented when a field is removed or changes its meaning.
const SCHEMA_VERSION: u32 = 1;
/// The claim to compare, for a machine that was assessed.
const CLAIM_MILLIBITS: u32 = 1_000;
const QUICK_OUTPUT_DIVISOR: u64 = 16;

/// Measure jitterentropy, RDSEED and other sources in the same way as host-user, alternating with it
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask peers                                      the system's libjitterentropy.so.3
  cargo xtask peers --jitterentropy DIR                  compiled from its source tree
  cargo xtask peers --quick                              a minute, without an assessment
  cargo xtask peers --json | jq '.comparison.goals'

Writes runs/<id>/peers.json. docs/peers.md has a table and what to make of it.")]
pub struct Peers {
    /// Jitterentropy's library, or its source tree to compile [default: the system's libjitterentropy.so.3]
    #[arg(long, value_name = "PATH")]
    jitterentropy: Option<PathBuf>,
    /// Rounds, in each of which all sources are measured in turn
    #[arg(long, value_name = "N", default_value_t = 3, default_value_if("quick", "true", "1"), value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Raw samples of each source in each round; an assessed min-entropy needs 1,000,000
    #[arg(long, value_name = "N", default_value_t = 1_000_000, default_value_if("quick", "true", "20000"), value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    samples: u64,
    /// Restart matrix: starts of the process, and samples of each
    #[arg(long, value_name = "ROWSxCOLUMNS", default_value = "1000x1000", default_value_if("quick", "true", "10x1000"), value_parser = restart_matrix)]
    restarts: Shape,
    /// A quick run, which supports no assessment and no restart check
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    engine: EngineOptions,
    #[command(flatten)]
    runs: RunsOption,
    /// Run by the process of one peer; `peers` starts it
    #[arg(long, hide = true, requires_all = ["library", "into"])]
    question: Option<Question>,
    #[arg(long, hide = true)]
    library: Option<PathBuf>,
    #[arg(long, hide = true)]
    into: Option<PathBuf>,
}

/// `peers.json`.
#[derive(Debug, Serialize)]
struct Record<'a> {
    schema_version: u32,
    provenance: &'a Provenance,
    comparison: &'a Comparison,
}

impl Peers {
    /// Measures, assesses and shows the table.
    pub fn run(self, context: &CommandContext, source: &dyn ImageSource) -> Result<()> {
        if let (Some(question), Some(library), Some(into)) =
            (self.question, &self.library, &self.into)
        {
            return peers::answer(question, library, into);
        }
        let params =
            self.engine.over(Params { claim_millibits: CLAIM_MILLIBITS, ..Params::DEFAULT });
        check_for_every_target(&params)?;
        let scratch = tempfile::tempdir().context("creating a folder for the answers of peers")?;
        let library = peers::prepare(self.jitterentropy.as_deref(), scratch.path())?;
        let program = std::env::current_exe().context("finding this program")?;
        let run = if context.dry_run {
            None
        } else {
            Some(RunFolder::create(&self.runs.folder(context))?)
        };
        let images = source.images(context, Parts::Both, 2)?;
        let bench = Bench {
            images: &images,
            params,
            library: &library,
            program: &program,
            folder: &context.root,
            scratch: scratch.path(),
            plan: self.plan(),
        };
        let Some(run) = run else {
            return bench.commands()?.iter().try_for_each(|line| say!("{line}"));
        };
        let watch = Watch::start();
        let measured = task(&context.next_label("measure"), |bar| bench.take(bar))?;
        let provenance = provenance(context, &images, params, run.id(), &watch);
        let runs: Vec<TakenRun> =
            measured.iter().flat_map(|source| source.raw.iter().cloned()).collect();
        let result = assess(context, &runs, provenance)?;
        let comparison = peers::compare(&measured, &result);
        let record = Record {
            schema_version: SCHEMA_VERSION,
            provenance: &result.provenance,
            comparison: &comparison,
        };
        let text = serde_json::to_string_pretty(&record).context("writing peers.json")?;
        publish::save(&run.path().join("peers.json"), &text)?;
        let place = run.keep()?;
        if context.json {
            output::json(&record)?;
        } else {
            show(&comparison, &result.provenance)?;
        }
        eprintln!("figures: {}", place.join("peers.json").display());
        Ok(())
    }

    fn plan(&self) -> Plan {
        Plan {
            rounds: self.rounds,
            samples: self.samples,
            restarts: self.restarts,
            output_divisor: if self.quick { QUICK_OUTPUT_DIVISOR } else { 1 },
        }
    }
}

fn restart_matrix(text: &str) -> Result<Shape, String> {
    let job = Job::parse(&format!("restart:{text}")).map_err(in_option)?;
    Shape::of(job).ok_or_else(|| "expected ROWSxCOLUMNS".to_owned())
}

fn provenance(
    context: &CommandContext,
    images: &Images,
    params: Params,
    run: &str,
    watch: &Watch,
) -> Provenance {
    let parameters = params.iter().map(|(parameter, number)| {
        (parameter.report_key().to_owned(), parameter.value(number).to_string())
    });
    Provenance {
        run: run.to_owned(),
        engine_object_sha256: images.engine.sha256.clone(),
        compiler_flags: images.engine.compiler_flags.clone(),
        parameters: parameters.collect(),
        surroundings: Some(watch.seen()),
        ..publish::here(context)
    }
}

fn assess(
    context: &CommandContext,
    runs: &[TakenRun],
    provenance: Provenance,
) -> Result<CompareResult> {
    task(&context.next_label("assess"), |bar| {
        let progress =
            |now: Progress| bar.set_prefix(format!("{}/{} {}", now.done, now.total, now.what));
        analyse(runs, AnalyseOptions { provenance, runs: Vec::new(), progress: &progress })
            .context("assessing what was recorded")
    })
}

fn show(comparison: &Comparison, provenance: &Provenance) -> Result<()> {
    say!("{}", comparison.table().to_text())?;
    say!("{}; {}", provenance.cpu_model, provenance.host)?;
    if let Some(surroundings) = &provenance.surroundings {
        say!("{surroundings}")?;
        for disturbance in surroundings.disturbances() {
            say!("== {disturbance} ==")?;
        }
    }
    for note in comparison.notes() {
        say!("{}", lab::text::wrapped(&note))?;
    }
    Ok(())
}
