// SPDX-License-Identifier: MIT OR Apache-2.0
//! What must hold for every input.

use proptest::collection::vec;
use proptest::prelude::*;
use sp800_90b::estimators::{Repeats, mcv};
use sp800_90b::symbols::{from_packed_bits, from_ticks, from_ticks_low_bits};
use sp800_90b::{AssessError, Status, Symbols, Track, assess, restart};

/// How often the most common of some windows occurs.
fn most_common<'a, T: Ord + 'a>(windows: impl Iterator<Item = &'a [T]>) -> usize {
    let mut all: Vec<&[T]> = windows.collect();
    all.sort_unstable();
    all.chunk_by(|a, b| a == b).map(<[_]>::len).max().unwrap_or(0)
}

/// Symbols of some width: random, of few kinds, constant, or one piece over and over.
fn symbols() -> impl Strategy<Value = (u8, Vec<u8>)> {
    (1_u8..=8, 0_usize..7000, 1_usize..300, 0_u8..4, any::<u64>()).prop_map(
        |(bits, len, period, kind, seed)| {
            let mut state = seed | 1;
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(seed | 1);
                (state >> 56) as u8 >> (8 - bits)
            };
            let piece: Vec<u8> = (0..period).map(|_| next()).collect();
            let symbol = |at: usize| match kind {
                0 => next(),
                1 => next() & 1,
                2 => piece[0],
                _ => piece[at % period],
            };
            (bits, (0..len).map(symbol).collect())
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_input_gives_a_result_in_range((bits, raw) in symbols()) {
        let symbols = Symbols::new(raw, bits).unwrap();
        for track in [Track::NonIid, Track::Quick] {
            match assess(&symbols, track) {
                Err(error) => {
                    prop_assert_eq!(error, AssessError::Empty);
                    prop_assert!(symbols.is_empty());
                }
                Ok(result) => {
                    let width = f64::from(bits);
                    let value = result.min_entropy_bits_per_sample;
                    prop_assert_eq!(value.is_none(), result.status == Status::Invalid);
                    prop_assert!(value.is_none_or(|h| (0.0..=width).contains(&h)), "{:?}", value);
                    prop_assert!(result.h_bitstring.is_none_or(|h| (0.0..=1.0).contains(&h)));
                    for set in [&result.estimators.literal, &result.estimators.bitstring].into_iter().flatten() {
                        for (name, estimate) in set.lines() {
                            prop_assert!(estimate.is_err() || estimate.is_ok_and(|h| h >= 0.0), "{name}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_result_survives_json((bits, raw) in symbols()) {
        let symbols = Symbols::new(raw, bits).unwrap();
        if let Ok(result) = assess(&symbols, Track::Quick) {
            let json = serde_json::to_string(&result).unwrap();
            let back: sp800_90b::Assessment = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(serde_json::to_string(&back).unwrap(), json);
        }
    }

    #[test]
    fn renaming_symbols_does_not_change_their_most_common_value(
        raw in vec(any::<u8>(), 2..2000),
        seed in any::<u64>(),
    ) {
        let mut names: Vec<u8> = (0..=255).collect();
        let mut state = seed;
        for last in (1..names.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            names.swap(last, (state >> 33) as usize % (last + 1));
        }
        let renamed: Vec<u8> = raw.iter().map(|&symbol| names[usize::from(symbol)]).collect();
        prop_assert_eq!(mcv(&raw), mcv(&renamed));
        let repeats = |raw: Vec<u8>| {
            let symbols = Symbols::new(raw, 8).unwrap();
            let mut repeats = Repeats::count(&symbols.literal_sequence()).unwrap();
            // Of several longest ones another may be reported.
            repeats.longest_at = None;
            repeats
        };
        prop_assert_eq!(repeats(raw), repeats(renamed));
    }

    #[test]
    fn a_constant_has_no_entropy(symbol in any::<u8>(), len in 2_usize..10_000) {
        let symbols = Symbols::new(vec![symbol; len], 8).unwrap();
        for track in [Track::NonIid, Track::Iid { seed: 1 }] {
            let result = assess(&symbols, track).unwrap();
            prop_assert_eq!(result.status, Status::Constant);
            prop_assert_eq!(result.min_entropy_bits_per_sample, Some(0.0));
            prop_assert_eq!(result.h_original, Some(0.0));
        }
    }

    #[test]
    fn a_factor_of_all_ticks_changes_nothing(ticks in vec(1_u64..1000, 2..200), factor in 1_u64..1_000_000) {
        let (plain, scaled): (_, Vec<u64>) = (from_ticks(&ticks), ticks.iter().map(|t| t * factor).collect());
        let scaled = from_ticks(&scaled);
        prop_assert_eq!(&plain.symbols, &scaled.symbols);
        prop_assert_eq!(plain.step.ticks * factor, scaled.step.ticks);
    }

    /// A symbol is a function of its delta, exceptions to the step included. So every tuple of symbols is at least as
    /// common as a tuple of deltas that it comes from, and no estimate can come out higher for the exceptions.
    #[test]
    fn no_tuple_of_symbols_is_rarer_than_its_deltas(
        ticks in vec((1_u64..60, 0_u64..1_000), 1_500..4_000),
        bits in 1_u8..=8,
    ) {
        let deltas: Vec<u64> =
            ticks.iter().map(|&(steps, odd)| 26 * steps + u64::from(odd == 0) * 13).collect();
        let made = from_ticks_low_bits(&deltas, bits).unwrap();
        for width in 1..4 {
            prop_assert!(
                most_common(made.symbols.raw().windows(width)) >= most_common(deltas.windows(width))
            );
        }
    }

    #[test]
    fn packing_and_unpacking_meet(bytes in vec(any::<u8>(), 0..300)) {
        let symbols = from_packed_bits(&bytes, 8).unwrap();
        prop_assert_eq!(symbols.raw(), &bytes[..]);
        let bits = from_packed_bits(&bytes, 1).unwrap();
        prop_assert!(symbols.bit_string().iter().eq(bits.raw().iter().copied()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn iid_tests_and_restarts_take_anything((bits, raw) in symbols(), seed in any::<u64>(), h in 0.0..8.0_f64) {
        let raw = raw[..raw.len().min(300)].to_vec();
        let symbols = Symbols::new(raw, bits).unwrap();
        if let Ok(result) = assess(&symbols, Track::Iid { seed }) {
            let again = assess(&symbols, Track::Iid { seed }).unwrap();
            let json = |result| serde_json::to_string(result).unwrap();
            prop_assert_eq!(json(&result), json(&again));
        }
        let columns = symbols.len().max(1);
        let _ = restart::assess(&symbols, 1, columns, h.min(f64::from(bits)));
    }
}
