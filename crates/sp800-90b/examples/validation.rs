// SPDX-License-Identifier: MIT OR Apache-2.0
//! The steps of a validation on samples made up here: initial estimate, restart tests, conditioning, health tests.
//! `cargo run --release --example validation`

use sp800_90b::conditioning::{Component, Vetting, output_entropy};
use sp800_90b::health::{WINDOW_NON_BINARY, adaptive_proportion_cutoff, repetition_count_cutoff};
use sp800_90b::{Symbols, Track, assess, restart};
use std::error::Error;

/// 4-bit samples of which 0 is the most common one. A program that computes its samples has no entropy, of course: the
/// estimators do not know the program.
fn samples(count: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 60) as u8
    };
    (0..count).map(|_| next() & next() | next() & 8).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let sequential = Symbols::new(samples(1_000_000), 4)?;
    let initial = assess(&sequential, Track::NonIid)?;
    println!("initial estimate: {}", initial.verdict);
    let h_i = initial.min_entropy_bits_per_sample.ok_or("no initial estimate")?;

    // One row of 1,000 samples from each of 1,000 restarts. Here the rows follow one another without a restart.
    let matrix = Symbols::new(samples(1_000_000), 4)?;
    let restarts = restart::assess(&matrix, 1000, 1000, h_i)?;
    println!("restarts: {}", restarts.verdict);
    let h = restarts.min_entropy_bits_per_sample.ok_or("the restart tests failed")?;

    // SHA-256 over 1,024 samples of 4 bits.
    let sha_256 = Component { input_bits: 4096, output_bits: 256, narrowest_bits: 256 };
    let conditioned = output_entropy(sha_256, Vetting::Vetted, 1024.0 * h)?;
    println!("conditioned: {:.3} bits of entropy in 256", conditioned.h_out);

    let alpha = 2_f64.powi(-20);
    println!(
        "health tests: repetition count fails at {}, adaptive proportion at {} of {WINDOW_NON_BINARY}",
        repetition_count_cutoff(h, alpha)?,
        adaptive_proportion_cutoff(h, alpha, WINDOW_NON_BINARY)?
    );
    Ok(())
}
