// SPDX-License-Identifier: GPL-2.0-or-later
//! toybox, linked statically against musl. Its build works in its own tree and reads its settings from the environment.

use fs_err as fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::busybox::link_headers;
use super::{Begun, Tools, begin};
use crate::compiler;
use crate::inputs::Inputs;
use crate::kconfig::Options;
use crate::kernel::quiet_make;
use crate::log::StepLog;
use crate::profile::Profile;
use crate::sources::unpack;
use crate::step;
use guest_run::CommandContext;

/// Builds the profile's toybox.
pub(super) fn build(context: &CommandContext, profile: &Profile) -> Result<Tools> {
    let Begun { source, options, step, build_dir, inputs } = begin(context, profile)?;
    let (program, names) = (build_dir.join("toybox"), build_dir.join("applets.txt"));
    let patches = patches(&context.root.join("linux-guest/toybox"), &source.version)?;
    let inputs = patches.iter().fold(inputs, Inputs::path);
    step::run(context, &step, &inputs, &[&program, &names], |log| {
        source.verify()?;
        if build_dir.exists() {
            fs::remove_dir_all(&build_dir)?;
        }
        unpack::unpack(&source.path, &build_dir, &[], log)?;
        for patch in &patches {
            let mut apply = Command::new("patch");
            apply.args(["--strip=1", "--batch", "--forward", "--input"]).arg(patch);
            log.run(apply.current_dir(&build_dir))
                .with_context(|| format!("applying {}", patch.display()))?;
        }
        let headers = link_headers(&build_dir)?;
        configure(&build_dir, &headers, &options, log)?;
        log.run(make(&build_dir, &headers).arg("toybox")).context("compiling toybox")?;
        // It lists its commands itself: the guest's shell finds them by links in /bin.
        let listed = Command::new(&program).output().context("asking toybox for its commands")?;
        fs::write(&names, listed.stdout)?;
        Ok(())
    })?;
    let names = if context.dry_run { String::new() } else { fs::read_to_string(&names)? };
    Ok(Tools {
        program,
        links: names.split_whitespace().map(str::to_owned).collect(),
        from: source.described(),
    })
}

/// Patches for one version: `VERSION-NAME.patch`.
fn patches(folder: &Path, version: &str) -> Result<Vec<PathBuf>> {
    let beginning = format!("{version}-");
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(&beginning) && name.ends_with(".patch") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn make(build_dir: &Path, headers: &Path) -> Command {
    let mut make = quiet_make();
    make.arg("-C").arg(build_dir);
    let gcc = compiler::GCC.trim_start_matches("gcc").trim();
    // After musl's own folders, so that only what musl lacks comes from the host.
    make.env("CC", "musl-gcc")
        .env("HOSTCC", "gcc")
        .env("CFLAGS", format!("{gcc} -idirafter {}", headers.display()))
        .env("LDFLAGS", "-static")
        .env("SOURCE_DATE_EPOCH", "0");
    make
}

fn configure(build_dir: &Path, headers: &Path, options: &Options, log: &mut StepLog) -> Result<()> {
    let wanted: PathBuf = build_dir.join("wanted.config");
    fs::write(&wanted, options.to_config())?;
    let mut configure = make(build_dir, headers);
    configure.arg("allnoconfig").arg(format!("KCONFIG_ALLCONFIG={}", wanted.display()));
    log.run(&mut configure).context("configuring toybox")?;
    let taken = fs::read_to_string(build_dir.join(".config"))?;
    options.check_taken(&taken).context("configuring toybox")
}
