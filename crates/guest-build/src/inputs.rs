// SPDX-License-Identifier: GPL-2.0-or-later
//! The inputs of a build step (files, folders, texts such as flags and versions), reduced to one SHA-256.
//! Order matters and names are part of the hash, so that swapped inputs change it.

use fs_err as fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use guest_run::{file_sha256, hex};
use sha2::{Digest, Sha256};

/// The inputs of one step, in the order given.
#[derive(Debug, Default)]
pub struct Inputs {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Path(PathBuf),
    Text(String, String),
}

impl Inputs {
    /// No inputs yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A file, or a folder with its contents (build folders called `target` are skipped).
    pub fn path(mut self, path: impl Into<PathBuf>) -> Self {
        self.parts.push(Part::Path(path.into()));
        self
    }

    /// A named text: compiler flags, a tool's version, an option.
    pub fn text(mut self, name: &str, value: impl Into<String>) -> Self {
        self.parts.push(Part::Text(name.to_owned(), value.into()));
        self
    }

    /// SHA-256 over all of it, in hexadecimal.
    pub fn digest(&self) -> Result<String> {
        let mut hasher = Sha256::new();
        for part in &self.parts {
            match part {
                Part::Text(name, value) => {
                    hasher.update(format!("text {name} {}\n{value}\n", value.len()));
                }
                Part::Path(path) => hash_path(&mut hasher, path)?,
            }
        }
        Ok(hex(&hasher.finalize()))
    }
}

fn hash_path(hasher: &mut Sha256, path: &Path) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let kind = fs::metadata(path)?;
    if kind.is_dir() {
        let mut entries: Vec<PathBuf> = fs::read_dir(path)
            .and_then(|list| list.map(|entry| entry.map(|entry| entry.path())).collect())
            .with_context(|| format!("listing {}", path.display()))?;
        entries.sort();
        hasher.update(format!("folder {name} {}\n", entries.len()));
        for entry in entries.iter().filter(|entry| !entry.ends_with("target")) {
            hash_path(hasher, entry)?;
        }
    } else {
        hasher.update(format!("file {name} {}\n", file_sha256(path)?));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_byte_a_renamed_file_and_a_new_flag_all_change_the_digest() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.c");
        fs::write(&file, "int x;").unwrap();
        let digest =
            |flags: &str| Inputs::new().path(folder.path()).text("flags", flags).digest().unwrap();
        let first = digest("-O2");
        assert_eq!(first, digest("-O2"));
        assert_ne!(first, digest("-Os"));
        fs::write(&file, "int y;").unwrap();
        let second = digest("-O2");
        assert_ne!(first, second);
        fs::rename(&file, folder.path().join("b.c")).unwrap();
        assert_ne!(second, digest("-O2"));
    }
}
