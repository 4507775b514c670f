// SPDX-License-Identifier: GPL-2.0-or-later
//! How checks and figures come out.

use serde::{Deserialize, Serialize};

/// How a check or a figure came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// A check was made and it held.
    Passed,
    /// A figure that no check bears on.
    Stated,
    /// A figure that is easily read for more than it is.
    Caution,
    /// A check was made, with enough data, and it did not hold.
    Failed,
    /// There was data, but too little or unfit; nothing follows from it.
    Invalid,
    /// Nothing was asked for, or this target has nothing of the kind.
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
