// SPDX-License-Identifier: GPL-2.0-or-later
//! Every health test and every error, induced: the failure has its name, comes at its cutoff, and the output is zero.

mod common;

use chaos_core::{
    Clock, ClockKind, EntropySource, Error, HealthTest, MAX_READS, MEMORY_BYTES, OnFailure, Params,
    Pattern, State, SyntheticClock, Workload,
};
use common::{BEFORE_OUTPUT, PAUSE, RuleClock, lively};

const ENFORCE: Params = PAUSE;
const OBSERVE: Params = Params { on_failure: OnFailure::Observe, ..ENFORCE };

/// Healthy samples after which the clocks here turn bad.
const HEALTHY_SAMPLES: u64 = 5_000;
const TURN: u64 = BEFORE_OUTPUT + HEALTHY_SAMPLES;

/// A source whose clock follows `bad` from now on and was healthy before.
fn turned_bad(params: Params, bad: impl Fn(u64) -> u64) -> EntropySource<'static, impl Clock> {
    let clock =
        RuleClock::new(move |number| if number < TURN { lively(number) } else { bad(number) });
    let mut source = EntropySource::new(clock, params, &mut []).expect("a lively clock starts");
    source.raw(&mut [0; HEALTHY_SAMPLES as usize]).expect("raw noise of a lively clock");
    assert_eq!((source.health().state, source.health().last_error), (State::Healthy, None));
    source
}

/// The stream fails with this error, and all of the buffer is zero.
fn assert_stream_fails(bad: impl Fn(u64) -> u64, expected: Error) {
    let mut source = turned_bad(ENFORCE, bad);
    let mut out = [0xA5; 8 * 3_000 + 3];
    assert_eq!(source.stream(&mut out), Err(expected));
    assert!(out.iter().all(|&byte| byte == 0), "{expected:?}: not all of the buffer is zero");
    assert_eq!(source.health().last_error, Some(expected));
}

#[test]
fn equal_samples_fire_the_repetition_count_test_at_its_cutoff() {
    assert_stream_fails(|_| 5_000, Error::RepetitionCount);
    for (claim_millibits, cutoff) in [(62, 485), (125, 241), (1000, 31), (4000, 9)] {
        let mut source = turned_bad(Params { claim_millibits, ..OBSERVE }, |_| 5_000);
        assert_eq!(source.health().cutoffs.repetition_count, cutoff);
        for sample in 1..cutoff {
            source.raw(&mut [0]).unwrap();
            assert_eq!(
                source.health().repetition_count_failures,
                0,
                "claim {claim_millibits}, sample {sample}"
            );
        }
        source.raw(&mut [0]).unwrap();
        assert_eq!(source.health().repetition_count_failures, 1, "claim {claim_millibits}");
    }
}

#[test]
fn one_value_in_most_of_a_window_fires_the_adaptive_proportion_test() {
    // Breaks of the run keep the repetition count test quiet; their place keeps the lag predictor below its count.
    let bad = |number: u64| if number.is_multiple_of(60) { lively(number) } else { 5_000 };
    let mut source = turned_bad(OBSERVE, bad);
    source.raw(&mut [0; 2_000]).unwrap();
    assert!(source.health().adaptive_proportion_failures > 0);
    assert_eq!(source.health().repetition_count_failures, 0);
    assert_stream_fails(bad, Error::AdaptiveProportion);
}

#[test]
fn the_adaptive_proportion_test_fires_at_its_cutoff_and_not_below() {
    // Windows begin at multiples of 512; this is the first one in which the clock here is bad throughout.
    let window_begin = TURN.next_multiple_of(512);
    for (others, failures) in [(512 - 502, 1), (512 - 501, 0)] {
        // The others come one by one at regular places, and are equal to nothing.
        let bad = move |number: u64| {
            let at = number.wrapping_sub(window_begin);
            let other = at < 512 && at % 46 == 45 && at / 46 < others;
            if number < window_begin || at >= 512 || other { lively(number) } else { 5_000 }
        };
        let mut source = turned_bad(OBSERVE, bad);
        source.raw(&mut [0; 2_000]).unwrap();
        assert_eq!(source.health().adaptive_proportion_failures, failures, "{others} others");
    }
}

#[test]
fn periods_of_two_to_thirty_two_fire_the_lag_predictor() {
    for period in [2, 3, 7, 16, 31, 32] {
        assert_stream_fails(|number| 100 + (number % period).pow(2), Error::LagPredictor);
    }
    let mut source = turned_bad(OBSERVE, |number| 100 + (number % 33).pow(2));
    source.raw(&mut [0; 20_000]).unwrap();
    assert_eq!(source.health().last_error, None);
}

