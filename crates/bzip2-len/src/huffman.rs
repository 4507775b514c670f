// SPDX-License-Identifier: MIT OR Apache-2.0
//! bzip2's last stage: the number of bits that its Huffman tables give.
//!
//! The choice of tables, and which of two equal weights is taken first, follow bzip2 1.0.8, because another choice
//! would give another length.

use super::runs::{Coded, MOST_SYMBOLS};

/// Most tables of a block.
const MOST_TABLES: usize = 6;
/// Rounds in which the tables are fitted to the groups.
const ROUNDS: usize = 4;
/// The longest code in bits.
const LONGEST_CODE: u8 = 17;
/// Bits of one table's cost for a group, side by side: 50 symbols of 17 bits at most.
const COST_BITS: usize = 10;

type Lengths = [u8; MOST_SYMBOLS];

/// Bits of a block's tables, selectors and symbols.
pub(super) fn coded_bits(coded: &Coded) -> u64 {
    let tables = match coded.len() {
        0..200 => 2,
        200..600 => 3,
        600..1200 => 4,
        1200..2400 => 5,
        _ => MOST_TABLES,
    };
    let mut lengths = first_lengths(coded, tables);
    let mut selectors = Vec::new();
    for _ in 0..ROUNDS {
        selectors = select(coded, &lengths[..tables]);
        let mut counts = [[0_u32; MOST_SYMBOLS]; MOST_TABLES];
        for (group, &table) in coded.groups.iter().zip(&selectors) {
            for (sum, &count) in counts[table].iter_mut().zip(group) {
                *sum += u32::from(count);
            }
        }
        for (lengths, counts) in lengths.iter_mut().zip(&counts).take(tables) {
            *lengths = code_lengths(&counts[..coded.alphabet_size]);
        }
    }
    let symbols: u64 = coded
        .groups
        .iter()
        .zip(&selectors)
        .map(|(group, &table)| {
            group
                .iter()
                .zip(&lengths[table])
                .map(|(&n, &len)| u64::from(n) * u64::from(len))
                .sum::<u64>()
        })
        .sum();
    let written =
        lengths[..tables].iter().map(|lengths| table_bits(&lengths[..coded.alphabet_size]));
    3 + 15 + selector_bits(&selectors) + written.sum::<u64>() + symbols
}

/// The tables before the first round: each prefers a range of symbols that makes up its share.
fn first_lengths(coded: &Coded, tables: usize) -> [Lengths; MOST_TABLES] {
    const PREFERRED: u8 = 0;
    const OTHER: u8 = 15;
    let mut counts = [0_i64; MOST_SYMBOLS];
    for group in &coded.groups {
        for (sum, &count) in counts.iter_mut().zip(group) {
            *sum += i64::from(count);
        }
    }
    let mut lengths = [[OTHER; MOST_SYMBOLS]; MOST_TABLES];
    let mut left = coded.len() as i64;
    let mut from = 0;
    for table in (0..tables).rev() {
        let share = left / (table as i64 + 1);
        let mut to = from;
        let mut sum = 0;
        while sum < share && to < coded.alphabet_size {
            sum += counts[to];
            to += 1;
        }
        let middle = table + 1 != tables && table != 0;
        if to > from + 1 && middle && (tables - table - 1) % 2 == 1 {
            to -= 1;
            sum -= counts[to];
        }
        lengths[table][from..to.max(from)].fill(PREFERRED);
        from = to;
        left -= sum;
    }
    lengths
}

/// The cheapest table of each group, of several the first.
fn select(coded: &Coded, lengths: &[Lengths]) -> Vec<usize> {
    // All tables' lengths of a symbol in one number, so that one multiplication serves all of them.
    let packed: [u64; 16] = std::array::from_fn(|symbol| {
        lengths.iter().rev().fold(0, |packed, lengths| {
            packed << COST_BITS | u64::from(lengths.get(symbol).copied().unwrap_or(0))
        })
    });
    coded
        .groups
        .iter()
        .map(|group| {
            let costs = group
                .iter()
                .zip(&packed)
                .map(|(&count, &packed)| u64::from(count) * packed)
                .sum::<u64>();
            let cost = |table: usize| costs >> (COST_BITS * table) & ((1 << COST_BITS) - 1);
            (0..lengths.len()).min_by_key(|&table| cost(table)).unwrap_or(0)
        })
        .collect()
}

