// SPDX-License-Identifier: GPL-2.0-or-later
//! Every way in which the engine refuses, with what to do about it.

use core::fmt;

use chaos_vocab::{BadParameter, ErrorCode};

/// Why no output was given. The buffer that was to be filled is zero from end to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// The counter showed the same value in [`crate::MAX_READS`] reads.
    ClockStuck,
    /// The counter moves, but in steps too coarse to time one workload step.
    ClockCoarse,
    /// The counter stepped backwards more often than an honest one does.
    ClockBackwards,
    /// Repetition count test (SP 800-90B §4.4.1): one value too many times in a row.
    RepetitionCount,
    /// Adaptive proportion test (SP 800-90B §4.4.2): one value too often in a window.
    AdaptiveProportion,
    /// Lag predictor: an earlier stretch of samples comes back again and again.
    LagPredictor,
    /// Stuck test: the samples form a straight line, or too few of them earn credit.
    Stuck,
    /// A health test fired during the startup test.
    Startup {
        /// The test that fired.
        test: HealthTest,
    },
    /// The counter does not follow the work: more work does not take more ticks.
    ClockIgnoresWork,
    /// There is no real-time clock to wait for ([`chaos_vocab::Workload::Rtc`]), or another program owns it.
    NoRealTimeClock,
    /// The real-time clock did not tick.
    RealTimeClockStuck,
    /// Seed material was asked of a workload whose samples hold no entropy ([`chaos_vocab::Workload::is_credited`]).
    NotCredited,
    /// A parameter out of its range. Nothing is clamped silently.
    BadParameter {
        /// The parameter's name, as the job grammar and the module spell it.
        name: &'static str,
        given: u64,
        /// What is allowed, as text.
        allowed: &'static str,
    },
}

/// The continuous health tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthTest {
    /// SP 800-90B §4.4.1.
    RepetitionCount,
    /// SP 800-90B §4.4.2.
    AdaptiveProportion,
    /// Predicts each sample by one that came up to 32 samples earlier.
    LagPredictor,
    /// Third derivative of the counter is zero.
    Stuck,
}

impl HealthTest {
    /// The test that an error is the failure of, if it is one.
    #[must_use]
    pub const fn of(error: Error) -> Option<Self> {
        match error {
            Error::RepetitionCount => Some(Self::RepetitionCount),
            Error::AdaptiveProportion => Some(Self::AdaptiveProportion),
            Error::LagPredictor => Some(Self::LagPredictor),
            Error::Stuck => Some(Self::Stuck),
            _ => None,
        }
    }

    /// The error that a failure of this test is.
    #[must_use]
    pub const fn error(self) -> Error {
        match self {
            Self::RepetitionCount => Error::RepetitionCount,
            Self::AdaptiveProportion => Error::AdaptiveProportion,
            Self::LagPredictor => Error::LagPredictor,
            Self::Stuck => Error::Stuck,
        }
    }

    /// The field's name for the test.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RepetitionCount => "repetition count",
            Self::AdaptiveProportion => "adaptive proportion",
            Self::LagPredictor => "lag predictor",
            Self::Stuck => "stuck",
        }
    }
}

impl Error {
    /// Its number in the C ABI.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::ClockStuck => ErrorCode::ClockStuck,
            Self::ClockCoarse => ErrorCode::ClockCoarse,
            Self::ClockBackwards => ErrorCode::ClockBackwards,
            Self::RepetitionCount => ErrorCode::RepetitionCount,
            Self::AdaptiveProportion => ErrorCode::AdaptiveProportion,
            Self::LagPredictor => ErrorCode::LagPredictor,
            Self::Stuck => ErrorCode::Stuck,
            Self::Startup { .. } => ErrorCode::Startup,
            Self::ClockIgnoresWork => ErrorCode::ClockIgnoresWork,
            Self::NoRealTimeClock => ErrorCode::NoRealTimeClock,
            Self::RealTimeClockStuck => ErrorCode::RealTimeClockStuck,
            Self::NotCredited => ErrorCode::NotCredited,
            Self::BadParameter { .. } => ErrorCode::BadParameter,
        }
    }
}

impl From<BadParameter> for Error {
    fn from(BadParameter { parameter, given }: BadParameter) -> Self {
        Self::BadParameter {
            name: parameter.key(),
            given: given.into(),
            allowed: parameter.allowed_text(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Startup { test } => write!(out, "{} ({})", self.code().text(), test.name()),
            Self::BadParameter { name, given, allowed } => {
                write!(
                    out,
                    "checking parameter {name}: {given} is not allowed; it must be {allowed}"
                )
            }
            _ => out.write_str(self.code().text()),
        }
    }
}

impl core::error::Error for Error {}
