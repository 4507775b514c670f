// SPDX-License-Identifier: GPL-2.0-or-later
//! The built images: everything needed to boot both guests, and their provenance for reports. They are
//! built by crate `guest-build`; their description is here so that booting and measuring need no build system.

use fs_err as fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::exit::ExitKind;

/// The description in an archive for machines without a checkout, next to the program.
pub const BUNDLED_IMAGES: &str = "images/images.json";

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Images {
    pub engine: EngineObject,
    pub bare: BareImage,
    /// The stub that `pack` puts in front of a program.
    pub launcher: PathBuf,
    /// Absent if only the microkernel was requested.
    pub linux: Option<LinuxImage>,
}

/// The engine as the one object that every target links.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineObject {
    pub object: PathBuf,
    /// Recorded in every result. Absent in a dry run before the first build.
    pub sha256: Option<String>,
    pub compiler_flags: String,
}

/// The microkernel.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BareImage {
    /// As it ships and boots: stripped, and packed behind a PVH entry that unpacks it.
    pub elf: PathBuf,
    /// As linked, with symbols: for debuggers, and to find the engine in it. It also boots.
    pub unstripped: PathBuf,
    /// newc, uncompressed.
    pub initrd: PathBuf,
}

/// The Linux guest.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinuxImage {
    /// The file in linux-guest/profiles from which it was built.
    pub profile: String,
    /// The kernel release, as printed by `uname -r`.
    pub release: String,
    /// The packed kernel, as it ships.
    pub bzimage: PathBuf,
    /// The kernel with a PVH entry, if the profile boots that.
    pub vmlinux: Option<PathBuf>,
    /// The same with symbols, next to the objects it was linked from.
    pub unstripped: PathBuf,
    pub initramfs: PathBuf,
    /// The kernel module in the initramfs.
    pub module: PathBuf,
    /// The tool in the initramfs; it also runs on the host.
    pub uchaosbox: PathBuf,
    /// The shell and tools in the initramfs.
    pub tools: PathBuf,
    /// The profile's part of the kernel command line; jobs are appended.
    pub command_line: String,
    /// Whether the guest supports a network.
    pub network: bool,
    /// Whether it supports a shared folder of the host, and a command to run.
    pub share: bool,
    /// Whether its machine has virtio-rng.
    #[serde(default)]
    pub host_rng: bool,
    /// Its read-only disk, if the profile has one.
    pub disk: Option<DiskImage>,
    /// The service that it provides.
    pub server: Option<Server>,
    /// Where the sources of kernel and tools came from.
    pub source: String,
    /// A note for readers if the kernel is not the profile's first choice.
    pub banner: Option<String>,
}

/// A Linux guest's read-only disk.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiskImage {
    pub image: PathBuf,
    /// The initramfs with the disk in it, as the file `/disk.squashfs`: a disk's timing depends on the host, so an
    /// isolated machine has none.
    pub initramfs: PathBuf,
}

/// A service of a guest on its network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// The guest's TCP port.
    pub port: u16,
    /// The least memory that the guest gets.
    pub memory_mib: u32,
}

impl Images {
    /// The Linux guest.
    pub fn linux(&self) -> Result<&LinuxImage> {
        self.linux
            .as_ref()
            .ok_or_else(|| ExitKind::Missing("the Linux guest was not built".to_owned()).into())
    }

    /// Name and path of each file, for tables and provenance.
    #[must_use]
    pub fn files(&self) -> Vec<(&'static str, &Path)> {
        let mut files = vec![
            ("engine.o", self.engine.object.as_path()),
            ("bare-metal kernel", &self.bare.elf),
            ("bare-metal initrd", &self.bare.initrd),
        ];
        if let Some(linux) = &self.linux {
            files.extend(linux.files());
        }
        files
    }

    /// Every path in the description.
    pub fn paths_mut(&mut self) -> Vec<&mut PathBuf> {
        let Self { engine, bare, launcher, linux } = self;
        let BareImage { elf, unstripped, initrd } = bare;
        let mut paths = vec![&mut engine.object, elf, unstripped, initrd, launcher];
        if let Some(linux) = linux {
            let LinuxImage {
                bzimage,
                vmlinux,
                unstripped,
                initramfs,
                module,
                uchaosbox,
                tools,
                disk,
                ..
            } = linux;
            paths.extend([bzimage, unstripped, initramfs, module, uchaosbox, tools]);
            paths.extend(vmlinux);
            if let Some(DiskImage { image, initramfs }) = disk {
                paths.extend([image, initramfs]);
            }
        }
        paths
    }

