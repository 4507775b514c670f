// SPDX-License-Identifier: GPL-2.0-or-later
//! The Linux guest's image: the profile's kernel, and an initramfs of busybox or toybox, the module, uchaosbox,
//! `linux-guest/rootfs` and the profile's files over it. The same archive code makes the microkernel's initrd.

use fs_err as fs;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;

use super::profile::{self, BootForm, Profile};
use super::userland::{self, Tools};
use super::{disk, kernel, kernel_source, module, sources, uchaosbox};
use crate::inputs::Inputs;
use crate::step;
use guest_run::archive::Archive;
use guest_run::{CommandContext, DiskImage, LinuxImage};

/// Mount points of the kernel and /init, and folders that users expect.
const FOLDERS: [&str; 9] =
    ["/bin", "/dev", "/etc", "/lib", "/lib/modules", "/proc", "/sbin", "/sys", "/tmp"];

/// The code that packs the archives; a change repacks them.
const PACKER: &str =
    concat!(include_str!("../../guest-run/src/archive.rs"), include_str!("linux_image.rs"));

/// Which Linux guest is built.
#[derive(Debug, Clone, Args, Serialize)]
#[command(next_help_heading = "The Linux guest")]
pub struct LinuxOptions {
    /// What the Linux guest is made of: a file in linux-guest/profiles
    #[arg(long, value_name = "NAME", default_value = profile::DEFAULT)]
    pub profile: String,
    /// Build this kernel tree or tarball (Linux 5.15 to 6.18) instead of the profile's
    #[arg(long, value_name = "PATH", env = "UCHAOS_LINUX_SRC")]
    pub linux_src: Option<PathBuf>,
    /// Whether its kernel is for several processors; `--smp` decides.
    #[arg(skip)]
    pub smp: bool,
}

impl LinuxOptions {
    /// A guest with one processor.
    #[must_use]
    pub fn new(profile: &str, linux_src: Option<PathBuf>) -> Self {
        Self { profile: profile.to_owned(), linux_src, smp: false }
    }

    /// The profile, with what `--smp` changes in it.
    fn profile(&self, root: &Path) -> Result<Profile> {
        let profile = Profile::read(root, &self.profile)?;
        Ok(if self.smp { profile.for_several_cpus() } else { profile })
    }

    /// The options as arguments of a command that works from any folder.
    pub fn words(&self) -> Result<Vec<OsString>> {
        let mut words = vec!["--profile".into(), self.profile.clone().into()];
        words.extend(self.linux_src_words()?);
        Ok(words)
    }

    /// The same for the kernel source alone; empty if it is the profile's.
    pub fn linux_src_words(&self) -> Result<Vec<OsString>> {
        let Some(source) = &self.linux_src else { return Ok(Vec::new()) };
        let source = std::path::absolute(source)
            .with_context(|| format!("resolving --linux-src {}", source.display()))?;
        Ok(vec!["--linux-src".into(), source.into()])
    }
}

