// SPDX-License-Identifier: GPL-2.0-or-later
//! The module's source under the kernel's own tools, from the kernel tree that is built.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use guest_build::profile::Profile;
use guest_build::tools::TO_CHECK_MODULE;
use guest_build::{kernel, kernel_source, module, preflight, work_dir};

use super::super::Rig;
use super::super::rig::Skip;

/// What `checkpatch --strict` reports, and why it stays.
const EXCEPTIONS: [(&str, &str); 5] = [
    ("LINUX_VERSION_CODE", "one source is built for kernels from 5.15 to 6.18"),
    ("CONSTANT_COMPARISON", "taken for one: the same comparisons of versions"),
    ("TRAILING_SEMICOLON", "macros that make declarations or statements of a list"),
    ("MACRO_ARG_REUSE", "a key as name and as text"),
    ("MACRO_ARG_UNUSED", "a list has more columns than each of its uses"),
];
/// Made from the engine's vocabulary, for all that reads it.
const GENERATED: &str = "vocabulary.h";

pub(super) fn compiles_without_a_warning_of_gcc_or_sparse(rig: &Rig) -> Result<()> {
    let context = rig.context()?;
    if let Err(error) = preflight::ensure(&context, TO_CHECK_MODULE) {
        return Err(Skip(format!("sparse is not available: {error:#}")).into());
    }
    let profile = Profile::read(rig.root(), &rig.linux_options().profile)?;
    let built = kernel::build(&context, &profile, rig.linux_options().linux_src.as_deref())?;
    let folder = work_dir::for_builds(&context, "module-checked-build")?;
    module::gather(&context, &rig.images()?.engine.object, "engine.o_shipped", &folder)?;
    let output = kernel::make(&built.source_dir, &built.build_dir)
        .arg(format!("M={}", folder.display()))
        .args(["W=1", "C=2", "modules"])
        .output()
        .context("starting make")?;
    let text =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    let text = text.concat();
    ensure!(output.status.success(), "make failed:\n{text}");
    let sources =
        shim(rig)?.into_iter().filter(|path| path.extension().is_some_and(|end| end == "c"));
    let (checked, sources) =
        (text.lines().filter(|line| line.starts_with("  CHECK ")).count(), sources.count());
    ensure!(checked >= sources, "sparse looked at {checked} of {sources} files:\n{text}");
    let complaint = text
        .lines()
        .find(|line| ["warning:", "error:"].iter().any(|word| line.to_lowercase().contains(word)));
    ensure!(complaint.is_none(), "{}\n{text}", complaint.unwrap_or_default());
    Ok(())
}

pub(super) fn checkpatch_reports_the_stated_exceptions_only(rig: &Rig) -> Result<()> {
    let profile = Profile::read(rig.root(), &rig.linux_options().profile)?;
    let own = rig.linux_options().linux_src.as_deref();
    let tree = kernel_source::prepare(&rig.context()?, &profile, own)?;
    let files = shim(rig)?;
    let output = Command::new("perl")
        .arg(tree.dir.join("scripts/checkpatch.pl"))
        .args(["--no-tree", "--strict", "--terse", "--show-types", "--no-summary", "-f"])
        .args(&files)
        .output()
        .context("starting checkpatch")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut counts = BTreeMap::new();
    for line in text.lines() {
        // FILE:LINE: WARNING:TYPE: text
        let kind = line.split(": ").nth(1).and_then(|level| level.split_once(':'));
        let (_, kind) = kind.with_context(|| format!("checkpatch wrote: {line}"))?;
        let stated = EXCEPTIONS.iter().any(|(stated, _)| *stated == kind);
        ensure!(stated, "not a stated exception: {line}");
        *counts.entry(kind.to_owned()).or_insert(0) += 1;
    }
    // The versions at least: a checkpatch that reports nothing has read nothing.
    ensure!(counts.contains_key(EXCEPTIONS[0].0), "checkpatch read nothing: {text}{output:?}");
    eprintln!("checkpatch of Linux {}: {counts:?}", tree.release);
    Ok(())
}

/// The C files of the module that people wrote.
fn shim(rig: &Rig) -> Result<Vec<PathBuf>> {
    let folder = rig.root().join(module::SHIM);
    let entries = fs::read_dir(&folder).with_context(|| format!("listing {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| {
        path.extension().is_some_and(|end| end == "c" || end == "h") && !path.ends_with(GENERATED)
    });
    files.sort();
    Ok(files)
}
