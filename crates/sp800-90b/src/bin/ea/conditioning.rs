// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ea conditioning`: entropy after a conditioning component.

use crate::answer::Answer;
use crate::assess::stands;
use crate::input::{How, load};
use crate::provenance::Provenance;
use anyhow::Context;
use serde::Serialize;
use sp800_90b::conditioning::{Component, Conditioned, Vetting, output_entropy};
use sp800_90b::{Assessment, Track, assess};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Account for a conditioning component by §3.1.5.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  ea conditioning --n-in 1024 --n-out 256 --nw 256 --h-in 320\n  ea conditioning --n-in 512 \
                  --n-out 128 --h-in 400 --file conditioned.bin"
)]
pub(crate) struct Args {
    /// Input bits per output.
    #[arg(long)]
    n_in: u32,
    /// Output bits.
    #[arg(long)]
    n_out: u32,
    /// Bits of the narrowest internal width [default: the output's].
    #[arg(long)]
    nw: Option<u32>,
    /// Bits of min-entropy in the input.
    #[arg(long, allow_negative_numbers = true)]
    h_in: f64,
    /// For a component that is not vetted: assessed min-entropy per bit of its output.
    #[arg(long, allow_negative_numbers = true)]
    h_prime: Option<f64>,
    /// For a component that is not vetted: assess h' on this file of its output (§3.1.5.2).
    #[arg(long, conflicts_with = "h_prime")]
    file: Option<PathBuf>,
    #[command(flatten)]
    how: How,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    result: &'a Conditioned,
    /// The assessment that gave h'.
    #[serde(skip_serializing_if = "Option::is_none")]
    conditioned_output: Option<&'a Assessment>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Answer> {
    let component = Component {
        input_bits: args.n_in,
        output_bits: args.n_out,
        narrowest_bits: args.nw.unwrap_or(args.n_out),
    };
    let mut provenance = Provenance::now();
    let mut text = String::new();
    let mut vetting =
        args.h_prime.map_or(Vetting::Vetted, |h_prime| Vetting::NonVetted { h_prime });
    // The sizes are checked before a file is read.
    output_entropy(component, vetting, args.h_in)?;
    let mut assessment = None;
    if let Some(file) = &args.file {
        let input = load(file, &args.how, Track::Conditioned)?;
        provenance.files.push(input.record);
        for warning in &input.warnings {
            writeln!(text, "warning: {warning}")?;
        }
        let made = assess(&input.symbols, Track::Conditioned)
            .with_context(|| format!("assessing h' on {}", file.display()))?;
        let h_prime = made
            .h_bitstring
            .filter(|_| stands(&made))
            .with_context(|| format!("{} gives no h': {}", file.display(), made.verdict))?;
        writeln!(text, "h' = {h_prime:.17} bits per bit, assessed on {}", file.display())?;
        vetting = Vetting::NonVetted { h_prime };
        assessment = Some(made);
    }
    let result = output_entropy(component, vetting, args.h_in)?;
    if args.json {
        let report = Report { result: &result, conditioned_output: assessment.as_ref() };
        return Answer::json(true, &report, &provenance);
    }
    writeln!(
        text,
        "h_out = {:.17} bits per {}-bit output (SP 800-90B §3.1.5); Output_Entropy is 2^{:.3} bits short of full",
        result.h_out,
        args.n_out,
        result.shortfall_bits.log2()
    )?;
    Ok(Answer::text(true, text, &provenance))
}
