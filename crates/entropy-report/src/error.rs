// SPDX-License-Identifier: GPL-2.0-or-later
//! Ways in which runs cannot be made into a result.

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// Nothing was handed over.
    #[error("comparing runs: there are none; take at least one boot of one target first")]
    NoRuns,
    /// More runs than there are letters to name them.
    #[error("comparing runs: there are more than 26; compare fewer at a time")]
    TooManyRuns,
    /// The same boot twice.
    #[error(
        "comparing runs: boot {boot} of {run} occurs twice; \
         number the boots of a target 1, 2, ... under each condition"
    )]
    DuplicateBoot {
        /// Target and condition.
        run: String,
        /// The number of the boot.
        boot: u32,
    },
    /// A matrix whose samples do not fill its rows and columns.
    #[error(
        "assessing the restart matrix of {target}, boot {boot}: {rows} rows of {columns} columns need \
         {expected} samples, but {given} are there; take the run again"
    )]
    MatrixShape {
        /// The target.
        target: String,
        /// The number of the boot.
        boot: u32,
        /// Restarts.
        rows: usize,
        /// Samples after each.
        columns: usize,
        /// Samples that would fill it; saturated.
        expected: usize,
        /// Samples there are.
        given: usize,
    },
    /// A result that cannot be written or read as JSON.
    #[error("{doing}, which is cut, damaged, or was written by another version of this tool")]
    Json {
        /// What was being done.
        doing: &'static str,
        /// What went wrong.
        source: serde_json::Error,
    },
    /// A result in another shape than this one.
    #[error(
        "reading result.json: it has shape {found}, and this tool reads shape {known}; use the tool that wrote it, or take the run again"
    )]
    Schema {
        /// The version that was found.
        found: u64,
        /// The version that can be read.
        known: u32,
    },
    /// A plot that could not be drawn.
    #[error(
        "drawing the plot of {what}: {why}; this is a fault of the report, please send result.json with it"
    )]
    Plot {
        /// The plot.
        what: &'static str,
        /// What the drawing library said.
        why: String,
    },
}
