// SPDX-License-Identifier: GPL-2.0-or-later
//! A judgement in plain words, with the formula behind it and how often it is wrong.

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

/// A judgement that stands next to a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// How it came out.
    pub status: Status,
    /// What that means, for someone who has not read the standard.
    pub text: String,
    /// The formula, with its source.
    pub formula: String,
    /// How often a good source is called bad by this check; none where nothing is checked.
    pub false_alarm: Option<String>,
}

impl Verdict {
    /// A judgement on something that is checked without false alarms, or is not checked at all.
    pub fn new(status: Status, text: impl Into<String>, formula: impl Into<String>) -> Self {
        Self { status, text: text.into(), formula: formula.into(), false_alarm: None }
    }

    /// With how often a good source is called bad.
    #[must_use]
    pub fn false_alarm(mut self, rate: impl Into<String>) -> Self {
        self.false_alarm = Some(rate.into());
        self
    }
}
