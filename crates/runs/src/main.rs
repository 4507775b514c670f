// SPDX-License-Identifier: GPL-2.0-or-later
//! `uchaos runs`: every run in one table. A separate program, because Parquet and SQL take minutes to compile and many
//! megabytes, which would burden `cargo xtask compare` and the archive.

mod edit;
mod index;
mod output;
mod query;
mod segment;
mod store;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use guest_run::{ExitKind, say};
use run_store::{Row, made_up};

use crate::index::Folders;
use crate::output::OutputOptions;
use crate::query::{TABLE, literal};
use crate::store::Store;

/// List, query and merge recorded runs, from one table.
#[derive(Debug, Parser)]
#[command(name = "uchaos runs", bin_name = "uchaos runs", arg_required_else_help = true)]
#[command(after_help = "Examples:
  uchaos runs list
  uchaos runs query \"select cpu, target, median(h), count(*) from runs group by cpu, target\"
  uchaos runs query \"select * from runs where restarts = 'failed'\" --format csv
  uchaos runs label quiet 2026-03-01T12-00-00Z
  uchaos runs export all.parquet
  uchaos runs merge /mnt/laboratory/runs
  uchaos runs rm 2026-03-01T12-00-00Z --yes

The table has a row for each target of each run. It is kept in RUNS/.store and brought up to date from the folders first.")]
struct Cli {
    /// Folder of runs (default: runs/ in the current folder)
    #[arg(
        long = "runs",
        value_name = "DIR",
        env = "UCHAOS_RUNS",
        global = true,
        default_value = "runs"
    )]
    runs: PathBuf,
    /// Folder of campaigns (default: campaigns/ next to the runs folder)
    #[arg(long, value_name = "DIR", env = "UCHAOS_CAMPAIGNS", global = true)]
    campaigns: Option<PathBuf>,
    /// Use the existing table, without looking for new runs
    #[arg(long, global = true)]
    no_scan: bool,
    /// The same as --format json
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The runs with their main figures, oldest first
    List {
        /// Only those of this campaign
        #[arg(long, value_name = "NAME")]
        campaign: Option<String>,
        /// Only those with this label
        #[arg(long, value_name = "TEXT")]
        label: Option<String>,
        /// Only the newest N rows
        #[arg(long, value_name = "N")]
        last: Option<u64>,
        #[command(flatten)]
        output: OutputOptions,
    },
    /// Everything about one run
    Show {
        /// Its name, or its path below the runs folder
        #[arg(value_name = "RUN", default_value = edit::LATEST)]
        run: String,
    },
    /// Run an SQL query; the table is `runs`
    Query {
        #[arg(value_name = "SQL")]
        sql: String,
        #[command(flatten)]
        output: OutputOptions,
    },
    /// The columns of the table
    Columns,
    /// Give runs a label; an empty one removes it
    Label {
        #[arg(value_name = "LABEL")]
        label: String,
        #[arg(value_name = "RUN", required = true)]
        names: Vec<String>,
    },
    /// Write the whole table to a Parquet file, for notebooks and for `merge`
    Export {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Add the rows of another runs folder, or of an exported file; samples stay where they are
    Merge {
        #[arg(value_name = "DIR|FILE")]
        from: PathBuf,
    },
    /// Remove runs with their samples
    Rm {
        #[arg(value_name = "RUN", required = true)]
        names: Vec<String>,
        /// Confirm the removal; without this, only print what would be removed
        #[arg(long)]
        yes: bool,
    },
    /// Fill a store with made-up rows, to measure it
    MadeUp {
        #[arg(value_name = "ROWS")]
        rows: u64,
    },
}

/// The columns of a list.
const LISTED: &str = "recorded_utc, run, label, accelerator, target, workload, boots, h, h_min, h_max, h_informed, \
                      restarts, isolation, cpu";
/// Rows held in memory at once while a synthetic store is written.
const CHUNK: u64 = 65_536;

fn main() -> ExitCode {
    let cli = Cli::parse();
    guest_run::exit::run(|| cli.run())
}

