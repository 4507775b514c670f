// SPDX-License-Identifier: GPL-2.0-or-later
//! The outcome of a check or a figure: its sentences, the formula behind them, and the check's false-alarm rate.

use crate::claim::{Claim, joined};
use crate::status::Status;
use serde::{Deserialize, Serialize};

/// The statement next to a figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// How it came out.
    pub status: Status,
    /// What that means, for someone who has not read the standard.
    pub text: String,
    /// The formula, with its source.
    pub formula: String,
    /// How often this check rejects a good source; `None` if nothing is checked.
    pub false_alarm: Option<String>,
    /// The sentences of `text`, each with the figures that it follows from. Absent where another program was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
}

impl Verdict {
    /// A verdict without claims, for the result of an external program.
    pub fn new(status: Status, text: impl Into<String>, formula: impl Into<String>) -> Self {
        Self {
            status,
            text: text.into(),
            formula: formula.into(),
            false_alarm: None,
            claims: Vec::new(),
        }
    }

    /// A formula whose sentences follow when the whole result is put into sentences.
    pub(crate) fn unstated(formula: &str) -> Self {
        Self::new(Status::Skipped, "", formula)
    }

    /// Takes the text of `claims` and the gravest status among them.
    pub(crate) fn state(&mut self, claims: Vec<Claim>) {
        const GRAVEST_FIRST: [Status; 6] = [
            Status::Failed,
            Status::Invalid,
            Status::Caution,
            Status::Passed,
            Status::Stated,
            Status::Skipped,
        ];
        let found = |status: &Status| claims.iter().any(|claim| claim.status == *status);
        self.status = GRAVEST_FIRST.into_iter().find(found).unwrap_or(Status::Skipped);
        self.text = joined(&claims);
        self.claims = claims;
    }

    /// Adds the false-alarm rate.
    #[must_use]
    pub fn false_alarm(mut self, rate: impl Into<String>) -> Self {
        self.false_alarm = Some(rate.into());
        self
    }
}
