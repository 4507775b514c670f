// SPDX-License-Identifier: GPL-2.0-or-later
//! The result of a comparison: what `result.json` holds, and what every table and page is made from.

mod comparison;
mod judges;
mod plots;
mod target;

pub use comparison::Comparison;
pub use judges::{Absent, Judges, Opinion};
pub use plots::{Cells, Envelope, Histogram, Line, Plots};
pub use target::{
    OutputTest, RawResult, RestartResult, Sanity, StreamResult, TargetResult, WorstLine,
};

use crate::provenance::Provenance;
use serde::{Deserialize, Serialize};

/// Version of the shape of `result.json`; it grows by one when a field changes its meaning or goes.
pub const SCHEMA_VERSION: u32 = 1;

/// What several runs side by side are called.
pub(crate) const LETTERS: std::ops::RangeInclusive<char> = 'A'..='Z';

/// Everything that one comparison found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompareResult {
    /// [`SCHEMA_VERSION`] of the writer.
    pub schema_version: u32,
    /// The findings in one paragraph, for a reader who reads nothing else.
    pub summary: String,
    /// SHA-256 of the engine's object code that every guest linked.
    pub engine_object_sha256: Option<String>,
    /// One entry per target and condition, from the first boot.
    pub targets: Vec<TargetResult>,
    /// Isolated boots of one target against each other: they are expected to be equal.
    pub isolation: Vec<Comparison>,
    /// Ordinary boots of one target against each other: they are expected to differ.
    pub ordinary: Vec<Comparison>,
    /// First isolated boots of one target from different runs against each other, where they were asked for the same.
    /// Absent where there is one run only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub across: Vec<Comparison>,
    /// What other programs say of the same data; absent where none were asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judges: Option<Judges>,
    /// Where all this comes from.
    pub provenance: Provenance,
    /// Where each of several runs comes from, `A` first. Absent where there is one run only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Provenance>,
}
