// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ea restart`: the restart tests on a matrix.

use crate::answer::Answer;
use crate::input;
use crate::provenance::Provenance;
use anyhow::Context;
use serde::Serialize;
use sp800_90b::Track;
use sp800_90b::restart::{RestartAssessment, RestartIidTests, RestartStatus, assess, assess_iid};
use std::fmt::Write as _;

/// Run the restart tests of §3.1.4 on a matrix, given row by row (one row per restart).
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  ea restart --bits 8 --h-i 2.5 restarts.bin\n  ea restart --iid --bits 1 --h-i 0.98 \
                  restarts.bin\n\nRows and columns are assessed as literal symbols, without the bitstring, so H_r and \
                  H_c can be above what `ea assess` gives for the same bytes."
)]
pub(crate) struct Args {
    #[command(flatten)]
    input: input::Args,
    /// The initial estimate (`H_I`) in bits per sample.
    #[arg(long, allow_negative_numbers = true)]
    h_i: f64,
    /// Restarts.
    #[arg(long, default_value_t = 1000)]
    rows: usize,
    /// Samples from each.
    #[arg(long, default_value_t = 1000)]
    columns: usize,
    /// The source is claimed to be IID: the tests of §5 on rows and columns (§3.1.2), and the most common value.
    #[arg(short, long)]
    iid: bool,
    /// Names the shuffles of the IID tests.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print the whole result as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    result: &'a RestartAssessment,
    /// What the input showed, next to the assessment's own warnings.
    input_warnings: &'a [String],
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Answer> {
    let track = if args.iid { Track::Iid { seed: args.seed } } else { Track::NonIid };
    let input = input::load(&args.input.file, &args.input.how, track)?;
    let mut provenance = Provenance::with_file(input.record);
    let result = if args.iid {
        provenance.seed = Some(args.seed);
        assess_iid(&input.symbols, args.rows, args.columns, args.h_i, args.seed)
    } else {
        assess(&input.symbols, args.rows, args.columns, args.h_i)
    }
    .with_context(|| format!("testing the restarts in {}", args.input.file.display()))?;
    let stands = result.status == RestartStatus::Passed;
    if args.json {
        let report = Report { result: &result, input_warnings: &input.warnings };
        return Answer::json(stands, &report, &provenance);
    }
    let mut text = String::new();
    for warning in input.warnings.iter().chain(&result.warnings) {
        writeln!(text, "warning: {warning}")?;
    }
    if let Some(tests) = &result.iid {
        describe_iid(&mut text, tests)?;
    }
    writeln!(text, "{}\n{}", result.formula, result.verdict)?;
    Ok(Answer::text(stands, text, &provenance))
}

fn describe_iid(out: &mut String, tests: &RestartIidTests) -> std::fmt::Result {
    for (side, outcome) in [("rows", &tests.row), ("columns", &tests.column)] {
        match (outcome.value(), outcome.invalid()) {
            (Some(tests), _) => {
                let failed: Vec<&str> = [
                    ("chi-square independence", tests.independence.passed),
                    ("chi-square goodness of fit", tests.goodness_of_fit.passed),
                    ("longest repeated substring", tests.lrs_length.passed),
                    ("permutations", tests.permutation.passed),
                ]
                .into_iter()
                .filter_map(|(name, passed)| (!passed).then_some(name))
                .collect();
                let text = if failed.is_empty() {
                    "passed".to_owned()
                } else {
                    format!("FAILED: {}", failed.join(", "))
                };
                writeln!(out, "IID tests on the {side}: {text}")?;
            }
            (None, Some(invalid)) => {
                writeln!(out, "IID tests on the {side}: none, {}", invalid.reason)?;
            }
            (None, None) => {}
        }
    }
    Ok(())
}
