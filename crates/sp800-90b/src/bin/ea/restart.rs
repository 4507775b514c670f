// SPDX-License-Identifier: GPL-2.0-or-later
//! `ea restart`: the restart tests on a matrix.

use crate::answer::Answer;
use crate::input;
use anyhow::Context;
use sp800_90b::restart::{RestartStatus, assess};

/// Run the restart tests of §3.1.4 on a matrix, given row by row (one row per restart).
#[derive(clap::Args)]
#[command(after_help = "Example:\n  ea restart --bits 8 --h-i 2.5 restarts.bin")]
pub(crate) struct Args {
    #[command(flatten)]
    input: input::Args,
    /// The initial estimate (`H_I`) in bits per sample.
    #[arg(long)]
    h_i: f64,
    /// Restarts.
    #[arg(long, default_value_t = 1000)]
    rows: usize,
    /// Samples from each.
    #[arg(long, default_value_t = 1000)]
    columns: usize,
    /// Print the whole result as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Answer> {
    let input = input::read(&args.input)?;
    let result = assess(&input.symbols, args.rows, args.columns, args.h_i)
        .with_context(|| format!("testing the restarts in {}", args.input.file.display()))?;
    let stands = result.status == RestartStatus::Passed;
    if args.json {
        return Answer::json(stands, &result);
    }
    Ok(Answer { stands, text: format!("{}\n{}\n", result.formula, result.verdict) })
}
