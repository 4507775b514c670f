// SPDX-License-Identifier: GPL-2.0-or-later
//! Both images and what goes into them, built in order: the engine's object first, since everything links it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::build::linux_image::LinuxOptions;
use crate::build::{baremetal, engine, linux_image};
use crate::preflight;
use crate::tools::{TO_BUILD, TO_RUN};
use crate::workshop::Workshop;

/// Most step lines that [`build`] prints.
pub(crate) const STEPS: usize = 10;

/// Everything that booting both guests takes.
#[derive(Debug, Clone)]
pub(crate) struct Images {
    pub(crate) engine_object: PathBuf,
    /// Absent in a dry run before the first build.
    pub(crate) engine_sha256: Option<String>,
    /// The microkernel, stripped.
    pub(crate) bare_elf: PathBuf,
    /// The same as it was linked, with its symbols.
    pub(crate) bare_unstripped: PathBuf,
    pub(crate) bare_initrd: PathBuf,
    /// The Linux guest's packed kernel, as it ships.
    pub(crate) bzimage: PathBuf,
    /// The Linux guest's kernel as it is booted: bzImage, or vmlinux by PVH where the profile says so.
    pub(crate) linux_kernel: PathBuf,
    /// The same with its symbols, among the objects that it was linked from.
    pub(crate) linux_unstripped: PathBuf,
    pub(crate) initramfs: PathBuf,
    pub(crate) module: PathBuf,
    pub(crate) uchaosbox: PathBuf,
    pub(crate) busybox: PathBuf,
    /// The Linux guest's part of its command line; jobs are appended.
    pub(crate) linux_command_line: String,
    /// Whether the Linux guest is made for a network.
    pub(crate) linux_network: bool,
    /// Where the kernel's source came from.
    pub(crate) linux_source: String,
    /// What of the Linux guest was asked for.
    pub(crate) linux_options: LinuxOptions,
    /// What a reader must know where the kernel is not the one asked for.
    pub(crate) banner: Option<String>,
}

/// Looks whether the tools are there to build and to boot both guests, and builds. `more_steps` are still to come.
///
/// # Errors
/// A tool that is missing; as [`build`].
pub(crate) fn prepare(
    shop: &Workshop,
    options: &LinuxOptions,
    more_steps: usize,
) -> Result<Images> {
    preflight::ensure(shop, TO_RUN)?;
    preflight::ensure(shop, TO_BUILD)?;
    shop.expect_steps(STEPS + more_steps);
    build(shop, options)
}

/// Builds what is not up to date.
///
/// # Errors
/// The step that failed, with its log.
pub(crate) fn build(shop: &Workshop, options: &LinuxOptions) -> Result<Images> {
    let engine = engine::build(shop)?;
    let bare = baremetal::build(shop, &engine.object)?;
    let bare_initrd = linux_image::bare_initrd(shop)?;
    let linux = linux_image::build(shop, options, &engine.object)?;
    Ok(Images {
        engine_object: engine.object,
        engine_sha256: engine.sha256,
        bare_elf: bare.elf,
        bare_unstripped: bare.unstripped,
        bare_initrd,
        linux_kernel: linux.kernel().clone(),
        linux_unstripped: linux.unstripped,
        bzimage: linux.bzimage,
        initramfs: linux.initramfs,
        module: linux.module,
        uchaosbox: linux.uchaosbox,
        busybox: linux.busybox,
        linux_command_line: linux.command_line,
        linux_network: linux.network,
        linux_source: linux.from,
        linux_options: options.clone(),
        banner: linux.stand_in,
    })
}

impl Images {
    /// Bytes of the Linux image as it ships: the packed kernel and the initramfs.
    ///
    /// # Errors
    /// A file that is not there.
    pub(crate) fn linux_bytes(&self) -> Result<u64> {
        let len_bytes = |path: &Path| -> Result<u64> {
            let file =
                fs::metadata(path).with_context(|| format!("looking at {}", path.display()))?;
            Ok(file.len())
        };
        Ok(len_bytes(&self.bzimage)? + len_bytes(&self.initramfs)?)
    }

    /// Name and path of each file, for tables and provenance.
    pub(crate) fn files(&self) -> Vec<(&'static str, &PathBuf)> {
        let mut files = vec![
            ("engine.o", &self.engine_object),
            ("bare-metal kernel", &self.bare_elf),
            ("bare-metal initrd", &self.bare_initrd),
            ("linux bzImage", &self.bzimage),
            ("linux initramfs.cpio.gz", &self.initramfs),
            ("uchaos.ko", &self.module),
            ("uchaosbox", &self.uchaosbox),
            ("busybox", &self.busybox),
        ];
        if self.linux_kernel != self.bzimage {
            files.push(("linux vmlinux", &self.linux_kernel));
        }
        files
    }
}
