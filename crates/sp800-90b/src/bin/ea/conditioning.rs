// SPDX-License-Identifier: GPL-2.0-or-later
//! `ea conditioning`: entropy after a conditioning component.

use crate::answer::Answer;
use sp800_90b::conditioning::{Component, Vetting, output_entropy};

/// Account for a conditioning component by §3.1.5.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  ea conditioning --n-in 1024 --n-out 256 --nw 256 --h-in 320")]
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
    #[arg(long)]
    h_in: f64,
    /// For a component that is not vetted: assessed min-entropy per bit of its output.
    #[arg(long)]
    h_prime: Option<f64>,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Answer> {
    let component = Component {
        input_bits: args.n_in,
        output_bits: args.n_out,
        narrowest_bits: args.nw.unwrap_or(args.n_out),
    };
    let vetting = args.h_prime.map_or(Vetting::Vetted, |h_prime| Vetting::NonVetted { h_prime });
    let result = output_entropy(component, vetting, args.h_in)?;
    if args.json {
        return Answer::json(true, &result);
    }
    let text = format!(
        "h_out = {:.17} bits per {}-bit output (SP 800-90B §3.1.5); Output_Entropy is 2^{:.3} bits short of full\n",
        result.h_out,
        args.n_out,
        result.shortfall_bits.log2()
    );
    Ok(Answer { stands: true, text })
}
