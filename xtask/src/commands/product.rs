// SPDX-License-Identifier: GPL-2.0-or-later
//! The commands of crate `uchaos` in a checkout, which first build the images.

use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;
use guest_build::linux_image::LinuxOptions;
use guest_build::log::StepLog;
use guest_build::profile::Profile;
use guest_build::tools::{TO_BUILD, TO_NEST};
use guest_build::{images, launcher, nested, preflight};
use guest_run::{CommandContext, Images, LinuxImage};
use uchaos::commands::{assess::Assess, doctor::Doctor, pack::Pack, run_linux::RunLinux};
use uchaos::{ImageSource, Parts};

/// A command, and which Linux guest is built for it.
#[derive(Debug, Args)]
pub(crate) struct OnBuilt<C: Args> {
    #[command(flatten)]
    pub command: C,
    #[command(flatten)]
    pub linux: LinuxOptions,
}

/// `run-linux`, which can also boot the guest inside itself.
#[derive(Debug, Args)]
pub(crate) struct RunLinuxOrNested {
    /// The guest boots itself: QEMU in it boots the same image in 32 MB, and that guest does the jobs
    #[arg(long, conflicts_with_all = ["profile", "isolated", "network", "open", "share", "exec", "data"])]
    nested: bool,
    #[command(flatten)]
    run: OnBuilt<RunLinux>,
}

/// The profile for commands that need a server, if the requested profile has none.
const SERVER_PROFILE: &str = "mariadb";

/// The same for commands that need virtio-rng.
const HOST_RNG_PROFILE: &str = "hwrng";

/// Builds the images that a command needs.
#[derive(Debug)]
pub(crate) struct Builder<'a>(pub &'a LinuxOptions);

impl ImageSource for Builder<'_> {
    fn images(&self, context: &CommandContext, parts: Parts, more_steps: usize) -> Result<Images> {
        match parts {
            Parts::BareMetal => images::prepare_bare(context, more_steps),
            Parts::Both => images::prepare(context, self.0, more_steps),
            Parts::BothSmp => {
                let options = LinuxOptions { smp: true, ..self.0.clone() };
                images::prepare(context, &options, more_steps)
            }
            Parts::Server => {
                let serves = |profile: &Profile| profile.server.is_some();
                images::prepare(context, &self.like(context, serves, SERVER_PROFILE)?, more_steps)
            }
            Parts::HostRng => {
                let has_host_rng = |profile: &Profile| profile.host_rng;
                let options = self.like(context, has_host_rng, HOST_RNG_PROFILE)?;
                images::prepare(context, &options, more_steps)
            }
        }
    }
}

impl Builder<'_> {
    /// The options with the requested profile if it is of the needed kind, and with `otherwise` if not.
    fn like(
        &self,
        context: &CommandContext,
        is_kind: impl Fn(&Profile) -> bool,
        otherwise: &str,
    ) -> Result<LinuxOptions> {
        let mut options = self.0.clone();
        if !is_kind(&Profile::read(&context.root, &options.profile)?) {
            otherwise.clone_into(&mut options.profile);
        }
        Ok(options)
    }
}

/// Only the microkernel, which has no options.
#[derive(Debug)]
pub(crate) struct Microkernel;

impl ImageSource for Microkernel {
    fn images(&self, context: &CommandContext, _parts: Parts, more_steps: usize) -> Result<Images> {
        images::prepare_bare(context, more_steps)
    }
}

impl RunLinuxOrNested {
    /// Builds what is needed, and runs it.
    pub(crate) fn run(self, context: &CommandContext) -> Result<()> {
        let OnBuilt { command, mut linux } = self.run;
        if !self.nested {
            return command.run(context, &Builder(&linux));
        }
        command.options.check(measure::guest::GuestKind::Linux)?;
        preflight::ensure(context, TO_NEST)?;
        nested::PROFILE.clone_into(&mut linux.profile);
        let images = images::prepare(context, &linux, nested::STEPS)?;
        let inner = images.linux()?;
        let outer = LinuxImage {
            initramfs: nested::build(context, &inner.bzimage, &inner.initramfs)?,
            vmlinux: None,
            command_line: format!("{} {}", inner.command_line, nested::WORDS),
            ..inner.clone()
        };
        let options = command.options.with_memory(nested::OUTER_MIB);
        options.run(context, (&outer).into(), None)
    }
}

/// Also checks the needs of building the images.
pub(crate) fn doctor(command: Doctor, context: &CommandContext) -> Result<()> {
    command.run(context, TO_BUILD)
}

/// Builds the launcher, which needs no image, and packs.
pub(crate) fn pack(command: Pack, context: &CommandContext) -> Result<()> {
    context.expect_steps(1);
    command.run(context, &launcher::build(context)?)
}

/// Builds `ea` with optimisation, and replaces this process by it.
pub(crate) fn assess(command: Assess, context: &CommandContext) -> Result<()> {
    let target = context.out.join("cargo");
    let mut build = Command::new("cargo");
    build
        .args(["build", "--release", "--package", "sp800-90b", "--bin", "ea", "--target-dir"])
        .arg(&target);
    let mut log = StepLog::create(&context.out.join("logs"), "ea", "assess: building ea")?;
    let built = log.run(build.current_dir(&context.root));
    log.finish();
    built.context("building the assessment tool")?;
    command.run(context, &target.join("release/ea"))
}
