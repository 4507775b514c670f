// SPDX-License-Identifier: GPL-2.0-or-later
//! The two environments of the builds. Nothing of them may be found in the output: paths, user, home,
//! time zone (their dates always differ), language, umask, number of parallel jobs; nor the time.

use fs_err as fs;
use std::ffi::OsString;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::checkout::copy_checkout;
use crate::cargo;
use crate::sources;
use guest_run::CommandContext;

/// The environment of one of the two builds.
#[derive(Debug)]
pub(super) struct Surroundings {
    /// Its folder, below the base.
    folder: &'static str,
    umask: u32,
    time_zone: &'static str,
    language: &'static str,
    user: &'static str,
    cargo_jobs: &'static str,
}

/// The two builds.
pub(super) const BOTH: [Surroundings; 2] = [
    Surroundings {
        folder: "a",
        umask: 0o022,
        time_zone: "GMT+12",
        language: "C.UTF-8",
        user: "alice",
        cargo_jobs: "2",
    },
    Surroundings {
        folder: "a-longer/name",
        umask: 0o077,
        time_zone: "GMT-14",
        language: "et_EE.UTF-8",
        user: "benjamin",
        cargo_jobs: "1",
    },
];

impl Surroundings {
    /// The path of this build's copy of the checkout.
    pub(super) fn checkout(&self, base: &Path) -> PathBuf {
        base.join(self.folder).join("checkout")
    }

    fn cache(&self, base: &Path) -> PathBuf {
        base.join(self.folder).join("cache")
    }

    fn home(&self, base: &Path) -> PathBuf {
        base.join(self.folder).join(self.user)
    }

    /// A description, printed above the steps.
    pub(super) fn describe(&self, base: &Path) -> String {
        let folder = base.join(self.folder);
        format!(
            "{} (umask {:03o}, TZ={}, LANG={}, user {})",
            folder.display(),
            self.umask,
            self.time_zone,
            self.language,
            self.user
        )
    }

    /// Copies the checkout, and links downloads: the source files, and cargo's crates and settings.
    pub(super) fn prepare(&self, context: &CommandContext, base: &Path) -> Result<()> {
        copy_checkout(&context.root, &self.checkout(base), self.umask)
            .context("copying the checkout")?;
        let cache = self.cache(base);
        fs::create_dir_all(&cache)?;
        link(&sources::folder(context), &cache.join("sources"))?;
        let cargo = self.home(base).join(".cargo");
        fs::create_dir_all(&cargo)?;
        let entries = cargo::home().and_then(|home| fs::read_dir(home).ok());
        for entry in entries.into_iter().flatten().flatten() {
            // Each home has its own locks.
            if !entry.file_name().to_string_lossy().starts_with(".package-cache") {
                link(&entry.path(), &cargo.join(entry.file_name()))?;
            }
        }
        Ok(())
    }

    /// A command of this program that builds something, and prints the result as JSON.
    pub(super) fn command(
        &self,
        context: &CommandContext,
        arguments: &[OsString],
        base: &Path,
    ) -> Result<Command> {
        let home = self.home(base);
        let mut command = Command::new("sh");
        command
            .args(["-c", r#"umask "$0"; exec "$@""#])
            .arg(format!("{:03o}", self.umask))
            .arg(std::env::current_exe().context("finding this program")?)
            .args(arguments)
            .arg("--json")
            .arg("--checkout")
            .arg(self.checkout(base))
            .args(context.offline.then_some("--offline"))
            .env("CARGO_TARGET_DIR", base.join(self.folder).join("target"))
            .env("UCHAOS_CACHE", self.cache(base))
            .env("CARGO_HOME", home.join(".cargo"))
            .envs(rustup_home().map(|folder| ("RUSTUP_HOME", folder)))
            .env("HOME", home)
            .env("USER", self.user)
            .env("LOGNAME", self.user)
            .env("TZ", self.time_zone)
            .env("LANG", self.language)
            .env("LC_ALL", self.language)
            .env("CARGO_BUILD_JOBS", self.cargo_jobs);
        Ok(command)
    }
}

/// The toolchain is not copied: its version is pinned, and it is not part of the output.
fn rustup_home() -> Option<PathBuf> {
    let given = std::env::var_os("RUSTUP_HOME").map(PathBuf::from);
    given.or_else(|| Some(std::env::home_dir()?.join(".rustup")))
}

fn link(to: &Path, link: &Path) -> Result<()> {
    symlink(to, link).with_context(|| format!("linking {} to {}", link.display(), to.display()))
}
