// SPDX-License-Identifier: GPL-2.0-or-later
//! Finds QEMU and asks it for its version.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process::{self, OnInterrupt, Wiring};
use crate::tools;

/// The program to find on `PATH`.
const PROGRAM: &str = "qemu-system-x86_64";
/// Environment variable that selects another QEMU.
const VARIABLE: &str = "UCHAOS_QEMU";
/// `--version` takes a fraction of a second; what takes longer is not QEMU.
const VERSION_DEADLINE: Duration = Duration::from_secs(10);

/// A QEMU that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Qemu {
    path: PathBuf,
    version: String,
}

/// No usable QEMU was found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QemuError {
    /// There is none on `PATH`.
    #[error(
        "looking for QEMU: there is no `{PROGRAM}` on PATH\n  Debian and Ubuntu: apt-get install qemu-system-x86; \
         Fedora: dnf install qemu-system-x86; Arch: pacman -S qemu-system-x86\n  \
         or set {VARIABLE} to a QEMU of your own"
    )]
    Missing,
    /// The program in `$UCHAOS_QEMU` does not exist or cannot be run.
    #[error(
        "looking for QEMU: {VARIABLE} is set to {}, and that is not a program that can be run\n  \
         Set it to the path of a {PROGRAM}, or unset it",
        path.display()
    )]
    NotAProgram { path: PathBuf },
    /// It runs, but does not identify itself as QEMU.
    #[error("asking {} for its version: {why}\n  Install QEMU again, or set {VARIABLE} to another one", path.display())]
    NoVersion { path: PathBuf, why: String },
}

impl Qemu {
    /// Finds QEMU: the program in `$UCHAOS_QEMU`, else `qemu-system-x86_64` on `PATH`.
    pub fn find() -> Result<Self, QemuError> {
        let given = std::env::var_os(VARIABLE).filter(|value| !value.is_empty());
        Self::find_in(given, &std::env::var_os("PATH").unwrap_or_default())
    }

    /// As [`Qemu::find`], with the two variables given.
    fn find_in(given: Option<OsString>, path: &OsStr) -> Result<Self, QemuError> {
        let path = match given {
            Some(given) => tools::find_in(&given, path)
                .ok_or_else(|| QemuError::NotAProgram { path: PathBuf::from(given) })?,
            None => tools::find_in(OsStr::new(PROGRAM), path).ok_or(QemuError::Missing)?,
        };
        let version = version(&path)?;
        Ok(Self { path, version })
    }

    /// Uses a program as QEMU without checking it.
    #[cfg(test)]
    pub(crate) fn at(path: PathBuf, version: String) -> Self {
        Self { path, version }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The version as QEMU prints it, such as `QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }
}

fn version(path: &Path) -> Result<String, QemuError> {
    let no_version = |why| QemuError::NoVersion { path: path.to_owned(), why };
    let mut command = Command::new(path);
    command.arg("--version");
    let finished = process::run(command, Wiring::Pipes, Some(VERSION_DEADLINE), OnInterrupt::Kill)
        .map_err(|error| no_version(error.to_string()))?;
    let text = finished.text();
    let first = text.lines().next().unwrap_or_default().trim();
    if finished.status.success() && first.starts_with("QEMU emulator version") {
        Ok(first.to_owned())
    } else {
        Err(no_version(format!("it ended with {} and printed {first:?}", finished.status)))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::test_program::program;

    #[test]
    fn no_qemu_says_how_to_install_it() {
        let folder = tempfile::tempdir().unwrap();
        let error = Qemu::find_in(None, folder.path().as_os_str()).unwrap_err();
        assert!(error.to_string().contains("apt-get install qemu-system-x86"), "{error}");
        assert!(Qemu::find_in(None, OsStr::new("")).is_err());
    }

    #[test]
    fn the_first_program_on_the_path_that_can_be_run_is_taken() {
        let [first, second] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        fs::write(first.path().join(PROGRAM), "not a program").unwrap();
        let text = "#!/bin/sh\necho QEMU emulator version 99.1\necho Copyright\n";
        let expected = program(second.path(), PROGRAM, text);
        let path = std::env::join_paths([first.path(), second.path()]).unwrap();
        let found = Qemu::find_in(None, &path).unwrap();
        assert_eq!(
            (found.path(), found.version()),
            (expected.as_path(), "QEMU emulator version 99.1")
        );
    }

    #[test]
    fn a_given_qemu_must_be_one() {
        let folder = tempfile::tempdir().unwrap();
        let absent = folder.path().join("absent").into_os_string();
        let error = Qemu::find_in(Some(absent), OsStr::new("")).unwrap_err();
        assert!(matches!(error, QemuError::NotAProgram { .. }), "{error}");
        let other = program(folder.path(), "other", "#!/bin/sh\necho something else\n");
        let error = Qemu::find_in(Some(other.into()), OsStr::new("")).unwrap_err();
        assert!(error.to_string().contains("something else"), "{error}");
    }
}
