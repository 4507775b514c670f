// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a stream holds samples, and which bits of each are assessed.

use std::fmt;
use std::num::NonZeroU64;

/// The order of a word's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Order {
    Little,
    Big,
}

/// How a stream holds samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One symbol per byte, as NIST's tool takes them.
    Bytes,
    /// Unsigned words of 2, 4 or 8 bytes.
    Words {
        /// Bytes per word.
        len_bytes: usize,
        /// The order of its bytes.
        order: Order,
    },
    /// Whole numbers as text, one or more per line.
    Numbers {
        /// 10 or 16.
        radix: u32,
    },
    /// The characters `0` and `1`; white space and commas are skipped.
    BitText,
    /// Symbols side by side, most significant bit first.
    Packed,
}

impl Format {
    /// The name of the format on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bytes => "u8",
            Self::Words { len_bytes: 2, order: Order::Little } => "u16le",
            Self::Words { len_bytes: 2, order: Order::Big } => "u16be",
            Self::Words { len_bytes: 4, order: Order::Little } => "u32le",
            Self::Words { len_bytes: 4, order: Order::Big } => "u32be",
            Self::Words { order: Order::Little, .. } => "u64le",
            Self::Words { order: Order::Big, .. } => "u64be",
            Self::Numbers { radix: 16 } => "hex",
            Self::Numbers { .. } => "dec",
            Self::BitText => "bits",
            Self::Packed => "packed",
        }
    }

    /// Whether a value may have more bits than a symbol.
    #[must_use]
    pub fn is_wide(self) -> bool {
        matches!(self, Self::Words { .. } | Self::Numbers { .. })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What values are divided by before their bits are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Divide {
    /// The common divisor of all values.
    Auto,
    /// A fixed number.
    By(NonZeroU64),
}

/// Which bits of a value become the symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The lowest ones.
    Low,
    /// Those that are set in a mask, closed up.
    Mask(u64),
    /// Bits by number (0 is the least significant), most significant bit of the symbol first.
    List(Vec<u8>),
}

/// How a stream becomes symbols.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How the stream holds samples.
    pub format: Format,
    /// Bits per symbol; for [`Format::Bytes`] without it, the width of the widest symbol.
    pub bits: Option<u8>,
    /// Whether the values are readings of a counter, whose differences are the samples.
    pub counter: bool,
    /// What the values are divided by; without it, the common divisor for wide values whose low bits are taken.
    pub divide: Option<Divide>,
    /// Low bits to drop after the division.
    pub shift: u32,
    /// Which of the other bits to take.
    pub choice: Choice,
    /// Samples to skip.
    pub from: u64,
    /// Samples to take after those; all without it.
    pub count: Option<u64>,
    /// The column of a text file that holds the numbers, from 1.
    pub column: Option<usize>,
    /// Whether a stream that does not look like its format is read nevertheless.
    pub force: bool,
}

/// A plan that contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PlanError(String);

impl Plan {
    /// The plan that takes a stream as `format` says and nothing else.
    #[must_use]
    pub fn new(format: Format) -> Self {
        Self {
            format,
            bits: None,
            counter: false,
            divide: None,
            shift: 0,
            choice: Choice::Low,
            from: 0,
            count: None,
            column: None,
            force: false,
        }
    }

    /// Bits per symbol that the plan fixes.
    #[must_use]
    pub fn symbol_bits(&self) -> Option<u8> {
        match &self.choice {
            Choice::Mask(mask) => u8::try_from(mask.count_ones()).ok(),
            Choice::List(bits) => u8::try_from(bits.len()).ok(),
            Choice::Low => match (self.bits, self.format) {
                (None, Format::BitText) => Some(1),
                (None, Format::Bytes) if self.shift == 0 && self.divide.is_none() => None,
                (bits, _) => Some(bits.unwrap_or(8)),
            },
        }
    }

    /// Whether each value is a symbol as it is.
    pub(super) fn takes_whole_values(&self) -> bool {
        !self.format.is_wide()
            && !self.counter
            && self.shift == 0
            && self.choice == Choice::Low
            && self.divide.is_none()
    }

    /// Whether the symbols are the low bits of the counter's steps in each value, with nothing dropped or picked.
    #[must_use]
    pub fn takes_steps(&self) -> bool {
        self.division() == Divide::Auto && self.shift == 0 && self.choice == Choice::Low
    }

    /// What the values are divided by.
    pub(super) fn division(&self) -> Divide {
        let default = if self.format.is_wide() && self.shift == 0 && self.choice == Choice::Low {
            Divide::Auto
        } else {
            Divide::By(NonZeroU64::MIN)
        };
        self.divide.unwrap_or(default)
    }

    pub(super) fn check(&self) -> Result<(), PlanError> {
        let fail = |text: String| Err(PlanError(text));
        if let Some(bits) = self.bits
            && !(1..=8).contains(&bits)
        {
            return fail(format!(
                "symbols of {bits} bits cannot be assessed: SP 800-90B takes 1 to 8 bits; choose --bits 1 to 8"
            ));
        }
        if self.shift > 63 {
            return fail(format!("--shift {} leaves nothing of a 64-bit value", self.shift));
        }
        match &self.choice {
            Choice::Low => {}
            Choice::Mask(mask) if (1..=8).contains(&mask.count_ones()) => {}
            Choice::Mask(mask) => {
                return fail(format!(
                    "--mask {mask:#x} has {} bits set, and a symbol has 1 to 8",
                    mask.count_ones()
                ));
            }
            Choice::List(bits) => {
                if !(1..=8).contains(&bits.len()) {
                    return fail(format!(
                        "--select names {} bits, and a symbol has 1 to 8",
                        bits.len()
                    ));
                }
                if let Some(bit) = bits.iter().find(|&&bit| bit > 63) {
                    return fail(format!("--select names bit {bit}; a value has bits 0 to 63"));
                }
            }
        }
        if let (Some(bits), Some(chosen)) = (self.bits, self.symbol_bits())
            && bits != chosen
        {
            return fail(format!("--bits {bits} contradicts the {chosen} bits that are chosen"));
        }
        if self.format == Format::BitText && self.bits.is_some_and(|bits| bits != 1) {
            return fail(
                "--format bits reads one 1-bit symbol per character; without --bits it is right"
                    .to_owned(),
            );
        }
        if matches!(self.format, Format::BitText | Format::Packed)
            && (self.counter
                || self.shift != 0
                || self.choice != Choice::Low
                || self.divide.is_some())
        {
            return fail(format!(
                "--counter, --divide, --shift, --mask and --select work on whole values, and --format {} has bits",
                self.format
            ));
        }
        if self.column.is_some() && !matches!(self.format, Format::Numbers { .. }) {
            return fail("--column is for --format dec and hex".to_owned());
        }
        if self.count == Some(0) {
            return fail("--count 0 leaves no samples".to_owned());
        }
        Ok(())
    }
}
