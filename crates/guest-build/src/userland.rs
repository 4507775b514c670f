// SPDX-License-Identifier: GPL-2.0-or-later
//! The guest's shell and tools: one static program, which is busybox or toybox as the profile names it.

mod busybox;
mod toybox;

use std::path::PathBuf;

use anyhow::Result;
use guest_run::CommandContext;

use super::profile::Profile;

/// The built program.
#[derive(Debug, Clone)]
pub struct Tools {
    pub program: PathBuf,
    /// The names by which it is linked in the guest's /bin: busybox finds its other commands itself.
    pub links: Vec<String>,
    pub from: String,
}

/// Builds the profile's tools.
pub fn build(context: &CommandContext, profile: &Profile) -> Result<Tools> {
    if profile.userland.toybox.is_empty() {
        busybox::build(context, profile)
    } else {
        toybox::build(context, profile)
    }
}
