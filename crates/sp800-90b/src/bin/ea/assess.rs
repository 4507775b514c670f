// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ea assess`: a track over one file.

use crate::answer::Answer;
use crate::input;
use crate::provenance::Provenance;
use anyhow::Context;
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use sp800_90b::blocks::{BlockAssessments, assess_blocks};
use sp800_90b::input::Ticks;
use sp800_90b::{
    AssessError, Assessment, Control, Estimators, Outcome, Progress, Status, Track, assess_with,
};
use std::fmt::{self, Write as _};

/// Assess the samples in a file.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  ea noise.bin\n  ea --bits 1 --track iid --seed 7 bits.bin\n  ea --format u64le --json \
                  deltas.u64le\n  ea --format dec --column 2 --counter clock.csv\n  ea --format u32be --shift 4 --bits 6 \
                  --from 1000 --count 1000000 adc.bin"
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
    /// IID track: count every statistic in all 10,000 shuffles, for exact ranks.
    #[arg(long)]
    full: bool,
    /// Assess each block of so many samples: percentiles, drift and the worst block of a long capture.
    #[arg(long, value_name = "SAMPLES")]
    blocks: Option<usize>,
    /// Print the whole result as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum TrackName {
    /// All ten estimators of §6.3.
    NonIid,
    /// The tests of §5, and the most common value.
    Iid,
}

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    assessment: &'a Assessment,
    /// What the input showed, next to the assessment's own warnings.
    input_warnings: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    ticks: Option<&'a Ticks>,
}

impl Args {
    fn track(&self) -> Track {
        track(self.quick, self.track, self.seed)
    }
}

