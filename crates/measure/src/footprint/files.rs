// SPDX-License-Identifier: GPL-2.0-or-later
//! Bytes on disk, next to the published figures of two similar systems.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use guest_run::LinuxImage;
use guest_run::archive::unpacked;

/// One system's files: measured here in KB of 1,000 bytes, or as published.
#[derive(Debug, Clone, Serialize)]
pub struct System {
    pub name: String,
    /// Whether the figures were published by the system's authors, not measured here.
    pub published: bool,
    pub kernel_kb: Option<f64>,
    /// The userland's archive, unpacked.
    pub cpio_kb: Option<f64>,
    pub cpio_gz_kb: Option<f64>,
    /// The module, which is also in the archive.
    pub module_kb: Option<f64>,
    pub total_kb: Option<f64>,
    /// `MemAvailable` with 32 MB, in the kernel's kB.
    pub available_kb_of_32_mb: Option<u64>,
}

/// This guest, then uChaoSys and Osso.
pub(super) fn systems(image: &LinuxImage) -> Result<Vec<System>> {
    let read = |path: &Path| fs::read(path).with_context(|| format!("reading {}", path.display()));
    let (kernel, packed) = (read(&image.bzimage)?, read(&image.initramfs)?);
    let ours = System {
        name: format!("µChaos, profile {}", image.profile),
        published: false,
        kernel_kb: Some(kb(kernel.len())),
        cpio_kb: Some(kb(unpacked(&packed)?.len())),
        cpio_gz_kb: Some(kb(packed.len())),
        module_kb: Some(kb(read(&image.module)?.len())),
        total_kb: Some(kb(kernel.len() + packed.len())),
        available_kb_of_32_mb: None,
    };
    let published = |name: &str, kernel_kb, cpio_gz_kb, total_kb, available_kb| System {
        name: name.to_owned(),
        published: true,
        kernel_kb: Some(kernel_kb),
        cpio_kb: None,
        cpio_gz_kb: Some(cpio_gz_kb),
        module_kb: None,
        total_kb: Some(total_kb),
        available_kb_of_32_mb: available_kb,
    };
    Ok(vec![
        ours,
        published("uChaoSys v0.6.5, Linux 5.15.202", 1384.0, 416.0, 1808.0, Some(18_856)),
        published("Osso, Linux 6.18.1", 2700.0, 300.0, 3000.0, None),
    ])
}

fn kb(bytes: usize) -> f64 {
    (bytes as f64 / 100.0).round() / 10.0
}
