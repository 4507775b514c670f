// SPDX-License-Identifier: MIT OR Apache-2.0
//! Evidence for an entropy source validation (ESV): what has to be there, what the server will compute, and the
//! registration and run files that its client sends.
//!
//! A [`Project`] states the claim. With the [`EnvironmentData`] of each operating environment, [`Evidence::new`] checks
//! and predicts, and [`registration`] and [`run_file`] give the JSON in the shape that the server's client reads (field
//! names as in `entropy-source-metadata.json` and `run.json` of NIST's ESV-Server, September 2025). What the server asks of
//! a registration follows its published protocol and rules; the server itself was not asked.

mod check;
mod predict;
mod rules;
mod server;

pub use predict::{EnvironmentPrediction, Prediction};
pub use server::{DataFile, Registration, RunFile, SupportingDocument, registration, run_file};

use crate::{AssessError, Symbols};
use serde::{Deserialize, Serialize};

/// What a submitter states about an entropy source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// The noise source.
    pub source: Source,
    /// The conditioning components, in their order.
    #[serde(default)]
    pub conditioning: Vec<ConditioningComponent>,
}

/// The noise source and its claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Brief description, 64 characters at most.
    pub name: String,
    /// Whether the source is claimed to be IID.
    pub iid: bool,
    /// Bits per sample, 1 to 8.
    pub bits_per_sample: u8,
    /// The submitter's estimate in bits per sample (`H_submitter`).
    pub h_submitter: f64,
    /// Whether the source is physical.
    pub physical: bool,
    /// Whether there are additional noise sources (§3.1.6).
    #[serde(default)]
    pub additional_noise_sources: bool,
    /// Whether ITAR restrictions apply, which the request for a certificate states.
    #[serde(default)]
    pub itar: bool,
    /// Restarts of the restart data set.
    #[serde(default = "thousand")]
    pub restarts: usize,
    /// Samples from each.
    #[serde(default = "thousand")]
    pub samples_per_restart: usize,
}

fn thousand() -> usize {
    1000
}

/// One conditioning component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditioningComponent {
    /// Brief description; of a vetted component the ACVP algorithm name.
    pub description: String,
    /// Whether it is vetted (§3.1.5.1.1).
    pub vetted: bool,
    /// Of a vetted component, the certificate of its ACVP validation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_number: Option<String>,
    /// Of a component that is not vetted, whether it is claimed to be a bijection.
    #[serde(default)]
    pub bijective: bool,
    /// The fewest input bits per output.
    pub n_in: u32,
    /// The least min-entropy in them, bits.
    pub h_in: f64,
    /// The narrowest internal width, bits.
    pub nw: u32,
    /// Output bits.
    pub n_out: u32,
}

/// What was recorded in one operating environment.
#[derive(Clone, Debug)]
pub struct EnvironmentData {
    /// Its number, from 1.
    pub id: u32,
    /// Raw noise.
    pub raw: Option<Symbols>,
    /// The restart matrix, row by row.
    pub restart: Option<Symbols>,
    /// The output of each component that is not vetted, in their order, in samples as wide as the raw noise.
    pub conditioned: Vec<Symbols>,
}

/// What has to be done before a submission, or should be known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What it is and what to do.
    pub text: String,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something is not there.
    Missing,
    /// Something contradicts the claim or the standard.
    Wrong,
    /// Something to know.
    Note,
}

/// A checked project.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Evidence {
    /// Whether nothing is missing and nothing is wrong.
    pub complete: bool,
    /// What was found.
    pub findings: Vec<Finding>,
    /// What the server will compute.
    pub prediction: Prediction,
}

impl Evidence {
    /// Checks a project and predicts the server's figures.
    ///
    /// # Errors
    /// Returns an error if memory is short for an assessment.
    pub fn new(project: &Project, environments: &[EnvironmentData]) -> Result<Self, AssessError> {
        let mut findings = Vec::new();
        check::project(project, environments, &mut findings);
        let prediction = predict::predict(project, environments, &mut findings)?;
        rules::components(project, &prediction.h_out, &mut findings);
        findings.sort_by_key(|finding| finding.severity);
        let complete = findings.iter().all(|finding| finding.severity == Severity::Note);
        Ok(Self { complete, findings, prediction })
    }
}

impl Finding {
    fn missing(text: impl Into<String>) -> Self {
        Self { severity: Severity::Missing, text: text.into() }
    }

    fn wrong(text: impl Into<String>) -> Self {
        Self { severity: Severity::Wrong, text: text.into() }
    }

    fn note(text: impl Into<String>) -> Self {
        Self { severity: Severity::Note, text: text.into() }
    }
}
