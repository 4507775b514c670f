// SPDX-License-Identifier: GPL-2.0-or-later
//! `cell.json`: the outcome of one cell of a campaign.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

/// The file's name in the folder of a cell, and the version of its shape.
pub const CELL_FILE: &str = "cell.json";
pub const CELL_SCHEMA: u32 = 1;

/// One cell of a campaign. A newer program may write more fields.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Cell {
    schema: u32,
    #[serde(default)]
    pub plan_sha256: String,
    pub cell: i64,
    #[serde(default)]
    pub coordinates: BTreeMap<String, serde_json::Value>,
    pub state: CellState,
    #[serde(default)]
    pub reason: Option<String>,
    #[serde(default)]
    pub started_utc: Option<String>,
    #[serde(default)]
    pub ended_utc: Option<String>,
    #[serde(default)]
    pub host: Option<String>,
    #[serde(default)]
    pub figures: Option<CellFigures>,
}

/// The figures of a cell; unknown ones are absent or null.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct CellFigures {
    pub target: Option<String>,
    /// Assessed min-entropy, bits per sample.
    pub h_assessed: Option<f64>,
    /// Informed min-entropy, bits per sample.
    pub h_informed: Option<f64>,
    /// `held`, `failed` or `not checked`.
    pub restarts: Option<String>,
    /// Brand string of the host's processor.
    pub cpu_brand: Option<String>,
    /// Accelerator that was used.
    pub accelerator: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CellState {
    Done,
    Failed,
}

impl Cell {
    /// Reads the cell in `folder`.
    ///
    /// # Errors
    /// Returns an error if the file does not exist, was truncated, or was written by a newer program.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(CELL_FILE);
        let text = fs_err::read(&path)?;
        let cell: Self =
            serde_json::from_slice(&text).with_context(|| format!("parsing {}", path.display()))?;
        ensure!(
            cell.schema == CELL_SCHEMA,
            "{} has schema {}, and this program reads schema {CELL_SCHEMA}: use a newer uchaos",
            path.display(),
            cell.schema
        );
        Ok(cell)
    }

    /// A coordinate as text.
    #[must_use]
    pub fn coordinate(&self, dimension: &str) -> Option<String> {
        self.coordinates.get(dimension).map(|value| match value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Cell> {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("cell.json"), text).unwrap();
        Cell::read(folder.path())
    }

    #[test]
    fn a_cell_is_read_and_fields_of_a_newer_program_are_ignored() {
        let cell = read(
            r#"{"schema": 1, "cell": 7, "state": "failed", "reason": "QEMU ended", "more": 1,
                "coordinates": {"workload": "dram", "boots": 2}}"#,
        )
        .unwrap();
        assert_eq!((cell.cell, cell.state), (7, CellState::Failed));
        assert_eq!(cell.coordinate("workload").as_deref(), Some("dram"));
        assert_eq!(cell.coordinate("boots").as_deref(), Some("2"));
        assert_eq!(cell.coordinate("memory"), None);
    }

    #[test]
    fn a_cut_or_newer_cell_is_an_error_that_names_it() {
        let error = |text| format!("{:#}", read(text).unwrap_err());
        assert!(error(r#"{"schema": 1, "ce"#).contains("cell.json"));
        let newer = error(r#"{"schema": 2, "cell": 7, "state": "done"}"#);
        assert!(newer.contains("has schema 2") && newer.contains("newer uchaos"), "{newer}");
        assert!(error(r#"{"schema": 1, "cell": 7, "state": "perhaps"}"#).contains("parsing"));
    }
}
