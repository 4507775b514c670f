// SPDX-License-Identifier: GPL-2.0-or-later
//! `result.json`.

use crate::error::ReportError;
use crate::result::{CompareResult, SCHEMA_VERSION};

/// The result as JSON, indented, with a line end.
///
/// # Errors
/// Returns an error if it cannot be written.
pub fn to_json(result: &CompareResult) -> Result<String, ReportError> {
    let mut text = serde_json::to_string_pretty(result)
        .map_err(|source| ReportError::Json { doing: "writing result.json", source })?;
    text.push('\n');
    Ok(text)
}

/// A result read back. Nothing that the file holds is left out: an unknown field is an error.
///
/// # Errors
/// Returns an error if the file is of another version, or not a result.
pub fn from_json(text: &str) -> Result<CompareResult, ReportError> {
    let wrap = |source| ReportError::Json { doing: "reading result.json", source };
    let value: serde_json::Value = serde_json::from_str(text).map_err(wrap)?;
    let found = value.get("schema_version").and_then(serde_json::Value::as_u64).unwrap_or(0);
    if found != u64::from(SCHEMA_VERSION) {
        return Err(ReportError::Schema { found, known: SCHEMA_VERSION });
    }
    let mut result: CompareResult = serde_json::from_value(value).map_err(wrap)?;
    // Older versions wrote sentences that their figures did not support.
    if result.claims.is_empty() {
        crate::wording::attach(&mut result);
    }
    Ok(result)
}
