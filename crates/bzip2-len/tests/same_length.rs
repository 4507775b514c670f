// SPDX-License-Identifier: MIT OR Apache-2.0
//! The length is that of the real compressor, whatever the numbers and their order.

use bzip2_len::{Compressor, Vocabulary};
use std::io::Write;

/// What `bzip2 -5` makes of the numbers.
fn compressed(symbols: &[u8], numbers: &[u8; 256]) -> u64 {
    let words: Vec<String> =
        symbols.iter().map(|&symbol| numbers[usize::from(symbol)].to_string()).collect();
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::new(5));
    encoder.write_all(words.join(" ").as_bytes()).expect("a vector takes every byte");
    encoder.finish().expect("a vector takes every byte").len() as u64
}

#[test]
fn structure_of_every_kind_gives_the_same_length() {
    // Symbols in use need not be those written: here they are mapped to odd numbers.
    let numbers: [u8; 256] = std::array::from_fn(|symbol| (symbol as u8).wrapping_mul(2) | 1);
    let vocabulary = Vocabulary::new(&numbers);
    let mut compressor = Compressor::default();
    let mut state = 5_u64;
    let mut next = |kinds: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        ((state >> 33) % kinds) as u8
    };
    let noise: Vec<u8> = (0..30_000).map(|_| next(128)).collect();
    let sets: [Vec<u8>; 7] = [
        vec![],
        vec![9],
        vec![9; 5000],
        (0..20_000_u32).map(|at| (at % 120) as u8).collect(),
        noise[..5000].repeat(4),
        [&noise[..], &[3; 4000], &noise[..100]].concat(),
        noise
            .iter()
            .scan(0_u8, |sum, step| {
                *sum = (*sum + step % 3) % 100;
                Some(*sum)
            })
            .collect(),
    ];
    for symbols in &sets {
        let ours = compressor.compressed_len(symbols, &vocabulary);
        assert_eq!(ours, compressed(symbols, &numbers), "{} symbols", symbols.len());
    }
}
