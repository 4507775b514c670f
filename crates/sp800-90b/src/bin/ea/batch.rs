// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ea batch`: every file of a folder, worst first.

use crate::answer::Answer;
use crate::entry::{Entry, Options};
use crate::html;
use crate::memory::{self, Work};
use crate::provenance::Provenance;
use anyhow::{Context, ensure};
use rayon::prelude::*;
use serde::Serialize;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Assess every file of a folder, in parallel, and list the worst first.
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  ea batch captures --bits 8 --html captures.html\n\nEach finished file is noted in the state \
                  file; the same command continues where it was stopped. A file that changed, and other options, are \
                  assessed again."
)]
pub(crate) struct Args {
    /// The folder.
    folder: PathBuf,
    #[command(flatten)]
    options: Options,
    /// Where finished files are noted.
    #[arg(long, value_name = "FILE", default_value = "ea-batch.jsonl")]
    state: PathBuf,
    /// Write a report with every figure.
    #[arg(long, value_name = "OUT")]
    html: Option<PathBuf>,
    /// Print the results as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    files: &'a [Entry],
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Answer> {
    let files = files(&args.folder, &args.state)?;
    ensure!(
        !files.is_empty(),
        "{} has no files to assess; name a folder of captures",
        args.folder.display()
    );
    let mut entries = finished(&args.state)?;
    let options = args.options.fingerprint();
    entries.retain(|entry| files.iter().any(|file| entry.is_of(file, &options)));
    let left: Vec<&PathBuf> = files
        .iter()
        .filter(|file| !entries.iter().any(|entry| entry.is_of(file, &options)))
        .collect();
    entries.extend(assess_all(&left, args)?);
    entries.sort_by(Entry::worst_first);
    let provenance = Provenance::now();
    if let Some(out) = &args.html {
        html::write(out, &entries, &provenance)?;
    }
    let stands = entries.iter().all(Entry::stands);
    if args.json {
        return Answer::json(stands, &Report { files: &entries }, &provenance);
    }
    let mut text = table(&entries)?;
    let unsound = entries.iter().filter(|entry| !entry.stands()).count();
    writeln!(text, "\n{} files, {unsound} without a value that stands", entries.len())?;
    Ok(Answer::text(stands, text, &provenance))
}

/// The regular files of a folder by name, without the state file.
fn files(folder: &Path, state: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let listing = || format!("listing the folder {}", folder.display());
    let state = state.canonicalize().ok();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(listing)? {
        let path = entry.with_context(listing)?.path();
        let is_state = state.is_some() && path.canonicalize().ok() == state;
        if path.is_file() && !is_state {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// What the state file has; a line that was cut off when a run was stopped is left out.
fn finished(state: &Path) -> anyhow::Result<Vec<Entry>> {
    match std::fs::read_to_string(state) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error)
            .with_context(|| format!("reading the state of the batch, {}", state.display())),
        Ok(text) => Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()),
    }
}

/// Assesses files side by side, as many as the memory holds, and notes each that is done.
fn assess_all(files: &[&PathBuf], args: &Args) -> anyhow::Result<Vec<Entry>> {
    let noting = || format!("noting a result in {}", args.state.display());
    let state =
        OpenOptions::new().create(true).append(true).open(&args.state).with_context(noting)?;
    let state = Mutex::new(state);
    let largest = files.iter().filter_map(|file| file.metadata().ok()).map(|data| data.len()).max();
    let jobs = memory::jobs(
        largest.unwrap_or(0),
        &args.options.how.plan(),
        Work::Assess(args.options.track()),
    )
    .min(rayon::current_num_threads());
    let mut entries = Vec::new();
    for group in files.chunks(jobs) {
        let done: Vec<anyhow::Result<Entry>> = group
            .par_iter()
            .map(|file| {
                let entry = Entry::assess(file, &args.options);
                let line = serde_json::to_string(&entry).context("writing JSON")? + "\n";
                let mut state = state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                state.write_all(line.as_bytes()).with_context(noting)?;
                Ok(entry)
            })
            .collect();
        for entry in done {
            entries.push(entry?);
        }
    }
    Ok(entries)
}

/// One line per file.
pub(crate) fn table(entries: &[Entry]) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let width = entries.iter().map(|entry| entry.name.chars().count()).max().unwrap_or(4).max(4);
    writeln!(
        text,
        "{:width$}  {:>12}  {:>10}  {:>4}  result",
        "file", "H per sample", "samples", "bits"
    )?;
    for entry in entries {
        let (h, samples, bits) = match &entry.assessment {
            Some(made) => (
                made.min_entropy_bits_per_sample
                    .map_or_else(|| "-".to_owned(), |h| format!("{h:.6}")),
                made.samples.to_string(),
                made.bits_per_symbol.to_string(),
            ),
            None => ("-".to_owned(), "-".to_owned(), "-".to_owned()),
        };
        writeln!(
            text,
            "{:width$}  {h:>12}  {samples:>10}  {bits:>4}  {}",
            entry.name,
            entry.result()
        )?;
    }
    Ok(text)
}
