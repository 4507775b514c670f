// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tells the tool which revision it was built from, so that its answers can name it.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if let Some(revision) = packaged_revision().or_else(git_revision) {
        println!("cargo:rustc-env=SP800_90B_GIT_REVISION={revision}");
    }
}

/// The revision that `cargo package` wrote down.
fn packaged_revision() -> Option<String> {
    let path = Path::new(".cargo_vcs_info.json");
    println!("cargo:rerun-if-changed={}", path.display());
    let text = std::fs::read_to_string(path).ok()?;
    let (_, rest) = text.split_once("\"sha1\"")?;
    rest.split('"').nth(1).map(str::to_owned)
}

/// The checkout's revision, with `-dirty` where tracked files of this crate were changed.
fn git_revision() -> Option<String> {
    let head = git(&["rev-parse", "HEAD"])?;
    // Both change when a commit is made or another branch is checked out.
    for name in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", name]) {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    println!("cargo:rerun-if-changed=src");
    let changed = git(&["status", "--porcelain", "--untracked-files=no", "."])?;
    Some(if changed.is_empty() { head } else { format!("{head}-dirty") })
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
