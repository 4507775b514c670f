// SPDX-License-Identifier: MIT OR Apache-2.0
//! How an assessment is watched, stopped and extended.

use std::sync::atomic::{AtomicBool, Ordering};

/// How far an assessment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Steps done so far.
    pub done: usize,
    /// Steps in all.
    pub total: usize,
    /// The step that was done last.
    pub step: &'static str,
}

/// How an assessment is watched, stopped and extended.
#[derive(Clone, Copy, Default)]
pub struct Control<'a> {
    progress: Option<&'a (dyn Fn(Progress) + Sync)>,
    cancel: Option<&'a AtomicBool>,
    full_ranks: bool,
}

impl<'a> Control<'a> {
    /// Calls `progress` after each step, from the thread that did it.
    #[must_use]
    pub fn on_progress(mut self, progress: &'a (dyn Fn(Progress) + Sync)) -> Self {
        self.progress = Some(progress);
        self
    }

    /// Ends with [`AssessError::Cancelled`](crate::AssessError::Cancelled) soon after `cancel` is set: no further estimator is started, and no further
    /// shuffle.
    #[must_use]
    pub fn cancelled_by(mut self, cancel: &'a AtomicBool) -> Self {
        self.cancel = Some(cancel);
        self
    }

    /// Counts every statistic of the permutation tests in all 10,000 shuffles, and not only until it has passed. The
    /// ranks are then exact; the outcome is the same.
    #[must_use]
    pub fn full_ranks(mut self, full_ranks: bool) -> Self {
        self.full_ranks = full_ranks;
        self
    }

    pub(crate) fn without_progress(self) -> Self {
        Self { progress: None, ..self }
    }

    pub(crate) fn wants_full_ranks(&self) -> bool {
        self.full_ranks
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed))
    }

    pub(crate) fn report(&self, progress: Progress) {
        if let Some(report) = self.progress {
            report(progress);
        }
    }
}
