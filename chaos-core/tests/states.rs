// SPDX-License-Identifier: GPL-2.0-or-later
//! What a failure does to the outputs, and how a source comes out of it.

mod common;

use std::cell::RefCell;

use chaos_core::clock::Line;
use chaos_core::{
    Clock, ClockKind, EntropySource, Error, MEMORY_BYTES, OnFailure, Params, State, Workload,
};
use common::{BEFORE_OUTPUT, PAUSE, RuleClock, lively};
use rand_core::TryRng as _;

const BAD_DELTA: u64 = 5_000;

fn with_on_failure(on_failure: OnFailure) -> Params {
    Params { on_failure, ..PAUSE }
}

/// A source whose clock is stuck in one delta for the samples with these numbers, counted from the first output.
fn bad_during(
    bad: core::ops::Range<u64>,
    on_failure: OnFailure,
) -> EntropySource<'static, impl Clock> {
    let clock = RuleClock::new(move |number| {
        if bad.contains(&number.wrapping_sub(BEFORE_OUTPUT)) { BAD_DELTA } else { lively(number) }
    });
    EntropySource::new(clock, with_on_failure(on_failure), &mut []).expect("a lively clock starts")
}

fn all_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == 0)
}

#[test]
fn an_intermittent_failure_costs_one_call_and_a_recovery() {
    let mut source = bad_during(100..400, OnFailure::Enforce);
    let mut out = [1; 8 * 300];
    assert_eq!(source.stream(&mut out), Ok(()), "199 repetitions are below the cutoff");
    assert_eq!(source.stream(&mut out), Err(Error::RepetitionCount));
    assert!(all_zero(&out));
    assert_eq!(source.health().state, State::Intermittent);
    let before = source.health().samples;
    source.stream(&mut out).unwrap();
    assert!(!all_zero(&out));
    assert_eq!(source.health().state, State::Healthy);
    assert_eq!(
        source.health().samples - before,
        1024 + 300,
        "1,024 samples are watched and not given out"
    );
    assert_eq!(source.health().repetition_count_failures, 1);
}

#[test]
fn a_failure_during_recovery_is_permanent_until_a_restart() {
    let mut source = bad_during(100..3_000, OnFailure::Enforce);
    let mut out = [1; 8 * 1_000];
    assert_eq!(source.stream(&mut out), Err(Error::RepetitionCount));
    assert_eq!(source.health().state, State::Intermittent);
    out.fill(1);
    assert_eq!(source.stream(&mut out), Err(Error::RepetitionCount));
    assert_eq!(source.health().state, State::Permanent);
    assert!(all_zero(&out));
    // Nothing comes out any more, and the clock is not even read.
    let samples = source.health().samples;
    let mut seed = [1; 40];
    assert_eq!(source.seed(&mut seed), Err(Error::RepetitionCount));
    assert!(all_zero(&seed));
    assert_eq!(source.stream(&mut out), Err(Error::RepetitionCount));
    assert_eq!(source.seed_rng().try_next_u64(), Err(Error::RepetitionCount));
    assert_eq!(source.health().samples, samples);
    // Raw noise does, to look at the failure with.
    let mut raw = [0; 3_000];
    source.raw(&mut raw).unwrap();
    assert_eq!(raw[0], BAD_DELTA);
    assert_eq!(source.health().state, State::Permanent);
    // By now the clock runs again.
    source.restart().unwrap();
    assert_eq!((source.health().state, source.health().last_error), (State::Healthy, None));
    source.seed(&mut seed).unwrap();
    assert!(!all_zero(&seed));
}

#[test]
fn recovery_takes_1024_samples_of_any_output() {
    let mut source = bad_during(0..300, OnFailure::Observe);
    source.raw(&mut [0; 241 + 31]).unwrap();
    assert_eq!(source.health().state, State::Intermittent);
    let failed_at = BEFORE_OUTPUT + 240;
    let left = failed_at + 1024 - source.health().samples;
    source.raw(&mut vec![0; left as usize - 1]).unwrap();
    assert_eq!(source.health().state, State::Intermittent);
    // The failure was seen at the end of its block, up to 31 samples later.
    source.raw(&mut [0; 32]).unwrap();
    assert_eq!(source.health().state, State::Healthy);
}

#[test]
fn a_restart_with_a_bad_clock_fails_and_leaves_the_source_shut() {
    let mut source = bad_during(0..50_000, OnFailure::Enforce);
    let error = source.restart().unwrap_err();
    assert!(matches!(error, Error::Startup { .. }), "{error}");
    assert_eq!(source.health().state, State::Permanent);
    let mut out = [1; 8];
    assert!(source.stream(&mut out).is_err());
    assert!(all_zero(&out));
}