/// Selectors are coded to the front and written in unary.
fn selector_bits(selectors: &[usize]) -> u64 {
    let mut list: [usize; MOST_TABLES] = std::array::from_fn(|table| table);
    let mut bits = 0;
    for &selector in selectors {
        let place = list.iter().position(|&table| table == selector).unwrap_or(0);
        list[..=place].rotate_right(1);
        bits += place as u64 + 1;
    }
    bits
}

/// The first length in 5 bits, then two bits for each step up or down and one to go on.
fn table_bits(lengths: &[u8]) -> u64 {
    let steps: u64 = lengths.windows(2).map(|pair| u64::from(pair[0].abs_diff(pair[1]))).sum();
    5 + 2 * steps + lengths.len() as u64
}

/// Huffman code lengths of at most 17 bits. A symbol that does not occur counts once.
fn code_lengths(counts: &[u32]) -> Lengths {
    // A weight is a count in the high 24 bits and the depth of its tree in the low 8, which decides between equals.
    let mut leaves: Vec<u32> = counts.iter().map(|&count| count.max(1) << 8).collect();
    loop {
        let lengths = tree_depths(&leaves);
        if lengths.iter().all(|&length| length <= LONGEST_CODE) {
            return lengths;
        }
        for weight in &mut leaves {
            *weight = (1 + (*weight >> 8) / 2) << 8;
        }
    }
}

/// Depth of each leaf in the Huffman tree.
fn tree_depths(leaves: &[u32]) -> Lengths {
    let mut weights = leaves.to_vec();
    let mut parents: Vec<Option<usize>> = vec![None; leaves.len()];
    let mut heap = Heap::default();
    for leaf in 0..leaves.len() {
        heap.push(leaf, &weights);
    }
    while heap.0.len() > 1 {
        let (Some(a), Some(b)) = (heap.pop(&weights), heap.pop(&weights)) else { break };
        let depth = 1 + (weights[a] & 0xFF).max(weights[b] & 0xFF);
        let node = weights.len();
        weights.push(((weights[a] & !0xFF) + (weights[b] & !0xFF)) | depth);
        parents.push(None);
        (parents[a], parents[b]) = (Some(node), Some(node));
        heap.push(node, &weights);
    }
    let mut lengths = [0; MOST_SYMBOLS];
    for (leaf, length) in lengths.iter_mut().enumerate().take(leaves.len()) {
        let mut node = leaf;
        while let Some(parent) = parents[node] {
            *length += 1;
            node = parent;
        }
    }
    lengths
}

/// A binary heap with the lightest node on top, which treats equal weights as bzip2's does.
#[derive(Default)]
struct Heap(Vec<usize>);

impl Heap {
    fn push(&mut self, node: usize, weights: &[u32]) {
        let mut at = self.0.len();
        self.0.push(node);
        while at > 0 {
            let above = (at - 1) / 2;
            if weights[node] >= weights[self.0[above]] {
                break;
            }
            self.0[at] = self.0[above];
            at = above;
        }
        self.0[at] = node;
    }

    fn pop(&mut self, weights: &[u32]) -> Option<usize> {
        let top = *self.0.first()?;
        let node = self.0.pop()?;
        if self.0.is_empty() {
            return Some(top);
        }
        let mut at = 0;
        loop {
            let mut below = 2 * at + 1;
            if below >= self.0.len() {
                break;
            }
            if below + 1 < self.0.len() && weights[self.0[below + 1]] < weights[self.0[below]] {
                below += 1;
            }
            if weights[node] < weights[self.0[below]] {
                break;
            }
            self.0[at] = self.0[below];
            at = below;
        }
        self.0[at] = node;
        Some(top)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_of_a_huffman_code() {
        assert_eq!(code_lengths(&[8, 4, 2, 1, 1])[..5], [1, 2, 3, 4, 4]);
        // A code of Fibonacci counts would be too long, and is shortened.
        let mut counts = [1_u32; MOST_SYMBOLS];
        for at in 2..MOST_SYMBOLS {
            counts[at] = counts[at - 1] * 4;
        }
        let lengths = code_lengths(&counts);
        assert!(lengths.iter().all(|&length| (1..=LONGEST_CODE).contains(&length)), "{lengths:?}");
        let kraft: f64 = lengths.iter().map(|&length| (-f64::from(length)).exp2()).sum();
        assert_eq!(kraft, 1.0);
    }
}
