// SPDX-License-Identifier: GPL-2.0-or-later
//! The footprint of a Linux guest: bytes on disk, memory, boot time, and bytes by part of the kernel. One
//! struct, printed as text or as JSON.

mod booted;
mod files;
pub mod limits;
mod objects;
mod text;

use std::path::Path;

use anyhow::Result;
use serde::Serialize;

pub use self::booted::{Boot, Memory};
pub use self::files::System;
pub use self::objects::Subsystem;
use guest_run::LinuxImage;

/// Everything that `cargo xtask size` shows.
#[derive(Debug, Serialize)]
pub struct Footprint {
    pub profile: String,
    /// Where the sources of kernel and busybox came from.
    pub sources: String,
    /// The limits for its kernel series.
    pub limits: limits::Limits,
    /// This guest, and the two systems it is compared with.
    pub systems: Vec<System>,
    pub memory: Memory,
    /// From reset to /init and to the shell.
    pub boot: Boot,
    /// The objects that vmlinux was linked from, by folder of the kernel's source, the largest first.
    pub subsystems: Vec<Subsystem>,
}

/// Measures the guest.
pub fn measure(image: &LinuxImage, scratch: &Path) -> Result<Footprint> {
    let (memory, boot) = booted::measure(image, scratch)?;
    Ok(Footprint {
        profile: image.profile.clone(),
        sources: image.source.clone(),
        limits: limits::of(image)?,
        systems: files::systems(image)?,
        memory,
        boot,
        subsystems: objects::subsystems(&image.unstripped)?,
    })
}