/// The track that the options name.
pub(crate) fn track(quick: bool, name: TrackName, seed: u64) -> Track {
    match (quick, name) {
        (true, _) => Track::Quick,
        (false, TrackName::NonIid) => Track::NonIid,
        (false, TrackName::Iid) => Track::Iid { seed },
    }
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Answer> {
    let track = args.track();
    let input = input::load(&args.input.file, &args.input.how, track)?;
    let mut provenance = Provenance::with_file(input.record);
    if let Track::Iid { seed } = track {
        provenance.seed = Some(seed);
    }
    let context = || format!("assessing {}", args.input.file.display());
    if let Some(samples) = args.blocks {
        let made =
            shown(args.full, |control| assess_blocks(&input.symbols, samples, track, control))
                .with_context(context)?;
        return block_answer(args, &made, &input.warnings, &provenance);
    }
    let assessment = shown(args.full, |control| assess_with(&input.symbols, track, control))
        .with_context(context)?;
    let stands = stands(&assessment);
    let ticks = input.ticks.as_ref();
    if args.json {
        let report = Report { assessment: &assessment, input_warnings: &input.warnings, ticks };
        return Answer::json(stands, &report, &provenance);
    }
    let mut text = String::new();
    describe(&mut text, &assessment, ticks, &input.warnings)
        .context("putting the answer together")?;
    Ok(Answer::text(stands, text, &provenance))
}

/// Works with a progress bar, which is drawn only on a terminal, on standard error.
fn shown<T>(
    full_ranks: bool,
    work: impl FnOnce(&Control<'_>) -> Result<T, AssessError>,
) -> anyhow::Result<T> {
    let bar = ProgressBar::new(0)
        .with_style(ProgressStyle::with_template("{msg:12} {wide_bar} {pos}/{len} ETA {eta}")?);
    let report = |progress: Progress| {
        bar.set_length(progress.total as u64);
        bar.set_position(progress.done as u64);
        bar.set_message(progress.step);
    };
    let made = work(&Control::default().on_progress(&report).full_ranks(full_ranks))?;
    bar.finish_and_clear();
    Ok(made)
}

#[derive(Serialize)]
struct BlockReport<'a> {
    #[serde(flatten)]
    made: &'a BlockAssessments,
    input_warnings: &'a [String],
}

/// The value stands if every block has one that does.
fn block_answer(
    args: &Args,
    made: &BlockAssessments,
    warnings: &[String],
    provenance: &Provenance,
) -> anyhow::Result<Answer> {
    let stands = made.blocks.iter().all(|block| stands(&block.assessment));
    if args.json {
        return Answer::json(stands, &BlockReport { made, input_warnings: warnings }, provenance);
    }
    let mut out = String::new();
    for warning in warnings {
        writeln!(out, "warning: {warning}")?;
    }
    writeln!(
        out,
        "{} blocks of {} samples, {} samples left out, {} blocks without a value",
        made.blocks.len(),
        made.block_samples,
        made.left_out_samples,
        made.without_value
    )?;
    for (number, block) in made.blocks.iter().enumerate() {
        let h = block
            .assessment
            .min_entropy_bits_per_sample
            .map_or_else(|| "none".to_owned(), |h| format!("{h:.6}"));
        let binding = block.assessment.binding.as_ref();
        let binding = binding.map_or("", |binding| binding.estimator.as_str());
        writeln!(out, "  block {number:<5} from {:<12} H {h} {binding}", block.first_sample)?;
    }
    if let Some(spread) = &made.spread {
        writeln!(
            out,
            "H: least {:.6}, 5 % {:.6}, 25 % {:.6}, median {:.6}, 75 % {:.6}, 95 % {:.6}, largest {:.6}, mean {:.6}",
            spread.least,
            spread.percentile_5,
            spread.percentile_25,
            spread.median,
            spread.percentile_75,
            spread.percentile_95,
            spread.largest,
            spread.mean
        )?;
    }
    if let Some(drift) = &made.drift {
        writeln!(
            out,
            "drift: {:+.6} bits/sample per block, standard error {:.6}: {}",
            drift.bits_per_block,
            drift.standard_error,
            if drift.significant { "the source changes" } else { "not significant" }
        )?;
    }
    if let Some(worst) = made.worst {
        let first = worst * made.block_samples;
        writeln!(
            out,
            "worst: block {worst}; alone: ea --from {first} --count {} {}",
            made.block_samples,
            args.input.file.display()
        )?;
    }
    Ok(Answer::text(stands, out, provenance))
}

/// Whether the assessed value is one that entropy may be claimed by.
pub(crate) fn stands(assessment: &Assessment) -> bool {
    matches!(assessment.status, Status::Assessed | Status::Partial)
}

fn describe(
    out: &mut String,
    assessment: &Assessment,
    ticks: Option<&Ticks>,
    input_warnings: &[String],
) -> fmt::Result {
    writeln!(
        out,
        "{} samples of {} bits, {} different symbols",
        assessment.samples, assessment.bits_per_symbol, assessment.alphabet_size
    )?;
    if let Some(ticks) = ticks {
        describe_ticks(out, ticks)?;
    }
    for warning in input_warnings.iter().chain(&assessment.warnings) {
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

fn describe_ticks(out: &mut String, ticks: &Ticks) -> fmt::Result {
    let kind = if ticks.counter { "counter differences" } else { "values" };
    write!(out, "{kind} from {} to {} ticks; ", ticks.range.min_ticks, ticks.range.max_ticks)?;
    match (&ticks.step, ticks.divisor) {
        (Some(step), _) => write!(out, "{}; ", step.describe())?,
        (None, Some(divisor)) => write!(out, "divided by {divisor}; ")?,
        (None, None) => {}
    }
    if ticks.shift > 0 {
        write!(out, "{} low bits dropped; ", ticks.shift)?;
    }
    match &ticks.chosen_bits {
        Some(bits) => write!(out, "bits {bits:?} taken")?,
        None => write!(out, "low {} bits taken", ticks.low_bits)?,
    }
    writeln!(out, ", {} samples have others set", ticks.range.cut_samples)
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
