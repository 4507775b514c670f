// SPDX-License-Identifier: GPL-2.0-or-later
//! What a Linux guest costs: bytes on disk, memory, time to boot, and which parts of the kernel the bytes are. One
//! struct, printed as text or as JSON.

mod booted;
mod files;
mod objects;
mod text;

use std::path::Path;

use anyhow::Result;
use serde::Serialize;

pub(crate) use self::booted::{Boot, Memory};
pub(crate) use self::files::System;
pub(crate) use self::objects::Subsystem;
use crate::images::Images;

/// Everything that `cargo xtask size` shows.
#[derive(Debug, Serialize)]
pub(crate) struct Footprint {
    /// The profile measured.
    pub(crate) profile: String,
    /// Where the sources of kernel and busybox came from.
    pub(crate) sources: String,
    /// This guest, and the two systems that it is measured against.
    pub(crate) systems: Vec<System>,
    /// From inside the guest.
    pub(crate) memory: Memory,
    /// From reset to /init and to the shell.
    pub(crate) boot: Boot,
    /// The objects that vmlinux was linked from, by folder of the kernel's source, the largest first.
    pub(crate) subsystems: Vec<Subsystem>,
}

/// Measures the guest of `profile` that was built as `images`.
///
/// # Errors
/// An image that cannot be read, or a guest that does not reach its shell.
pub(crate) fn measure(profile: &str, images: &Images, scratch: &Path) -> Result<Footprint> {
    let (memory, boot) = booted::measure(images, scratch)?;
    Ok(Footprint {
        profile: profile.to_owned(),
        sources: images.linux_source.clone(),
        systems: files::systems(profile, images)?,
        memory,
        boot,
        subsystems: objects::subsystems(&images.linux_unstripped)?,
    })
}
