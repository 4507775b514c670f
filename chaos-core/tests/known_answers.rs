// SPDX-License-Identifier: GPL-2.0-or-later
//! Fixed clock sequences give fixed bytes. The expected bytes come from `known_answers.py`, which does the same in
//! another language.

use chaos_core::{ClockKind, EntropySource, Params, ReplayClock, Workload};

/// A replayed clock does not see the workload. The seeds below are for these claims.
const PAUSE: Params = Params { workload: Workload::Pause, claim_millibits: 125, ..Params::DEFAULT };

/// As `deltas` in `known_answers.py`.
fn recorded_deltas(count: usize) -> Vec<u64> {
    let mut value: u64 = 1;
    let mut next = || {
        value =
            value.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        100 + (value >> 57)
    };
    (0..count).map(|_| next()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn stream(params: Params, len: usize) -> String {
    let deltas = recorded_deltas(20_000);
    let mut source = EntropySource::new(ReplayClock::new(&deltas, u64::MAX - 500), params, &mut [])
        .expect("a lively clock");
    assert_eq!(source.clock_kind(), ClockKind::Replay);
    let mut out = vec![0; len];
    source.stream(&mut out).expect("a lively clock");
    hex(&out)
}

#[test]
fn a_fixed_clock_gives_the_fixed_stream() {
    assert_eq!(
        stream(PAUSE, 32),
        "04ebf5654b19cb3a86c755e38eb752e0043a121b12944755c004c84333dd69fc"
    );
}

#[test]
fn several_turns_and_init_turns_give_the_fixed_stream() {
    let params = Params { turns: 3, init_turns: 20, ..PAUSE };
    let expected = "8d2d78fbe2f47eeb816d219998ba3420ee63571b81d20595425b7d9ca1a74ca4";
    assert_eq!(stream(params, 32), expected);
    // A length that is not a multiple of a word gives the beginning of the same.
    assert_eq!(stream(params, 29), expected[..58]);
}

#[test]
fn long_streams_do_not_depend_on_how_words_are_grouped() {
    for turns in [1, 2, 7] {
        let params = Params { turns, ..PAUSE };
        let long = stream(params, 1200);
        assert_eq!(stream(params, 203), long[..406], "turns {turns}");
    }
}

fn seed(claim_millibits: u32) -> String {
    let deltas = recorded_deltas(20_000);
    let params = Params { claim_millibits, ..PAUSE };
    let mut source =
        EntropySource::new(ReplayClock::new(&deltas, 0), params, &mut []).expect("a lively clock");
    let mut out = [0; 32];
    source.seed(&mut out).expect("a lively clock");
    hex(&out)
}

#[test]
fn a_fixed_clock_gives_the_fixed_seed() {
    assert_eq!(seed(125), "9f6bfa1d67498f1e71313305ace36da73b84c0f17b6f7c2c477170ba08850558");
    assert_eq!(seed(1000), "3f7b9e3ba1bd24c3166c28c51810cb2a2d8d49151aa66b07f821a3036d14b7e4");
}

#[test]
fn raw_noise_is_the_clock_and_a_replay_of_it_gives_the_same_stream() {
    let deltas = recorded_deltas(20_000);
    let params = PAUSE;
    let mut source = EntropySource::new(ReplayClock::new(&deltas, 0), params, &mut []).unwrap();
    let mut raw = vec![0; 3_000];
    source.raw(&mut raw).unwrap();
    // 1,024 startup samples and 7 init turns came before.
    assert_eq!(raw, deltas[1031..4031]);

    let mut streamed = vec![0; 3_000 * 8];
    let mut source = EntropySource::new(ReplayClock::new(&deltas, 0), params, &mut []).unwrap();
    source.stream(&mut streamed).unwrap();
    let again: Vec<u64> = deltas[..1031].iter().chain(&raw).copied().collect();
    let mut replayed = vec![0; 3_000 * 8];
    let mut source = EntropySource::new(ReplayClock::new(&again, 77), params, &mut []).unwrap();
    source.stream(&mut replayed).unwrap();
    assert_eq!(hex(&replayed), hex(&streamed));
}
