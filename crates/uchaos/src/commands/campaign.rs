// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask campaign`: operations on a campaign started by `sweep`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use campaign::slurm::Queued;
use campaign::table::{self, Table};
use campaign::{
    Axis, Campaign as Folder, CampaignsOption, Cell, CellState, State, differences, process_here,
};
use clap::{Args, Subcommand};
use guest_run::progress::show_duration;
use guest_run::{CommandContext, ExitKind, say};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::Serialize;

use super::cells;
use super::fleet::{self, On, Task};
use super::sweep;
use crate::images::{ImageSource, Parts};

/// Status, table and report of a campaign; resume and cancel it, collect its cells.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask campaign status quick                cells done, failed, running, open; time to go
  cargo xtask campaign resume quick --failed       what is open, and the failed cells again
  cargo xtask campaign cancel quick                stops the processes that work on it
  cargo xtask campaign table quick --csv           one line for each setting
  cargo xtask campaign table quick --map workload,machine
  cargo xtask campaign table quick --against other --json
  cargo xtask campaign report quick                campaigns/quick/report.html
  cargo xtask campaign collect quick /mnt/copy     finished cells of another copy of the folder

CAMPAIGN is a folder, or a name below campaigns/.")]
pub struct Campaign {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    campaigns: CampaignsOption,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show progress, and failures with their reasons
    Status { campaign: PathBuf },
    /// Measure the open cells
    Resume {
        campaign: PathBuf,
        /// Also measure failed cells again
        #[arg(long)]
        failed: bool,
        /// Where the cells are measured
        #[arg(long, value_enum, default_value_t = On::Here)]
        on: On,
        /// More arguments for sbatch [default: those of the last job]
        #[arg(last = true, value_name = "SBATCH-ARGUMENTS")]
        arguments: Vec<String>,
    },
    /// Run by a scheduler's task: measure the cells of one of several tasks
    Work(Task),
    /// Stop its jobs and processes; finished cells are kept
    Cancel { campaign: PathBuf },
    /// Copy finished cells from other copies of its folder, and account for every cell
    Collect {
        campaign: PathBuf,
        #[arg(value_name = "FROM")]
        from: Vec<PathBuf>,
    },
    /// Write the report: one page with distributions, heat map, outliers, drift, and a link to each run
    Report {
        campaign: PathBuf,
        /// The file [default: report.html in the campaign's folder]
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Show the table: a row for each setting, the best one, and a heat map
    Table {
        campaign: PathBuf,
        /// Comma-separated values
        #[arg(long, conflicts_with = "map")]
        csv: bool,
        /// The axes of the heat map [default: the two with most values]
        #[arg(long, value_name = "ROWS,COLUMNS", value_parser = axes)]
        map: Option<[Axis; 2]>,
        /// Compare with another campaign of the same plan; status 1 if they differ
        #[arg(long, value_name = "CAMPAIGN")]
        against: Option<PathBuf>,
    },
}

impl Campaign {
    pub fn run(self, context: &CommandContext, source: &dyn ImageSource) -> Result<()> {
        let open = |name: &Path| Folder::open(&self.campaigns.find(context, name)?);
        match self.action {
            Action::Status { campaign } => status(context, &open(&campaign)?),
            Action::Resume { campaign, failed, on, arguments } => {
                let campaign = open(&campaign)?;
                if failed {
                    eprintln!("{} failed cells are open again", campaign.reopen_failed()?);
                }
                match on {
                    On::Here => {}
                    On::Slurm if arguments.is_empty() => {
                        let last = campaign.jobs()?.pop();
                        let last = last.map(|job| job.arguments).unwrap_or_default();
                        return fleet::submit(source, &campaign, &last);
                    }
                    On::Slurm => return fleet::submit(source, &campaign, &arguments),
                    On::K8s => return Err(fleet::resumes_itself()),
                }
                let images = source.images(context, Parts::Both, 0)?;
                cells::run_here(context, &campaign, &images)?;
                sweep::show(context, &campaign)
            }
            Action::Work(task) => task.run(context, source),
            Action::Cancel { campaign } => cancel(&open(&campaign)?),
            Action::Collect { campaign, from } => collect(context, &open(&campaign)?, &from),
            Action::Report { campaign, to } => {
                let folder = self.campaigns.find(context, &campaign)?;
                let to = to.unwrap_or_else(|| folder.join("report.html"));
                campaign_report::write_campaign_report(&folder, &to)?;
                eprintln!("report: {}", to.display());
                Ok(())
            }
            Action::Table { campaign, csv, map, against } => {
                let campaign = open(&campaign)?;
                match against {
                    Some(other) => compare(&campaign, &open(&other)?),
                    None if csv => say!("{}", table::to_csv(&Table::of(&campaign))),
                    None if map.is_some() => {
                        let map = table::heat_map(&Table::of(&campaign), campaign.plan(), map);
                        say!("{}", map.context("no map of these axes")?.trim_end())
                    }
                    None => sweep::show(context, &campaign),
                }
            }
        }
    }
}

/// Counts of cells, each in one place.
#[derive(Debug, Default, Serialize)]
struct Account {
    cells: usize,
    done: usize,
    failed: usize,
    running: usize,
    open: usize,
    damaged: usize,
    seconds_to_go: Option<f64>,
    /// The jobs that Slurm still has.
    queued: Vec<Queued>,
}

fn account(campaign: &Folder, cells: &[Cell]) -> Result<Account> {
    let mut account =
        Account { cells: cells.len(), queued: campaign.queued()?, ..Account::default() };
    for cell in cells {
        let count = match &cell.state {
            CellState::Finished(record) if record.state == State::Done => &mut account.done,
            CellState::Finished(_) => &mut account.failed,
            CellState::Running(_) => &mut account.running,
            CellState::Open => &mut account.open,
            CellState::Torn(_) => &mut account.damaged,
        };
        *count += 1;
    }
    account.seconds_to_go = campaign.remaining(cells).map(|time| time.as_secs_f64());
    Ok(account)
}

fn status(context: &CommandContext, campaign: &Folder) -> Result<()> {
    let cells = campaign.cells();
    let account = account(campaign, &cells)?;
    if context.json {
        return guest_run::output::json(&account);
    }
    let Account { cells: all, done, failed, running, open, damaged, seconds_to_go, queued } =
        account;
    say!(
        "campaign {}: {all} cells: {done} done, {failed} failed, {running} running, {open} open, {damaged} damaged",
        campaign.name()
    )?;
    if let Some(seconds) = seconds_to_go.filter(|_| running + open > 0) {
        let time = show_duration(std::time::Duration::from_secs_f64(seconds));
        say!("about {time} left, one cell at a time")?;
    }
    for Queued { job, task, state, node, reason } in queued {
        say!("slurm: job {job}, task {task}: {state} {node} {reason}")?;
    }
    for cell in &cells {
        let label = campaign.plan().label(&cell.coordinates);
        match &cell.state {
            CellState::Finished(record) if record.state == State::Failed => {
                say!("failed: cell {} ({label}): {}", cell.number, record.short_reason())?;
            }
            CellState::Running(holder) => {
                say!("running: cell {} ({label}): {holder}", cell.number)?;
            }
            CellState::Torn(why) => say!("damaged: cell {} ({label}): {why}", cell.number)?,
            CellState::Finished(_) | CellState::Open => {}
        }
    }
    Ok(())
}

/// Cancels its jobs in Slurm's queue; without any, asks the processes on this host that hold claims to stop.
fn cancel(campaign: &Folder) -> Result<()> {
    let jobs = campaign.cancel_jobs()?;
    if !jobs.is_empty() {
        return say!(
            "cancelled jobs {jobs:?}; finished cells are kept, and `campaign resume --on slurm` continues"
        );
    }
    let mut elsewhere = Vec::new();
    let mut asked = std::collections::BTreeSet::new();
    for cell in campaign.cells() {
        let CellState::Running(holder) = cell.state else { continue };
        match process_here(&holder).and_then(|process| i32::try_from(process).ok()) {
            Some(process) if asked.insert(process) => {
                kill(Pid::from_raw(process), Signal::SIGTERM)
                    .with_context(|| format!("stopping process {process}"))?;
            }
            Some(_) => {}
            None => elsewhere.push(holder),
        }
    }
    say!(
        "asked {} processes to stop; finished cells are kept, and `campaign resume` continues",
        asked.len()
    )?;
    if elsewhere.is_empty() {
        return Ok(());
    }
    let text = format!(
        "these processes run on other hosts and must be stopped there: {}",
        elsewhere.join("; ")
    );
    Err(ExitKind::Check(text).into())
}

fn collect(context: &CommandContext, campaign: &Folder, from: &[PathBuf]) -> Result<()> {
    let mut damaged = Vec::new();
    for other in from {
        let collected = campaign::collect(campaign, other)?;
        eprintln!(
            "{}: {} cells copied, {} already existed",
            other.display(),
            collected.brought,
            collected.here_already
        );
        damaged.extend(collected.damaged);
    }
    status(context, campaign)?;
    if damaged.is_empty() {
        return Ok(());
    }
    Err(ExitKind::Check(format!("damaged cells were left out:\n  {}", damaged.join("\n  "))).into())
}

fn compare(one: &Folder, other: &Folder) -> Result<()> {
    let differing = differences(one, other);
    if differing.is_empty() {
        return say!(
            "equal: {} cells with the same coordinates and states; isolated cells with the same samples, stream, restart \
             rows, assessed min-entropy and restart check",
            one.cell_count()
        );
    }
    differing.iter().try_for_each(|line| say!("{line}"))?;
    Err(ExitKind::Check(format!("{} differences", differing.len())).into())
}

fn axes(text: &str) -> Result<[Axis; 2], String> {
    let keys: Vec<&str> = Axis::all().map(Axis::key).collect();
    let axis = |key: &str| Axis::all().find(|axis| axis.key() == key);
    let pair = text.split_once(',').and_then(|(rows, columns)| Some([axis(rows)?, axis(columns)?]));
    pair.ok_or_else(|| format!("must be two of {}, joined by a comma", keys.join(", ")))
}
