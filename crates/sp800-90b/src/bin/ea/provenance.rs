// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where an answer comes from: the file, the tool, the command and the time, so that a figure can be tied to its data.

use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// Tool, command, time and input of an answer.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Provenance {
    tool: Tool,
    command_line: Vec<String>,
    utc: String,
    threads: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seed: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) files: Vec<FileRecord>,
}

#[derive(Clone, Debug, Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
    /// Absent in a build outside a checkout.
    git_revision: Option<&'static str>,
}

/// One file that was read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FileRecord {
    /// The name as it was given; `-` is standard input.
    pub(crate) name: String,
    /// Its length, or how much of a stream was read.
    pub(crate) len_bytes: u64,
    /// Of these bytes, in lower-case hexadecimal digits.
    pub(crate) sha256: String,
    /// Whether the stream was longer than what was read of it.
    pub(crate) limited: bool,
    /// How it holds samples.
    pub(crate) format: String,
    /// The column of a table, from 1; absent where there is one value per line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<usize>,
    /// The samples that were taken of it; absent for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) slice: Option<Slice>,
}

/// A part of a file's samples.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Slice {
    pub(crate) from: u64,
    pub(crate) count: Option<u64>,
}

/// The revision that this tool was built from.
pub(crate) const GIT_REVISION: Option<&str> = option_env!("SP800_90B_GIT_REVISION");

impl Provenance {
    /// Of the present process.
    pub(crate) fn now() -> Self {
        Self {
            tool: Tool {
                name: "ea",
                version: env!("CARGO_PKG_VERSION"),
                git_revision: GIT_REVISION,
            },
            command_line: std::env::args_os()
                .map(|argument| argument.to_string_lossy().into_owned())
                .collect(),
            utc: utc_now(),
            threads: rayon::current_num_threads(),
            seed: None,
            files: Vec::new(),
        }
    }

    pub(crate) fn with_file(file: FileRecord) -> Self {
        Self { files: vec![file], ..Self::now() }
    }

    /// One line for each fact.
    pub(crate) fn describe(&self, out: &mut String) {
        for file in &self.files {
            let slice = file.slice.as_ref().map_or_else(String::new, |slice| {
                let count = slice.count.map_or_else(|| "all".to_owned(), |count| count.to_string());
                format!(", {count} samples from sample {}", slice.from)
            });
            let column =
                file.column.map_or_else(String::new, |column| format!(", column {column}"));
            let limited = if file.limited { " (limited)" } else { "" };
            let _ = writeln!(
                out,
                "file     {}: {} bytes{limited} as {}{column}{slice}, SHA-256 {}",
                file.name, file.len_bytes, file.format, file.sha256
            );
        }
        let seed = self.seed.map_or_else(String::new, |seed| format!(", seed {seed}"));
        let _ = writeln!(
            out,
            "tool     {} {} (git {}), {} threads{seed}, {}",
            self.tool.name,
            self.tool.version,
            self.tool
                .git_revision
                .map_or("unknown", |revision| &revision[..revision.len().min(12)]),
            self.threads,
            self.utc
        );
        let _ = writeln!(out, "command  {}", self.command_line.join(" "));
    }
}

/// The present time as RFC 3339 has it, in whole seconds.
pub(crate) fn utc_now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