#[test]
fn a_period_with_breaks_fires_the_lag_predictor_by_its_count() {
    // Runs of 148 right predictions, where 240 would fail; but 505 of 512, where 502 fail.
    let bad = |number: u64| {
        if number.is_multiple_of(150) { lively(number) } else { 5_000 + number % 2 * 100 }
    };
    assert_stream_fails(bad, Error::LagPredictor);
}

#[test]
fn a_straight_line_fires_the_stuck_test() {
    assert_stream_fails(|number| 3 * number, Error::Stuck);
}

#[test]
fn a_clock_that_stands_is_an_error_after_1024_reads() {
    let reads = std::cell::Cell::new(0);
    let clock = RuleClock::new(|number| {
        reads.set(reads.get() + 1);
        if number < TURN { lively(number) } else { 0 }
    });
    let mut source = EntropySource::new(clock, OBSERVE, &mut []).unwrap();
    source.raw(&mut [0; HEALTHY_SAMPLES as usize]).unwrap();
    let mut raw = [7; 50];
    assert_eq!(source.raw(&mut raw), Err(Error::ClockStuck));
    assert_eq!(raw, [0; 50]);
    assert_eq!(source.health().state, State::Permanent);
    assert_eq!(reads.get(), TURN + u64::from(MAX_READS));
    assert_stream_fails(|_| 0, Error::ClockStuck);
}

#[test]
fn a_clock_that_creeps_or_idles_is_coarse() {
    // Creeps: 128 ticks in 1,024 reads, where 255 are asked for.
    let params = Params { min_delta: 255, ..ENFORCE };
    let creeping = |number: u64| {
        if number < 1_100 { 300 + lively(number) } else { u64::from(number.is_multiple_of(8)) }
    };
    let mut source = EntropySource::new(RuleClock::new(creeping), params, &mut []).unwrap();
    assert_eq!(source.stream(&mut [0; 800]), Err(Error::ClockCoarse));
    // Moves at one read of three.
    let coarse = SyntheticClock::new(Pattern::Coarse { reads: 3 }, 0);
    assert_eq!(EntropySource::new(coarse, OBSERVE, &mut []).err(), Some(Error::ClockCoarse));
}

#[test]
fn deltas_below_min_delta_grow_until_they_are_large_enough() {
    // Steps of 1 to 4 ticks: none is a sample by itself, but the clock is not idle either.
    let step = |number: u64| 1 + lively(number) % 4;
    let params = Params { min_delta: 10, ..OBSERVE };
    let mut source = EntropySource::new(RuleClock::new(step), params, &mut []).unwrap();
    let before = *source.health();
    let mut raw = [0; 1_000];
    source.raw(&mut raw).unwrap();
    // A sample ends with the step that takes it to 10.
    assert!(raw.iter().all(|delta| (10..14).contains(delta)), "{raw:?}");
    let repeated = source.health().repeated_reads - before.repeated_reads;
    let ticks: u64 = raw.iter().sum();
    assert!(
        (ticks / 4..ticks).contains(&(repeated + 1_000)),
        "{repeated} repeated reads for {ticks} ticks"
    );
}

#[test]
fn three_steps_backwards_in_a_window_are_forgiven_and_a_fourth_is_not() {
    for (steps, expected) in [(3, Ok(())), (4, Err(Error::ClockBackwards))] {
        let bad = move |number: u64| {
            let at = number - TURN;
            if at % 10 == 5 && at / 10 < steps {
                0_u64.wrapping_sub(40_000)
            } else {
                lively(number)
            }
        };
        let mut source = turned_bad(ENFORCE, bad);
        let mut raw = [9; 90];
        assert_eq!(source.raw(&mut raw), expected);
        assert_eq!(source.health().backward_steps, steps);
        assert!(raw.iter().all(|&delta| if expected.is_ok() {
            (100..5_000).contains(&delta)
        } else {
            delta == 0
        }));
    }
    let backwards = SyntheticClock::new(Pattern::Backwards, 0);
    assert_eq!(EntropySource::new(backwards, OBSERVE, &mut []).err(), Some(Error::ClockBackwards));
}

#[test]
fn each_synthetic_clock_is_caught_at_startup() {
    let startup = |test| Some(Error::Startup { test });
    for (pattern, expected) in [
        (Pattern::Stuck, Some(Error::ClockStuck)),
        (Pattern::Step { delta_ticks: 400 }, startup(HealthTest::RepetitionCount)),
        (Pattern::Period { period: 16 }, startup(HealthTest::LagPredictor)),
        (Pattern::Ramp { growth_ticks: 5 }, startup(HealthTest::Stuck)),
        (Pattern::Coarse { reads: 4 }, Some(Error::ClockCoarse)),
        (Pattern::Backwards, Some(Error::ClockBackwards)),
        (Pattern::Biased { once_in: 100 }, startup(HealthTest::AdaptiveProportion)),
        (Pattern::Noisy { spread_ticks: 900 }, Some(Error::ClockIgnoresWork)),
        (Pattern::Cubic, Some(Error::ClockIgnoresWork)),
        (Pattern::HashedLowBits { bits: 8 }, Some(Error::ClockIgnoresWork)),
        (Pattern::Fibonacci { bound_ticks: 10_007 }, Some(Error::ClockIgnoresWork)),
    ] {
        let clock = SyntheticClock::new(pattern, 0);
        assert_eq!(EntropySource::new(clock, ENFORCE, &mut []).err(), expected, "{pattern:?}");
    }
}

