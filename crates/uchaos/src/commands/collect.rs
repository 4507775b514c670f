// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask collect`: turns captures from USB sticks into runs, one per machine, with reports.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chaos_stick::MachineFact;
use clap::Args;
use collect::{Found, Machine, Refusal};
use entropy_report::{AnalyseOptions, Progress, Provenance, RepeatCommand, analyse};

use guest_run::progress::task;
use guest_run::{CommandContext, ExitKind};
use measure::files;
use measure::publish;
use measure::runs::{RunFolder, RunsOption};

const ASSESS: &str = "assess";

/// Turn the captures that machines wrote to a USB stick into runs, one per machine, with reports.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask collect /media/UCHAOS                a mounted stick
  cargo xtask collect usb.img                      an image; a stick that is not mounted, such as /dev/sdX, is read too
  cargo xtask collect --name laptop 0001-bare.cap 0002-linux.cap
  cargo xtask compare runs/laptop latest           a real machine next to an emulator

Captures of one machine with the same engine parameters become one run; boots of a series become its matrix of true
restarts. A damaged capture is named and left out, and the exit status is 1. Nothing is written to the stick.")]
pub struct Collect {
    /// Mounted sticks, images of sticks, folders of captures, or captures
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Name of the run [default: the time and the machine's model]
    #[arg(long, value_name = "NAME", value_parser = run_name)]
    name: Option<String>,
    #[command(flatten)]
    runs: RunsOption,
}

impl Collect {
    /// Reads, groups, assesses and reports.
    pub fn run(self, context: &CommandContext) -> Result<()> {
        let found = collect::find(&self.paths)?;
        let unfinished = found.unfinished.clone();
        let (machines, refused) = self.grouped(found)?;
        if context.dry_run {
            for machine in &machines {
                let captures = machine.origins.len();
                eprintln!("would make a run of {captures} captures: {}", machine.facts.name());
            }
            return summary(&refused);
        }
        context.expect_steps(machines.len() * [ASSESS, publish::REPORT].len());
        for path in unfinished {
            eprintln!("not finished by the machine, left out: {}", path.display());
        }
        let runs = self.runs.folder(context);
        for machine in machines {
            self.keep(context, &runs, machine, &refused)?;
        }
        summary(&refused)
    }

    fn grouped(&self, found: Found) -> Result<(Vec<Machine>, Vec<Refusal>)> {
        let (machines, refused) = collect::group(found);
        if machines.is_empty() {
            let reasons: Vec<String> = refused.iter().map(show_refusal).collect();
            let places: Vec<String> =
                self.paths.iter().map(|path| path.display().to_string()).collect();
            let why =
                if reasons.is_empty() { "there are none".to_owned() } else { reasons.join("; ") };
            return Err(ExitKind::Check(format!(
                "collecting captures from {}: {why}",
                places.join(", ")
            ))
            .into());
        }
        Ok((machines, refused))
    }

    fn keep(
        &self,
        context: &CommandContext,
        runs: &Path,
        mut machine: Machine,
        refused: &[Refusal],
    ) -> Result<()> {
        let run = match &self.name {
            Some(name) => RunFolder::create_as(runs, name)?,
            None => {
                let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H-%M-%SZ");
                RunFolder::create_as(runs, &format!("{now}-{}", machine.slug()))?
            }
        };
        for boot in &mut machine.boots {
            files::write(run.path(), boot, None)?;
        }
        let provenance = provenance(context, run.id(), &machine, refused);
        let label = context.next_label(ASSESS);
        let result = task(&label, |bar| {
            let progress =
                |now: Progress| bar.set_prefix(format!("{}/{} {}", now.done, now.total, now.what));
            analyse(
                &machine.boots,
                AnalyseOptions { provenance, runs: Vec::new(), progress: &progress },
            )
            .context("assessing what was collected")
        })?;
        publish::write(context, run, &result, &machine.boots, RunFolder::finish)
    }
}

/// The provenance of the captures; of this host, only the tool matters.
fn provenance(
    context: &CommandContext,
    id: &str,
    machine: &Machine,
    refused: &[Refusal],
) -> Provenance {
    let here = publish::here(context);
    let facts = &machine.facts;
    let accelerator = facts.accelerator();
    let reason = match facts.get(MachineFact::Hypervisor) {
        Some("none") => "the processor reports no hypervisor (CPUID leaf 1, ECX bit 31)".to_owned(),
        Some(name) => format!("the processor reports the hypervisor {name}"),
        None => "the captures do not say whether there is a hypervisor".to_owned(),
    };
    let firmware = [
        MachineFact::BoardVendor,
        MachineFact::BoardModel,
        MachineFact::FirmwareVendor,
        MachineFact::FirmwareVersion,
    ];
    let host: Vec<&str> = firmware.iter().filter_map(|fact| facts.get(*fact)).collect();
    let virtual_machine = (!matches!(accelerator, "hardware" | "unknown")).then(|| {
        "These captures were taken in a virtual machine, not on real hardware.".to_owned()
    });
    let left_out = refused.iter().map(|refusal| format!("Left out: {}", show_refusal(refusal)));
    let parameters = machine
        .params
        .iter()
        .map(|(parameter, number)| {
            (parameter.report_key().to_owned(), parameter.value(number).to_string())
        })
        .chain(facts.iter().map(|(key, value)| (key.to_owned(), value.to_owned())))
        .collect();
    let line = here.command_line.clone();
    Provenance {
        run: id.to_owned(),
        accelerator: accelerator.to_owned(),
        accelerator_reason: reason,
        cpu_model: facts.get(MachineFact::Cpu).unwrap_or("unknown").to_owned(),
        host: host.join(", "),
        host_facts: BTreeMap::new(),
        clock: "the processor's time-stamp counter (lfence; rdtsc)".to_owned(),
        compiler: String::new(),
        parameters,
        repeat: vec![RepeatCommand { what: "collecting again".to_owned(), line }],
        banners: virtual_machine.into_iter().chain(left_out).collect(),
        ..here
    }
}

fn show_refusal(refusal: &Refusal) -> String {
    if refusal.reason.contains(&*refusal.path.to_string_lossy()) {
        refusal.reason.clone()
    } else {
        format!("{}: {}", refusal.path.display(), refusal.reason)
    }
}

/// The refused captures, as an error that names them.
fn summary(refused: &[Refusal]) -> Result<()> {
    if refused.is_empty() {
        return Ok(());
    }
    let shown: Vec<String> =
        refused.iter().map(|refusal| format!("\n  {}", show_refusal(refusal))).collect();
    let count = match refused.len() {
        1 => "1 damaged capture was".to_owned(),
        more => format!("{more} damaged captures were"),
    };
    Err(ExitKind::Check(format!(
        "{count} left out, the others are in the report; copy from the stick again, or measure again:{}",
        shown.concat()
    ))
    .into())
}

/// Parses a name that is a single path component.
fn run_name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || text.starts_with('.') || text == "latest" || !text.chars().all(plain) {
        return Err(
            "a name has letters, digits, `-`, `_` and `.`, and does not begin with `.`".into()
        );
    }
    Ok(text.to_owned())
}
