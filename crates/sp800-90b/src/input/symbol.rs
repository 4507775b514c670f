// SPDX-License-Identifier: MIT OR Apache-2.0
//! From decoded values to symbols: differences, slice, division, choice of bits.

use super::{Choice, Divide, InputError, Plan, Samples, Ticks, Values};
use crate::symbols::{CounterStep, TickRange, from_ticks_low_bits};
use crate::{SymbolError, Symbols};

/// A delta from here on is more than 18 minutes of a 1 GHz clock.
const ABSURD_TICKS: u64 = 1 << 40;

/// Collects the samples of a stream.
pub(super) struct Sink {
    plan: Plan,
    /// Differences of a counter: the last reading.
    last: Option<u64>,
    /// The modulus of a counter's readings less 1, so that its wrap-around is not a jump.
    counter_mask: u64,
    /// Samples seen, those before the slice included.
    seen: u64,
    store: Store,
}

enum Store {
    /// Values that are symbols as they are, or become symbols one by one.
    Symbols { raw: Vec<u8>, range: TickRange, divisor: u64, low_bits: u8 },
    /// Values whose common divisor is known only after the last of them.
    Values(Vec<u64>),
}

impl Sink {
    pub(super) fn new(plan: &Plan) -> Self {
        let store = match plan.division() {
            Divide::Auto => Store::Values(Vec::new()),
            Divide::By(divisor) => Store::Symbols {
                raw: Vec::new(),
                range: TickRange { min_ticks: u64::MAX, ..TickRange::default() },
                divisor: divisor.get(),
                low_bits: plan.symbol_bits().unwrap_or(8),
            },
        };
        Self::with_store(plan, store)
    }

    /// Collects whole values.
    pub(super) fn of_values(plan: &Plan) -> Self {
        Self::with_store(plan, Store::Values(Vec::new()))
    }

    fn with_store(plan: &Plan, store: Store) -> Self {
        let counter_mask = match plan.format {
            super::Format::Words { len_bytes, .. } => u64::MAX >> (64 - 8 * len_bytes),
            super::Format::Bytes => u8::MAX.into(),
            _ => u64::MAX,
        };
        Self { plan: plan.clone(), last: None, counter_mask, seen: 0, store }
    }

    /// Takes the next value; whether it wants more.
    pub(super) fn take(&mut self, value: u64) -> Result<bool, InputError> {
        let sample = if self.plan.counter {
            let Some(before) = self.last.replace(value) else { return Ok(true) };
            if value < before && self.counter_mask == u64::MAX {
                return Err(InputError::Sample(format!(
                    "the counter reads {value} after {before} (sample {}): it runs backwards, so these are no counter \
                     readings of this format; leave --counter out for deltas, or choose another --format",
                    self.seen
                )));
            }
            value.wrapping_sub(before) & self.counter_mask
        } else {
            value
        };
        let position = self.seen;
        self.seen += 1;
        if position < self.plan.from {
            return Ok(true);
        }
        self.keep(sample)?;
        Ok(!self.is_full())
    }

