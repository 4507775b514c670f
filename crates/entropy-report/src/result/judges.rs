// SPDX-License-Identifier: GPL-2.0-or-later
//! What external programs find in the same data, next to what we find.

use crate::verdict::Verdict;
use serde::{Deserialize, Serialize};

/// Every external test that was run, and those that are not installed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judges {
    /// One entry per test and set of data.
    pub opinions: Vec<Opinion>,
    /// Programs that are not installed.
    pub absent: Vec<Absent>,
}

/// One external test on one set of data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opinion {
    /// The program: `ea_non_iid`, `sp800-90b`, `RNG_test`, `dieharder`, `ent`, `rngtest`.
    pub judge: String,
    /// What the program says of its version; empty where it says nothing.
    pub version: String,
    /// Whose data: the target with its condition, such as `baremetal (tcg)`.
    pub target: String,
    /// Which data: `raw` or `stream`.
    pub data: String,
    /// Bytes that it was given.
    pub bytes: u64,
    /// The figure that both give.
    pub figure: String,
    /// Its unit.
    pub unit: String,
    /// Its figure; null where it gave none.
    pub theirs: Option<f64>,
    /// Our figure for the same data; null where we have none of the kind.
    pub ours: Option<f64>,
    /// `theirs − ours`; null where one of them is.
    pub difference: Option<f64>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The command, to be repeated.
    pub command: String,
    /// What this means.
    pub verdict: Verdict,
}

/// A program that is not installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absent {
    /// The program.
    pub judge: String,
    /// Where to get it.
    pub from: String,
}
