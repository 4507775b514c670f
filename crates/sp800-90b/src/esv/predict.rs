// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the server will compute: NIST's own tools run on the submitted files.

use super::{EnvironmentData, Finding, Project};
use crate::conditioning::{Component, Vetting, output_entropy};
use crate::restart::{self, RestartAssessment, RestartStatus};
use crate::{AssessError, Assessment, Status, Track, assess};
use serde::Serialize;

/// Names the shuffles of the IID tests; the server's are random.
const SEED: u64 = 1;

/// The figures of all environments, and of the chain of conditioning components.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Prediction {
    /// One for each operating environment.
    pub environments: Vec<EnvironmentPrediction>,
    /// The least `H` of all environments, bits per sample; absent where one has none.
    pub h_assessed: Option<f64>,
    /// Output entropy of each component, bits; absent where it cannot be computed.
    pub h_out: Vec<Option<f64>>,
}

/// The figures of one environment.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct EnvironmentPrediction {
    /// Its number.
    pub id: u32,
    /// The assessment of the raw noise.
    pub raw: Option<Assessment>,
    /// `min(H_submitter, H_original, bits · H_bitstring)` (§3.1.3), bits per sample.
    pub h_i: Option<f64>,
    /// The restart tests against `h_i`.
    pub restart: Option<RestartAssessment>,
    /// `h'` of each component that is not vetted, bits per bit.
    pub h_prime: Vec<Option<f64>>,
    /// `min(H_r, H_c, H_I)`, bits per sample; absent where a test fails.
    pub h_assessed: Option<f64>,
}

pub(super) fn predict(
    project: &Project,
    environments: &[EnvironmentData],
    findings: &mut Vec<Finding>,
) -> Result<Prediction, AssessError> {
    let environments: Vec<EnvironmentPrediction> = environments
        .iter()
        .map(|data| environment(project, data, findings))
        .collect::<Result<_, _>>()?;
    let h_assessed = environments
        .iter()
        .map(|environment| environment.h_assessed)
        .reduce(|a, b| Some(a?.min(b?)))
        .flatten();
    let h_out = chain(project, &environments, h_assessed, findings);
    Ok(Prediction { environments, h_assessed, h_out })
}

fn environment(
    project: &Project,
    data: &EnvironmentData,
    findings: &mut Vec<Finding>,
) -> Result<EnvironmentPrediction, AssessError> {
    let (id, source) = (data.id, &project.source);
    let track = if source.iid { Track::Iid { seed: SEED } } else { Track::NonIid };
    let raw = data.raw.as_ref().map(|raw| assess(raw, track)).transpose()?;
    let assessed = raw
        .as_ref()
        .filter(|raw| raw.status == Status::Assessed)
        .and_then(|raw| raw.min_entropy_bits_per_sample);
    if let (Some(raw), None) = (&raw, assessed) {
        findings.push(Finding::wrong(format!("environment {id}, raw noise: {}", raw.verdict)));
    }
    if let Some(h) = assessed.filter(|&h| h < source.h_submitter) {
        findings.push(Finding::note(format!(
            "environment {id}: the raw noise is assessed at {h:.6} bits/sample, below h_submitter = {}",
            source.h_submitter
        )));
    }
    let h_i = assessed.map(|h| h.min(source.h_submitter));
    let restart = match (&data.restart, h_i) {
        (Some(matrix), Some(h_i)) => {
            let (rows, columns) = (source.restarts, source.samples_per_restart);
            let made = if source.iid {
                restart::assess_iid(matrix, rows, columns, h_i, SEED)
            } else {
                restart::assess(matrix, rows, columns, h_i)
            };
            match made {
                Ok(made) => Some(made),
                Err(error) => {
                    findings
                        .push(Finding::wrong(format!("environment {id}, restart data: {error}")));
                    None
                }
            }
        }
        _ => None,
    };
    if let Some(made) = restart.as_ref().filter(|made| made.status != RestartStatus::Passed) {
        findings.push(Finding::wrong(format!("environment {id}, restart data: {}", made.verdict)));
    }
    let h_prime = data
        .conditioned
        .iter()
        .map(|bits| Ok(assess(bits, Track::Conditioned)?.h_bitstring))
        .collect::<Result<Vec<_>, AssessError>>()?;
    let h_assessed = restart.as_ref().and_then(|made| made.min_entropy_bits_per_sample);
    Ok(EnvironmentPrediction { id, raw, h_i, restart, h_prime, h_assessed })
}

/// Output entropy along the components; the claimed input of each is compared with what is there.
fn chain(
    project: &Project,
    environments: &[EnvironmentPrediction],
    h_assessed: Option<f64>,
    findings: &mut Vec<Finding>,
) -> Vec<Option<f64>> {
    // Min-entropy per bit of what flows into the next component.
    let mut per_bit = h_assessed.map(|h| h / f64::from(project.source.bits_per_sample));
    let mut unvetted = 0;
    let mut outputs = Vec::new();
    for (at, component) in project.conditioning.iter().enumerate() {
        let position = at + 1;
        if let Some(per_bit) = per_bit {
            let there = per_bit * f64::from(component.n_in);
            // Claims are written with few digits.
            if component.h_in > there * (1.0 + 1e-9) {
                findings.push(Finding::wrong(format!(
                    "conditioning component {position}: h_in = {} bits are claimed, and {} input bits carry {there:.3}",
                    component.h_in, component.n_in
                )));
            }
        }
        let vetting = if component.vetted {
            Some(Vetting::Vetted)
        } else {
            let least = environments
                .iter()
                .map(|environment| environment.h_prime.get(unvetted).copied().flatten())
                .reduce(|a, b| Some(a?.min(b?)))
                .flatten();
            unvetted += 1;
            least.map(|h_prime| Vetting::NonVetted { h_prime })
        };
        let sizes = Component {
            input_bits: component.n_in,
            output_bits: component.n_out,
            narrowest_bits: component.nw,
        };
        let h_out = if component.bijective && !component.vetted {
            // Nothing is lost, and nothing is gained.
            Some(component.h_in)
        } else {
            vetting.and_then(|vetting| match output_entropy(sizes, vetting, component.h_in) {
                Ok(conditioned) => Some(conditioned.h_out),
                Err(error) => {
                    findings.push(Finding::wrong(format!(
                        "conditioning component {position}: {error}"
                    )));
                    None
                }
            })
        };
        per_bit = h_out.map(|h_out| h_out / f64::from(component.n_out));
        outputs.push(h_out);
    }
    outputs
}
