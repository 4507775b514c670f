// SPDX-License-Identifier: MIT OR Apache-2.0
//! The files that the server's client reads, by its own field names.

use super::{Evidence, Project};
use serde::Serialize;

/// The entropy source's registration: a version and the source, side by side in one list.
#[derive(Clone, Debug, Serialize)]
pub struct Registration(Version, SourceMetadata);

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    esv_version: &'static str,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SourceMetadata {
    primary_noise_source: String,
    iid_claim: bool,
    bits_per_sample: u8,
    hmin_estimate: f64,
    physical: bool,
    number_of_restarts: usize,
    samples_per_restart: usize,
    additional_noise_sources: bool,
    #[serde(rename = "numberOfOEs")]
    number_of_oes: usize,
    conditioning_component: Vec<ComponentMetadata>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ComponentMetadata {
    sequence_position: usize,
    vetted: bool,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    validation_number: Option<String>,
    bijective_claim: bool,
    min_nin: u32,
    min_hin: f64,
    nw: u32,
    n_out: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    h_out: Option<f64>,
}

/// The registration of a project.
#[must_use]
pub fn registration(project: &Project, evidence: &Evidence) -> Registration {
    let source = &project.source;
    let conditioning_component = project
        .conditioning
        .iter()
        .enumerate()
        .map(|(at, component)| ComponentMetadata {
            sequence_position: at + 1,
            vetted: component.vetted,
            description: component.description.clone(),
            validation_number: component.validation_number.clone().filter(|_| component.vetted),
            bijective_claim: component.bijective,
            min_nin: component.n_in,
            min_hin: component.h_in,
            nw: component.nw,
            n_out: component.n_out,
            h_out: evidence.prediction.h_out.get(at).copied().flatten(),
        })
        .collect();
    let metadata = SourceMetadata {
        primary_noise_source: source.name.clone(),
        iid_claim: source.iid,
        bits_per_sample: source.bits_per_sample,
        hmin_estimate: source.h_submitter,
        physical: source.physical,
        number_of_restarts: source.restarts,
        samples_per_restart: source.samples_per_restart,
        additional_noise_sources: source.additional_noise_sources,
        number_of_oes: evidence.prediction.environments.len(),
        conditioning_component,
    };
    Registration(Version { esv_version: "1.0" }, metadata)
}

/// What the client sends.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RunFile {
    assessment_registration_path: String,
    data_files: Vec<DataFile>,
    supporting_documents: Vec<SupportingDocument>,
    assessment: AssessmentRequest,
    certify: CertificateRequest,
}

/// The files of one operating environment.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DataFile {
    /// Its number.
    #[serde(rename = "oeID")]
    pub oe_id: u32,
    /// Raw noise, one sample per byte.
    pub raw_noise_path: String,
    /// Bits per sample.
    pub raw_noise_sample_size: u8,
    /// The restart matrix row by row, one sample per byte.
    pub restart_test_path: String,
    /// Bits per sample.
    pub restart_sample_size: u8,
    /// The output of the components that are not vetted, in samples as wide as the raw noise: the client names no width.
    pub unvetted_conditioned_paths: Vec<String>,
}

/// A document that goes along.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SupportingDocument {
    /// Where it is.
    pub file_path: String,
    /// What it is.
    pub comment: String,
    /// `EntropyAssessmentReport` or `PublicUseDocument`.
    pub sd_type: &'static str,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AssessmentRequest {
    number_of_assessments: usize,
    limit_entropy_assessment_to_single_module: bool,
}

#[derive(Clone, Debug, Serialize)]
struct CertificateRequest {
    #[serde(rename = "Certify")]
    certify: bool,
    itar: bool,
}

/// The client's run file, a list of one run. It asks for no certificate: that needs the server's numbers of the module
/// and the vendor, and the entropy's, which are added to its part `Certify`.
#[must_use]
pub fn run_file(
    project: &Project,
    registration_path: String,
    data_files: Vec<DataFile>,
    supporting_documents: Vec<SupportingDocument>,
) -> Vec<RunFile> {
    vec![RunFile {
        assessment_registration_path: registration_path,
        assessment: AssessmentRequest {
            number_of_assessments: data_files.len(),
            limit_entropy_assessment_to_single_module: false,
        },
        data_files,
        supporting_documents,
        certify: CertificateRequest { certify: false, itar: project.source.itar },
    }]
}