/// Builds the guest.
pub fn build(
    context: &CommandContext,
    options: &LinuxOptions,
    engine_object: &Path,
) -> Result<LinuxImage> {
    let profile = options.profile(&context.root)?;
    let kernel = kernel::build(context, &profile, options.linux_src.as_deref())?;
    let tools = userland::build(context, &profile)?;
    let module = module::build(context, &kernel, engine_object)?;
    let uchaosbox = if profile.userland.stick {
        uchaosbox::build_stick(context, engine_object)?
    } else if profile.host_rng {
        uchaosbox::build_host_rng(context, engine_object)?
    } else {
        uchaosbox::build(context, engine_object)?
    };
    let disk = disk::build(context, &profile)?;

    let folder = context.out.join(format!("linux-{}", profile.name));
    let (bzimage, initramfs) = (folder.join("bzImage"), folder.join("initramfs.cpio.gz"));
    let vmlinux = (profile.kernel.boot == BootForm::Vmlinux).then(|| folder.join("vmlinux"));
    let with_disk = disk.as_ref().map(|_| folder.join("initramfs-with-disk.cpio"));
    let rootfs = profile.rootfs_folders(&context.root);
    let mut inputs = rootfs.iter().fold(Inputs::new().text("packer", PACKER), Inputs::path);
    for part in [&kernel.bzimage, &kernel.vmlinux, &tools.program, &module, &uchaosbox]
        .into_iter()
        .chain(disk.as_ref().map(|disk| &disk.image))
    {
        // In a dry run the earlier steps' output may not exist.
        if part.exists() {
            inputs = inputs.path(part);
        }
    }
    let outputs: Vec<&Path> = [&bzimage, &initramfs]
        .into_iter()
        .chain(&vmlinux)
        .chain(&with_disk)
        .map(PathBuf::as_path)
        .collect();
    step::run(context, &format!("linux-{}", profile.name), &inputs, &outputs, |log| {
        let packed = pack(&rootfs, &tools, &uchaosbox, &module)?;
        fs::create_dir_all(&folder)?;
        fs::write(&initramfs, &packed)?;
        if let (Some(disk), Some(with_disk)) = (&disk, &with_disk) {
            fs::write(with_disk, disk.in_initramfs(&packed)?)?;
        }
        let kernel_bytes = fs::copy(&kernel.bzimage, &bzimage)?;
        if let Some(vmlinux) = &vmlinux {
            log.run(Command::new("strip").arg("-o").arg(vmlinux).arg(&kernel.vmlinux))?;
        }
        log.say(&format!("{}: {}", profile.name, profile.description))?;
        log.say(&format!(
            "Linux {}: kernel {} bytes, initramfs {} bytes, together {} bytes",
            kernel.release,
            kernel_bytes,
            packed.len(),
            kernel_bytes + packed.len() as u64
        ))
    })?;
    Ok(LinuxImage {
        profile: profile.name,
        release: kernel.release,
        bzimage,
        vmlinux,
        unstripped: kernel.vmlinux,
        initramfs,
        module,
        uchaosbox,
        tools: tools.program,
        command_line: profile.kernel.command_line,
        network: profile.network,
        share: profile.share,
        host_rng: profile.host_rng,
        server: profile.server,
        source: [&kernel.from, &tools.from]
            .into_iter()
            .chain(disk.as_ref().map(|disk| &disk.from))
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("; "),
        disk: disk
            .zip(with_disk)
            .map(|(disk, initramfs)| DiskImage { image: disk.image, initramfs }),
        banner: kernel.banner,
    })
}

/// The initramfs: these three files, and those in the folders.
pub fn pack(rootfs: &[PathBuf], tools: &Tools, uchaosbox: &Path, module: &Path) -> Result<Vec<u8>> {
    let read = |path: &Path| fs::read(path).with_context(|| format!("reading {}", path.display()));
    let name = tools.program.file_name().unwrap_or_default().to_string_lossy();
    let archive = FOLDERS
        .iter()
        .fold(Archive::new(), |archive, path| archive.dir(path, 0o755))
        // The kernel opens it for /init before anything is mounted.
        .node("/dev/console", 0o600, 5, 1)
        .file(&format!("/bin/{name}"), 0o755, read(&tools.program)?);
    let archive = tools
        .links
        .iter()
        .fold(archive, |archive, link| archive.symlink(&format!("/bin/{link}"), &name))
        .file("/bin/uchaosbox", 0o755, read(uchaosbox)?)
        .file("/lib/modules/uchaos.ko", 0o644, read(module)?);
    add_rootfs(archive, rootfs)?.to_cpio_gz()
}

/// Fetches everything that [`build`] needs, so that it can run offline later. A preferred source that was replaced before is tried again.
pub fn fetch(context: &CommandContext, options: &LinuxOptions) -> Result<()> {
    let profile = Profile::read(&context.root, &options.profile)?;
    if options.linux_src.is_none() {
        sources::try_preferred(context, &profile.kernel.sources)?;
    }
    sources::try_preferred(context, profile.userland.sources())?;
    kernel_source::prepare(context, &profile, options.linux_src.as_deref())?;
    sources::first_available(context, profile.userland.sources()).map(|_| ())
}

/// Step lines that [`obtain_sources`] prints: kernel and tools.
pub const SOURCES: usize = ["kernel", "tools"].len();