#[test]
fn observed_failures_are_counted_and_the_stream_goes_on_but_never_the_seed() {
    let mut source = bad_during(0..1_000_000, OnFailure::Observe);
    let mut out = [0; 8 * 10_000];
    source.stream(&mut out).unwrap();
    assert!(!all_zero(&out));
    let health = *source.health();
    assert_eq!(health.state, State::Permanent);
    assert!(health.repetition_count_failures > 10, "{health:?}");
    let mut seed = [1; 64];
    assert_eq!(source.seed(&mut seed), Err(Error::RepetitionCount));
    assert!(all_zero(&seed));
}

#[test]
fn an_observed_source_that_fails_at_startup_still_shows_its_noise() {
    let clock = RuleClock::new(|_| BAD_DELTA);
    let mut source =
        EntropySource::new(clock, with_on_failure(OnFailure::Observe), &mut []).unwrap();
    assert_eq!(source.health().state, State::Permanent);
    let mut raw = [0; 100];
    source.raw(&mut raw).unwrap();
    assert_eq!(raw, [BAD_DELTA; 100]);
    assert!(source.seed(&mut [0; 32]).is_err());
}

#[test]
fn a_failure_inside_a_seed_zeroes_all_of_it() {
    // The second block's samples are bad.
    let mut source = bad_during(3_000..1_000_000, OnFailure::Observe);
    let mut seed = [1; 96];
    assert_eq!(source.seed(&mut seed), Err(Error::RepetitionCount));
    assert!(all_zero(&seed));
}

#[test]
fn samples_that_earn_nothing_do_not_make_a_seed() {
    // Straight lines of 78 samples: too short for the stuck test's run, but only 3 samples of 80 are news.
    let clock = RuleClock::new(|number| {
        let phase = number % 80;
        if number < BEFORE_OUTPUT || phase == 0 { lively(number) } else { 100 + phase * 50 }
    });
    let params = Params { claim_millibits: 62, ..PAUSE };
    let mut source = EntropySource::new(clock, params, &mut []).unwrap();
    let mut seed = [1; 32];
    assert_eq!(source.seed(&mut seed), Err(Error::Stuck));
    assert!(all_zero(&seed));
    assert_eq!(source.health().stuck_failures, 0, "the run test is not what refused");
    assert_eq!(source.health().state, State::Permanent);
}

#[test]
fn a_restart_is_a_fresh_start() {
    let start = |begin: u64| {
        let clock = RuleClock::new(move |number| lively(number + begin));
        EntropySource::new(clock, PAUSE, &mut []).unwrap()
    };
    let mut first = [0; 800];
    let mut source = start(0);
    source.stir(b"whatever was here before");
    source.stream(&mut first).unwrap();
    let taken = BEFORE_OUTPUT + 100;
    source.restart().unwrap();
    let mut restarted = [0; 800];
    source.stream(&mut restarted).unwrap();
    let mut fresh = [0; 800];
    start(taken).stream(&mut fresh).unwrap();
    assert_eq!(restarted, fresh);
    assert_ne!(restarted, first);
}

/// A clock that writes down which lines are timed.
struct PlacesClock<'l> {
    lines: &'l RefCell<Vec<usize>>,
    number: u64,
}

impl Clock for PlacesClock<'_> {
    fn begin(&mut self) -> u64 {
        0
    }
    fn ticks(&mut self) -> u64 {
        self.number += 1;
        lively(self.number)
    }
    fn relax(&mut self) {}
    fn store_and_load(&mut self, line: &mut Line) {
        self.lines.borrow_mut().push(line.as_ptr().addr());
    }
    fn time_work(&mut self, units: u32) -> u64 {
        u64::from(units)
    }
    fn kind(&self) -> ClockKind {
        ClockKind::Synthetic
    }
}

#[test]
fn each_sample_times_another_line_and_a_restart_begins_at_the_first_again() {
    let lines = RefCell::new(Vec::new());
    let mut memory = vec![0xAA; MEMORY_BYTES];
    let params = Params { workload: Workload::Dram, ..PAUSE };
    let clock = PlacesClock { lines: &lines, number: 0 };
    let mut source = EntropySource::new(clock, params, &mut memory).unwrap();
    source.raw(&mut [0; 500]).unwrap();
    let first = lines.take();
    source.restart().unwrap();
    source.raw(&mut [0; 500]).unwrap();
    assert_eq!(first.len() as u64, BEFORE_OUTPUT + 500);
    assert_eq!(lines.take(), first);
    let different: std::collections::BTreeSet<_> = first.iter().collect();
    assert!(different.len() > 1_200, "{} lines for {} samples", different.len(), first.len());
}

