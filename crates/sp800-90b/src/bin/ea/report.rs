// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ea report`: an HTML page of one or more files.

use crate::answer::Answer;
use crate::batch::table;
use crate::entry::{Entry, Options};
use crate::html;
use crate::provenance::Provenance;
use std::path::PathBuf;

/// Write an HTML report of one or more files: the finding first, then every figure and where it comes from.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  ea report --bits 8 raw.bin restarts.bin --html report.html")]
pub(crate) struct Args {
    /// The files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    options: Options,
    /// Where the report is written.
    #[arg(long, value_name = "OUT")]
    html: PathBuf,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Answer> {
    let mut entries: Vec<Entry> =
        args.files.iter().map(|file| Entry::assess(file, &args.options)).collect();
    entries.sort_by(Entry::worst_first);
    let provenance = Provenance::now();
    html::write(&args.html, &entries, &provenance)?;
    let text = format!("{}\nreport written to {}\n", table(&entries)?, args.html.display());
    Ok(Answer::text(entries.iter().all(Entry::stands), text, &provenance))
}
