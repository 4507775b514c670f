// SPDX-License-Identifier: MIT OR Apache-2.0
//! Samples as people have them: bytes, words, text or packed bits in, [`Symbols`] out.
//!
//! A [`Plan`] says how a stream holds its samples and which bits of each become a symbol. [`read`] decodes the stream
//! piece by piece, looks at its first MiB before it believes the plan, and reports what it did and what seems wrong.

mod bits;
mod decode;
mod look;
mod number;
mod plan;
mod symbol;

pub use look::TextKind;
pub use plan::{Choice, Divide, Format, Order, Plan, PlanError};

use crate::Symbols;
use crate::symbols::{CounterStep, TickRange};
use decode::Decoder;
use std::io::Read;
use symbol::Sink;

/// How much of a stream is looked at before it is decoded.
const HEAD_LEN: usize = 1 << 20;
/// How much is read at a time.
const PIECE_LEN: usize = 1 << 16;

/// Why a stream gives no symbols.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// The stream could not be read.
    #[error("reading the samples")]
    Read(#[from] std::io::Error),
    /// The plan contradicts itself.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The stream does not look like what the plan says.
    #[error("{0}")]
    Look(String),
    /// A sample cannot be decoded.
    #[error("{0}")]
    Sample(String),
    /// The decoded values are not symbols.
    #[error(transparent)]
    Symbol(#[from] crate::SymbolError),
    /// There is not enough memory for the samples.
    #[error(
        "no memory for {samples} samples of {bytes_each} bytes; assess a part with --from and --count"
    )]
    Memory {
        /// Samples read so far.
        samples: usize,
        /// What one takes.
        bytes_each: usize,
    },
}

/// Symbols, and how they were made.
#[derive(Debug)]
#[non_exhaustive]
pub struct Samples {
    /// The symbols.
    pub symbols: Symbols,
    /// How wide values became symbols; absent where each value is a symbol as it is.
    pub ticks: Option<Ticks>,
    /// What a reader must know before using the figures.
    pub warnings: Vec<String>,
}

/// How values became symbols.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Ticks {
    /// The counter's step that the values were divided by; absent where a number was given.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub step: Option<CounterStep>,
    /// The number that the values were divided by; absent where it is the counter's step.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub divisor: Option<u64>,
    /// The values, and how many of them the chosen bits do not hold.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub range: TickRange,
    /// Bits per symbol.
    pub low_bits: u8,
    /// Low bits that were dropped after the division.
    pub shift: u32,
    /// The bits that were chosen after the shift, from the most significant bit of the symbol down; absent where the
    /// lowest ones were.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub chosen_bits: Option<Vec<u8>>,
    /// Whether differences of successive values were taken.
    pub counter: bool,
}

/// Whole values of a stream, before any bits of them are chosen.
#[derive(Debug)]
#[non_exhaustive]
pub struct Values {
    /// One value per sample.
    pub values: Vec<u64>,
    /// What a reader must know before using them.
    pub warnings: Vec<String>,
}

impl Values {
    /// A warning if the values are hardly ticks between two readings of a clock.
    #[must_use]
    pub fn range_warning(&self) -> Option<String> {
        symbol::range_warning(self.values.iter().copied().max().unwrap_or(0))
    }
}

/// Reads a stream to its end, or to the last sample that `plan` asks for.
///
/// # Errors
/// Returns an error if the stream cannot be read, does not look like what `plan` says, holds a sample that cannot be
/// decoded, or does not fit into memory.
pub fn read(stream: &mut dyn Read, plan: &Plan) -> Result<Samples, InputError> {
    let (sink, warnings) = decode(stream, plan, Sink::new(plan))?;
    sink.finish(warnings)
}

/// [`read`] without making symbols: what the plan says about division, shift and choice of bits is not used.
///
/// # Errors
/// Returns an error as [`read`] does.
pub fn read_values(stream: &mut dyn Read, plan: &Plan) -> Result<Values, InputError> {
    let (sink, warnings) = decode(stream, plan, Sink::of_values(plan))?;
    sink.finish_values(warnings)
}

fn decode(
    stream: &mut dyn Read,
    plan: &Plan,
    mut sink: Sink,
) -> Result<(Sink, Vec<String>), InputError> {
    plan.check()?;
    let head = fill(stream, HEAD_LEN)?;
    let mut warnings = Vec::new();
    if let Some(suspicion) = look::suspicion(&head, plan) {
        if !plan.force {
            return Err(InputError::Look(format!(
                "{suspicion}; to assess it as {} nevertheless, add --force",
                plan.format
            )));
        }
        warnings.push(suspicion);
    }
    let mut decoder = Decoder::new(plan);
    let mut wants_more = decoder.push(&head, &mut sink)?;
    let mut piece = vec![0; PIECE_LEN];
    while wants_more {
        let len = read_some(stream, &mut piece)?;
        if len == 0 {
            decoder.finish(&mut sink)?;
            break;
        }
        wants_more = decoder.push(&piece[..len], &mut sink)?;
    }
    decoder.notes(&mut warnings);
    Ok((sink, warnings))
}

/// What a file looks like if its bytes are text, for callers that decode it themselves.
#[must_use]
pub fn text_kind(head: &[u8]) -> Option<TextKind> {
    look::text_kind(head)
}

fn fill(stream: &mut dyn Read, len: usize) -> Result<Vec<u8>, InputError> {
    let mut head = Vec::new();
    stream.take(len as u64).read_to_end(&mut head)?;
    Ok(head)
}

fn read_some(stream: &mut dyn Read, piece: &mut [u8]) -> Result<usize, InputError> {
    loop {
        match stream.read(piece) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            other => return Ok(other?),
        }
    }
}
