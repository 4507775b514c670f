// SPDX-License-Identifier: GPL-2.0-or-later
//! The record of a finished cell: `cell.json`, next to its run.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use entropy_report::CompareResult;
use fs_err as fs;
use run_store::{CELL_FILE, CELL_SCHEMA};
use serde::{Deserialize, Serialize};

use crate::plan::Coordinates;

pub use run_store::CellState as State;

/// A finished cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellRecord {
    pub schema: u32,
    /// SHA-256 of the plan, see [`crate::Plan::sha256`].
    pub plan_sha256: String,
    pub cell: usize,
    pub coordinates: Coordinates,
    pub state: State,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub started_utc: String,
    pub ended_utc: String,
    /// Boot and assessment.
    pub seconds: f64,
    pub host: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figures: Option<Figures>,
}

/// The figures of a cell, from the result of its run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    pub target: String,
    /// The host's processor, as it names itself.
    #[serde(default)]
    pub cpu_brand: String,
    /// The accelerator that ran the guest.
    #[serde(default)]
    pub accelerator: String,
    pub samples: u64,
    /// SP 800-90B's min-entropy of this run, in bits per sample; null for fewer than 1,000,000 samples.
    pub h_assessed: Option<f64>,
    /// The informed min-entropy (for an attacker who knows the program), bits per sample; null if isolated or short.
    pub h_informed: Option<f64>,
    /// The smaller of both.
    pub h: Option<f64>,
    pub median_delta_ticks: Option<u64>,
    pub restarts: Restarts,
    pub samples_per_s: Option<f64>,
    /// `h` times `samples_per_s`; null for isolated boots, which have neither randomness nor a rate.
    pub bits_per_s: Option<f64>,
    pub stream_mb_per_s: Option<f64>,
    pub boot_us: Option<u64>,
    pub raw_sha256: Option<String>,
    pub stream_sha256: Option<String>,
    pub restarts_sha256: Option<String>,
}

/// The restart check of one boot (SP 800-90B §3.1.4).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Restarts {
    #[serde(rename = "failed")]
    Failed,
    /// No matrix of 1,000 x 1,000, or no min-entropy to check against.
    #[default]
    #[serde(rename = "not checked")]
    NotChecked,
    #[serde(rename = "held")]
    Held,
}

impl Restarts {
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::NotChecked => "not checked",
            Self::Held => "held",
        }
    }
}

impl Figures {
    /// The figures of a result with one boot of one target.
    pub(crate) fn of(result: &CompareResult) -> Result<Self> {
        let [target] = result.targets.as_slice() else {
            anyhow::bail!("a cell must have one target, but has {}", result.targets.len());
        };
        let at = |what: &str| target.timeline.iter().find(|moment| moment.what == what);
        let raw_us = at("begin raw")
            .zip(at("end raw"))
            .map(|(begin, end)| end.at_us.saturating_sub(begin.at_us));
        let raw = target.raw.as_ref();
        let samples = raw.map_or(0, |raw| raw.samples);
        let samples_per_s = raw_us.filter(|us| *us > 0).map(|us| samples as f64 * 1e6 / us as f64);
        let h = target.headline_bits_per_sample();
        let held = target.boots.first().and_then(|boot| boot.restarts_held);
        Ok(Self {
            target: target.name.clone(),
            cpu_brand: result.provenance.cpu_model.clone(),
            accelerator: target.accel.clone(),
            samples,
            h_assessed: raw.and_then(|raw| raw.min_entropy_bits_per_sample),
            h_informed: target.informed.as_ref().map(|found| found.min_entropy_bits_per_sample),
            h,
            median_delta_ticks: raw.map(|raw| raw.median_delta_ticks),
            restarts: match held {
                Some(true) => Restarts::Held,
                Some(false) => Restarts::Failed,
                None => Restarts::NotChecked,
            },
            samples_per_s,
            bits_per_s: h.zip(samples_per_s).filter(|_| !target.isolated).map(|(h, rate)| h * rate),
            stream_mb_per_s: target.stream.as_ref().and_then(|stream| stream.mb_per_s),
            boot_us: target.boot_us,
            raw_sha256: raw.map(|raw| raw.sha256.clone()),
            stream_sha256: target.stream.as_ref().map(|stream| stream.sha256.clone()),
            restarts_sha256: target.restarts.as_ref().map(|restarts| restarts.sha256.clone()),
        })
    }
}

impl CellRecord {
    /// Reads the record of a finished cell.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(CELL_FILE);
        let text = fs::read(&path)?;
        let record: Self =
            serde_json::from_slice(&text).with_context(|| format!("parsing {}", path.display()))?;
        ensure!(
            record.schema == CELL_SCHEMA,
            "{} has shape {}, and this version reads {CELL_SCHEMA}",
            path.display(),
            record.schema
        );
        Ok(record)
    }

    /// The first line of the reason for which it failed.
    #[must_use]
    pub fn short_reason(&self) -> &str {
        self.reason.as_deref().and_then(|reason| reason.lines().next()).unwrap_or_default()
    }
}
