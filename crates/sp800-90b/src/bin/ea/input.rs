// SPDX-License-Identifier: MIT OR Apache-2.0
//! The options that say what a file holds, and the symbols that come of it.

use crate::memory::{self, Work};
use crate::provenance::{FileRecord, Slice};
use crate::source::Source;
use anyhow::{Context, anyhow};
use clap::ValueEnum;
use sp800_90b::Symbols;
use sp800_90b::input::{
    Choice, Divide, Format, InputError, Order, Plan, Samples, Ticks, Values, read, read_values,
};
use std::io::Read;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

/// Names of the formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatName {
    /// One symbol per byte, as NIST's tool takes them.
    #[value(name = "u8", alias = "bytes")]
    Bytes,
    /// Unsigned words of 16, 32 or 64 bits.
    U16le,
    U16be,
    U32le,
    U32be,
    U64le,
    U64be,
    /// Decimal numbers as text, one per line or in a CSV column.
    Dec,
    /// Hexadecimal numbers as text.
    Hex,
    /// The characters 0 and 1.
    #[value(name = "bits")]
    BitText,
    /// Symbols side by side, most significant bit first.
    Packed,
}

impl FormatName {
    fn format(self) -> Format {
        let words = |len_bytes, order| Format::Words { len_bytes, order };
        match self {
            Self::Bytes => Format::Bytes,
            Self::U16le => words(2, Order::Little),
            Self::U16be => words(2, Order::Big),
            Self::U32le => words(4, Order::Little),
            Self::U32be => words(4, Order::Big),
            Self::U64le => words(8, Order::Little),
            Self::U64be => words(8, Order::Big),
            Self::Dec => Format::Numbers { radix: 10 },
            Self::Hex => Format::Numbers { radix: 16 },
            Self::BitText => Format::BitText,
            Self::Packed => Format::Packed,
        }
    }
}

/// Which file, and how to read it.
#[derive(clap::Args, Clone)]
#[group(id = "input")]
pub(crate) struct Args {
    /// The samples; - is standard input.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) how: How,
}

/// How to read a file.
#[derive(clap::Args, Clone)]
#[group(id = "how")]
#[command(next_help_heading = "How the file holds samples")]
pub(crate) struct How {
    /// Bits per symbol, 1 to 8 [default: the widest symbol's for u8, 1 for bits, 8 for the others].
    #[arg(short, long, value_parser = clap::value_parser!(u8).range(1..=8))]
    pub(crate) bits: Option<u8>,
    /// u8 (one symbol per byte), u16le .. u64be (words), dec, hex (text), bits (0/1 text), packed.
    #[arg(short, long, value_enum, default_value = "u8", hide_possible_values = true)]
    pub(crate) format: FormatName,
    /// The values are readings of a counter: assess their differences.
    #[arg(long)]
    counter: bool,
    /// Divide each value [default: by the common divisor for words and numbers; auto says so].
    #[arg(long, value_name = "N|auto", value_parser = divide)]
    divide: Option<Divide>,
    /// Drop this many low bits.
    #[arg(long, value_name = "BITS", default_value_t = 0, hide_default_value = true)]
    shift: u32,
    /// Take the bits that are set in this mask, closed up.
    #[arg(long, value_name = "MASK", value_parser = mask)]
    mask: Option<u64>,
    /// Take these bits (0 is the lowest), most significant first: 9,8,4.
    #[arg(long, value_name = "BIT,…", value_delimiter = ',', conflicts_with = "mask")]
    select: Vec<u8>,
    /// The column of a CSV file, from 1.
    #[arg(long, value_name = "N")]
    column: Option<usize>,
    /// Skip this many samples.
    #[arg(long, value_name = "SAMPLES", default_value_t = 0, hide_default_value = true)]
    from: u64,
    /// Take this many samples.
    #[arg(long, value_name = "SAMPLES")]
    count: Option<u64>,
    /// Read this many bytes at most.
    #[arg(long, value_name = "BYTES")]
    limit: Option<u64>,
    /// Read the file even if it does not look like its format, or memory seems too small.
    #[arg(long)]
    force: bool,
}

