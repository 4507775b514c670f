// SPDX-License-Identifier: GPL-2.0-or-later
//! Outcomes of checks and figures.

use serde::{Deserialize, Serialize};

/// The outcome of a check or a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// A check was made and it held.
    Passed,
    /// A figure that no check bears on.
    Stated,
    /// A figure that is easily overread.
    Caution,
    /// A check was made, with enough data, and it did not hold.
    Failed,
    /// The data is too little or unfit; nothing follows from it.
    Invalid,
    /// Not requested, or not applicable to this target.
    Skipped,
}

impl Status {
    /// The word that tables and the report show.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Stated => "STATED",
            Self::Caution => "CAUTION",
            Self::Failed => "FAILED",
            Self::Invalid => "INVALID",
            Self::Skipped => "SKIPPED",
        }
    }
}
