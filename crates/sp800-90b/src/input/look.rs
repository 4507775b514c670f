// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the first bytes of a file look like, compared with what the plan says about it.
//!
//! A file that is read the wrong way still gives a figure, so a clear contradiction is reported with the option that
//! reads the file right. Only patterns that no noise source makes by chance count as clear.

mod text;

pub use text::TextKind;

use super::decode::word;
use super::{Format, Order, Plan};
pub(super) use text::text_kind;

/// Words that are needed before their bytes are compared.
const ENOUGH_WORDS: usize = 128;
/// A byte of a word is taken to be constant above this share of its most common value, and to vary below the other.
const CONSTANT: f64 = 0.99;
const VARIES: f64 = 0.95;

/// What contradicts the plan, with the option that would be right.
pub(super) fn suspicion(head: &[u8], plan: &Plan) -> Option<String> {
    let is_text_format = matches!(plan.format, Format::Numbers { .. } | Format::BitText);
    if let Some(kind) = text_kind(head) {
        let wrong_text = match plan.format {
            Format::BitText => !matches!(kind, TextKind::Bits),
            // A hundred 0 and 1 in a row are not a number; the decoder reports that itself.
            Format::Numbers { .. } => matches!(kind, TextKind::Base64 | TextKind::Utf16),
            _ => true,
        };
        return wrong_text.then(|| format!("this looks like {}", kind.advice()));
    }
    if is_text_format {
        return None;
    }
    match plan.format {
        Format::Bytes if !plan.counter => bytes_are_words(head),
        Format::Packed => packed_is_not(head, plan.bits.unwrap_or(8)),
        Format::Words { len_bytes, order } => wrong_words(head, len_bytes, order, plan.counter),
        _ => None,
    }
}

/// How one byte of a word behaves over all words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Behaviour {
    /// Nearly always this value.
    Constant(u8),
    Between,
    Varies,
}

impl Behaviour {
    fn is_constant(self) -> bool {
        matches!(self, Self::Constant(_))
    }
}

/// The behaviour of each byte of words of `len` bytes; nothing where there are too few of them.
fn behaviours(head: &[u8], len: usize) -> Option<Vec<Behaviour>> {
    let words = head.chunks_exact(len);
    let count = words.len();
    if count < ENOUGH_WORDS {
        return None;
    }
    let mut counts = vec![[0_usize; 256]; len];
    for word in words {
        for (counts, &byte) in counts.iter_mut().zip(word) {
            counts[usize::from(byte)] += 1;
        }
    }
    let behaviour = |counts: [usize; 256]| {
        let (most, value) = (0..=255).map(|value| (counts[usize::from(value)], value)).max()?;
        let behaviour = match most as f64 / count as f64 {
            share if share >= CONSTANT => Behaviour::Constant(value),
            share if share <= VARIES => Behaviour::Varies,
            _ => Behaviour::Between,
        };
        Some(behaviour)
    };
    counts.into_iter().map(behaviour).collect()
}

/// The word length and byte order that the bytes show: the longest words whose halves differ.
fn words_in(head: &[u8]) -> Option<(usize, Order)> {
    for len in [8, 4, 2] {
        let Some(pattern) = behaviours(head, len) else { continue };
        if pattern[..len / 2] == pattern[len / 2..] {
            continue;
        }
        let constant = pattern.iter().filter(|byte| byte.is_constant()).count();
        let varies = pattern.contains(&Behaviour::Varies);
        if constant * 3 < len || !varies {
            return None;
        }
        let is_big = pattern[0].is_constant() && !pattern[len - 1].is_constant();
        let order = if is_big { Order::Big } else { Order::Little };
        return Some((len, order));
    }
    None
}

fn bytes_are_words(head: &[u8]) -> Option<String> {
    let (len_bytes, order) = words_in(head)?;
    let format = Format::Words { len_bytes, order };
    let counter = if rises(head, len_bytes, order) { " --counter" } else { "" };
    Some(format!(
        "this looks like words of {len_bytes} bytes, of which some never change, not like one symbol per byte: \
         --format {format}{counter} reads them"
    ))
}

fn packed_is_not(head: &[u8], bits: u8) -> Option<String> {
    let largest = head.iter().copied().max()?;
    if head.len() >= ENOUGH_WORDS && largest == 1 && bits == 1 {
        return Some(
            "each byte is 0 or 1, so this looks like one bit per byte, not packed: --format u8 --bits 1 reads it"
                .to_owned(),
        );
    }
    None
}

fn wrong_words(head: &[u8], len_bytes: usize, order: Order, counter: bool) -> Option<String> {
    let here = Format::Words { len_bytes, order };
    if let Some((real_len, real_order)) = words_in(head) {
        let real = Format::Words { len_bytes: real_len, order: real_order };
        let pattern = behaviours(head, len_bytes)?;
        let (lowest, highest) = match order {
            Order::Little => (pattern[0], pattern[len_bytes - 1]),
            Order::Big => (pattern[len_bytes - 1], pattern[0]),
        };
        if real_len == len_bytes && lowest.is_constant() && highest == Behaviour::Varies {
            return Some(format!(
                "the highest byte of each word varies and the lowest never changes, so the byte order looks swapped: \
                 --format {real} reads it"
            ));
        }
        if real_len != len_bytes {
            return Some(format!(
                "this looks like words of {real_len} bytes, not of {len_bytes}: --format {real} reads them"
            ));
        }
    }
    match (counter, rises(head, len_bytes, order)) {
        (false, true) => Some(format!(
            "each value is larger than the one before, so these look like counter readings, not deltas: --format \
             {here} --counter takes their differences"
        )),
        _ => None,
    }
}

