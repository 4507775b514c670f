// SPDX-License-Identifier: GPL-2.0-or-later
//! Builds both images and their parts in order: the engine's object first, since everything links it.

use fs_err as fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use guest_run::tools::TO_RUN;
use guest_run::{BareImage, CommandContext, EngineObject, Images, file_sha256};
use serde::{Deserialize, Serialize};

use crate::linux_image::LinuxOptions;
use crate::profile::Profile;
use crate::tools::{TO_BUILD, TO_MAKE_DISK};
use crate::{baremetal, disk, engine, launcher, linux_image, preflight};

/// The steps of [`build_bare`], in order.
const BARE_PLAN: [&str; 4] = ["engine", "baremetal", "bare-initrd", "launcher"];
/// The following steps of [`build`]. Unpacking a source tree is not a step.
const LINUX_PLAN: [&str; 7] =
    ["kernel's source", "kernel", "busybox's source", "busybox", "module", "uchaosbox", "linux"];

/// Maximum number of step lines that [`build`] prints.
pub const STEPS: usize = BARE_PLAN.len() + LINUX_PLAN.len();

/// The description that [`build`] writes to the output folder.
pub const DESCRIPTION: &str = "images.json";

/// One file of an image, as `image --json` prints it.
#[derive(Debug, Serialize, Deserialize)]
pub struct BuiltFile {
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
    pub path: PathBuf,
}

/// Checks the tools for building and booting both guests, and builds. `more_steps` steps follow.
pub fn prepare(
    context: &CommandContext,
    options: &LinuxOptions,
    more_steps: usize,
) -> Result<Images> {
    preflight::ensure(context, TO_RUN)?;
    preflight::ensure(context, TO_BUILD)?;
    let has_disk = Profile::read(&context.root, &options.profile)?.disk.is_some();
    if has_disk {
        preflight::ensure(context, TO_MAKE_DISK)?;
    }
    let disk_steps = if has_disk { disk::STEPS } else { 0 };
    context.expect_steps(STEPS + disk_steps + more_steps);
    build(context, options)
}

/// The same for the microkernel alone.
pub fn prepare_bare(context: &CommandContext, more_steps: usize) -> Result<Images> {
    preflight::ensure(context, TO_RUN)?;
    context.expect_steps(BARE_PLAN.len() + more_steps);
    build_bare(context)
}

/// Builds the images that are not up to date.
pub fn build(context: &CommandContext, options: &LinuxOptions) -> Result<Images> {
    let bare = build_bare(context)?;
    let linux = linux_image::build(context, options, &bare.engine.object)?;
    let images = Images { linux: Some(linux), ..bare };
    if !context.dry_run {
        images.write(&context.out.join(DESCRIPTION))?;
    }
    Ok(images)
}

/// Builds the microkernel if it is not up to date.
pub fn build_bare(context: &CommandContext) -> Result<Images> {
    let engine = engine::build(context)?;
    let bare = baremetal::build(context, &engine.object)?;
    let initrd = linux_image::bare_initrd(context)?;
    let launcher = launcher::build(context)?;
    Ok(Images {
        engine: EngineObject {
            object: engine.object,
            sha256: engine.sha256,
            compiler_flags: engine::FLAGS.join(" "),
        },
        bare: BareImage { elf: bare.elf, unstripped: bare.unstripped, initrd },
        launcher,
        linux: None,
    })
}

impl BuiltFile {
    /// A file that was built.
    pub fn of(name: &str, path: &Path) -> Result<Self> {
        let data = fs::metadata(path)?;
        Ok(Self {
            name: name.to_owned(),
            bytes: data.len(),
            sha256: file_sha256(path)?,
            path: path.to_path_buf(),
        })
    }
}
