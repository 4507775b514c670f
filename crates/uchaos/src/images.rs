// SPDX-License-Identifier: GPL-2.0-or-later
//! The source of the images that a command boots.

use std::path::{Path, PathBuf};

use anyhow::Result;
use guest_run::{CommandContext, ExitKind, Images, LinuxImage};

/// Which images a command needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    BareMetal,
    Both,
    /// Both, the Linux guest with a kernel for several processors.
    BothSmp,
    /// Both, the Linux guest with a server.
    Server,
    /// Both, of which the Linux guest has virtio-rng.
    HostRng,
}

impl Parts {
    /// Both guests, for a machine with this many processors.
    #[must_use]
    pub fn both(cpus: u32) -> Self {
        if cpus > 1 { Self::BothSmp } else { Self::Both }
    }
}

/// Provides the images to boot.
pub trait ImageSource {
    /// The images; their step lines come before the `more_steps` of the command.
    fn images(&self, context: &CommandContext, parts: Parts, more_steps: usize) -> Result<Images>;

    /// Their description on disk, with which other hosts boot them; `None` if they are built first.
    fn description(&self) -> Option<&Path> {
        None
    }
}

/// Existing images, by their description.
#[derive(Debug)]
pub struct Built {
    pub description: PathBuf,
}

impl ImageSource for Built {
    fn images(&self, context: &CommandContext, parts: Parts, more_steps: usize) -> Result<Images> {
        let images = Images::read(&self.description)?;
        match parts {
            Parts::BareMetal => {}
            Parts::Both => drop(images.linux()?),
            Parts::BothSmp => {
                let text = "--smp: the archive's Linux guest has a kernel for one processor; `cargo xtask` in a checkout builds one for several";
                return Err(ExitKind::Missing(text.to_owned()).into());
            }
            Parts::Server => {
                check(&images, "with a server", "mariadb", |linux| linux.server.is_some())?;
            }
            Parts::HostRng => check(&images, "with virtio-rng", "hwrng", |linux| linux.host_rng)?,
        }
        context.expect_steps(more_steps);
        Ok(images)
    }

    fn description(&self) -> Option<&Path> {
        Some(&self.description)
    }
}

/// Whether the Linux guest is of the kind that is needed, which a profile gives.
fn check(
    images: &Images,
    kind: &str,
    profile: &str,
    is_kind: fn(&LinuxImage) -> bool,
) -> Result<()> {
    let linux = images.linux()?;
    if is_kind(linux) {
        return Ok(());
    }
    let text = format!(
        "this needs a Linux guest {kind}, but these images have the profile {}: `cargo xtask image --profile {profile}` in a checkout builds one",
        linux.profile
    );
    Err(ExitKind::Missing(text).into())
}
