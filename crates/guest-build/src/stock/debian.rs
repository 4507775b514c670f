// SPDX-License-Identifier: GPL-2.0-or-later
//! Debian's kernel, unpacked into the cache and not installed: its headers, image and modules.

use fs_err as fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Headers;
use crate::kernel_source::short;
use crate::log::StepLog;
use crate::sources::{self, unpack};
use crate::work_dir;
use guest_run::CommandContext;

/// A series of Debian's kernels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Series {
    /// What Debian 12 was released with
    #[value(name = "6.1")]
    V6_1,
    /// With indirect branch tracking
    #[value(name = "6.12")]
    V6_12,
}

impl Series {
    /// Its name in linux-guest/sources.toml.
    fn source(self) -> &'static str {
        match self {
            Self::V6_1 => "debian-cloud",
            Self::V6_12 => "debian-cloud-6.12",
        }
    }
}

/// A kernel shipped by Debian.
#[derive(Debug)]
pub struct DebianKernel {
    pub headers: Headers,
    pub vmlinuz: PathBuf,
    modules: PathBuf,
}

impl DebianKernel {
    /// Fetches and unpacks it, if not done before.
    pub fn obtain(context: &CommandContext, series: Series) -> Result<Self> {
        let source = series.source();
        let obtained = sources::first_available(context, &[source.to_owned()])?;
        let tree =
            work_dir::for_trees(context)?.join(format!("{source}-{}", short(&obtained.sha256)));
        if !tree.exists() {
            obtained.verify()?;
            let label = context.next_label("unpack Debian's kernel");
            let mut log =
                StepLog::create(&context.out.join("logs"), "unpack-debian-kernel", &label)?;
            let done = unpack_packages(&obtained.path, &tree, &mut log);
            log.finish();
            done.with_context(|| {
                format!("unpacking Debian's kernel (log: {})", log.path().display())
            })?;
        }
        let built_headers =
            |path: &Path| path.join(".config").exists() && path.join("Module.symvers").exists();
        let headers = Headers::open(&the_one_in(&tree.join("usr/src"), built_headers)?)?;
        let vmlinuz = tree.join(format!("boot/vmlinuz-{}", headers.release));
        let modules = tree.join(format!("lib/modules/{}/kernel", headers.release));
        if !vmlinuz.exists() || !modules.exists() {
            bail!("Debian's image package has no {} or {}", vmlinuz.display(), modules.display());
        }
        Ok(Self { headers, vmlinuz, modules })
    }

    /// The file of one of its modules, by its path below `kernel/`.
    pub fn module(&self, path: &str) -> Result<Vec<u8>> {
        let path = self.modules.join(path);
        fs::read(&path).with_context(|| format!("reading Debian's module {}", path.display()))
    }
}

/// Unpacks the packages of the tarball into one tree, atomically.
fn unpack_packages(tarball: &Path, tree: &Path, log: &mut StepLog) -> Result<()> {
    let begun = tree.with_extension("unpacking");
    if begun.exists() {
        fs::remove_dir_all(&begun).with_context(|| format!("emptying {}", begun.display()))?;
    }
    let packages = begun.join("packages");
    unpack::unpack(tarball, &packages, &[], log)?;
    for entry in fs::read_dir(&packages).context("listing Debian's packages")? {
        let package = entry.context("listing Debian's packages")?.path();
        log.run(Command::new("dpkg-deb").arg("--extract").arg(&package).arg(&begun))?;
    }
    fs::remove_dir_all(&packages).context("removing the unpacked packages")?;
    // The headers' Makefile includes another package's by its installed path.
    let built_headers = |path: &Path| path.join("Module.symvers").exists();
    let makefile = the_one_in(&begun.join("usr/src"), built_headers)?.join("Makefile");
    let text = fs::read_to_string(&makefile)?
        .replace("include /usr/src/", &format!("include {}/usr/src/", tree.display()));
    fs::write(&makefile, text)?;
    fs::rename(&begun, tree).with_context(|| format!("moving {} into place", tree.display()))
}

fn the_one_in(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Result<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        found.push(entry.with_context(|| format!("listing {}", folder.display()))?.path());
    }
    found.retain(|path| wanted(path));
    match found.pop() {
        Some(path) if found.is_empty() => Ok(path),
        _ => bail!("{} does not hold the headers of one kernel", folder.display()),
    }
}
