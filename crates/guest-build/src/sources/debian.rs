// SPDX-License-Identifier: GPL-2.0-or-later
//! Fetches from Debian's archive with apt: our own package lists in the cache, so that no deb-src entry, root or
//! change to the machine's configuration is needed. apt checks the archive's signatures.

use std::fs::File;

use fs_err as fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::manifest::Debian;
use crate::log::StepLog;

/// An apt whose state is in one folder.
#[derive(Debug)]
pub(super) struct Apt {
    folder: PathBuf,
}

impl Apt {
    /// Sets up the folder and updates the lists.
    pub(super) fn open(debian: &Debian, folder: &Path, log: &mut StepLog) -> Result<Self> {
        if !debian.keyring.exists() {
            bail!("{} is missing: install debian-archive-keyring", debian.keyring.display());
        }
        for name in ["state/lists/partial", "cache/archives/partial"] {
            let part = folder.join(name);
            fs::create_dir_all(&part)?;
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
        fs::write(&list, lines)?;
        let apt = Self { folder: folder.to_path_buf() };
        log.run(apt.command().arg("update")).context("updating Debian's package lists")?;
        Ok(apt)
    }

    /// Puts `member` of the newest `package` at `target`, and returns the package's version.
    pub(super) fn package_member(
        &self,
        package: &str,
        member: &str,
        target: &Path,
        log: &mut StepLog,
    ) -> Result<String> {
        let inbox = self.empty_inbox()?;
        log.run(self.command().args(["download", package]).current_dir(&inbox))?;
        let deb = the_only(&inbox, |name| name.ends_with(".deb"))?;
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
                "extracting {member} from {}: it may not be in there, or the disk is full",
                deb.display()
            );
        }
        fs::remove_dir_all(&inbox)?;
        Ok(version.trim().to_owned())
    }

    /// Puts the newest `package` at `target`, and returns its version.
    pub(super) fn deb(&self, package: &str, target: &Path, log: &mut StepLog) -> Result<String> {
        let inbox = self.empty_inbox()?;
        log.run(self.command().args(["download", package]).current_dir(&inbox))?;
        let deb = the_only(&inbox, |name| name.ends_with(".deb"))?;
        let version = output_of(Command::new("dpkg-deb").arg("--field").arg(&deb).arg("Version"))?;
        fs::rename(&deb, target)
            .with_context(|| format!("moving {} to the cache", deb.display()))?;
        fs::remove_dir_all(&inbox)?;
        Ok(version.trim().to_owned())
    }

    /// Puts the upstream tarball `file` of a source package at `target`.
    pub(super) fn upstream_tarball(
        &self,
        package: &str,
        file: &str,
        target: &Path,
        log: &mut StepLog,
    ) -> Result<()> {
        let inbox = self.empty_inbox()?;
        // Mirrors of Debian may lack the signatures and patches next to it.
        let mut download = self.command();
        download.args(["source", "--download-only", "--tar-only", package]).current_dir(&inbox);
        log.run(&mut download)?;
        let from = inbox.join(file);
        if !from.exists() {
            bail!(
                "Debian's {package} has {} now, not {file}",
                the_only(&inbox, |name| name.contains(".orig.tar.")).map_or_else(
                    |_| "another tarball".to_owned(),
                    |found| found.display().to_string()
                )
            );
        }
        fs::rename(&from, target)
            .with_context(|| format!("moving {} to the cache", from.display()))?;
        fs::remove_dir_all(&inbox).with_context(|| format!("removing {}", inbox.display()))
    }

    /// Puts a tarball of the newest kernel of a flavour at `target`: the image and the headers for building
    /// modules. Returns their version.
    pub(super) fn kernel(&self, flavour: &str, target: &Path, log: &mut StepLog) -> Result<String> {
        let image = self.needed_by(&format!("linux-image-{flavour}"), &["linux-image-"])?;
        let headers = self.needed_by(&format!("linux-headers-{flavour}"), &["linux-headers-"])?;
        let (Some(image), Some(headers)) = (image.first(), headers.first()) else {
            bail!("Debian has no kernel of the flavour '{flavour}' now");
        };
        let more = self.needed_by(headers, &["linux-headers-", "linux-kbuild-"])?;
        let inbox = self.empty_inbox()?;
        let mut download = self.command();
        download.arg("download").arg(image).arg(headers).args(&more).current_dir(&inbox);
        log.run(&mut download)?;
        let is_image = |name: &str| name.starts_with("linux-image-") && name.ends_with(".deb");
        let deb = the_only(&inbox, is_image)
            .with_context(|| format!("looking for {image} in {}", inbox.display()))?;
        let version = output_of(Command::new("dpkg-deb").arg("--field").arg(&deb).arg("Version"))?;
        bundle(&inbox, target, log)?;
        Ok(version.trim().to_owned())
    }

    /// Puts a tarball of a whole source package at `target`, and returns its version.
    pub(super) fn source_package(
        &self,
        package: &str,
        target: &Path,
        log: &mut StepLog,
    ) -> Result<String> {
        let inbox = self.empty_inbox()?;
        log.run(self.command().args(["source", "--download-only", package]).current_dir(&inbox))?;
        let dsc = the_only(&inbox, |name| name.ends_with(".dsc"))?;
        let text = fs::read_to_string(&dsc)?;
        let version = text
            .lines()
            .find_map(|line| line.strip_prefix("Version: "))
            .with_context(|| format!("{} has no version", dsc.display()))?;
        bundle(&inbox, target, log)?;
        Ok(version.trim().to_owned())
    }

    /// The dependencies of `package` whose names have one of these prefixes.
    fn needed_by(&self, package: &str, beginnings: &[&str]) -> Result<Vec<String>> {
        let text = output_of(self.program("apt-cache").args(["depends", package]))?;
        Ok(text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("Depends: "))
            .filter(|name| beginnings.iter().any(|beginning| name.starts_with(beginning)))
            .map(str::to_owned)
            .collect())
    }

    fn command(&self) -> Command {
        let mut apt = self.program("apt-get");
        apt.arg("--quiet=2");
        apt
    }

    fn program(&self, name: &str) -> Command {
        let mut apt = Command::new(name);
        let set = |name: &str, value: &Path| format!("{name}={}", value.display());
        apt.args(["-o", "Acquire::Languages=none", "-o", "APT::Sandbox::User="])
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
        fs::create_dir_all(&inbox)?;
        Ok(inbox)
    }
}

/// The one file in `folder` whose name is wanted.
fn the_only(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry.with_context(|| format!("listing {}", folder.display()))?.path();
        if path.file_name().is_some_and(|name| wanted(&name.to_string_lossy())) {
            found.push(path);
        }
    }
    match found.pop() {
        Some(path) if found.is_empty() => Ok(path),
        _ => bail!("apt left no single file of that kind in {}", folder.display()),
    }
}

/// Makes one tarball of the contents of `inbox`, and removes `inbox`.
fn bundle(inbox: &Path, target: &Path, log: &mut StepLog) -> Result<()> {
    let mut tar = Command::new("tar");
    tar.args(["--create", "--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--file"])
        .arg(target)
        .arg("--directory")
        .arg(inbox)
        .arg(".");
    log.run(&mut tar)?;
    fs::remove_dir_all(inbox).with_context(|| format!("removing {}", inbox.display()))
}

fn output_of(command: &mut Command) -> Result<String> {
    let shown = guest_run::quoted(command);
    let output = command.output().with_context(|| format!("starting `{shown}`"))?;
    if !output.status.success() {
        bail!("`{shown}` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("reading the output of `{shown}`"))
}
