// SPDX-License-Identifier: GPL-2.0-or-later
//! The licences of the crates in the programs: a list, and every licence text once.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result};
use cargo_metadata::Package;
use fs_err as fs;

/// The names of licence files.
const NAMES: [&str; 5] = ["license", "licence", "copying", "notice", "unlicense"];

/// The list and the texts, as one document.
///
/// # Errors
/// Returns an error if a crate names no licence, or a text cannot be read.
pub(crate) fn document(packages: &[Package]) -> Result<String> {
    let mut list = String::from(
        "# Licences of the crates in the programs\n\n| crate | version | licence |\n| --- | --- | --- |\n",
    );
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in packages {
        let (name, version) = (&package.name, &package.version);
        let licence = package
            .license
            .as_deref()
            .or(package.license_file.as_ref().map(|_| "see its text below"))
            .with_context(|| format!("the crate {name} {version} names no licence"))?;
        writeln!(list, "| {name} | {version} | {licence} |")?;
        // The project's own licence is in the archive's file LICENSE.
        if package.source.is_none() {
            continue;
        }
        let folder = package.manifest_path.parent().context("a manifest lies in a folder")?;
        for entry in fs::read_dir(folder.as_std_path())? {
            let path = entry?.path();
            let file = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            if path.is_file() && NAMES.iter().any(|known| file.starts_with(known)) {
                let text = String::from_utf8_lossy(&fs::read(&path)?).replace("\r\n", "\n");
                texts.entry(text).or_default().push(format!("{name} {version}"));
            }
        }
    }
    let mut ordered: Vec<(Vec<String>, String)> =
        texts.into_iter().map(|(text, crates)| (crates, text)).collect();
    ordered.sort();
    for (crates, text) in ordered {
        write!(list, "\n## {}\n\n```text\n{}\n```\n", crates.join(", "), text.trim_end())?;
    }
    Ok(list)
}