impl How {
    /// Whole values that go with the same samples; what they look like is a warning only, since they are not ticks.
    /// The rows of a counter's readings are one more than the samples: a row goes with the sample that it ends.
    pub(crate) fn of_same_samples(&self, format: FormatName, column: Option<usize>) -> Self {
        let from = self.from + u64::from(self.counter && column.is_some());
        let (count, limit) = (self.count, self.limit);
        Self { column, from, count, limit, force: true, ..Self::of(format, 8, None, 0) }
    }

    /// A format, a width, a divisor and a shift.
    pub(crate) fn of(format: FormatName, bits: u8, divide: Option<NonZeroU64>, shift: u32) -> Self {
        Self {
            bits: Some(bits),
            format,
            counter: false,
            divide: divide.map(Divide::By),
            shift,
            mask: None,
            select: Vec::new(),
            column: None,
            from: 0,
            count: None,
            limit: None,
            force: false,
        }
    }

    /// What the options ask for.
    pub(crate) fn plan(&self) -> Plan {
        let choice = match (self.mask, self.select.as_slice()) {
            (Some(mask), _) => Choice::Mask(mask),
            (None, []) => Choice::Low,
            (None, bits) => Choice::List(bits.to_vec()),
        };
        let mut plan = Plan::new(self.format.format());
        plan.bits = self.bits;
        plan.counter = self.counter;
        plan.divide = self.divide;
        plan.shift = self.shift;
        plan.choice = choice;
        plan.from = self.from;
        plan.count = self.count;
        plan.column = self.column;
        plan.force = self.force;
        plan
    }
}

/// Symbols, and where they are from.
pub(crate) struct Input {
    pub(crate) symbols: Symbols,
    pub(crate) ticks: Option<Ticks>,
    pub(crate) warnings: Vec<String>,
    pub(crate) record: FileRecord,
}

/// Reads a file as the options say, for a track or for the informed assessment.
///
/// # Errors
/// Returns an error if the file cannot be read, changes meanwhile, is not what the options say, or is too large for the
/// memory there is.
pub(crate) fn load(file: &Path, how: &How, work: impl Into<Work>) -> anyhow::Result<Input> {
    let (samples, record) = take(file, how, work.into(), read)?;
    let Samples { symbols, ticks, warnings, .. } = samples;
    Ok(Input { symbols, ticks, warnings, record })
}

/// [`load`] for the informed assessment: whole values, before any bits of them are chosen.
///
/// # Errors
/// Returns an error as [`load`] does.
pub(crate) fn load_values(file: &Path, how: &How) -> anyhow::Result<(Values, FileRecord)> {
    take(file, how, Work::Informed, read_values)
}

/// What `read` makes of a file.
fn take<T>(
    file: &Path,
    how: &How,
    work: Work,
    read: fn(&mut dyn Read, &Plan) -> Result<T, InputError>,
) -> anyhow::Result<(T, FileRecord)> {
    let plan = how.plan();
    let shown = file.display();
    let mut source = Source::open(file, how.limit, how.count.is_some())?;
    if !how.force
        && let Some(len_bytes) = source.len_bytes()
    {
        memory::check(len_bytes, &plan, work).with_context(|| format!("assessing {shown}"))?;
    }
    let taken = read(&mut source, &plan)
        .map_err(|error| anyhow!(error))
        .with_context(|| format!("taking samples from {shown}"))?;
    let read = source.finish()?;
    let slice = (plan.from > 0 || plan.count.is_some())
        .then_some(Slice { from: plan.from, count: plan.count });
    let record = FileRecord {
        name: shown.to_string(),
        len_bytes: read.len_bytes,
        sha256: read.sha256,
        limited: read.limited,
        format: plan.format.name().to_owned(),
        column: plan.column,
        slice,
    };
    Ok((taken, record))
}

fn divide(text: &str) -> Result<Divide, String> {
    match text {
        "auto" => Ok(Divide::Auto),
        number => number
            .parse::<NonZeroU64>()
            .map(Divide::By)
            .map_err(|_| "give a whole number above 0, or auto".to_owned()),
    }
}

fn mask(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match digits {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    }
    .map_err(|_| "give a number such as 0x3f0".to_owned())
}
