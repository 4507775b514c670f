// SPDX-License-Identifier: GPL-2.0-or-later
//! Whatever the parameters and the clock: no panic, a bounded number of counter reads, and no output on an error.

mod common;

use std::cell::Cell;

use chaos_core::{
    CLAIMS_MILLIBITS, Clock, ClockKind, EntropySource, Error, MAX_READS, MEMORY_BYTES, OnFailure,
    Params, Workload,
};
use common::{PAUSE, RuleClock, lively};
use proptest::collection::vec;
use proptest::prelude::*;
use rand_core::TryCryptoRng;

/// A clock that counts how often it is read.
struct CountingClock<'r, C> {
    clock: C,
    reads: &'r Cell<u64>,
}

impl<C: Clock> Clock for CountingClock<'_, C> {
    fn begin(&mut self) -> u64 {
        self.clock.begin()
    }
    fn ticks(&mut self) -> u64 {
        self.reads.set(self.reads.get() + 1);
        self.clock.ticks()
    }
    fn relax(&mut self) {}
    fn time_work(&mut self, units: u32) -> u64 {
        self.clock.time_work(units)
    }
    fn kind(&self) -> ClockKind {
        ClockKind::Synthetic
    }
}

/// Deltas as broken clocks make them: none, tiny, equal, backwards, huge, lively.
fn any_delta() -> impl Strategy<Value = u64> {
    prop_oneof![
        2 => Just(0_u64),
        2 => 1_u64..6,
        4 => Just(500_u64),
        1 => any::<u64>(),
        1 => (0_u64..5_000).prop_map(|back| 0_u64.wrapping_sub(back)),
        10 => 100_u64..4_000,
    ]
}

/// Parameters in and around their ranges.
fn any_params() -> impl Strategy<Value = Params> {
    let claim =
        prop_oneof![5 => proptest::sample::select(CLAIMS_MILLIBITS.to_vec()), 1 => any::<u32>()];
    (
        0_u32..9,
        0_u32..65,
        0_u32..300,
        proptest::sample::select(Workload::ALL.to_vec()),
        claim,
        any::<bool>(),
    )
        .prop_map(|(turns, init_turns, min_delta, workload, claim_millibits, observe)| {
            let mut params = Params::DEFAULT;
            params.turns = turns;
            params.init_turns = init_turns;
            params.min_delta = min_delta;
            params.workload = workload;
            params.claim_millibits = claim_millibits;
            params.on_failure = if observe { OnFailure::Observe } else { OnFailure::Enforce };
            params
        })
}

#[derive(Debug, Clone)]
enum Call {
    Raw(usize),
    Stream(usize),
    Seed(usize),
    Stir(Vec<u8>),
    Restart,
}

fn any_call() -> impl Strategy<Value = Call> {
    prop_oneof![
        (0_usize..600).prop_map(Call::Raw),
        (0_usize..600).prop_map(Call::Stream),
        (0_usize..40).prop_map(Call::Seed),
        vec(any::<u8>(), 0..20).prop_map(Call::Stir),
        Just(Call::Restart),
    ]
}

/// The most samples that a call may take: its own, a recovery or a startup test, and for seeds the oversampling.
fn most_samples(call: &Call, params: &Params) -> u64 {
    let own = match call {
        Call::Raw(samples) => *samples as u64,
        Call::Stream(len) => (*len as u64).div_ceil(8) * u64::from(params.turns),
        Call::Seed(len) => {
            (*len as u64).div_ceil(32)
                * (16 * 320_000 / u64::from(params.claim_millibits) + 128 + 1024)
        }
        Call::Stir(_) => 0,
        Call::Restart => u64::from(params.init_turns),
    };
    own + 1024
}

