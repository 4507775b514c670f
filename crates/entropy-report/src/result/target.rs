// SPDX-License-Identifier: GPL-2.0-or-later
//! What one boot of one target gave, assessed.

use super::Plots;
use crate::claim::{Claim, Fact, WorstLine};
use crate::spread::Spread;
use crate::status::Status;
use crate::taken::Moment;
use crate::verdict::Verdict;
use serde::{Deserialize, Serialize};
use sp800_90b::informed::InformedAssessment;
use sp800_90b::symbols::CounterStep;
use std::collections::BTreeMap;

/// One target under one condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetResult {
    /// `baremetal`, `linux-module`, `linux-user`, `linux-crng`, `linux-hwrng`, `host-user`, `synthetic-…`.
    pub name: String,
    /// Which of several runs it is from: `A`, `B`, ... Absent where all boots are of one run.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub run: String,
    /// `kvm`, `tcg`, `host` or `synthetic`.
    pub accel: String,
    /// Whether the guest's time was a count of instructions.
    pub isolated: bool,
    /// Which boot this is.
    pub boot: u32,
    /// How the kernel names itself.
    pub kernel: String,
    /// Microseconds from the start of QEMU to the line `ready`.
    pub boot_us: Option<u64>,
    /// What timing means under this accelerator; belongs next to each figure.
    pub stamp: String,
    /// Raw noise; null where the target has none.
    pub raw: Option<RawResult>,
    /// Output stream; null where none was recorded.
    pub stream: Option<StreamResult>,
    /// Restart check; null where no matrix was recorded.
    pub restarts: Option<RestartResult>,
    /// Check of true starts; absent where none were collected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<RestartResult>,
    /// The engine's health counters as the guest reported them; whole numbers are numbers.
    pub health: BTreeMap<String, serde_json::Value>,
    /// What the guest reported about itself.
    pub meta: BTreeMap<String, String>,
    /// Moments of the boot.
    pub timeline: Vec<Moment>,
    /// Where the samples are, relative to the run's folder.
    pub paths: BTreeMap<String, String>,
    /// The command that started this boot.
    pub command: String,
    /// Reduced data for the plots.
    pub plots: Plots,
    /// The raw noise that an attacker who knows the program cannot predict; absent for isolated boots, for fewer than 1,000,000
    /// samples and in results of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub informed: Option<InformedAssessment>,
    /// Figures of every boot, this one included. Absent in results of older versions, which are of one boot.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boots: Vec<BootFigures>,
    /// What the pictures, counters and moments of this boot say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
}

impl TargetResult {
    /// `baremetal`, or `baremetal of A` where there are several runs.
    pub(crate) fn short_title(&self) -> String {
        if self.run.is_empty() {
            self.name.clone()
        } else {
            format!("{} of {}", self.name, self.run)
        }
    }

    /// The decisive figure, in bits per sample: the smaller of SP 800-90B's and the informed one.
    #[must_use]
    pub fn headline_bits_per_sample(&self) -> Option<f64> {
        let assessed = self.raw.as_ref()?.min_entropy_bits_per_sample?;
        let informed = self.informed.as_ref().map(|found| found.min_entropy_bits_per_sample);
        Some(informed.map_or(assessed, |informed| informed.min(assessed)))
    }

    /// Figures of every boot; of this one alone in a result of an older version.
    pub(crate) fn boot_figures(&self) -> Vec<BootFigures> {
        if self.boots.is_empty() { vec![self.figures()] } else { self.boots.clone() }
    }

    /// Figures of this boot.
    pub(crate) fn figures(&self) -> BootFigures {
        let restarts = self.restarts.as_ref();
        BootFigures {
            boot: self.boot,
            boot_us: self.boot_us,
            samples: self.raw.as_ref().map_or(0, |raw| raw.samples),
            median_delta_ticks: self.raw.as_ref().map(|raw| raw.median_delta_ticks),
            min_entropy_bits_per_sample: self
                .raw
                .as_ref()
                .and_then(|r| r.min_entropy_bits_per_sample),
            sanity: restarts.map(|restarts| restarts.sanity),
            restarts_held: [restarts, self.starts.as_ref()]
                .into_iter()
                .flatten()
                .filter_map(RestartResult::held)
                .reduce(|one, other| one && other),
            mb_per_s: self.stream.as_ref().and_then(|stream| stream.mb_per_s),
        }
    }

    /// Median and range of a figure over boots.
    pub(crate) fn spread(&self, figure: impl Fn(&BootFigures) -> Option<f64>) -> Option<Spread> {
        Spread::of(self.boot_figures().iter().map(figure))
    }

    /// The sentence of one kind about this boot; empty where there is none.
    pub(crate) fn says(&self, kind: impl Fn(&Fact) -> bool) -> &str {
        self.claims.iter().find(|claim| kind(&claim.fact)).map_or("", |claim| &claim.text)
    }

    /// `baremetal (tcg)`, `baremetal (tcg, isolated)`, `baremetal of A (tcg)`.
    #[must_use]
    pub fn title(&self) -> String {
        let isolated = if self.isolated { ", isolated" } else { "" };
        format!("{} ({}{isolated})", self.short_title(), self.accel)
    }
}

