// SPDX-License-Identifier: GPL-2.0-or-later
//! Health tests (SP 800-90B §4.3, §4.4): they see every sample, including those that are discarded.
//!
//! Four continuous tests compare whole deltas, not symbols of a few bits, because two deltas that differ anywhere
//! are two values. All four look for an equality, which in a working source is the exception; so the sampling loop
//! tests for all four with one product (`Watch::sample`) and updates the counters out of line.

mod lag;
mod run;

use chaos_vocab::State;

use crate::cutoffs::{Cutoffs, WINDOW_SAMPLES};
use crate::error::{Error, HealthTest};
use lag::LagPredictor;
use run::Run;

pub use lag::LAGS;

/// Samples of the startup test, and of the recovery after an intermittent failure: SP 800-90B §4.3 has 1,024 at
/// least.
pub const STARTUP_SAMPLES: u32 = 1024;
/// Steps backwards that are forgiven per [`WINDOW_SAMPLES`]: a counter may be set, or read on another CPU.
const BACKWARD_STEPS_FORGIVEN: u32 = 3;

/// What the health tests have counted since the last restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Samples seen.
    pub samples: u64,
    /// Failures of the repetition count test.
    pub repetition_count_failures: u64,
    /// Failures of the adaptive proportion test.
    pub adaptive_proportion_failures: u64,
    /// Failures of the lag predictor.
    pub lag_predictor_failures: u64,
    /// Failures of the stuck test.
    pub stuck_failures: u64,
    /// Samples with a second or third derivative of zero. They earn no credit towards a seed.
    pub stuck_samples: u64,
    /// Steps backwards of the clock.
    pub backward_steps: u64,
    /// Counter reads that had to be repeated because the delta was below `min_delta`.
    pub repeated_reads: u64,
    /// How the source stands.
    pub state: State,
    /// The last failure.
    pub last_error: Option<Error>,
    /// The cutoffs in force.
    pub cutoffs: Cutoffs,
}

/// The part of the tests' memory that every sample needs; the sampling loop keeps it in registers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trend {
    delta: u64,
    /// The last delta minus the one before: the second derivative of the counter.
    change: u64,
    /// What the lag predictor expects next.
    wanted: u64,
    /// The first sample of the window.
    first: u64,
    /// Samples seen since the restart.
    number: u64,
}

/// The counters of the health tests.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) report: Health,
    trend: Trend,
    lag: LagPredictor,
    repeats: Run,
    straights: Run,
    window_left: u32,
    window_matches: u32,
    window_backward_steps: u32,
    idle_reads: u64,
    recovery_left: u32,
}

impl Watch {
    pub(crate) const fn new(cutoffs: Cutoffs) -> Self {
        Self {
            report: Health {
                samples: 0,
                repetition_count_failures: 0,
                adaptive_proportion_failures: 0,
                lag_predictor_failures: 0,
                stuck_failures: 0,
                stuck_samples: 0,
                backward_steps: 0,
                repeated_reads: 0,
                state: State::Starting,
                last_error: None,
                cutoffs,
            },
            trend: Trend { delta: 0, change: 0, wanted: 0, first: 0, number: 0 },
            lag: LagPredictor::new(),
            repeats: Run::NONE,
            straights: Run::NONE,
            window_left: WINDOW_SAMPLES,
            window_matches: 0,
            window_backward_steps: 0,
            idle_reads: 0,
            recovery_left: STARTUP_SAMPLES,
        }
    }

    /// The trend so far, to be kept in registers for one block.
    #[inline(always)]
    pub(crate) const fn trend(&self) -> Trend {
        self.trend
    }

    /// How many samples may be taken before [`Watch::look`]: 1 to [`LAGS`].
    #[inline(always)]
    pub(crate) fn block_samples(&self) -> u32 {
        if self.window_left == WINDOW_SAMPLES {
            return 1; // the window's first sample, which `look` has to know
        }
        self.window_left.min(self.lag.block_samples(self.trend.number))
    }

    /// Looks at one sample. In the usual case nothing is equal to anything, and that takes one branch: a product is
    /// zero if a factor is. (It may be zero modulo 2^64 without one; then the counters are visited in vain.)
    #[inline(always)]
    pub(crate) fn sample(&mut self, trend: &mut Trend, delta: u64) {
        let change = delta.wrapping_sub(trend.delta);
        let bend = change.wrapping_sub(trend.change);
        self.lag.record(trend.number, delta);
        let miss = delta.wrapping_sub(trend.wanted).wrapping_mul(delta.wrapping_sub(trend.first));
        if change.wrapping_mul(bend).wrapping_mul(miss) == 0 {
            trend.wanted = self.keep_books(delta, change, bend, trend.wanted, trend.number);
        }
        trend.delta = delta;
        trend.change = change;
        trend.number = trend.number.wrapping_add(1);
    }