impl Cli {
    fn run(self) -> Result<()> {
        let folders = index::folders(&self.runs, self.campaigns.as_deref());
        let store = Store::of(&folders.runs);
        let reads = !matches!(self.command, Command::MadeUp { .. } | Command::Columns);
        if reads && !self.no_scan {
            index::refresh(&store, &folders)?;
        }
        match self.command {
            Command::List { campaign, label, last, output } => {
                let sql = list(campaign.as_deref(), label.as_deref(), last);
                output.print(self.json, &query::run(&store, &sql)?)
            }
            Command::Show { run } => show(&store, &run),
            Command::Query { sql, output } => output.print(self.json, &query::run(&store, &sql)?),
            Command::Columns => run_store::columns().iter().try_for_each(|column| {
                say!(
                    "{:<20} {:<6} {}",
                    column.name,
                    format!("{:?}", column.kind).to_lowercase(),
                    column.text
                )
            }),
            Command::Label { label, names } => {
                let names = names.into_iter().map(|name| or_latest(&folders, name));
                edit::label(&store, &label, &names.collect::<Vec<_>>())
            }
            Command::Export { file } => segment::write(&file, [store.read(None)], &[]),
            Command::Merge { from } => {
                let (added, known) = edit::merge(&store, &from)?;
                say!("{added} rows added, {known} already existed")
            }
            Command::Rm { names, yes } => {
                let names = names.into_iter().map(|name| or_latest(&folders, name));
                edit::remove(&store, &folders, &names.collect::<Vec<_>>(), yes)
            }
            Command::MadeUp { rows } => fill(&folders.runs, rows),
        }
    }
}

fn list(campaign: Option<&str>, label: Option<&str>, last: Option<u64>) -> String {
    let conditions: Vec<String> = [("campaign", campaign), ("label", label)]
        .into_iter()
        .filter_map(|(column, text)| Some(format!("{column} = {}", literal(text?))))
        .collect();
    let condition = if conditions.is_empty() {
        String::new()
    } else {
        format!(" where {}", conditions.join(" and "))
    };
    let rows = format!("select {LISTED} from {TABLE}{condition}");
    let rows = match last {
        Some(last) => {
            format!("select * from ({rows} order by recorded_utc desc, run desc limit {last})")
        }
        None => rows,
    };
    format!("{rows} order by recorded_utc, run, target")
}

/// One line per column that has a value, for each target.
fn show(store: &Store, run: &str) -> Result<()> {
    let chosen = match run {
        edit::LATEST => {
            format!("(select max(run) from {TABLE} where origin is null and campaign is null)")
        }
        run => literal(run),
    };
    let sql =
        format!("select * from {TABLE} where run = {chosen} or path = {chosen} order by target");
    let batches = query::run(store, &sql)?;
    if batches.iter().all(|batch| batch.num_rows() == 0) {
        let text =
            format!("there is no run {run} in the store (`uchaos runs list` shows the runs)");
        return Err(ExitKind::Usage(text).into());
    }
    let mut first = true;
    for batch in &batches {
        for row in 0..batch.num_rows() {
            if !std::mem::take(&mut first) {
                say!("")?;
            }
            for (name, value) in output::fields(batch, row)? {
                say!("{name:<20} {value}")?;
            }
        }
    }
    Ok(())
}

/// The run that `latest` points at.
fn or_latest(folders: &Folders, run: String) -> String {
    let target = (run == edit::LATEST).then(|| std::fs::read_link(folders.runs.join(edit::LATEST)));
    match target {
        Some(Ok(target)) => target.to_string_lossy().into_owned(),
        _ => run,
    }
}

/// Writes a file of made-up rows.
fn fill(runs: &Path, count: u64) -> Result<()> {
    let folder = runs.join(store::FOLDER);
    fs_err::create_dir_all(&folder)?;
    let path = folder.join(format!("rows-made-up-{count}.{}", segment::ENDING));
    let batches = (0..count.div_ceil(CHUNK)).map(|chunk| {
        let numbers = chunk * CHUNK..((chunk + 1) * CHUNK).min(count);
        table::batch(&numbers.map(|number| made_up(number, count)).collect::<Vec<Row>>())
    });
    segment::write(&path, batches, &[])?;
    let len_bytes =
        fs_err::metadata(&path).context("reading the length of the written file")?.len();
    say!("{count} rows in {len_bytes} bytes: {}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