#[test]
fn clocks_by_a_formula_pass_the_health_tests_and_give_no_seed() {
    for pattern in [
        Pattern::Noisy { spread_ticks: 900 },
        Pattern::Cubic,
        Pattern::HashedLowBits { bits: 8 },
        Pattern::Fibonacci { bound_ticks: 10_007 },
    ] {
        let mut source =
            EntropySource::new(SyntheticClock::new(pattern, 0), OBSERVE, &mut []).unwrap();
        source.raw(&mut [0; 50_000]).unwrap();
        let health = source.health();
        assert_eq!(
            (health.state, health.last_error),
            (State::Permanent, Some(Error::ClockIgnoresWork)),
            "{pattern:?}: the work check is what sees it, and no health test"
        );
        let mut seed = [1; 32];
        assert_eq!(source.seed(&mut seed), Err(Error::ClockIgnoresWork));
        assert_eq!(seed, [0; 32]);
    }
}

/// A clock that follows the work and gives deltas that no health test minds, but lacks an instruction.
struct WithoutFlush(SyntheticClock);

impl Clock for WithoutFlush {
    fn begin(&mut self) -> u64 {
        self.0.begin()
    }
    fn ticks(&mut self) -> u64 {
        self.0.ticks()
    }
    fn relax(&mut self) {}
    fn supports(&self, workload: Workload) -> bool {
        workload != Workload::Flush
    }
    fn time_work(&mut self, units: u32) -> u64 {
        u64::from(units)
    }
    fn kind(&self) -> ClockKind {
        ClockKind::Synthetic
    }
}

#[test]
fn a_workload_without_its_instruction_is_an_error() {
    let start = |workload| {
        let mut memory = vec![0; MEMORY_BYTES];
        let clock = WithoutFlush(SyntheticClock::new(Pattern::Noisy { spread_ticks: 900 }, 0));
        EntropySource::new(clock, Params { workload, ..ENFORCE }, &mut memory).err()
    };
    assert_eq!(start(Workload::Dram), None);
    let error = start(Workload::Flush).unwrap();
    assert!(matches!(error, Error::BadParameter { name: "workload", given: 2, .. }), "{error}");
    assert!(error.to_string().contains("lacks the instruction clflush"), "{error}");
}

#[test]
fn every_parameter_out_of_range_is_named_with_what_is_allowed() {
    let cases = [
        (Params { turns: 0, ..ENFORCE }, "turns", 0, "1 to 7"),
        (Params { turns: 8, ..ENFORCE }, "turns", 8, "1 to 7"),
        (Params { init_turns: 0, ..ENFORCE }, "init_turns", 0, "1 to 63"),
        (Params { init_turns: 64, ..ENFORCE }, "init_turns", 64, "1 to 63"),
        (Params { min_delta: 0, ..ENFORCE }, "min_delta", 0, "1 to 255"),
        (Params { min_delta: 256, ..ENFORCE }, "min_delta", 256, "1 to 255"),
    ];
    for (params, name, given, allowed) in cases {
        let clock = SyntheticClock::new(Pattern::Noisy { spread_ticks: 900 }, 0);
        let error = EntropySource::new(clock, params, &mut []).unwrap_err();
        assert_eq!(error, Error::BadParameter { name, given, allowed });
        assert_eq!(params.check().map_err(Error::from), Err(error));
        let text = error.to_string();
        assert!(
            text.contains(name) && text.contains(&given.to_string()) && text.contains(allowed),
            "{text}"
        );
    }
    let error = Params { claim_millibits: 126, ..ENFORCE }.check().unwrap_err();
    assert!(error.to_string().contains("31, 62, 125, 250, 500, 1000, 2000 or 4000"), "{error}");
}

#[test]
fn a_buffer_too_small_for_the_walk_is_an_error() {
    let params = Params { workload: Workload::Dram, ..ENFORCE };
    let mut memory = vec![0; MEMORY_BYTES - 1];
    let clock = SyntheticClock::new(Pattern::Noisy { spread_ticks: 900 }, 0);
    let error = EntropySource::new(clock, params, &mut memory).unwrap_err();
    assert!(matches!(error, Error::BadParameter { name: "memory", given: 262_143, .. }), "{error}");
}
