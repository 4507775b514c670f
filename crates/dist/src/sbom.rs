// SPDX-License-Identifier: GPL-2.0-or-later
//! The bill of materials, in `CycloneDX` 1.5: the archive's files, the crates that they are linked from, and the sources of
//! kernel and busybox. It has neither serial number nor time, so that the same archive has the same bill.

use anyhow::{Context, Result};
use cargo_metadata::Package;
use cyclonedx_bom::external_models::normalized_string::NormalizedString;
use cyclonedx_bom::external_models::spdx::SpdxExpression;
use cyclonedx_bom::external_models::uri::Purl;
use cyclonedx_bom::models::bom::{Bom, SpecVersion};
use cyclonedx_bom::models::component::{Classification, Component, Components};
use cyclonedx_bom::models::hash::{Hash, HashAlgorithm, HashValue, Hashes};
use cyclonedx_bom::models::license::{LicenseChoice, Licenses};
use cyclonedx_bom::models::metadata::Metadata;

/// A file of the archive with its SHA-256.
pub(crate) struct HashedFile<'a> {
    pub path: &'a str,
    pub sha256: &'a str,
}

/// The bill as JSON.
///
/// # Errors
/// Returns an error if a name cannot be part of a package URL.
pub(crate) fn json(
    version: &str,
    sources: &str,
    packages: &[Package],
    files: &[HashedFile<'_>],
) -> Result<Vec<u8>> {
    let crates = packages.iter().map(of_crate).collect::<Result<Vec<_>>>()?;
    let files = files.iter().map(|file| {
        let mut component = Component::new(Classification::File, file.path, version, None);
        component.hashes = Some(Hashes(vec![Hash {
            alg: HashAlgorithm::SHA_256,
            content: HashValue(file.sha256.to_owned()),
        }]));
        component
    });
    let mut guest = Component::new(Classification::OperatingSystem, "Linux guest", version, None);
    guest.description = Some(NormalizedString::new(sources));
    let whole = Component::new(Classification::Application, "uchaos", version, None);
    let metadata = Metadata { component: Some(whole), ..Metadata::default() };
    let bom = Bom {
        serial_number: None,
        metadata: Some(metadata),
        components: Some(Components(crates.into_iter().chain([guest]).chain(files).collect())),
        ..Bom::default()
    };
    let mut json = Vec::new();
    bom.output_as_json(&mut json, SpecVersion::V1_5).context("writing the bill of materials")?;
    Ok(json)
}

fn of_crate(package: &Package) -> Result<Component> {
    let version = package.version.to_string();
    let name = package.name.as_str();
    let mut component = Component::new(Classification::Library, name, &version, None);
    component.purl = Some(Purl::new("cargo", name, &version).context("naming a crate")?);
    component.licenses = package
        .license
        .as_ref()
        .map(|licence| SpdxExpression::new(&licence.replace('/', " OR ")))
        .map(|expression| Licenses(vec![LicenseChoice::Expression(expression)]));
    Ok(component)
}
