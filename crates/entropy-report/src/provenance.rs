// SPDX-License-Identifier: GPL-2.0-or-later
//! Where a result comes from, and what repeats it. The host fills this in.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a result comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Name of the run: the folder below `runs/`.
    pub run: String,
    /// When it was recorded, in UTC, RFC 3339.
    pub taken_utc: String,
    /// Revision of the checkout, with `-dirty` where it had local changes.
    pub git_revision: String,
    /// Version of the tool that took it.
    pub tool: String,
    /// The command line that took it.
    pub command_line: String,
    /// SHA-256 of the engine's object code that every guest linked.
    pub engine_object_sha256: Option<String>,
    /// QEMU's own version line.
    pub qemu: String,
    /// Accelerator of the ordinary boots.
    pub accelerator: String,
    /// Why this accelerator: what the probe found.
    pub accelerator_reason: String,
    /// Processor of the host.
    pub cpu_model: String,
    /// The host's operating system and kernel.
    pub host: String,
    /// The clock that timed the samples.
    pub clock: String,
    /// Compiler and version.
    pub compiler: String,
    /// Flags that the engine's object was compiled with.
    pub compiler_flags: String,
    /// Engine parameters by name: `workload`, `turns`, `init_turns`, `min_delta`.
    pub parameters: BTreeMap<String, String>,
    /// Images and sources by name.
    pub artifacts: Vec<Artifact>,
    /// Commands that repeat the run or parts of it, in order.
    pub repeat: Vec<RepeatCommand>,
    /// Things a reader must know before any figure: a substituted kernel, a dirty checkout, ...
    pub banners: Vec<String>,
}

/// A file that went into the run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// What it is.
    pub name: String,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
}

/// A command line and what it does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepeatCommand {
    /// What it repeats.
    pub what: String,
    /// The command, ready to paste.
    pub line: String,
}
