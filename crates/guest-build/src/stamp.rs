// SPDX-License-Identifier: GPL-2.0-or-later
//! A stamp records a step's inputs and outputs: it is valid only while the inputs' digest and
//! each output's SHA-256 are unchanged.

use fs_err as fs;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use guest_run::file_sha256;

/// The stamp file of one step.
#[derive(Debug)]
pub struct Stamp {
    path: PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    inputs_sha256: String,
    outputs_sha256: BTreeMap<PathBuf, String>,
}

impl Stamp {
    /// The stamp of step `name` in `folder`.
    pub fn at(folder: &Path, name: &str) -> Self {
        Self { path: folder.join(format!("{name}.json")) }
    }

    /// Whether inputs and outputs are as recorded.
    pub fn holds(&self, inputs_sha256: &str, outputs: &[&Path]) -> bool {
        let Some(record) = self.read() else { return false };
        record.inputs_sha256 == inputs_sha256
            && outputs.iter().all(|output| {
                let recorded = record.outputs_sha256.get(*output);
                recorded.is_some() && output_digest(output).ok().as_ref() == recorded
            })
    }

    /// Why it is not valid, in a few words.
    pub fn why_not(&self, inputs_sha256: &str) -> &'static str {
        match self.read() {
            None => "not built yet",
            Some(record) if record.inputs_sha256 != inputs_sha256 => "its inputs changed",
            Some(_) => "its output is missing or was changed",
        }
    }

    /// Removes the stamp, so that an interrupted step does not count as done.
    pub fn forget(&self) -> Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("removing {}", self.path.display()))
            }
            _ => Ok(()),
        }
    }

    /// Records the outputs.
    pub fn write(&self, inputs_sha256: &str, outputs: &[&Path]) -> Result<()> {
        let mut outputs_sha256 = BTreeMap::new();
        for output in outputs {
            outputs_sha256.insert(output.to_path_buf(), output_digest(output)?);
        }
        let record = Record { inputs_sha256: inputs_sha256.to_owned(), outputs_sha256 };
        let text = serde_json::to_string_pretty(&record).context("writing a stamp")?;
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&self.path, text).with_context(|| format!("writing {}", self.path.display()))
    }

    fn read(&self) -> Option<Record> {
        serde_json::from_slice(&fs::read(&self.path).ok()?).ok()
    }
}

/// A folder is only checked for presence; a file by its bytes.
fn output_digest(output: &Path) -> Result<String> {
    if output.is_dir() { Ok("folder".to_owned()) } else { file_sha256(output) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_holds_until_an_input_or_an_output_changes() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("out.bin");
        fs::write(&output, "made").unwrap();
        let stamp = Stamp::at(folder.path(), "step");
        assert!(!stamp.holds("in", &[&output]));
        stamp.write("in", &[&output]).unwrap();
        assert!(stamp.holds("in", &[&output]));
        assert!(!stamp.holds("other", &[&output]));
        fs::write(&output, "tampered").unwrap();
        assert!(!stamp.holds("in", &[&output]));
        fs::remove_file(&output).unwrap();
        assert!(!stamp.holds("in", &[&output]));
    }
}