fn call_keeps_the_rules<C: Clock>(
    source: &mut EntropySource<'_, C>,
    call: &Call,
    reads: &Cell<u64>,
) -> Result<(), TestCaseError> {
    let before = (reads.get(), source.health().samples);
    let params = *source.params();
    let failed_and_zero = |result: Result<(), Error>, zero: bool| {
        prop_assert!(result.is_ok() || zero, "{result:?} with output");
        Ok(())
    };
    match call {
        Call::Raw(samples) => {
            let mut raw = vec![1; *samples];
            let result = source.raw(&mut raw);
            failed_and_zero(result, raw.iter().all(|&delta| delta == 0))?;
            if result.is_ok() {
                prop_assert!(raw.iter().all(|&delta| delta as i64 >= i64::from(params.min_delta)));
            }
        }
        Call::Stream(len) => {
            let mut out = vec![1; *len];
            failed_and_zero(source.stream(&mut out), out.iter().all(|&byte| byte == 0))?;
        }
        Call::Seed(len) => {
            let mut out = vec![1; *len];
            failed_and_zero(source.seed(&mut out), out.iter().all(|&byte| byte == 0))?;
        }
        Call::Stir(data) => source.stir(data),
        Call::Restart => {
            let _ = source.restart();
            prop_assert!(source.health().samples <= 1024 + u64::from(params.init_turns));
        }
    }
    let most = most_samples(call, &params);
    // The last sample may be given up on, after MAX_READS reads.
    prop_assert!(
        reads.get() - before.0 <= (most + 1) * u64::from(MAX_READS),
        "{call:?}: too many reads"
    );
    if !matches!(call, Call::Restart) {
        prop_assert!(source.health().samples - before.1 <= most, "{call:?}: too many samples");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_parameter_and_no_clock_makes_it_panic_loop_or_leak(
        params in any_params(),
        deltas in vec(any_delta(), 1..80),
        lively_share in 0_u64..6,
        calls in vec(any_call(), 1..6),
    ) {
        let reads = Cell::new(0);
        // Some clocks are mostly lively, so that sources start at all; the list comes again and again in between.
        let rule = |number: u64| {
            let place = (number / (lively_share * lively_share * 300 + 1)) as usize % deltas.len();
            if number.is_multiple_of(lively_share + 1) && lively_share < 4 { deltas[place] } else { lively(number) }
        };
        let clock = CountingClock { clock: RuleClock::new(rule), reads: &reads };
        let mut memory = vec![0; MEMORY_BYTES];
        match EntropySource::new(clock, params, &mut memory) {
            Err(Error::BadParameter { .. }) => prop_assert!(params.check().is_err() && reads.get() == 0),
            Err(_) => prop_assert!(params.check().is_ok()),
            Ok(mut source) => {
                prop_assert!(params.check().is_ok());
                for call in &calls {
                    call_keeps_the_rules(&mut source, call, &reads)?;
                }
            }
        }
        prop_assert!(reads.get() < 3_000_000);
    }

    #[test]
    fn any_healthy_clock_gives_raw_noise_that_replays_to_the_same_stream(begin in any::<u32>(), turns in 1_u32..=7) {
        let params = Params { turns, ..PAUSE };
        let start = || {
            let clock = RuleClock::new(move |number| lively(number + u64::from(begin)));
            EntropySource::new(clock, params, &mut []).unwrap()
        };
        let (mut raw, mut stream) = (vec![0; 100 * turns as usize], [0; 800]);
        start().raw(&mut raw).unwrap();
        start().stream(&mut stream).unwrap();
        let before = (0..common::BEFORE_OUTPUT).map(|number| lively(number + u64::from(begin)));
        let replayed: Vec<u64> = before.chain(raw).collect();
        let mut again = [0; 800];
        let clock = chaos_core::ReplayClock::new(&replayed, 5);
        EntropySource::new(clock, params, &mut []).unwrap().stream(&mut again).unwrap();
        prop_assert_eq!(&again[..], &stream[..]);
    }
}

#[test]
fn the_seed_output_serves_code_that_takes_a_fallible_generator() {
    fn key(
        generator: &mut impl TryCryptoRng<Error = Error>,
    ) -> Result<([u8; 48], u64, u32), Error> {
        let mut key = [0; 48];
        generator.try_fill_bytes(&mut key)?;
        Ok((key, generator.try_next_u64()?, generator.try_next_u32()?))
    }
    let mut source = EntropySource::new(RuleClock::new(lively), PAUSE, &mut []).unwrap();
    let (key, word, half) = key(&mut source.seed_rng()).unwrap();
    // The same samples through `seed` give the same bytes.
    let mut again = EntropySource::new(RuleClock::new(lively), PAUSE, &mut []).unwrap();
    let mut expected = [0; 48];
    again.seed(&mut expected).unwrap();
    assert_eq!(key, expected);
    let (mut word_bytes, mut half_bytes) = ([0; 8], [0; 4]);
    again.seed(&mut word_bytes).unwrap();
    again.seed(&mut half_bytes).unwrap();
    assert_eq!((word.to_le_bytes(), half.to_le_bytes()), (word_bytes, half_bytes));
}
