// SPDX-License-Identifier: GPL-2.0-or-later
//! `result.json`.

use crate::error::ReportError;
use crate::result::{CompareResult, SCHEMA_VERSION};

/// The result as JSON, indented, with a line end.
///
/// # Errors
/// [`ReportError::Json`] where it cannot be written.
pub fn to_json(result: &CompareResult) -> Result<String, ReportError> {
    let mut text = serde_json::to_string_pretty(result)
        .map_err(|source| ReportError::Json { doing: "writing result.json", source })?;
    text.push('\n');
    Ok(text)
}

/// A result read back. Nothing that the file holds is left out: an unknown field is an error.
///
/// # Errors
/// [`ReportError::Schema`] for a file of another version, [`ReportError::Json`] for anything that is no result.
pub fn from_json(text: &str) -> Result<CompareResult, ReportError> {
    let wrap = |source| ReportError::Json { doing: "reading result.json", source };
    let value: serde_json::Value = serde_json::from_str(text).map_err(wrap)?;
    let found = value.get("schema_version").and_then(serde_json::Value::as_u64).unwrap_or(0);
    if found != u64::from(SCHEMA_VERSION) {
        return Err(ReportError::Schema { found, known: SCHEMA_VERSION });
    }
    serde_json::from_value(value).map_err(wrap)
}
