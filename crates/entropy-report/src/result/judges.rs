// SPDX-License-Identifier: GPL-2.0-or-later
//! What other programs say of the same data, beside what we say.

use crate::verdict::Verdict;
use serde::{Deserialize, Serialize};

/// Every judge that was asked, and those that are not on this machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judges {
    /// One entry per judge and set of data.
    pub opinions: Vec<Opinion>,
    /// Judges that are not installed.
    pub absent: Vec<Absent>,
}

/// One judge on one set of data.
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
    /// The judge's figure; null where it gave none.
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

/// A judge that is not on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absent {
    /// The program.
    pub judge: String,
    /// Where to get it.
    pub from: String,
}
