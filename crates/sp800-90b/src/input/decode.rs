// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bytes in, values of up to 64 bits out, piece by piece.

use super::bits::{Packed, text_bit};
use super::number::Numbers;
use super::symbol::Sink;
use super::{Format, InputError, Order, Plan};

pub(super) struct Decoder {
    kind: Kind,
    format: Format,
    /// Bytes that were pushed so far.
    offset: u64,
    /// Whether the plan's samples ended before the stream did.
    stopped: bool,
}

enum Kind {
    Bytes,
    Words { len_bytes: usize, order: Order, pending: Vec<u8> },
    Numbers(Numbers),
    BitText,
    Packed(Packed),
}

impl Decoder {
    pub(super) fn new(plan: &Plan) -> Self {
        let kind = match plan.format {
            Format::Bytes => Kind::Bytes,
            Format::Words { len_bytes, order } => {
                Kind::Words { len_bytes, order, pending: Vec::new() }
            }
            Format::Numbers { radix } => Kind::Numbers(Numbers::new(radix, plan.column)),
            Format::BitText => Kind::BitText,
            Format::Packed => Kind::Packed(Packed::new(plan.bits.unwrap_or(8))),
        };
        Self { kind, format: plan.format, offset: 0, stopped: false }
    }

    /// Hands the values of the next bytes to `sink`; whether it wants more.
    pub(super) fn push(&mut self, bytes: &[u8], sink: &mut Sink) -> Result<bool, InputError> {
        let wants_more = match &mut self.kind {
            Kind::Bytes => sink.take_bytes(bytes)?,
            Kind::Words { len_bytes, order, pending } => {
                push_words(*len_bytes, *order, pending, bytes, sink)?
            }
            Kind::Numbers(numbers) => numbers.push(bytes, &mut |value| sink.take(value))?,
            Kind::BitText => {
                let mut wants_more = true;
                for (at, &byte) in (self.offset..).zip(bytes) {
                    if let Some(bit) = text_bit(byte, at)? {
                        wants_more = sink.take(bit.into())?;
                        if !wants_more {
                            break;
                        }
                    }
                }
                wants_more
            }
            Kind::Packed(packed) => packed.push(bytes, &mut |value| sink.take(value))?,
        };
        self.offset += bytes.len() as u64;
        self.stopped = !wants_more;
        Ok(wants_more)
    }

    /// The end of the stream.
    pub(super) fn finish(&mut self, sink: &mut Sink) -> Result<(), InputError> {
        match &mut self.kind {
            Kind::Numbers(numbers) => numbers.finish(&mut |value| sink.take(value)),
            Kind::Words { len_bytes, pending, .. } if !pending.is_empty() => {
                Err(InputError::Sample(odd_length(self.format, *len_bytes, self.offset)))
            }
            _ => Ok(()),
        }
    }

    /// What was left out.
    pub(super) fn notes(&self, warnings: &mut Vec<String>) {
        match &self.kind {
            Kind::Packed(packed) if packed.left_over() > 0 && !self.stopped => {
                warnings.push(format!(
                    "{} bits at the end do not fill a symbol and were left out",
                    packed.left_over()
                ));
            }
            Kind::Numbers(numbers) => {
                if let Some(header) = numbers.header() {
                    warnings.push(format!("the first line was taken as a header: “{header}”"));
                }
            }
            _ => {}
        }
    }
}

fn push_words(
    len_bytes: usize,
    order: Order,
    pending: &mut Vec<u8>,
    mut bytes: &[u8],
    sink: &mut Sink,
) -> Result<bool, InputError> {
    if !pending.is_empty() {
        let missing = (len_bytes - pending.len()).min(bytes.len());
        pending.extend_from_slice(&bytes[..missing]);
        bytes = &bytes[missing..];
        if pending.len() < len_bytes {
            return Ok(true);
        }
        let value = word(pending, order);
        pending.clear();
        if !sink.take(value)? {
            return Ok(false);
        }
    }
    let words = bytes.chunks_exact(len_bytes);
    pending.extend_from_slice(words.remainder());
    for bytes in words {
        if !sink.take(word(bytes, order))? {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) fn word(bytes: &[u8], order: Order) -> u64 {
    let join = |value: u64, &byte: &u8| value << 8 | u64::from(byte);
    match order {
        Order::Little => bytes.iter().rev().fold(0, join),
        Order::Big => bytes.iter().fold(0, join),
    }
}

fn odd_length(format: Format, len_bytes: usize, total: u64) -> String {
    let fits: Vec<&str> = [(4, "u32le"), (2, "u16le")]
        .into_iter()
        .filter(|&(len, _)| len < len_bytes && total.is_multiple_of(len as u64))
        .map(|(_, name)| name)
        .collect();
    let others = match fits.as_slice() {
        [] => String::new(),
        fits => format!(", --format {}", fits.join(" or ")),
    };
    format!(
        "{total} bytes are not whole {len_bytes}-byte deltas (--format {format}): the file was cut, or it holds \
         something else (--format u8 for one symbol per byte{others})"
    )
}
