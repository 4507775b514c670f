// SPDX-License-Identifier: MIT OR Apache-2.0
//! What has to be there, and what the server's schema allows.

use super::{EnvironmentData, Finding, Project};

/// Samples of each data set (§3.1.1, §3.1.4.1); the server takes neither fewer nor more.
const WANTED_SAMPLES: usize = 1_000_000;

pub(super) fn project(
    project: &Project,
    environments: &[EnvironmentData],
    findings: &mut Vec<Finding>,
) {
    let source = &project.source;
    if source.name.is_empty() || source.name.chars().count() > 64 {
        findings.push(Finding::wrong("source.name must have 1 to 64 characters"));
    }
    if !(1..=8).contains(&source.bits_per_sample) {
        findings.push(Finding::wrong(format!(
            "source.bits_per_sample is {}; the server takes 1 to 8 (8 for wider samples)",
            source.bits_per_sample
        )));
    }
    if !(source.h_submitter > 0.0 && source.h_submitter <= f64::from(source.bits_per_sample)) {
        findings.push(Finding::wrong(format!(
            "source.h_submitter is {}; it must be above 0 and at most bits_per_sample",
            source.h_submitter
        )));
    }
    if (source.restarts, source.samples_per_restart) != (1000, 1000) {
        findings.push(Finding::wrong(format!(
            "the restart data set is {} x {}; §3.1.4.1 asks for 1,000 samples from each of 1,000 restarts",
            source.restarts, source.samples_per_restart
        )));
    }
    components(project, findings);
    if environments.is_empty() {
        findings.push(Finding::missing("no operating environment: add [[environment]]"));
    }
    for (at, environment) in environments.iter().enumerate() {
        if environments[..at].iter().any(|other| other.id == environment.id) {
            findings.push(Finding::wrong(format!(
                "two operating environments have the id {}",
                environment.id
            )));
        }
        data_sets(project, environment, findings);
    }
}

fn components(project: &Project, findings: &mut Vec<Finding>) {
    for (at, component) in project.conditioning.iter().enumerate() {
        let position = at + 1;
        let number = component.validation_number.as_deref().unwrap_or_default();
        if component.vetted && number.trim().is_empty() {
            findings.push(Finding::missing(format!(
                "conditioning component {position} is vetted and has no validation_number (the ACVP certificate)"
            )));
        }
        if component.vetted && component.bijective {
            findings.push(Finding::wrong(format!(
                "conditioning component {position} is vetted, so bijective does not apply"
            )));
        }
        if component.description.is_empty() {
            findings
                .push(Finding::missing(format!("conditioning component {position}: description")));
        }
    }
    if project.conditioning.is_empty() && project.source.additional_noise_sources {
        findings.push(Finding::missing(
            "with additional noise sources the server asks for a conditioning component: add [[conditioning]]",
        ));
    } else if project.conditioning.is_empty() {
        findings.push(Finding::note("no conditioning: the output is the raw noise"));
    }
}

fn data_sets(project: &Project, environment: &EnvironmentData, findings: &mut Vec<Finding>) {
    let id = environment.id;
    let bits = project.source.bits_per_sample;
    let matrix = project.source.restarts * project.source.samples_per_restart;
    for (name, symbols, wanted) in [
        ("raw noise", &environment.raw, WANTED_SAMPLES),
        ("restart data", &environment.restart, matrix),
    ] {
        let Some(symbols) = symbols else {
            findings.push(Finding::missing(format!("environment {id}: {name}")));
            continue;
        };
        if symbols.len() != wanted {
            findings.push(Finding::wrong(format!(
                "environment {id}: {name} has {} samples, and {wanted} are asked for",
                symbols.len()
            )));
        }
        if symbols.bits_per_symbol() != bits {
            findings.push(Finding::wrong(format!(
                "environment {id}: {name} has symbols of {} bits, and bits_per_sample is {bits}",
                symbols.bits_per_symbol()
            )));
        }
    }
    let wanted = project.conditioning.iter().filter(|component| !component.vetted).count();
    let given = environment.conditioned.len();
    if given < wanted {
        findings.push(Finding::missing(format!(
            "environment {id}: conditioned output of {wanted} components that are not vetted, {given} given"
        )));
    } else if given > wanted {
        findings.push(Finding::wrong(format!(
            "environment {id}: {given} conditioned files for {wanted} components that are not vetted; vetted ones need none"
        )));
    }
    for (at, symbols) in environment.conditioned.iter().enumerate() {
        if (symbols.len(), symbols.bits_per_symbol()) != (WANTED_SAMPLES, bits) {
            findings.push(Finding::wrong(format!(
                "environment {id}: conditioned file {} has {} samples of {} bits; the server takes {WANTED_SAMPLES} samples \
                 of bits_per_sample = {bits} bits",
                at + 1,
                symbols.len(),
                symbols.bits_per_symbol()
            )));
        }
    }
}
