// SPDX-License-Identifier: GPL-2.0-or-later
//! The read-only disk of a profile: programs from Debian's packages, the libraries that they need, and data files, in one
//! squashfs. It contains nothing that is installed on this machine.

mod libraries;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use fs_err as fs;
use guest_run::CommandContext;
use guest_run::archive::Archive;

use crate::inputs::Inputs;
use crate::log::StepLog;
use crate::profile::{DiskProfile, Profile};
use crate::sources::{self, Obtained};
use crate::step;

/// Step lines that [`build`] prints for a profile that has a disk.
pub const STEPS: usize = ["Debian's packages", "disk"].len();

/// The code that determines the disk's contents, given its packages.
const RECIPE: &str = concat!(include_str!("disk.rs"), include_str!("disk/libraries.rs"));
/// Reproducible packing.
const SQUASHFS: [&str; 12] = [
    "-comp",
    "xz",
    "-b",
    "128K",
    "-noappend",
    "-no-progress",
    "-no-xattrs",
    "-all-root",
    "-all-time",
    "0",
    "-mkfs-time",
    "0",
];

/// A built disk.
#[derive(Debug)]
pub struct Disk {
    pub image: PathBuf,
    /// The origin of its packages, for provenance.
    pub from: String,
}

impl Disk {
    /// The initramfs, packed, with the disk as one more file.
    pub fn in_initramfs(&self, initramfs: &[u8]) -> Result<Vec<u8>> {
        let mut whole = initramfs.to_vec();
        // The kernel skips zeros, and accepts an uncompressed archive only at a multiple of 4 bytes.
        whole.resize(initramfs.len().next_multiple_of(4), 0);
        let disk = Archive::new().file("/disk.squashfs", 0o444, fs::read(&self.image)?);
        whole.extend(disk.to_cpio()?);
        Ok(whole)
    }
}

/// Builds the profile's disk, if it has one.
pub fn build(context: &CommandContext, profile: &Profile) -> Result<Option<Disk>> {
    let Some(disk) = &profile.disk else { return Ok(None) };
    let packages = sources::obtain_debs(context, &disk.packages)?;
    let folder = context.out.join(format!("linux-{}", profile.name));
    let image = folder.join("disk.squashfs");
    let inputs = packages
        .iter()
        .fold(Inputs::new(), |inputs, package| inputs.text(&package.name, &package.sha256))
        .text("files", format!("{:?} {:?}", disk.programs, disk.files))
        .text("recipe", RECIPE);
    step::run(context, &format!("disk-{}", profile.name), &inputs, &[&image], |log| {
        fs::create_dir_all(&folder)?;
        let work = tempfile::tempdir_in(&folder).context("making a folder to unpack into")?;
        let (unpacked, tree) = (work.path().join("unpacked"), work.path().join("tree"));
        fs::create_dir_all(&unpacked)?;
        for package in &packages {
            package.verify()?;
            log.run(Command::new("dpkg-deb").arg("--extract").arg(&package.path).arg(&unpacked))?;
        }
        fill(disk, &unpacked, &tree, log)?;
        let made = work.path().join("disk.squashfs");
        log.run(Command::new("mksquashfs").arg(&tree).arg(&made).args(SQUASHFS))?;
        log.say(&format!("disk: {} bytes, read-only", fs::metadata(&made)?.len()))?;
        Ok(fs::rename(&made, &image)?)
    })?;
    Ok(Some(Disk { image, from: described(&packages) }))
}

/// Copies what the profile names, and the libraries of its programs.
fn fill(disk: &DiskProfile, unpacked: &Path, tree: &Path, log: &mut StepLog) -> Result<()> {
    let mut wanted: Vec<PathBuf> = Vec::new();
    for file in disk.programs.iter().chain(&disk.files) {
        if !unpacked.join(file).exists() {
            bail!("none of the packages of the profile's disk has /{file}");
        }
        wanted.push(file.into());
    }
    let programs: Vec<PathBuf> = disk.programs.iter().map(PathBuf::from).collect();
    wanted.extend(libraries::needed_by(&programs, unpacked)?);
    let root = fs::canonicalize(unpacked)?;
    for file in &wanted {
        let source = fs::canonicalize(unpacked.join(file))?;
        if !source.starts_with(&root) {
            bail!("/{} is a link to {}, which is this machine's", file.display(), source.display());
        }
        let target = tree.join(file);
        fs::create_dir_all(target.parent().context("a file without a folder")?)?;
        // A program names a library by a link to it; the disk has one file under that name.
        log.run(
            Command::new("cp")
                .args(["--recursive", "--dereference", "--preserve=mode"])
                .arg(source)
                .arg(&target),
        )?;
    }
    Ok(())
}

/// Names and versions; sources.toml has the checksums of those that it names.
fn described(packages: &[Obtained]) -> String {
    let named = packages.iter().map(|package| format!("{} {}", package.name, package.version));
    format!("Debian's packages {}", named.collect::<Vec<_>>().join(", "))
}
