// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ea informed`: what is left for an attacker who knows the program.

use crate::answer::Answer;
use crate::input::{self, FormatName};
use crate::memory::Work;
use crate::provenance::{FileRecord, Provenance};
use anyhow::{Context, bail};
use clap::ValueEnum;
use serde::Serialize;
use sp800_90b::informed::{InformedAssessment, InformedError, Knowledge, assess};
use sp800_90b::input::Values;
use sp800_90b::symbols::CounterStep;
use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Guess each sample from the past, side information and other boots: what is left for an attacker who knows the program.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  ea informed --format u64le deltas.u64le\n  ea informed --format dec --column 1 --side \
                  branches=2 run.csv\n  ea informed --format u64le --side line=lines.u64le --boot boot2.u64le \
                  deltas.u64le\n\nPredictors are trained on the first half of the samples and scored on the second. A \
                  side value must be computable before its sample is taken. With --counter, a column's value goes with \
                  the sample that ends at its reading. The smaller of this figure and that of `ea assess` counts."
)]
pub(crate) struct Args {
    #[command(flatten)]
    input: input::Args,
    /// Side information, one value per sample: a column of the same text, or a file. Without a format, a file holds
    /// decimal text if it ends in .csv or .txt, and 64-bit little-endian words otherwise.
    #[arg(long, value_name = "NAME=COLUMN|[FORMAT:]FILE", value_parser = side)]
    side: Vec<Side>,
    /// Another boot of the same machine, in the same format.
    #[arg(long, value_name = "FILE")]
    boot: Vec<PathBuf>,
    /// Lengths of blocks, windows or walks, in samples: the position modulo each is tried.
    #[arg(long, value_name = "N,…", value_delimiter = ',')]
    window: Vec<NonZeroUsize>,
    /// Print every predictor, not only the best ten.
    #[arg(long)]
    all: bool,
    /// Print the whole result as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone)]
struct Side {
    name: String,
    from: Origin,
}

#[derive(Clone)]
enum Origin {
    Column(usize),
    File(FormatName, PathBuf),
}

#[derive(Serialize)]
struct Report<'a> {
    /// `assessed`, `predictable` (every sample was guessed right) or `invalid`.
    status: &'static str,
    /// Why there is no figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(flatten)]
    result: Option<&'a InformedAssessment>,
    /// How the counter's step was found, where the samples are deltas.
    step: Option<String>,
    input_warnings: &'a [String],
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Answer> {
    let (known, warnings, files) = gather(args)?;
    let mut provenance = Provenance::now();
    provenance.files = files;
    let step = known.step().map(CounterStep::describe);
    let (result, reason) = match assess(&known) {
        Ok(result) => (Some(result), None),
        Err(error @ InformedError::TooFew { .. }) => (None, Some(error.to_string())),
        Err(error) => bail!("guessing {}: {error}", args.input.file.display()),
    };
    let status = match &result {
        Some(result) if result.min_entropy_bits_per_sample > 0.0 => "assessed",
        Some(_) => "predictable",
        None => "invalid",
    };
    let stands = status == "assessed";
    if args.json {
        let result = result.as_ref();
        let report = Report { status, reason, result, step, input_warnings: &warnings };
        return Answer::json(stands, &report, &provenance);
    }
    let mut text = String::new();
    for warning in &warnings {
        writeln!(text, "warning: {warning}")?;
    }
    if let Some(step) = step {
        writeln!(text, "{step}")?;
    }
    if let Some(reason) = reason {
        writeln!(text, "INVALID: {reason}")?;
    }
    if let Some(result) = &result {
        describe(&mut text, result, args.all)?;
    }
    Ok(Answer::text(stands, text, &provenance))
}

/// What the attacker has, what to warn of, and the files that it was read from.
fn gather(args: &Args) -> anyhow::Result<(Knowledge, Vec<String>, Vec<FileRecord>)> {
    let (file, how) = (&args.input.file, &args.input.how);
    let plan = how.plan();
    let (mut known, mut warnings, record) = if plan.takes_steps() {
        let (read, record) = input::load_values(file, how)?;
        let known = Knowledge::of_ticks(&read.values, plan.symbol_bits().unwrap_or(8))?;
        (known, read.range_warning().into_iter().chain(read.warnings).collect::<Vec<_>>(), record)
    } else {
        let read = input::load(file, how, Work::Informed)?;
        (Knowledge::of_symbols(read.symbols), read.warnings, read.record)
    };
    let mut files = vec![record];
    for side in &args.side {
        let (read, record) = side_values(side, &args.input)
            .with_context(|| format!("reading side information {}", side.name))?;
        let about = |warning| format!("side information {}: {warning}", side.name);
        warnings.extend(read.warnings.into_iter().map(about));
        known = known.with_column(side.name.as_str(), read.values)?;
        files.push(record);
    }
    for boot in &args.boot {
        let name = boot.display().to_string();
        let record = if plan.takes_steps() {
            let (read, record) = input::load_values(boot, how)?;
            known = known.with_boot_ticks(name, &read.values);
            record
        } else {
            let read = input::load(boot, how, Work::Informed)?;
            known = known.with_boot_symbols(name, &read.symbols);
            read.record
        };
        files.push(record);
    }
    let windows: Vec<usize> = args.window.iter().map(|window| window.get()).collect();
    Ok((known.with_windows(&windows), warnings, files))
}

fn side_values(side: &Side, input: &input::Args) -> anyhow::Result<(Values, FileRecord)> {
    let how = &input.how;
    let (file, how) = match &side.from {
        Origin::File(format, file) => (file, how.of_same_samples(*format, None)),
        Origin::Column(_) if input.file.as_os_str() == "-" => {
            bail!("standard input can be read only once; name a file to take its columns")
        }
        Origin::Column(_) if !matches!(how.format, FormatName::Dec | FormatName::Hex) => {
            bail!("a column needs a text of numbers; say --format dec or hex, or name another file")
        }
        Origin::Column(column) => (&input.file, how.of_same_samples(how.format, Some(*column))),
    };
    input::load_values(file, &how)
}

fn describe(out: &mut String, result: &InformedAssessment, all: bool) -> std::fmt::Result {
    const SHOWN: usize = 10;
    writeln!(
        out,
        "{} samples of {} bits, {} different symbols; {} trained on, {} guessed\n",
        result.samples, result.bits_per_symbol, result.alphabet_size, result.trained, result.trials
    )?;
    if result.short {
        writeln!(
            out,
            "warning: fewer than 1,000,000 samples; long contexts have little to learn from"
        )?;
    }
    let mut scores: Vec<_> = result.predictors.iter().collect();
    scores.sort_by_key(|score| std::cmp::Reverse(score.hits));
    let shown = if all { scores.len() } else { SHOWN };
    writeln!(out, "  right      at most    bits/sample  predictor")?;
    for score in scores.iter().take(shown) {
        writeln!(
            out,
            "  {:8.4} % {:8.4} %  {:10.6}  {}",
            score.hit_rate * 100.0,
            score.hit_rate_bound * 100.0,
            score.min_entropy,
            score.predictor
        )?;
    }
    writeln!(out, "\n{}\n{}", result.formula, result.verdict)
}

fn side(text: &str) -> Result<Side, String> {
    let (name, from) = text
        .split_once('=')
        .filter(|(name, from)| !name.is_empty() && !from.is_empty())
        .ok_or("give a name and where its values are, such as branches=2 or branches=FILE")?;
    let from = match from.parse() {
        Ok(0) => return Err("columns are numbered from 1".to_owned()),
        Ok(column) => Origin::Column(column),
        Err(_) => origin_file(from),
    };
    Ok(Side { name: name.to_owned(), from })
}

fn origin_file(text: &str) -> Origin {
    if let Some((format, file)) = text.split_once(':')
        && let Ok(format) = FormatName::from_str(format, false)
    {
        return Origin::File(format, file.into());
    }
    let is_text = [".csv", ".txt"].iter().any(|end| text.ends_with(end));
    Origin::File(if is_text { FormatName::Dec } else { FormatName::U64le }, text.into())
}
