// SPDX-License-Identifier: GPL-2.0-or-later
//! `ea assess`: a track over one file.

use crate::answer::Answer;
use crate::input::{self, Ticks};
use anyhow::Context;
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use sp800_90b::{Assessment, Estimators, Outcome, Progress, Status, Track, assess_with_progress};
use std::fmt::{self, Write as _};

/// Assess the samples in a file.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  ea assess --bits 8 raw.bin\n  ea assess --format u64le deltas.u64le --json\n  \
                        ea assess --track iid --seed 7 --bits 1 bits.bin"
)]
pub(crate) struct Args {
    #[command(flatten)]
    input: input::Args,
    /// Which estimators are run.
    #[arg(short, long, value_enum, default_value = "non-iid")]
    track: TrackName,
    /// Only most common value, collision, Markov and lag: an upper bound, for a first look.
    #[arg(long, conflicts_with = "track")]
    quick: bool,
    /// Names the shuffles of the IID track.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print the whole result as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum TrackName {
    /// All ten estimators of §6.3.
    NonIid,
    /// The tests of §5, and the most common value.
    Iid,
}

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    assessment: &'a Assessment,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticks: Option<&'a Ticks>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Answer> {
    let input = input::read(&args.input)?;
    let track = match (args.quick, args.track) {
        (true, _) => Track::Quick,
        (false, TrackName::NonIid) => Track::NonIid,
        (false, TrackName::Iid) => Track::Iid { seed: args.seed },
    };
    // Drawn only on a terminal, on standard error.
    let bar = ProgressBar::new(0)
        .with_style(ProgressStyle::with_template("{msg:12} {wide_bar} {pos}/{len} ETA {eta}")?);
    let assessment = assess_with_progress(&input.symbols, track, &|progress: Progress| {
        bar.set_length(progress.total as u64);
        bar.set_position(progress.done as u64);
        bar.set_message(progress.step);
    })
    .with_context(|| format!("assessing {}", args.input.file.display()))?;
    bar.finish_and_clear();
    let stands = matches!(assessment.status, Status::Assessed | Status::Partial | Status::Constant);
    if args.json {
        let report = Report { assessment: &assessment, ticks: input.ticks.as_ref() };
        return Answer::json(stands, &report);
    }
    let mut text = String::new();
    describe(&mut text, &assessment, input.ticks.as_ref())
        .context("putting the answer together")?;
    Ok(Answer { stands, text })
}

fn describe(out: &mut String, assessment: &Assessment, ticks: Option<&Ticks>) -> fmt::Result {
    writeln!(
        out,
        "{} samples of {} bits, {} different symbols",
        assessment.samples, assessment.bits_per_symbol, assessment.alphabet_size
    )?;
    if let Some(ticks) = ticks {
        writeln!(
            out,
            "deltas of {} to {} ticks; {}; low {} bits taken, {} quotients cut",
            ticks.range.min_ticks,
            ticks.range.max_ticks,
            ticks.step.describe(),
            ticks.low_bits,
            ticks.range.cut_samples
        )?;
    }
    for warning in &assessment.warnings {
        writeln!(out, "warning: {warning}")?;
    }
    let strings = [
        ("literal", "bits/sample", &assessment.estimators.literal),
        ("bitstring", "bits/bit", &assessment.estimators.bitstring),
    ];
    for (name, unit, estimators) in strings {
        let Some(estimators) = estimators else { continue };
        writeln!(out, "\n{name} ({unit})")?;
        lines(out, estimators)?;
    }
    if let Some(Outcome::Value(tests)) = &assessment.iid {
        writeln!(out, "\nIID tests")?;
        for (name, passed) in [
            ("chi-square independence", tests.independence.passed),
            ("chi-square goodness of fit", tests.goodness_of_fit.passed),
            ("longest repeated substring", tests.lrs_length.passed),
            ("permutations", tests.permutation.passed),
        ] {
            writeln!(out, "  {name:28} {}", if passed { "passed" } else { "FAILED" })?;
        }
    }
    writeln!(out)?;
    let finals = [
        ("H_original", "bits/sample", assessment.h_original),
        ("H_bitstring", "bits/bit", assessment.h_bitstring),
        ("H", "bits/sample", assessment.min_entropy_bits_per_sample),
    ];
    for (name, unit, value) in finals {
        if let Some(value) = value {
            writeln!(out, "{name:12} {value:.9} {unit}")?;
        }
    }
    writeln!(out, "{}", assessment.formula)?;
    writeln!(out, "{}", assessment.verdict)
}

fn lines(out: &mut String, estimators: &Estimators) -> fmt::Result {
    for (name, estimate) in estimators.lines() {
        match estimate {
            Ok(h) => writeln!(out, "  {name:12} {h:.9}")?,
            Err(invalid) => writeln!(out, "  {name:12} none: {}", invalid.reason)?,
        }
    }
    Ok(())
}
