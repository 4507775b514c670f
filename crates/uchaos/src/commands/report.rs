// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask report`: the pages of an existing run, regenerated from its result.

use fs_err as fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use guest_run::CommandContext;
use guest_run::progress::task;
use measure::external::ExternalOptions;
use measure::files;
use measure::publish;
use measure::runs::RunsOption;
use measure::stored;

/// Regenerate the report of an existing run: HTML, Markdown, JSON, and the table here.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask report                               regenerate the latest run's report.html and report.md
  cargo xtask report 2026-03-01T12-00-00Z --to /tmp/report
  cargo xtask report --external-tests              run ent, rngtest, dieharder, RNG_test, ea_non_iid on it
  cargo xtask report --json | jq .summary

The samples are not assessed again: `cargo xtask compare RUN` does that.")]
pub struct Report {
    /// The run, by folder or by name
    #[arg(value_name = "RUN", default_value = "latest")]
    run: PathBuf,
    /// Write result.json, report.html and report.md to this folder (default: only the pages, to the run's folder)
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    #[command(flatten)]
    external: ExternalOptions,
    #[command(flatten)]
    runs: RunsOption,
}

impl Report {
    pub fn run(self, context: &CommandContext) -> Result<()> {
        let folder = stored::find(&self.runs.folder(context), &self.run)?;
        let mut result = stored::read_result(&folder)?;
        let to = self.to.clone().unwrap_or_else(|| folder.clone());
        if context.dry_run {
            eprintln!("would write report.html and report.md to {}", to.display());
            return Ok(());
        }
        context.expect_steps([publish::REPORT].len() + self.external.steps());
        if self.external.external_tests {
            let boots = files::read_all(&folder)
                .with_context(|| format!("reading the samples of {}", folder.display()))?;
            self.external.run(context, &mut result, &boots)?;
        }
        fs::create_dir_all(&to)?;
        task(&context.next_label(publish::REPORT), |_| {
            // The result that was read is not overwritten.
            if self.external.external_tests || self.to.is_some() {
                publish::save(&to.join("result.json"), &entropy_report::to_json(&result)?)?;
            }
            publish::pages(&to, &result)
        })?;
        publish::show(context, &result)?;
        eprintln!("report: {}", to.join("report.html").display());
        Ok(())
    }
}
