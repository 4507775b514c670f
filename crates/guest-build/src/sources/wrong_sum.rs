// SPDX-License-Identifier: GPL-2.0-or-later
//! A file with a wrong SHA-256: reported with both sums, and set aside.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{origin_path, with_ending};

/// A source file with a wrong SHA-256.
#[derive(Debug)]
pub struct WrongSum {
    file: PathBuf,
    expected: String,
    found: String,
    aside: PathBuf,
}

impl std::fmt::Display for WrongSum {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "{} has a wrong SHA-256 and was set aside as {}; nothing was built from it\n  expected {}\n  found    {}\n\
             Run again to fetch it again; if it stays wrong, the mirror or linux-guest/sources.toml is",
            self.file.display(),
            self.aside.display(),
            self.expected,
            self.found
        )
    }
}

impl std::error::Error for WrongSum {}

/// Moves a wrong file to `<file>.bad` and removes its origin record.
pub(super) fn set_aside(
    wrong: &Path,
    file: &Path,
    expected: &str,
    found: &str,
) -> Result<WrongSum> {
    let aside = with_ending(file, ".bad");
    fs::rename(wrong, &aside).with_context(|| format!("setting {} aside", wrong.display()))?;
    let _ = fs::remove_file(origin_path(file));
    Ok(WrongSum {
        file: file.to_path_buf(),
        expected: expected.to_owned(),
        found: found.to_owned(),
        aside,
    })
}
