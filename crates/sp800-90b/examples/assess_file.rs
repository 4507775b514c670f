// SPDX-License-Identifier: MIT OR Apache-2.0
//! Assesses a file of samples, one per byte: `cargo run --release --example assess_file -- FILE BITS`.

use sp800_90b::symbols::from_reader;
use sp800_90b::{Control, Status, Track, assess_with, memory_needed};
use std::error::Error;
use std::fs::File;

/// More samples than this are not read.
const MOST_SAMPLES: usize = 100_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(bits)) = (arguments.next(), arguments.next()) else {
        return Err("usage: assess_file FILE BITS".into());
    };
    let symbols = from_reader(File::open(path)?, bits.parse()?, MOST_SAMPLES)?;
    let bytes = memory_needed(symbols.len(), symbols.bits_per_symbol(), Track::NonIid);
    eprintln!("{} samples; up to {} MB of memory", symbols.len(), bytes.div_ceil(1_000_000));
    let control = Control::default().on_progress(&|progress| {
        eprintln!("{} of {}: {}", progress.done, progress.total, progress.step);
    });
    let assessment = assess_with(&symbols, Track::NonIid, &control)?;
    for warning in &assessment.warnings {
        println!("warning: {warning}");
    }
    println!("{}", assessment.verdict);
    match (assessment.status, assessment.min_entropy_bits_per_sample) {
        (Status::Assessed, Some(h)) => println!("H = {h:.6} bits/sample"),
        _ => return Err("there is no assessed value".into()),
    }
    Ok(())
}
