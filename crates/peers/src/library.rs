// SPDX-License-Identifier: GPL-2.0-or-later
//! Selects the jitterentropy to measure: the system's, a library, or one compiled from a source tree.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use fs_err as fs;
use guest_run::ExitKind;
use guest_run::process::{self, OnInterrupt, Wiring};

/// The name that the loader searches.
const SYSTEM: &str = "libjitterentropy.so.3";
/// A compiler that takes longer than this hangs.
const DEADLINE: Duration = Duration::from_secs(120);
/// As in its Makefile: without optimisation, which its sources require. Unlike there, no symbols are hidden, so that
/// `jent_measure_jitter` can be called.
const FLAGS: [&str; 6] = ["-shared", "-fPIC", "-O0", "-fwrapv", "-pthread", "-w"];
/// Folders of its headers and sources; not every version has all of them.
const FOLDERS: [&str; 4] = [".", "src", "arch", "lib"];

/// The library to load: `given`, or the library compiled in `folder` from the source tree `given`, or the system's.
///
/// # Errors
/// Returns an error if `given` is neither, or does not compile.
pub fn prepare(given: Option<&Path>, folder: &Path) -> Result<PathBuf> {
    let Some(given) = given else { return Ok(PathBuf::from(SYSTEM)) };
    let path = std::path::absolute(given).context("resolving --jitterentropy")?;
    if path.is_file() {
        return Ok(path);
    }
    if !path.join("jitterentropy.h").is_file() {
        let text = format!(
            "--jitterentropy {}: expected jitterentropy's library, or its source tree with jitterentropy.h",
            given.display()
        );
        return Err(ExitKind::Usage(text).into());
    }
    compile(&path, &folder.join("libjitterentropy.so"))
        .with_context(|| format!("compiling jitterentropy from {}", given.display()))
}

fn compile(tree: &Path, library: &Path) -> Result<PathBuf> {
    let mut compiler = Command::new("cc");
    compiler.args(FLAGS);
    for folder in FOLDERS.map(|name| tree.join(name)).iter().filter(|folder| folder.is_dir()) {
        compiler.arg("-I").arg(folder);
    }
    for folder in &FOLDERS[1..] {
        compiler.args(sources(&tree.join(folder))?);
    }
    compiler.arg("-o").arg(library);
    let finished = process::run(compiler, Wiring::OnePipe, Some(DEADLINE), OnInterrupt::Kill)
        .context("starting the C compiler, which Debian's package gcc has")?;
    if !finished.status.success() {
        let text = format!("the compiler ended with {}:\n{}", finished.status, finished.text());
        return Err(ExitKind::Check(text).into());
    }
    Ok(library.to_path_buf())
}

/// The C files of a folder, sorted; empty if the folder does not exist.
fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "c") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_taken_as_it_is_and_without_one_the_loader_looks_for_it() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(prepare(None, folder.path()).unwrap(), Path::new(SYSTEM));
        let library = folder.path().join("lib.so");
        fs::write(&library, "").unwrap();
        assert_eq!(prepare(Some(&library), folder.path()).unwrap(), library);
    }

    #[test]
    fn what_is_neither_is_refused_and_a_tree_that_does_not_compile_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let error = prepare(Some(folder.path()), folder.path()).unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(ExitKind::Usage(_))), "{error:#}");
        fs::write(folder.path().join("jitterentropy.h"), "").unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("src/broken.c"), "this is not C\n").unwrap();
        let error = format!("{:#}", prepare(Some(folder.path()), folder.path()).unwrap_err());
        assert!(error.contains("compiling jitterentropy from"), "{error}");
        assert!(error.contains("broken.c:1"), "{error}");
    }
}
