// SPDX-License-Identifier: GPL-2.0-or-later
//! What the restart check says.

use super::{Sentence, WorstLine};
use crate::format::{bits, count};
use crate::status::Status;
use serde::{Deserialize, Serialize};

/// A target whose restart check failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailedRestarts {
    /// The target.
    pub target: String,
    /// Boots whose check failed.
    pub failed_boots: u32,
    /// Boots whose check was made.
    pub checked_boots: u32,
}

/// Restart checks of all ordinary targets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestartFinding {
    /// Targets whose check failed in a boot.
    pub failed: Vec<FailedRestarts>,
    /// Targets whose check held in every boot that has one.
    pub held: Vec<String>,
}

impl Sentence for RestartFinding {
    fn text(&self) -> String {
        let mut parts = Vec::new();
        if !self.failed.is_empty() {
            let each: Vec<String> = self
                .failed
                .iter()
                .map(|one| match (one.failed_boots, one.checked_boots) {
                    (1, 1) => one.target.clone(),
                    (failed, checked) => format!("{} ({failed} of {checked} boots)", one.target),
                })
                .collect();
            let them = if each.len() == 1 { "it" } else { "them" };
            parts.push(format!(
                "The restart check failed for {}: no min-entropy may be credited to {them}.",
                super::list(&each)
            ));
        }
        if !self.held.is_empty() {
            parts.push(format!("The restart check held for {}.", super::list(&self.held)));
        }
        parts.join(" ")
    }

    fn status(&self) -> Status {
        match (self.failed.is_empty(), self.held.is_empty()) {
            (false, _) => Status::Failed,
            (true, false) => Status::Passed,
            (true, true) => Status::Skipped,
        }
    }
}

/// The restart check of one boot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestartChecked {
    /// Restarts.
    pub rows: u64,
    /// Samples after each.
    pub columns: u64,
    /// What a restart was.
    pub method: String,
    /// Whether time was a count of instructions.
    pub isolated: bool,
    /// Whether no value is too frequent in any row or column.
    pub sanity_passed: bool,
    /// The most times that one value may occur in a row or column.
    pub cutoff: u64,
    /// The row with the most frequent value.
    pub worst_row: WorstLine,
    /// The column with the most frequent value.
    pub worst_column: WorstLine,
    /// Assessed min-entropy of the long run, in bits per sample.
    pub h_initial_bits_per_sample: f64,
    /// Assessed min-entropy of the row data set, in bits per sample.
    pub h_rows_bits_per_sample: Option<f64>,
    /// Assessed min-entropy of the column data set, in bits per sample.
    pub h_columns_bits_per_sample: Option<f64>,
    /// What is credited, in bits per sample; null where a check did not hold.
    pub credited_bits_per_sample: Option<f64>,
}

impl RestartChecked {
    fn lowest(&self) -> Option<f64> {
        [self.h_rows_bits_per_sample, self.h_columns_bits_per_sample]
            .into_iter()
            .flatten()
            .reduce(f64::min)
    }

    /// The rows or columns in which a value is too frequent.
    fn too_frequent(&self) -> String {
        let over = |what: &str, line: WorstLine, of: u64| {
            (line.count > self.cutoff).then(|| {
                format!(
                    "{} of the {} samples in {what} {} are equal",
                    count(line.count),
                    count(of),
                    line.index
                )
            })
        };
        let row = over("row", self.worst_row, self.columns);
        let column = over("column", self.worst_column, self.rows);
        row.into_iter().chain(column).collect::<Vec<_>>().join(", and ")
    }
}

impl Sentence for RestartChecked {
    fn text(&self) -> String {
        let h = bits(self.h_initial_bits_per_sample);
        if self.isolated {
            let outcome = if self.sanity_passed { "passes" } else { "fails" };
            return format!(
                "The sanity check {outcome} here, and nothing follows: this boot was isolated, and another one would give \
                 the same matrix."
            );
        }
        let first = if self.sanity_passed {
            format!(
                "No row or column repeats one value more often than the {} times that {h} bits per sample allow.",
                count(self.cutoff)
            )
        } else {
            format!(
                "{}; the {h} bits per sample of the long run allow {}.",
                self.too_frequent(),
                count(self.cutoff)
            )
        };
        let second = match (self.sanity_passed, self.credited_bits_per_sample, self.lowest()) {
            (true, Some(credited), Some(lowest)) => {
                let least = if lowest < self.h_initial_bits_per_sample {
                    "fewer than the long run's"
                } else {
                    "no fewer than the long run's"
                };
                format!(
                    " Rows and columns are assessed at {} bits per sample or more, {least} {h}; {} are credited, the lowest \
                     of them.",
                    bits(lowest),
                    bits(credited)
                )
            }
            (true, _, Some(lowest)) => format!(
                " But rows or columns are assessed at {} bits per sample, less than half of the long run's {h}: no \
                 min-entropy may be credited.",
                bits(lowest)
            ),
            (true, _, None) => " Rows and columns could not be assessed.".to_owned(),
            (false, ..) => " The samples at that place repeat too often after a restart: no min-entropy may be credited."
                .to_owned(),
        };
        format!("{first}{second} A restart was {}.", self.method)
    }

    fn status(&self) -> Status {
        match (self.isolated, self.sanity_passed, self.credited_bits_per_sample, self.lowest()) {
            (true, ..) => Status::Caution,
            (false, true, Some(_), _) => Status::Passed,
            (false, true, None, None) => Status::Invalid,
            _ => Status::Failed,
        }
    }
}

/// A restart check that was not made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestartUnchecked {
    /// Restarts.
    pub rows: u64,
    /// Samples after each.
    pub columns: u64,
    /// Restarts, and samples after each, that SP 800-90B §3.1.4.1 asks for.
    pub needed: u64,
    /// Assessed min-entropy of the long run, in bits per sample; null where it could not be assessed.
    pub h_initial_bits_per_sample: Option<f64>,
}

impl Sentence for RestartUnchecked {
    fn text(&self) -> String {
        if (self.rows, self.columns) != (self.needed, self.needed) {
            return format!(
                "{} restarts of {} samples are not the {needed} x {needed} that SP 800-90B §3.1.4.1 asks for; nothing \
                 follows.",
                count(self.rows),
                count(self.columns),
                needed = count(self.needed)
            );
        }
        match self.h_initial_bits_per_sample {
            Some(h) if h > 0.0 => format!(
                "The long run's {} bits per sample cannot be those of 8-bit symbols; nothing follows.",
                bits(h)
            ),
            _ => "Without an assessed min-entropy of the long run above 0 there is nothing to check against.".to_owned(),
        }
    }

    fn status(&self) -> Status {
        Status::Invalid
    }
}