#[test]
fn a_lesson_shows_its_noise_and_is_never_credited() {
    let params = Params { workload: Workload::HashBranchy, ..PAUSE };
    let mut source = EntropySource::new(RuleClock::new(lively), params, &mut []).unwrap();
    source.raw(&mut [0; 100]).unwrap();
    source.stream(&mut [0; 100]).unwrap();
    assert_eq!(params.fresh_microbits_per_output_bit(), 0);
    let mut seed = [1; 40];
    assert_eq!(source.seed(&mut seed), Err(Error::NotCredited));
    assert!(all_zero(&seed));
    assert_eq!(source.health().state, State::Healthy, "the source is as well as before");
}

/// A clock whose machine has no real-time clock, or one that stops after some ticks.
struct TickingClock {
    deltas: RuleClock<fn(u64) -> u64>,
    ticks: Option<u64>,
}

impl Clock for TickingClock {
    fn begin(&mut self) -> u64 {
        self.deltas.begin()
    }

    fn ticks(&mut self) -> u64 {
        self.deltas.ticks()
    }

    fn relax(&mut self) {}

    fn wait_for_real_time_clock(&mut self) -> bool {
        let left = self.ticks.unwrap_or(0);
        self.ticks = Some(left.saturating_sub(1));
        left > 0
    }

    fn supports(&self, workload: Workload) -> bool {
        workload != Workload::Rtc || self.ticks.is_some()
    }

    fn time_work(&mut self, units: u32) -> u64 {
        self.deltas.time_work(units)
    }

    fn kind(&self) -> ClockKind {
        ClockKind::Synthetic
    }
}

#[test]
fn a_real_time_clock_that_stops_fails_for_good_and_one_that_is_missing_is_refused() {
    let params = Params { workload: Workload::Rtc, on_failure: OnFailure::Observe, ..PAUSE };
    let start = |ticks| {
        let clock = TickingClock { deltas: RuleClock::new(lively), ticks };
        EntropySource::new(clock, params, &mut [])
    };
    assert_eq!(start(None).err(), Some(Error::NoRealTimeClock));
    assert_eq!(start(Some(100)).err(), Some(Error::RealTimeClockStuck), "in the startup test");
    let mut source = start(Some(BEFORE_OUTPUT + 300)).unwrap();
    let mut samples = [1; 200];
    assert_eq!(source.raw(&mut samples), Ok(()));
    assert_eq!(source.raw(&mut samples), Err(Error::RealTimeClockStuck));
    assert_eq!(samples, [0; 200], "what was not timed is not handed out");
    assert_eq!(source.health().state, State::Permanent);
}

#[test]
fn stirring_changes_the_stream_and_the_seed() {
    let outputs = |stirred: &[u8]| {
        let mut source = EntropySource::new(RuleClock::new(lively), PAUSE, &mut []).unwrap();
        source.stir(stirred);
        let (mut stream, mut seed) = ([0; 64], [0; 32]);
        source.stream(&mut stream).unwrap();
        source.seed(&mut seed).unwrap();
        (stream, seed)
    };
    let texts: [&[u8]; 4] = [b"", b"a", b"b", b"a\0"];
    for (place, one) in texts.iter().enumerate() {
        for other in &texts[..place] {
            assert_ne!(outputs(one).0, outputs(other).0);
            assert_ne!(outputs(one).1, outputs(other).1);
        }
    }
}

#[test]
fn the_stream_knows_nothing_of_a_seeds_samples() {
    let stream_after_seed = |seed_samples: fn(u64) -> u64| {
        let clock = RuleClock::new(move |number| {
            let number_out = number.wrapping_sub(BEFORE_OUTPUT);
            if number_out < 2_560 { seed_samples(number) } else { lively(number) }
        });
        let mut source = EntropySource::new(clock, PAUSE, &mut []).unwrap();
        let (mut seed, mut stream) = ([0; 32], [0; 64]);
        source.seed(&mut seed).unwrap();
        assert_eq!(source.health().samples, BEFORE_OUTPUT + 2_560);
        source.stream(&mut stream).unwrap();
        (seed, stream)
    };
    let (seed, stream) = stream_after_seed(lively);
    let (other_seed, other_stream) = stream_after_seed(|number| lively(number) + number % 7);
    assert_ne!(seed, other_seed);
    assert_eq!(stream, other_stream);
}

#[test]
fn the_label_on_the_stream_follows_from_the_parameters() {
    let label = |turns, claim_millibits| {
        Params { turns, claim_millibits, ..PAUSE }.fresh_microbits_per_output_bit()
    };
    assert_eq!(label(1, 125), 1_953); // 0.125 bit in 64
    assert_eq!(label(7, 1000), 109_375);
    assert_eq!(label(7, 4000), 437_500);
}
