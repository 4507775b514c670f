// SPDX-License-Identifier: GPL-2.0-or-later
//! The guest's shell and tools: one static program, busybox or toybox, as the profile says.

mod busybox;
mod toybox;

use std::path::PathBuf;

use anyhow::Result;
use guest_run::CommandContext;

use super::profile::Profile;
use crate::compiler;
use crate::inputs::Inputs;
use crate::kconfig::{Options, Version};
use crate::kernel_source::short;
use crate::sources::{self, Obtained};
use crate::work_dir;

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

/// The inputs of either build.
struct Begun {
    source: Obtained,
    options: Options,
    /// Profiles with the same applets share one build.
    step: String,
    build_dir: PathBuf,
    inputs: Inputs,
}

fn begin(context: &CommandContext, profile: &Profile) -> Result<Begun> {
    let source = sources::first_available(context, profile.userland.sources())?;
    let mut options = Options::default();
    for fragment in profile.applet_fragments(&context.root) {
        options.add_file(&fragment, Version::parse(&source.version)?)?;
    }
    let step = format!("{}-{}", source.name, profile.userland.applets.join("-"));
    let build_dir = work_dir::for_builds(context, &format!("{step}-{}", short(&source.sha256)))?;
    let inputs = Inputs::new()
        .text("source", source.sha256.clone())
        .text("options", options.to_config())
        .text("compiler", compiler::versions()?);
    Ok(Begun { source, options, step, build_dir, inputs })
}
