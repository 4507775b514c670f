// SPDX-License-Identifier: GPL-2.0-or-later
//! What a result must say about where it comes from: revision, tools, processor, images.

use fs_err as fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use entropy_report::Artifact;

use guest_run::file_sha256;

/// The environment variable by which a build for machines without a checkout puts its revision into the program.
pub const REVISION_VARIABLE: &str = "UCHAOS_REVISION";
const BUILT_REVISION: Option<&str> = option_env!("UCHAOS_REVISION");

/// The checkout's revision, with `-dirty` where it has local changes; outside a repository the program's own.
pub fn git_revision(root: &Path) -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(revision) = git(&["rev-parse", "HEAD"]) else {
        return BUILT_REVISION.unwrap_or("unknown").to_owned();
    };
    match git(&["status", "--porcelain"]) {
        Some(changes) if changes.is_empty() => revision,
        _ => format!("{revision}-dirty"),
    }
}

/// The host processor's name, as the kernel gives it.
pub fn cpu_model() -> String {
    fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        })
        .unwrap_or_else(|| "unknown".to_owned())
}

/// The host's distribution and kernel.
pub fn host() -> String {
    let system = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = system
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))
        .map_or("unknown system", |name| name.trim_matches('"'));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{name}, Linux {}", kernel.trim())
}

/// The compiler's version line.
pub fn compiler() -> String {
    Command::new("rustc").arg("--version").output().map_or_else(
        |_| "unknown".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

/// A file that goes into a run.
pub fn artifact(name: &str, path: &Path) -> Result<Artifact> {
    let bytes = fs::metadata(path)?.len();
    Ok(Artifact { name: name.to_owned(), bytes, sha256: file_sha256(path)? })
}