/// Puts the source files of a guest into the cache, and unpacks nothing.
pub fn obtain_sources(context: &CommandContext, options: &LinuxOptions) -> Result<()> {
    let profile = Profile::read(&context.root, &options.profile)?;
    if options.linux_src.is_none() {
        sources::first_available(context, &profile.kernel.sources)?;
    }
    sources::first_available(context, profile.userland.sources()).map(|_| ())
}

/// The microkernel's initrd, with the Linux guest's defaults for jobs.
pub fn bare_initrd(context: &CommandContext) -> Result<PathBuf> {
    let defaults = context.root.join("linux-guest/rootfs/etc/uchaos.conf");
    let initrd = context.out.join("baremetal/initrd.cpio");
    step::run(
        context,
        "bare-initrd",
        &Inputs::new().text("packer", PACKER).path(&defaults),
        &[&initrd],
        |_| {
            let text = fs::read(&defaults)?;
            let archive = Archive::new()
                .dir("/etc", 0o755)
                .file("/etc/uchaos.conf", 0o644, text)
                .to_cpio()?;
            if let Some(folder) = initrd.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&initrd, archive).with_context(|| format!("writing {}", initrd.display()))
        },
    )?;
    Ok(initrd)
}

/// Adds the files of each folder; files of later folders replace those of earlier ones.
fn add_rootfs(mut archive: Archive, folders: &[PathBuf]) -> Result<Archive> {
    let mut files = BTreeMap::new();
    for folder in folders {
        gather(folder, &mut files)?;
    }
    for (name, path) in files {
        if path.is_dir() {
            if !FOLDERS.contains(&format!("/{name}").as_str()) {
                archive = archive.dir(&name, 0o755);
            }
            continue;
        }
        let data = fs::metadata(&path)?;
        // The image does not depend on the checkout's umask.
        let mode = if data.permissions().mode() & 0o111 == 0 { 0o644 } else { 0o755 };
        let bytes = fs::read(&path)?;
        archive = archive.file(&name, mode, bytes);
    }
    Ok(archive)
}

/// Each file below `rootfs`: its name in the guest and its path here.
fn gather(rootfs: &Path, files: &mut BTreeMap<String, PathBuf>) -> Result<()> {
    let mut folders = vec![rootfs.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry.with_context(|| format!("listing {}", folder.display()))?.path();
            let inside =
                path.strip_prefix(rootfs).with_context(|| format!("placing {}", path.display()))?;
            let name = inside
                .to_str()
                .with_context(|| format!("{} is not UTF-8", path.display()))?
                .to_owned();
            if path.is_dir() {
                folders.push(path.clone());
            }
            files.insert(name, path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use guest_run::archive::read_back;

    #[test]
    fn the_rootfs_of_the_checkout_is_packed_the_same_each_time() {
        let rootfs = Path::new("../..").join("linux-guest/rootfs");
        let pack = || {
            let folders =
                FOLDERS.iter().fold(Archive::new(), |archive, path| archive.dir(path, 0o755));
            add_rootfs(folders, std::slice::from_ref(&rootfs)).unwrap().to_cpio_gz().unwrap()
        };
        assert_eq!(pack(), pack());
        let files = read_back(&pack()).unwrap();
        assert!(files["init"].starts_with(b"#!/bin/sh\n"));
        assert!(files.contains_key("etc/uchaos.conf"));
    }

    #[test]
    fn a_folder_of_the_users_own_is_laid_over() {
        let (base, own) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for (rootfs, text) in [(&base, "base"), (&own, "own")] {
            fs::create_dir_all(rootfs.path().join("home/me")).unwrap();
            fs::write(rootfs.path().join("home/me/notes"), text).unwrap();
        }
        fs::write(base.path().join("home/left"), "base").unwrap();
        let folders = [&base, &own].map(|folder| folder.path().to_path_buf());
        let archive = add_rootfs(Archive::new(), &folders).unwrap();
        let files = read_back(&archive.to_cpio().unwrap()).unwrap();
        assert_eq!(
            (&files["home/me/notes"][..], &files["home/left"][..]),
            (&b"own"[..], &b"base"[..])
        );
    }
}