    /// Writes the description to `file`, for programs that boot the images but cannot build them.
    pub fn write(&self, file: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).context("describing the images")?;
        fs::write(file, text).with_context(|| format!("writing {}", file.display()))
    }

    /// Reads a description written by [`Images::write`]. Its paths are absolute or relative to its folder.
    pub fn read(file: &Path) -> Result<Self> {
        let text = fs::read(file).map_err(|error| {
            ExitKind::Missing(format!(
                "{error}: there are no images to boot yet; `cargo xtask image` builds them"
            ))
        })?;
        let mut images: Self = serde_json::from_slice(&text).with_context(|| {
            format!(
                "parsing {}: was it written by another version? `cargo xtask image` rewrites it",
                file.display()
            )
        })?;
        let folder = std::path::absolute(file)?;
        let folder = folder.parent().unwrap_or_else(|| Path::new("/"));
        images.paths_mut().into_iter().for_each(|path| *path = folder.join(&*path));
        let launcher = ("launcher", images.launcher.as_path());
        let missing = images.files().into_iter().chain([launcher]).find(|(_, path)| !path.exists());
        match missing {
            Some((name, path)) => Err(ExitKind::Missing(format!(
                "{name} is missing at {}: `cargo xtask image` rebuilds it",
                path.display()
            ))
            .into()),
            None => Ok(images),
        }
    }
}

impl LinuxImage {
    /// The kernel to boot: vmlinux by PVH if the profile says so, else bzImage.
    #[must_use]
    pub fn kernel(&self) -> &Path {
        self.vmlinux.as_ref().unwrap_or(&self.bzimage)
    }

    /// Name and path of each file.
    #[must_use]
    pub fn files(&self) -> Vec<(&'static str, &Path)> {
        let mut files = vec![
            ("linux bzImage", self.bzimage.as_path()),
            ("linux initramfs.cpio.gz", &self.initramfs),
            ("uchaos.ko", &self.module),
            ("uchaosbox", &self.uchaosbox),
            (self.name_of_tools(), &self.tools),
        ];
        files.extend(self.vmlinux.iter().map(|vmlinux| ("linux vmlinux", vmlinux.as_path())));
        if let Some(DiskImage { image, initramfs }) = &self.disk {
            files.push(("linux disk", image));
            files.push(("linux initramfs with disk", initramfs));
        }
        files
    }

    /// The name of the program that provides the shell and tools.
    fn name_of_tools(&self) -> &'static str {
        if self.tools.ends_with("toybox") { "toybox" } else { "busybox" }
    }

    /// The least memory that its server gets. In an isolated machine the disk takes memory twice: in the initramfs,
    /// and as the file that the kernel unpacks from it.
    ///
    /// # Errors
    /// Returns [`ExitKind::Missing`] if the size of that disk is not known yet, as in a dry run before the first build.
    pub fn server_memory_mib(&self, isolated: bool) -> Result<u32> {
        let least_mib = self.server.map_or(0, |server| server.memory_mib);
        match self.disk.as_ref().filter(|_| isolated) {
            Some(disk) if !disk.image.exists() => {
                let text = format!(
                    "the memory of an isolated machine follows from the size of its disk {}, which is not built yet: `cargo xtask image --profile {}` builds it",
                    disk.image.display(),
                    self.profile
                );
                Err(ExitKind::Missing(text).into())
            }
            Some(disk) => {
                let disk_mib = fs::metadata(&disk.image)?.len().div_ceil(1 << 20);
                Ok(least_mib
                    + 2 * u32::try_from(disk_mib).context("converting the disk size to MiB")?)
            }
            None => Ok(least_mib),
        }
    }

    /// Bytes of the image as it ships: the packed kernel, the initramfs and the disk.
    pub fn len_bytes(&self) -> Result<u64> {
        let disk = self.disk.as_ref().map(|disk| &disk.image);
        [&self.bzimage, &self.initramfs]
            .into_iter()
            .chain(disk)
            .map(|path| Ok(fs::metadata(path)?.len()))
            .sum()
    }
}