/// Whether nearly all words are larger than the one before.
fn rises(head: &[u8], len_bytes: usize, order: Order) -> bool {
    let values: Vec<u64> = head.chunks_exact(len_bytes).map(|bytes| word(bytes, order)).collect();
    let rising = values.windows(2).filter(|pair| pair[0] < pair[1]).count();
    values.len() > ENOUGH_WORDS && rising as f64 >= 0.99 * (values.len() - 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(count: usize) -> impl Iterator<Item = u64> {
        let mut state = 5_u64;
        (0..count).map(move |_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        })
    }

    fn plan(format: Format) -> Plan {
        Plan::new(format)
    }

    fn words(len_bytes: usize, order: Order) -> Format {
        Format::Words { len_bytes, order }
    }

    #[test]
    fn words_read_as_bytes_are_recognised() {
        let of = |values: Vec<u64>, len: usize, big: bool| -> Vec<u8> {
            values
                .iter()
                .flat_map(|value| {
                    let mut bytes = value.to_le_bytes()[..len].to_vec();
                    if big {
                        bytes.reverse();
                    }
                    bytes
                })
                .collect()
        };
        for (len, name) in [(2, "u16"), (4, "u32"), (8, "u64")] {
            for (big, end) in [(false, "le"), (true, "be")] {
                let small: Vec<u64> = noise(1000).map(|value| 20 + value % 60).collect();
                let bytes = of(small, len, big);
                let said = suspicion(&bytes, &plan(Format::Bytes)).unwrap();
                assert!(said.contains(&format!("--format {name}{end}")), "{said}");
                let order = if big { Order::Big } else { Order::Little };
                assert_eq!(suspicion(&bytes, &plan(words(len, order))), None);
                let other = if big { Order::Little } else { Order::Big };
                let said = suspicion(&bytes, &plan(words(len, other))).unwrap();
                assert!(
                    said.contains("swapped") && said.contains(&format!("{name}{end}")),
                    "{said}"
                );
            }
        }
        let wide: Vec<u64> = noise(2000).map(|value| value % 3000).collect();
        let said = suspicion(&of(wide.clone(), 4, false), &plan(words(8, Order::Little))).unwrap();
        assert!(said.contains("--format u32le"), "{said}");
        let said = suspicion(&of(wide, 8, false), &plan(words(4, Order::Little))).unwrap();
        assert!(said.contains("--format u64le"), "{said}");
    }

    #[test]
    fn counters_are_recognised() {
        let mut sum = 10_u64.pow(12);
        let readings: Vec<u8> = noise(3000)
            .flat_map(|value| {
                sum += 20 + value % 60;
                sum.to_le_bytes()
            })
            .collect();
        let said = suspicion(&readings, &plan(words(8, Order::Little))).unwrap();
        assert!(said.contains("--counter"), "{said}");
        let said = suspicion(&readings, &plan(Format::Bytes)).unwrap();
        assert!(said.contains("u64le --counter"), "{said}");
    }

    #[test]
    fn noise_is_not_suspected() {
        for bits in 1..=8 {
            let bytes: Vec<u8> =
                noise(100_000).map(|value| (value & ((1 << bits) - 1)) as u8).collect();
            assert_eq!(suspicion(&bytes, &plan(Format::Bytes)), None, "{bits}");
        }
        let biased: Vec<u8> = noise(100_000).map(|value| u8::from(value % 40 == 0)).collect();
        assert_eq!(suspicion(&biased, &plan(Format::Bytes)), None);
        let bytes: Vec<u8> = noise(100_000).map(|value| value as u8).collect();
        for len in [2, 4, 8] {
            assert_eq!(suspicion(&bytes, &plan(words(len, Order::Little))), None);
        }
        assert_eq!(suspicion(&bytes, &plan(Format::Packed)), None);
        assert_eq!(suspicion(&[7; 5000], &plan(Format::Bytes)), None);
        let periodic: Vec<u8> = (0..5000_u32).map(|at| (at % 8) as u8).collect();
        assert_eq!(suspicion(&periodic, &plan(Format::Bytes)), None);
        let constant_words = 100_u64.to_le_bytes().repeat(5000);
        assert_eq!(suspicion(&constant_words, &plan(words(8, Order::Little))), None);
        assert_eq!(suspicion(b"A".repeat(5000).as_slice(), &plan(Format::Bytes)), None);
    }

    #[test]
    fn one_bit_per_byte_is_not_packed() {
        let bits: Vec<u8> = noise(1000).map(|value| (value & 1) as u8).collect();
        let mut one = plan(Format::Packed);
        one.bits = Some(1);
        assert!(suspicion(&bits, &one).unwrap().contains("--format u8 --bits 1"));
    }
}
