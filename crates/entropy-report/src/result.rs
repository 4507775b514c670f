// SPDX-License-Identifier: GPL-2.0-or-later
//! The result of a comparison: what `result.json` holds, and what every table and page is made from.

mod clones;
mod comparison;
mod judges;
mod server_keys;
mod target;

pub use crate::claim::WorstLine;
pub use crate::spread::Spread;
pub use clones::{ClonePair, ClonedOutput, Clones, NotMeasured};
pub use comparison::Comparison;
pub use judges::{Absent, Judges, Opinion};
pub use sample_stats::plots::{Cells, Envelope, Histogram, Line, Plots};
pub use server_keys::{ServerKeys, ServerPair, ServerStart};
pub use target::{
    BootFigures, OutputTest, RawResult, RestartResult, Sanity, StreamResult, TargetResult,
};

use crate::claim::Claim;
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
    /// The findings in one paragraph: the sentences of `claims`.
    pub summary: String,
    /// The findings, each with the figures that it follows from; the most important first. Sentences on one figure are
    /// with that figure's verdict. Absent in results of older versions, and made from their figures when they are read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
    /// SHA-256 of the engine's object code that every guest linked.
    pub engine_object_sha256: Option<String>,
    /// One entry per target and condition, from the first boot.
    pub targets: Vec<TargetResult>,
    /// Isolated boots of one target against each other: they are expected to be equal.
    pub isolation: Vec<Comparison>,
    /// Ordinary boots of one target against each other: they are expected to differ.
    pub ordinary: Vec<Comparison>,
    /// First isolated boots of one target from different runs against each other, if they were given the same request.
    /// Absent where there is one run only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub across: Vec<Comparison>,
    /// How far the deltas of two targets lie apart; absent in results of older versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distances: Vec<Distance>,
    /// What other programs say of the same data; absent where none were asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judges: Option<Judges>,
    /// What clones of one saved machine gave; absent where none were made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clones: Option<Clones>,
    /// What servers made at their first starts; absent where none were started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_keys: Option<ServerKeys>,
    /// Where all this comes from.
    pub provenance: Provenance,
    /// Where each of several runs comes from, `A` first. Absent where there is one run only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Provenance>,
}

/// How far the distributions of deltas of two targets lie apart: Kolmogorov-Smirnov distances between boots, 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distance {
    /// Both targets.
    pub targets: [String; 2],
    /// Boots of each.
    pub boots: [u32; 2],
    /// Smallest distance between a boot of one and a boot of the other.
    pub between_low: f64,
    /// Largest of these.
    pub between_high: f64,
    /// Largest distance between two boots of one of them; 0 where each was booted once.
    pub within_high: f64,
}
