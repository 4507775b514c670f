// SPDX-License-Identifier: GPL-2.0-or-later
//! Runs and shows a build step: skipped while its stamp is valid, its tools' output in a log, one line on the
//! terminal.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use guest_run::CommandContext;
use guest_run::progress::show_duration;

use crate::compiler;
use crate::inputs::Inputs;
use crate::log::StepLog;
use crate::stamp::Stamp;

/// The outcome of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepOutcome {
    Built,
    /// Its inputs and outputs are unchanged.
    UpToDate,
    /// `--dry-run`: it would have run.
    WouldBuild,
}

/// Runs one step unless its inputs and its previous outputs are unchanged.
pub fn run(
    context: &CommandContext,
    name: &str,
    inputs: &Inputs,
    outputs: &[&Path],
    build: impl FnOnce(&mut StepLog) -> Result<()>,
) -> Result<StepOutcome> {
    compiler::reject_choices()?;
    let label = context.next_label(name);
    let stamp = Stamp::at(&context.out.join("stamps"), name);
    let digest = inputs.digest().with_context(|| format!("hashing the inputs of step '{name}'"))?;
    if stamp.holds(&digest, outputs) {
        eprintln!("{label} … up to date");
        return Ok(StepOutcome::UpToDate);
    }
    if context.dry_run {
        eprintln!("{label} … would be built ({})", stamp.why_not(&digest));
        return Ok(StepOutcome::WouldBuild);
    }
    stamp.forget()?;
    let begun = Instant::now();
    let mut log = StepLog::create(&context.out.join("logs"), name, &label)?;
    let built = build(&mut log);
    log.finish();
    built.with_context(|| format!("in step '{name}' (full log: {})", log.path().display()))?;
    for output in outputs {
        if !output.exists() {
            bail!(
                "step '{name}' ended without its output {}; see {}",
                output.display(),
                log.path().display()
            );
        }
    }
    stamp.write(&digest, outputs)?;
    eprintln!("{label} … {}", show_duration(begun.elapsed()));
    Ok(StepOutcome::Built)
}
