// SPDX-License-Identifier: GPL-2.0-or-later
//! What a run may take.

use std::path::PathBuf;
use std::time::Duration;

/// Both guests write their first line within 2 s on a quiet machine, also without KVM.
pub const FIRST_OUTPUT: Duration = Duration::from_secs(30);

/// What a run may take, and where it is logged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// The guest is killed when it has run for so long; `None` is for people only.
    pub deadline: Option<Duration>,
    /// The guest is killed when it has not written a byte for so long after its start.
    pub first_output: Option<Duration>,
    /// The console's log, which is overwritten.
    pub console_log: Option<PathBuf>,
}
