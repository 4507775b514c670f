// SPDX-License-Identifier: GPL-2.0-or-later
//! An LZ4 block encoder that looks for the shortest encoding: the crates that there are look for speed, and give a
//! sixth more. The format is that of `lz4_Block_format.md`; the decoder is `baremetal/unpack.S`.

use std::collections::HashMap;

/// Shortest match that the format can say.
const MATCH_MIN: usize = 4;
/// Longest that is looked for; a longer one becomes several.
const MATCH_MAX: usize = 512;
/// How far back an offset reaches.
const WINDOW: usize = 65_535;
/// Earlier places with the same four bytes that are looked at.
const CANDIDATES: usize = 128;

/// The longest match that begins at a place.
#[derive(Debug, Clone, Copy, Default)]
struct Match {
    len: usize,
    offset: usize,
}

/// Packs `bytes` into one block.
pub(super) fn pack(bytes: &[u8]) -> Vec<u8> {
    let matches = longest_matches(bytes);
    let steps = cheapest_steps(&matches);
    let mut block = Vec::new();
    let (mut at, mut literals_from) = (0, 0);
    while at < bytes.len() {
        let len = steps[at];
        if len >= MATCH_MIN {
            sequence(
                &mut block,
                &bytes[literals_from..at],
                Some(Match { len, offset: matches[at].offset }),
            );
            literals_from = at + len;
        }
        at += len;
    }
    sequence(&mut block, &bytes[literals_from..], None);
    block
}

fn longest_matches(bytes: &[u8]) -> Vec<Match> {
    let mut places: HashMap<[u8; MATCH_MIN], Vec<usize>> = HashMap::new();
    let mut matches = vec![Match::default(); bytes.len()];
    for at in 0..bytes.len() {
        let Some(&key) = bytes[at..].first_chunk::<MATCH_MIN>() else { break };
        let earlier = places.entry(key).or_default();
        for &place in
            earlier.iter().rev().take(CANDIDATES).take_while(|&&place| at - place <= WINDOW)
        {
            let same =
                bytes[place..].iter().zip(&bytes[at..]).take(MATCH_MAX).take_while(|(a, b)| a == b);
            let len = same.count();
            if len > matches[at].len {
                matches[at] = Match { len, offset: at - place };
            }
            if len == MATCH_MAX {
                break;
            }
        }
        earlier.push(at);
    }
    matches
}

/// For each place, the length of the step from there (1: a literal) on the cheapest way to the end.
fn cheapest_steps(matches: &[Match]) -> Vec<usize> {
    let mut costs = vec![0_usize; matches.len() + 1];
    let mut steps = vec![1; matches.len()];
    for at in (0..matches.len()).rev() {
        costs[at] = costs[at + 1] + 1;
        for len in MATCH_MIN..=matches[at].len {
            // Token, offset, and what extends the length.
            let cost = 3 + extension_bytes(len - MATCH_MIN) + costs[at + len];
            if cost < costs[at] {
                costs[at] = cost;
                steps[at] = len;
            }
        }
    }
    steps
}

/// One sequence; without a match it is the block's last.
fn sequence(block: &mut Vec<u8>, literals: &[u8], found: Option<Match>) {
    let extra = found.map_or(0, |found| found.len - MATCH_MIN);
    // Four bits each, 15 at most.
    block.push((literals.len().min(15) << 4 | extra.min(15)) as u8);
    extend(block, literals.len());
    block.extend_from_slice(literals);
    if let Some(found) = found {
        // At most WINDOW.
        block.extend_from_slice(&(found.offset as u16).to_le_bytes());
        extend(block, extra);
    }
}

/// How many bytes [`extend`] writes.
fn extension_bytes(len: usize) -> usize {
    len.checked_sub(15).map_or(0, |rest| rest / 255 + 1)
}

/// The bytes that follow a length whose four bits are full.
fn extend(block: &mut Vec<u8>, len: usize) {
    let Some(mut rest) = len.checked_sub(15) else { return };
    while rest >= 255 {
        block.push(255);
        rest -= 255;
    }
    block.push(rest as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `unpack.S` does it.
    fn unpack(block: &[u8]) -> Vec<u8> {
        let (mut out, mut at) = (Vec::new(), 0);
        let length = |at: &mut usize, bits: u8| {
            let mut len = usize::from(bits);
            let mut more = bits == 15;
            while more {
                len += usize::from(block[*at]);
                more = block[*at] == 255;
                *at += 1;
            }
            len
        };
        loop {
            let token = block[at];
            at += 1;
            let literals = length(&mut at, token >> 4);
            out.extend_from_slice(&block[at..at + literals]);
            at += literals;
            if at >= block.len() {
                return out;
            }
            let offset = usize::from(u16::from_le_bytes([block[at], block[at + 1]]));
            at += 2;
            for _ in 0..length(&mut at, token & 15) + MATCH_MIN {
                out.push(out[out.len() - offset]);
            }
        }
    }

    #[test]
    fn every_length_of_literals_and_matches_comes_back() {
        let mut state = 1_u32;
        let mut noise = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        for len in (0..40).chain([254, 255, 256, 269, 270, 271, 300, 600, 2000]) {
            let literals: Vec<u8> = (0..len).map(|_| noise()).collect();
            let mut bytes = literals.clone();
            bytes.extend_from_slice(&literals);
            bytes.extend(std::iter::repeat_n(7, len));
            assert_eq!(unpack(&pack(&bytes)), bytes, "{len}");
        }
    }

    #[test]
    fn repetition_is_made_use_of() {
        assert!(pack(&[0; 20_000]).len() < 300);
        // The same text again, just within and just beyond what an offset reaches.
        for gap in [WINDOW - 40, WINDOW] {
            let text: Vec<u8> = (0..40).collect();
            let between: Vec<u8> = (0..gap as u32)
                .map(|index| (index.wrapping_mul(0x9e37_79b1) >> 24) as u8)
                .collect();
            let far = [&text[..], &between, &text[..]].concat();
            assert_eq!(unpack(&pack(&far)), far);
        }
    }
}
