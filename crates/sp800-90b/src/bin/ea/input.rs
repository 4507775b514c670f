// SPDX-License-Identifier: GPL-2.0-or-later
//! Symbols out of files.

use anyhow::{Context, bail};
use clap::ValueEnum;
use serde::Serialize;
use sp800_90b::Symbols;
use sp800_90b::symbols::{CounterStep, TickRange, from_packed_bits, from_ticks_low_bits};
use std::path::{Path, PathBuf};

/// How a file holds samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One symbol per byte, as NIST's tool takes them.
    Bytes,
    /// Symbols side by side, most significant bit first.
    Packed,
    /// u64 little-endian deltas: the counter's step is divided out, and the low bits are kept.
    U64le,
}

/// Which file, and how to read it.
#[derive(clap::Args)]
#[group(id = "input")]
pub(crate) struct Args {
    /// The samples.
    pub(crate) file: PathBuf,
    /// Bits per symbol, 1 to 8 [default: the widest symbol's for bytes, 8 for the others].
    #[arg(short, long, value_parser = clap::value_parser!(u8).range(1..=8))]
    pub(crate) bits: Option<u8>,
    /// How the file holds the samples.
    #[arg(short, long, value_enum, default_value = "bytes")]
    pub(crate) format: Format,
}

/// How deltas became symbols.
#[derive(Serialize)]
pub(crate) struct Ticks {
    pub(crate) step: CounterStep,
    #[serde(flatten)]
    pub(crate) range: TickRange,
    pub(crate) low_bits: u8,
}

/// Symbols, and where they are from.
pub(crate) struct Input {
    pub(crate) symbols: Symbols,
    pub(crate) ticks: Option<Ticks>,
}

pub(crate) fn read(args: &Args) -> anyhow::Result<Input> {
    let path: &Path = &args.file;
    let bytes =
        std::fs::read(path).with_context(|| format!("reading samples from {}", path.display()))?;
    let from = || format!("taking the samples in {}", path.display());
    let whole = args.bits.unwrap_or(8);
    Ok(match (args.format, args.bits) {
        (Format::Bytes, Some(bits)) => {
            Input { symbols: Symbols::new(bytes, bits).with_context(from)?, ticks: None }
        }
        (Format::Bytes, None) => Input { symbols: Symbols::detect_width(bytes), ticks: None },
        (Format::Packed, _) => {
            Input { symbols: from_packed_bits(&bytes, whole).with_context(from)?, ticks: None }
        }
        (Format::U64le, _) => {
            let (deltas, rest) = bytes.as_chunks::<8>();
            if !rest.is_empty() {
                bail!(
                    "{} has {} bytes, which are not whole 8-byte deltas; is it cut, or one symbol per byte?",
                    path.display(),
                    bytes.len()
                );
            }
            let deltas: Vec<u64> = deltas.iter().map(|&delta| u64::from_le_bytes(delta)).collect();
            let made = from_ticks_low_bits(&deltas, whole).with_context(from)?;
            Input {
                symbols: made.symbols,
                ticks: Some(Ticks { step: made.step, range: made.range, low_bits: whole }),
            }
        }
    })
}
