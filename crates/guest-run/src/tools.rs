// SPDX-License-Identifier: GPL-2.0-or-later
//! The tools that this machine needs, their purpose, and their Debian packages. A tool is looked up on PATH, a header
//! by its path; nothing is guessed from package names alone.

use std::ffi::OsStr;
use std::path::PathBuf;

/// One required tool or file.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    /// The program, or the absolute path of a file.
    pub name: &'static str,
    pub package: &'static str,
    pub why: &'static str,
}

#[must_use]
pub const fn need(name: &'static str, package: &'static str, why: &'static str) -> Need {
    Need { name, package, why }
}

/// Needed to boot a guest.
pub const TO_RUN: &[Need] = &[need("qemu-system-x86_64", "qemu-system-x86", "boots both guests")];

impl Need {
    /// Its path on this machine, if it exists.
    pub fn found(&self) -> Option<PathBuf> {
        if self.name.starts_with('/') {
            return Some(PathBuf::from(self.name)).filter(|path| path.exists());
        }
        find(self.name)
    }
}

/// The path of a program on this machine, if it exists. The administrator's folders are not on every user's PATH, and
/// depmod is there.
#[must_use]
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    find_in(OsStr::new(program), &std::env::join_paths(folders).ok()?)
}

/// The first program of that name in the folders of `path`. A name with a slash is a path itself.
pub(crate) fn find_in(program: &OsStr, path: &OsStr) -> Option<PathBuf> {
    which::which_in(program, Some(path), std::env::current_dir().ok()?).ok()
}

/// The `needs` that this machine lacks.
pub fn missing(needs: &[Need]) -> Vec<Need> {
    needs.iter().filter(|need| need.found().is_none()).copied().collect()
}

/// The packages that provide `needs`, each once, in order.
pub fn packages(needs: &[Need]) -> Vec<&'static str> {
    let mut packages: Vec<&str> = needs.iter().map(|need| need.package).collect();
    packages.sort_unstable();
    packages.dedup();
    packages
}

/// The command that installs `packages`.
pub fn install_line(packages: &[&str]) -> String {
    format!(
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_is_not_there_is_missing_and_one_that_is_has_a_path() {
        let shell = need("sh", "dash", "a test");
        let ghost = need("no-such-tool-on-any-machine", "ghost", "a test");
        assert!(shell.found().is_some_and(|path| path.is_absolute()));
        assert_eq!(packages(&missing(&[shell, ghost, ghost])), ["ghost"]);
    }
}
