// SPDX-License-Identifier: GPL-2.0-or-later
//! Unpacks a source tarball atomically into a tree that is kept.

use fs_err as fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::log::StepLog;

/// Unpacks `tarball` into `tree`, without its top folder, unless that was done before. `leave_out` holds patterns
/// of `tar --exclude` for what no build here reads.
pub fn unpack(tarball: &Path, tree: &Path, leave_out: &[&str], log: &mut StepLog) -> Result<()> {
    if tree.exists() {
        return Ok(());
    }
    let begun = beside(tree);
    if begun.exists() {
        fs::remove_dir_all(&begun)
            .with_context(|| format!("removing the half unpacked {}", begun.display()))?;
    }
    fs::create_dir_all(&begun)?;
    log.run(
        Command::new("tar")
            .args(leave_out.iter().map(|pattern| format!("--exclude={pattern}")))
            .args(["--extract", "--strip-components=1", "--no-same-owner", "--file"])
            .arg(tarball)
            .arg("--directory")
            .arg(&begun),
    )
    .with_context(|| format!("unpacking {}", tarball.display()))?;
    fs::rename(&begun, tree)
        .with_context(|| format!("moving the unpacked {} into place", tree.display()))
}

fn beside(tree: &Path) -> PathBuf {
    let mut name = tree.as_os_str().to_owned();
    name.push(".unpacking");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_appears_whole_and_a_damaged_tarball_leaves_none() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mut log = StepLog::create(&at("logs"), "unpack", "unpack").unwrap();
        fs::create_dir_all(at("pkg-1.0/doc")).unwrap();
        fs::write(at("pkg-1.0/main.c"), "int main;").unwrap();
        fs::write(at("pkg-1.0/doc/long.txt"), "long").unwrap();
        let tarball = at("pkg.tar");
        log.run(
            Command::new("tar")
                .arg("-C")
                .arg(folder.path())
                .arg("-cf")
                .arg(&tarball)
                .arg("pkg-1.0"),
        )
        .unwrap();
        unpack(&tarball, &at("tree-1.0"), &["pkg-*/doc/*"], &mut log).unwrap();
        assert!(at("tree-1.0/main.c").exists() && !at("tree-1.0/doc/long.txt").exists());
        fs::write(&tarball, vec![1_u8; 2048]).unwrap();
        assert!(unpack(&tarball, &at("tree-2.0"), &[], &mut log).is_err());
        assert!(!at("tree-2.0").exists());
    }
}
