// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ea cutoffs`: cutoffs of the continuous health tests.

use crate::answer::Answer;
use crate::provenance::Provenance;
use serde::Serialize;
use sp800_90b::health::{adaptive_proportion_cutoff, repetition_count_cutoff};

/// Compute the cutoffs of the health tests of §4.4.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  ea cutoffs --h 0.5 --alpha-exponent 20 --window 512")]
pub(crate) struct Args {
    /// Claimed min-entropy in bits per sample.
    #[arg(long = "h", value_name = "H", allow_negative_numbers = true)]
    entropy: f64,
    /// The false-alarm probability is 2 to the minus this.
    #[arg(long, default_value_t = 20.0, allow_negative_numbers = true)]
    alpha_exponent: f64,
    /// Window of the adaptive proportion test: 1024 for bits, 512 otherwise.
    #[arg(long, default_value_t = 512)]
    window: u32,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Cutoffs {
    repetition_count: u64,
    adaptive_proportion: u32,
    window: u32,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Answer> {
    let alpha = (-args.alpha_exponent).exp2();
    let cutoffs = Cutoffs {
        repetition_count: repetition_count_cutoff(args.entropy, alpha)?,
        adaptive_proportion: adaptive_proportion_cutoff(args.entropy, alpha, args.window)?,
        window: args.window,
    };
    let provenance = Provenance::now();
    if args.json {
        return Answer::json(true, &cutoffs, &provenance);
    }
    let text = format!(
        "repetition count: fails at {} equal samples in a row\n\
         adaptive proportion: fails at {} of {} samples equal to the first\n",
        cutoffs.repetition_count, cutoffs.adaptive_proportion, cutoffs.window
    );
    Ok(Answer::text(true, text, &provenance))
}
