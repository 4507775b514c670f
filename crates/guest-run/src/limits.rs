// SPDX-License-Identifier: GPL-2.0-or-later
//! The limits of a run.

use std::path::PathBuf;
use std::time::Duration;

/// Both guests write their first line within 2 s on a quiet machine, also without KVM.
pub const FIRST_OUTPUT: Duration = Duration::from_secs(30);

/// A run's time limits, and its log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// The guest is killed after this time; `None` only for interactive use.
    pub deadline: Option<Duration>,
    /// The guest is killed if it has not written a byte this long after its start.
    pub first_output: Option<Duration>,
    /// The console's log, which is overwritten.
    pub console_log: Option<PathBuf>,
}