    /// [`Self::take`] for bytes, which are copied whole where nothing is to be done with them.
    pub(super) fn take_bytes(&mut self, bytes: &[u8]) -> Result<bool, InputError> {
        if !self.plan.takes_whole_values() || matches!(self.store, Store::Values(_)) {
            for &byte in bytes {
                if !self.take(byte.into())? {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        let skipped = self.plan.from.saturating_sub(self.seen).min(bytes.len() as u64);
        let wanted = self.plan.count.map_or(u64::MAX, |count| {
            (self.plan.from.saturating_add(count)).saturating_sub(self.seen + skipped)
        });
        let rest = &bytes[skipped as usize..];
        let taken = &rest[..rest.len().min(usize::try_from(wanted).unwrap_or(usize::MAX))];
        self.seen += skipped + taken.len() as u64;
        if let Store::Symbols { raw, .. } = &mut self.store {
            reserve(raw, taken.len())?;
            raw.extend_from_slice(taken);
        }
        Ok(!self.is_full())
    }

    fn is_full(&self) -> bool {
        self.plan.count.is_some_and(|count| self.seen >= self.plan.from.saturating_add(count))
    }

    fn keep(&mut self, sample: u64) -> Result<(), InputError> {
        match &mut self.store {
            Store::Values(values) => {
                reserve(values, 1)?;
                values.push(sample);
            }
            Store::Symbols { raw, range, divisor, low_bits } => {
                reserve(raw, 1)?;
                range.min_ticks = range.min_ticks.min(sample);
                range.max_ticks = range.max_ticks.max(sample);
                let quotient = (sample / *divisor) >> self.plan.shift;
                let (symbol, whole) = choose(quotient, &self.plan.choice, *low_bits);
                range.cut_samples += usize::from(!whole);
                raw.push(symbol);
            }
        }
        Ok(())
    }

    /// Checks that there is what the slice asks for.
    fn check_slice(&self, warnings: &mut Vec<String>) -> Result<(), InputError> {
        let (seen, from) = (self.seen, self.plan.from);
        if from > 0 && seen <= from {
            return Err(InputError::Sample(format!(
                "there are {seen} samples, so none is left from sample {from} on; choose a smaller --from"
            )));
        }
        if let Some(count) = self.plan.count
            && seen > 0
            && seen < from.saturating_add(count)
        {
            warnings.push(format!(
                "--count {count} samples were asked for, and there are {} from sample {from} on",
                seen.saturating_sub(from)
            ));
        }
        Ok(())
    }

    pub(super) fn finish_values(self, mut warnings: Vec<String>) -> Result<Values, InputError> {
        self.check_slice(&mut warnings)?;
        let values = match self.store {
            Store::Values(values) => values,
            Store::Symbols { raw, .. } => raw.into_iter().map(u64::from).collect(),
        };
        Ok(Values { values, warnings })
    }

    pub(super) fn finish(self, mut warnings: Vec<String>) -> Result<Samples, InputError> {
        self.check_slice(&mut warnings)?;
        let plan = self.plan;
        let bits = plan.symbol_bits();
        let (symbols, ticks) = match self.store {
            Store::Symbols { raw, .. } if plan.takes_whole_values() => {
                let symbols = match bits {
                    Some(bits) => {
                        Symbols::new(raw, bits).map_err(|error| over_width(error, bits))?
                    }
                    None => Symbols::detect_width(raw),
                };
                (symbols, None)
            }
            Store::Symbols { raw, mut range, divisor, low_bits } => {
                if raw.is_empty() {
                    range.min_ticks = 0;
                }
                let ticks = ticks(&plan, None, Some(divisor), range, low_bits);
                (Symbols::new(raw, low_bits)?, Some(ticks))
            }
            Store::Values(values) => from_values(&plan, &values, bits.unwrap_or(8))?,
        };
        if let Some(ticks) = &ticks {
            warnings.extend(range_warning(ticks.range.max_ticks));
        }
        warn_of_constant_bits(&symbols, ticks.as_ref(), &mut warnings);
        Ok(Samples { symbols, ticks, warnings })
    }
}

fn over_width(error: SymbolError, bits: u8) -> InputError {
    match error {
        SymbolError::OverWidth { .. } if bits == 1 => InputError::Sample(format!(
            "{error}; eight bits in each byte are read by --format packed --bits 1"
        )),
        error => error.into(),
    }
}

/// Symbols of values that are first divided by what they have in common.
fn from_values(
    plan: &Plan,
    values: &[u64],
    bits: u8,
) -> Result<(Symbols, Option<Ticks>), InputError> {
    if plan.takes_steps() {
        let made = from_ticks_low_bits(values, bits)
            .map_err(|error| InputError::Sample(error.to_string()))?;
        let ticks = ticks(plan, Some(made.step), None, made.range, bits);
        return Ok((made.symbols, Some(ticks)));
    }
    let step = CounterStep::of(values);
    let mut range = TickRange {
        min_ticks: values.iter().copied().min().unwrap_or(0),
        max_ticks: values.iter().copied().max().unwrap_or(0),
        cut_samples: 0,
    };
    let mut raw = Vec::new();
    reserve(&mut raw, values.len())?;
    for &value in values {
        let (symbol, whole) = choose(step.quotient(value) >> plan.shift, &plan.choice, bits);
        range.cut_samples += usize::from(!whole);
        raw.push(symbol);
    }
    Ok((Symbols::new(raw, bits)?, Some(ticks(plan, Some(step), None, range, bits))))
}

fn ticks(
    plan: &Plan,
    step: Option<CounterStep>,
    divisor: Option<u64>,
    range: TickRange,
    low_bits: u8,
) -> Ticks {
    let chosen_bits = match &plan.choice {
        Choice::Low => None,
        Choice::List(bits) => Some(bits.clone()),
        Choice::Mask(mask) => Some((0..64).rev().filter(|bit| mask >> bit & 1 == 1).collect()),
    };
    Ticks { step, divisor, range, low_bits, shift: plan.shift, chosen_bits, counter: plan.counter }
}

/// The chosen bits of a value, and whether the others are all 0.
fn choose(value: u64, choice: &Choice, low_bits: u8) -> (u8, bool) {
    match choice {
        Choice::Low => {
            let mask = u64::from(u8::MAX >> (8 - low_bits));
            ((value & mask) as u8, value <= mask)
        }
        Choice::Mask(mask) => {
            let mut symbol = 0;
            for bit in (0..64).rev().filter(|bit| mask >> bit & 1 == 1) {
                symbol = symbol << 1 | (value >> bit & 1) as u8;
            }
            (symbol, value & !mask == 0)
        }
        Choice::List(bits) => {
            let symbol = bits.iter().fold(0, |symbol, bit| symbol << 1 | (value >> bit & 1) as u8);
            let mask = bits.iter().fold(0, |mask, bit| mask | 1_u64 << bit);
            (symbol, value & !mask == 0)
        }
    }
}

pub(super) fn range_warning(max: u64) -> Option<String> {
    if max > 1 << 63 {
        return Some(format!(
            "values reach {max}, above 2^63: negative differences, or the wrong word length or byte order?"
        ));
    }
    (max >= ABSURD_TICKS).then(|| {
        format!(
            "values reach {max} ticks ({:.0} s at 1 GHz): counter readings (--counter), or the wrong word length or \
             byte order?",
            max as f64 / 1e9
        )
    })
}

/// Bits of the symbols that never change add nothing, and lower the estimate on the bitstring.
fn warn_of_constant_bits(symbols: &Symbols, ticks: Option<&Ticks>, warnings: &mut Vec<String>) {
    if symbols.alphabet_size() < 2 {
        return;
    }
    let (any, all) = symbols.raw().iter().fold((0, u8::MAX), |(any, all), &s| (any | s, all & s));
    let varying = any & !all;
    // High bits that are 0 are the affair of the assessment itself, which names the width in use.
    let used = u8::MAX.checked_shr(any.leading_zeros()).unwrap_or(0);
    let constant = used & !varying;
    if constant == 0 {
        return;
    }
    let names: Vec<String> =
        (0..8).filter(|bit| constant >> bit & 1 == 1).map(|bit| bit.to_string()).collect();
    let remedy = match ticks {
        Some(_) if constant.count_ones() == varying.trailing_zeros() => format!(
            "--shift {} takes the bits above them",
            varying.trailing_zeros() + ticks.map_or(0, |ticks| ticks.shift)
        ),
        Some(ticks) if ticks.chosen_bits.is_some() => "choose others".to_owned(),
        _ => format!("--mask {varying:#x} leaves them out"),
    };
    warnings.push(format!(
        "bit {} of each symbol never changes (0 is the lowest); {remedy}",
        names.join(", ")
    ));
}

fn reserve<T>(values: &mut Vec<T>, more: usize) -> Result<(), InputError> {
    if values.capacity() - values.len() >= more {
        return Ok(());
    }
    values
        .try_reserve(more)
        .map_err(|_| InputError::Memory { samples: values.len(), bytes_each: size_of::<T>() })
}