/// The figures of one boot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootFigures {
    /// Which boot.
    pub boot: u32,
    /// Microseconds from the start of QEMU to the line `ready`.
    pub boot_us: Option<u64>,
    /// Raw samples.
    pub samples: u64,
    /// Median delta, in ticks; null without raw noise.
    pub median_delta_ticks: Option<u64>,
    /// Assessed min-entropy, in bits per sample; null where a precondition failed.
    pub min_entropy_bits_per_sample: Option<f64>,
    /// Outcome of the restart sanity check; null where no matrix was recorded.
    pub sanity: Option<Sanity>,
    /// Whether the restart check held as a whole; null where it was not made.
    pub restarts_held: Option<bool>,
    /// Megabytes (10^6 bytes) of stream per second; null where it was not timed.
    pub mb_per_s: Option<f64>,
}

/// Raw noise before any mixing, assessed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawResult {
    /// Samples.
    pub samples: u64,
    /// SHA-256 of the samples as 64-bit little-endian words.
    pub sha256: String,
    /// Greatest common divisor of all deltas, in ticks; 0 where every delta is 0. One odd delta lowers it.
    pub gcd_ticks: u64,
    /// The counter's step: what at least 99.9 % of the deltas are multiples of; it is divided out for the symbols.
    #[serde(default)]
    pub step: CounterStep,
    /// Smallest delta, in ticks.
    pub min_delta_ticks: u64,
    /// Middle delta, in ticks.
    pub median_delta_ticks: u64,
    /// Largest delta, in ticks.
    pub max_delta_ticks: u64,
    /// Different values among the deltas.
    pub distinct: u64,
    /// Assessed min-entropy of this single run, in bits per sample; null where a precondition failed.
    pub min_entropy_bits_per_sample: Option<f64>,
    /// Each estimator's min-entropy, in bits per sample.
    pub estimators: BTreeMap<String, f64>,
    /// The estimator with the lowest figure.
    pub binding: Option<String>,
    /// What this means.
    pub verdict: Verdict,
}

/// Output of the mixer: fast, and not entropy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamResult {
    /// Bytes.
    pub bytes: u64,
    /// SHA-256 of the stream.
    pub sha256: String,
    /// Megabytes (10^6 bytes) per second, the drain into the port included; null where it was not timed.
    pub mb_per_s: Option<f64>,
    /// Fresh min-entropy per bit of output, at most; null where it cannot be known.
    pub fresh_bits_per_output_bit: Option<f64>,
    /// Tests of the output. They see patterns, not unpredictability.
    pub output_tests: Vec<OutputTest>,
    /// What this means.
    pub verdict: Verdict,
}

/// One statistical test of the output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputTest {
    /// What is tested.
    pub name: String,
    /// The test statistic; null where it was not computed.
    pub statistic: Option<f64>,
    /// How often an ideal source gives a statistic at least as extreme; null where not computed.
    pub p_value: Option<f64>,
    /// Passed, failed, or invalid for lack of data.
    pub status: Status,
}

/// The restart check of SP 800-90B §3.1.4.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestartResult {
    /// Restarts.
    pub rows: u64,
    /// Samples after each restart.
    pub columns: u64,
    /// SHA-256 of the matrix as 64-bit little-endian words, row by row.
    pub sha256: String,
    /// What a restart was.
    pub method: String,
    /// Outcome of the sanity check, §3.1.4.3.
    pub sanity: Sanity,
    /// `H_I` that the check ran against: the run's assessed min-entropy, in bits per sample.
    pub h_initial: Option<f64>,
    /// The most times that one value may occur in a row or column, §3.1.4.3.
    pub cutoff: Option<u64>,
    /// The row with the most frequent value.
    pub worst_row: Option<WorstLine>,
    /// The column with the most frequent value.
    pub worst_column: Option<WorstLine>,
    /// Assessed min-entropy of the row data set, in bits per sample.
    pub h_rows: Option<f64>,
    /// Assessed min-entropy of the column data set, in bits per sample.
    pub h_columns: Option<f64>,
    /// `min(H_I, H_r, H_c)` where every check held, in bits per sample; null otherwise.
    pub min_entropy_bits_per_sample: Option<f64>,
    /// What this means.
    pub verdict: Verdict,
}

impl RawResult {
    /// The counter's step; results of older versions have the divisor of all deltas alone.
    pub(crate) fn step_ticks(&self) -> f64 {
        if self.step.ticks == 0 { self.gcd_ticks as f64 } else { self.step.step_ticks() }
    }
}

impl RestartResult {
    /// Whether the check held as a whole; none where it was not made.
    #[must_use]
    pub fn held(&self) -> Option<bool> {
        match self.sanity {
            Sanity::Failed => Some(false),
            Sanity::Passed if self.h_rows.or(self.h_columns).is_some() => {
                Some(self.min_entropy_bits_per_sample.is_some())
            }
            _ => None,
        }
    }
}

/// Outcome of the restart sanity check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sanity {
    /// No value is too frequent in any row or column.
    Passed,
    /// A value is too frequent in some row or column.
    Failed,
    /// The matrix is too small, or there is no `H_I` to check against.
    Invalid,
    /// Not made.
    Skipped,
}
