// SPDX-License-Identifier: GPL-2.0-or-later
//! Fetching from Debian's archive with apt: lists of our own in the cache, so that no deb-src entry, root or
//! change to the machine's configuration is needed. apt checks the archive's signatures.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::manifest::Debian;
use crate::log::StepLog;

/// An apt whose state lives in one folder.
#[derive(Debug)]
pub(super) struct Apt {
    folder: PathBuf,
}

impl Apt {
    /// Sets the folder up and brings the lists up to date.
    ///
    /// # Errors
    /// When there is no apt or keyring, the folder cannot be written, or no list comes.
    pub(super) fn open(debian: &Debian, folder: &Path, log: &mut StepLog) -> Result<Self> {
        if !debian.keyring.exists() {
            bail!("{} is missing: install debian-archive-keyring", debian.keyring.display());
        }
        for name in ["state/lists/partial", "cache/archives/partial"] {
            let part = folder.join(name);
            fs::create_dir_all(&part).with_context(|| format!("creating {}", part.display()))?;
        }
        let lines: String = debian
            .entries
            .iter()
            .flat_map(|entry| ["deb", "deb-src"].map(|kind| (kind, entry)))
            .map(|(kind, entry)| {
                format!("{kind} [signed-by={}] {entry}\n", debian.keyring.display())
            })
            .collect();
        let list = folder.join("sources.list");
        fs::write(&list, lines).with_context(|| format!("writing {}", list.display()))?;
        let apt = Self { folder: folder.to_path_buf() };
        log.run(apt.command().arg("update")).context("bringing Debian's package lists")?;
        Ok(apt)
    }

    /// Puts `member` of the newest `package` at `target`, and returns the package's version.
    ///
    /// # Errors
    /// When the package cannot be had or does not hold the member.
    pub(super) fn package_member(
        &self,
        package: &str,
        member: &str,
        target: &Path,
        log: &mut StepLog,
    ) -> Result<String> {
        let inbox = self.empty_inbox()?;
        log.run(self.command().args(["download", package]).current_dir(&inbox))?;
        let deb = the_only(&inbox, ".deb")?;
        let version = output_of(Command::new("dpkg-deb").arg("--field").arg(&deb).arg("Version"))?;
        let mut unpacker = Command::new("dpkg-deb")
            .arg("--fsys-tarfile")
            .arg(&deb)
            .stdout(Stdio::piped())
            .spawn()
            .context("starting dpkg-deb")?;
        let tar_stream = unpacker.stdout.take().context("reading from dpkg-deb")?;
        let file =
            File::create(target).with_context(|| format!("creating {}", target.display()))?;
        let copied = Command::new("tar")
            .args(["--extract", "--to-stdout", member])
            .stdin(tar_stream)
            .stdout(file)
            .status()
            .context("starting tar")?;
        let unpacked = unpacker.wait().context("waiting for dpkg-deb")?;
        if !copied.success() || !unpacked.success() {
            bail!(
                "taking {member} out of {}: it may not be in there, or the disk is full",
                deb.display()
            );
        }
        fs::remove_dir_all(&inbox).with_context(|| format!("removing {}", inbox.display()))?;
        Ok(version.trim().to_owned())
    }

    /// Puts the upstream tarball `file` of a source package at `target`.
    ///
    /// # Errors
    /// When the package cannot be had or has another tarball.
    pub(super) fn upstream_tarball(
        &self,
        package: &str,
        file: &str,
        target: &Path,
        log: &mut StepLog,
    ) -> Result<()> {
        let inbox = self.empty_inbox()?;
        log.run(self.command().args(["source", "--download-only", package]).current_dir(&inbox))?;
        let from = inbox.join(file);
        if !from.exists() {
            bail!(
                "Debian's {package} has {} now, not {file}",
                the_only(&inbox, ".orig.tar.*")?.display()
            );
        }
        fs::rename(&from, target)
            .with_context(|| format!("moving {} to the cache", from.display()))?;
        fs::remove_dir_all(&inbox).with_context(|| format!("removing {}", inbox.display()))
    }

    fn command(&self) -> Command {
        let mut apt = Command::new("apt-get");
        let set = |name: &str, value: &Path| format!("{name}={}", value.display());
        apt.args(["--quiet=2", "-o", "Acquire::Languages=none", "-o", "APT::Sandbox::User="])
            .args(["-o", "Acquire::Retries=2", "-o", "Dir::Etc::sourceparts=-"])
            .args(["-o", &set("Dir::Etc::sourcelist", &self.folder.join("sources.list"))])
            .args(["-o", &set("Dir::State", &self.folder.join("state"))])
            .args(["-o", "Dir::State::status=/var/lib/dpkg/status"])
            .args(["-o", &set("Dir::Cache", &self.folder.join("cache"))])
            .env("LC_ALL", "C");
        apt
    }

    fn empty_inbox(&self) -> Result<PathBuf> {
        let inbox = self.folder.join("inbox");
        if inbox.exists() {
            fs::remove_dir_all(&inbox).with_context(|| format!("emptying {}", inbox.display()))?;
        }
        fs::create_dir_all(&inbox).with_context(|| format!("creating {}", inbox.display()))?;
        Ok(inbox)
    }
}

/// The one file in `folder` whose name ends with `ending` (`.*` at its end stands for anything).
fn the_only(folder: &Path, ending: &str) -> Result<PathBuf> {
    let matches = |name: &str| match ending.strip_suffix('*') {
        Some(middle) => name.contains(middle),
        None => name.ends_with(ending),
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))? {
        let path = entry.with_context(|| format!("listing {}", folder.display()))?.path();
        if path.file_name().is_some_and(|name| matches(&name.to_string_lossy())) {
            found.push(path);
        }
    }
    match found.pop() {
        Some(path) if found.is_empty() => Ok(path),
        _ => bail!("apt left no single '{ending}' file in {}", folder.display()),
    }
}

fn output_of(command: &mut Command) -> Result<String> {
    let shown = crate::log::show_command(command);
    let output = command.output().with_context(|| format!("starting `{shown}`"))?;
    if !output.status.success() {
        bail!("`{shown}` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("reading the output of `{shown}`"))
}