    /// Counts the equalities of a sample that has one. Returns what the lag predictor expects next.
    #[inline(never)]
    fn keep_books(&mut self, delta: u64, change: u64, bend: u64, wanted: u64, number: u64) -> u64 {
        if change == 0 || bend == 0 {
            self.report.stuck_samples = self.report.stuck_samples.wrapping_add(1);
        }
        if change == 0 {
            self.repeats.go_on(number);
        } else if bend == 0 {
            self.straights.go_on(number);
        }
        if delta == self.trend.first {
            self.window_matches = self.window_matches.wrapping_add(1);
        }
        if delta == wanted { self.lag.hit(number) } else { wanted }
    }

    /// Closes a block of samples: judges the counts, and moves windows on.
    ///
    /// # Errors
    /// The failure, if a test fired. It is in the report already.
    pub(crate) fn look(&mut self, trend: Trend) -> Result<(), Error> {
        let block = trend.number.wrapping_sub(self.trend.number) as u32;
        self.report.samples = self.report.samples.wrapping_add(u64::from(block));
        self.trend = trend;
        if self.window_left == WINDOW_SAMPLES {
            self.trend.first = trend.delta;
            self.window_matches = 1;
        }
        self.window_left = self.window_left.saturating_sub(block);
        self.trend.wanted = self.lag.look(trend.number);
        let fired = self.judge();
        if self.window_left == 0 {
            self.begin_window();
        }
        let Some(test) = fired else {
            self.recover(block);
            return Ok(());
        };
        self.forget_runs();
        Err(self.fail(test.error()))
    }

    /// Which test has fired; of several at once, all are counted and the first in this order is named.
    fn judge(&mut self) -> Option<HealthTest> {
        let cutoffs = self.report.cutoffs;
        let report = &mut self.report;
        let verdicts = [
            (
                self.repeats.longest() >= cutoffs.prediction_run,
                &mut report.repetition_count_failures,
                HealthTest::RepetitionCount,
            ),
            (
                self.window_matches >= cutoffs.adaptive_proportion,
                &mut report.adaptive_proportion_failures,
                HealthTest::AdaptiveProportion,
            ),
            (
                self.lag.hits.longest() >= cutoffs.prediction_run
                    || self.lag.window_hits >= cutoffs.prediction_count,
                &mut report.lag_predictor_failures,
                HealthTest::LagPredictor,
            ),
            (
                self.straights.longest() >= cutoffs.prediction_run,
                &mut report.stuck_failures,
                HealthTest::Stuck,
            ),
        ];
        let mut named = None;
        for (fired, count, test) in verdicts {
            if fired {
                *count = count.wrapping_add(1);
                named = named.or(Some(test));
            }
        }
        named
    }

    fn begin_window(&mut self) {
        self.window_left = WINDOW_SAMPLES;
        self.window_matches = 0;
        self.lag.window_hits = 0;
        self.window_backward_steps = 0;
    }

    fn forget_runs(&mut self) {
        self.repeats = Run::NONE;
        self.straights = Run::NONE;
        self.lag.hits = Run::NONE;
        self.begin_window();
    }

    /// Counts healthy samples towards the end of the startup test or of a recovery.
    fn recover(&mut self, block: u32) {
        if matches!(self.report.state, State::Starting | State::Intermittent) {
            self.recovery_left = self.recovery_left.saturating_sub(block);
            if self.recovery_left == 0 {
                self.report.state = State::Healthy;
            }
        }
    }

    /// Healthy samples that are still to be seen before the source counts as healthy.
    pub(crate) const fn recovery_samples(&self) -> u32 {
        self.recovery_left
    }

    /// Writes a health test's failure down. The first one is intermittent; one at startup, or during the recovery from
    /// another, is permanent.
    fn fail(&mut self, error: Error) -> Error {
        self.report.last_error = Some(error);
        if self.report.state == State::Healthy {
            self.report.state = State::Intermittent;
            self.recovery_left = STARTUP_SAMPLES;
        } else {
            self.report.state = State::Permanent;
        }
        error
    }

    /// Records that the clock cannot give samples at all, which is a permanent failure.
    pub(crate) fn fail_for_good(&mut self, error: Error) -> Error {
        self.report.last_error = Some(error);
        self.report.state = State::Permanent;
        error
    }

    /// A counter read that gave no sample; an idle one showed what the read before it did.
    pub(crate) fn repeated_read(&mut self, idle: bool) {
        self.report.repeated_reads = self.report.repeated_reads.wrapping_add(1);
        self.idle_reads = self.idle_reads.wrapping_add(u64::from(idle));
    }

    /// Whether the counter stood still at more reads than it gave samples: it is too coarse for the workload.
    pub(crate) const fn mostly_idle(&self) -> bool {
        self.idle_reads > self.report.samples
    }

    /// A step backwards.
    ///
    /// # Errors
    /// [`Error::ClockBackwards`] at the fourth in one window.
    pub(crate) fn backward_step(&mut self) -> Result<(), Error> {
        self.report.backward_steps = self.report.backward_steps.wrapping_add(1);
        self.window_backward_steps = self.window_backward_steps.saturating_add(1);
        if self.window_backward_steps > BACKWARD_STEPS_FORGIVEN {
            Err(Error::ClockBackwards)
        } else {
            Ok(())
        }
    }
}
