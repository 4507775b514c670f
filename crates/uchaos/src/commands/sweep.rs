// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask sweep`: boots, measures and assesses every setting of a plan, and makes it a row of one table.

use std::path::{Path, PathBuf};

use anyhow::Result;
use campaign::table::{self, Table};
use campaign::{Campaign, CampaignsOption, Plan, images_sha256};
use clap::Args;
use guest_run::progress::show_duration;
use guest_run::{CommandContext, ExitKind, say};

use super::cells;
use super::fleet::{self, ClusterOptions, On};
use crate::images::{ImageSource, Parts};

/// Measure every setting of a plan: machine model, accelerator, processor, guest, workload and engine parameters.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask sweep docs/campaigns/quick.toml                 64 cells in a few minutes
  cargo xtask sweep plan.toml --name laptop-3                 the campaign's name [default: the file's]
  cargo xtask sweep plan.toml --dry-run                       the plan, its cells and the expected time
  cargo xtask campaign table quick                            the table again
  uchaos sweep plan.toml --on slurm -- --partition=cpu        one array job; the folder must be on a shared file system
  uchaos sweep plan.toml --on k8s --image REGISTRY/uchaos:1   manifests and a container recipe

The plan is checked whole before anything starts, and printed. A cell is one boot of one setting; it is finished at once and
whole in campaigns/<name>/cells/. After Ctrl-C the same command resumes, and never repeats a finished cell. A setting that
cannot be measured is a failed cell with its reason. docs/campaigns.md describes plan files.")]
pub struct Sweep {
    /// The plan, a TOML file
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// Name of the campaign [default: the name of the plan's file]
    #[arg(long, value_name = "NAME", value_parser = campaign_name)]
    name: Option<String>,
    /// Where the cells are measured
    #[arg(long, value_enum, default_value_t = On::Here)]
    on: On,
    #[command(flatten)]
    cluster: ClusterOptions,
    #[command(flatten)]
    campaigns: CampaignsOption,
    /// More arguments for sbatch
    #[arg(last = true, value_name = "SBATCH-ARGUMENTS")]
    arguments: Vec<String>,
}

impl Sweep {
    /// Starts or resumes the campaign.
    pub fn run(self, context: &CommandContext, source: &dyn ImageSource) -> Result<()> {
        let plan = Plan::read(&self.plan)?;
        let name = self.name()?;
        let folder = self.campaigns.folder(context).join(&name);
        announce(&plan, &folder);
        if context.dry_run {
            return plan
                .cells()
                .iter()
                .enumerate()
                .try_for_each(|(number, cell)| say!("{number:05} {cell}"));
        }
        if self.on == On::K8s {
            return self.cluster.write(&folder, &name, &self.plan, &plan);
        }
        if self.on == On::Slurm {
            fleet::program(source)?;
        }
        let images = source.images(context, Parts::Both, 0)?;
        let campaign = Campaign::begin(&folder, &self.plan, &plan, &images_sha256(&images)?)?;
        if self.on == On::Slurm {
            campaign.check_images(&images_sha256(&images)?)?;
            return fleet::submit(source, &campaign, &self.arguments);
        }
        cells::run_here(context, &campaign, &images)?;
        show(context, &campaign)
    }

    fn name(&self) -> Result<String> {
        match &self.name {
            Some(name) => Ok(name.clone()),
            None => {
                let stem = self.plan.file_stem().unwrap_or_default().to_string_lossy();
                campaign_name(&stem)
                    .map_err(|text| ExitKind::Usage(format!("{text}; give --name NAME")).into())
            }
        }
    }
}

/// Parses a name that is a single path component, also for schedulers.
fn campaign_name(name: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.chars().all(plain) && name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        Ok(name.to_owned())
    } else {
        Err(format!("`{name}` is not a campaign name: use letters, digits, `-`, `_` and `.`"))
    }
}

fn announce(plan: &Plan, folder: &Path) {
    let (settings, cells) = (plan.settings().len(), plan.cells().len());
    eprintln!("plan:\n  {}", plan.lines().join("\n  "));
    let time = plan.seconds_per_boot.map_or_else(
        || "the time is estimated from the first cells".to_owned(),
        |seconds| {
            let all = std::time::Duration::from_secs_f64(seconds * cells as f64);
            format!("about {} by the plan's {seconds} s for each boot", show_duration(all))
        },
    );
    eprintln!("{settings} settings, {} boots of each: {cells} cells; {time}", plan.boots);
    eprintln!("results: {}", folder.display());
}

/// Prints the table with its heat map, or the table as JSON.
pub(super) fn show(context: &CommandContext, campaign: &Campaign) -> Result<()> {
    let table = Table::of(campaign);
    if context.json {
        return guest_run::output::json(&table);
    }
    say!("{}", table::to_terminal(&table))?;
    match table::heat_map(&table, campaign.plan(), None) {
        Some(map) => say!("\n{}", map.trim_end()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_is_named_by_one_plain_word() {
        assert_eq!(campaign_name("laptop-3_b.1").unwrap(), "laptop-3_b.1");
        for bad in ["", "../x", "a b", ".hidden", "-x", "a/b"] {
            assert!(campaign_name(bad).is_err(), "{bad}");
        }
    }
}
