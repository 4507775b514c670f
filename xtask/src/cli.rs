// SPDX-License-Identifier: GPL-2.0-or-later
//! The command line: one clap struct per subcommand, each in its own file, and the options they share.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use guest_run::CommandContext;
use uchaos::commands::{
    assess::Assess, campaign::Campaign, clean::Clean, clone::Clone, collect::Collect,
    compare::Compare, doctor::Doctor, lab::Lab, pack::Pack, peers::Peers, report::Report,
    run_bare::RunBare, runs::Runs, size::Size, sweep::Sweep, verify::Verify, watch::Watch,
};

use crate::commands::product::{self, Builder, Microkernel, OnBuilt, RunLinuxOrNested};
use crate::commands::{
    dist::Dist, image::Image, module::Module, repro::Repro, setup::Setup, sources::Sources,
    test::Test, usb::Usb,
};

/// Build two machines that run the same timing-jitter engine, and compare their output.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    version,
    arg_required_else_help = true,
    disable_help_flag = true
)]
#[command(after_help = "Examples:
  cargo xtask compare                 the main job: build, boot, measure, assess, report
  cargo xtask sweep PLAN.toml         the same measurement under many settings
  cargo xtask report                  regenerate the latest run's report
  cargo xtask run-bare                the microkernel's monitor, on this terminal
  cargo xtask run-linux               a shell in the Linux guest
  cargo xtask lab                     guided experiments
  cargo xtask clone                   one saved machine, restored twice
  cargo xtask watch                   a live view of a guest's noise
  cargo xtask usb                     the image of a USB stick, for a real PC
  cargo xtask assess --bits 8 FILE    NIST SP 800-90B on a file of your own
  cargo xtask test                    everything that CI runs

Folders: built things in target/uchaos, results in runs/, sources in $UCHAOS_CACHE (default ~/.cache/uchaos).
Exit status: 0 success; 1 a step or a check failed; 2 bad usage; 3 a guest died, panicked or failed; 4 a deadline
passed; 5 something is missing on this machine; 130 interrupted; 141 standard output was closed (SIGPIPE).")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub shared: Shared,
    #[command(subcommand)]
    command: Command,
}

/// Options of every subcommand.
#[derive(Debug, Args)]
pub(crate) struct Shared {
    /// Use only sources that are already in the cache; no step uses the network
    #[arg(long, global = true, env = "UCHAOS_OFFLINE")]
    pub offline: bool,
    /// Print what would be done, with the commands, and do nothing
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// Print the result as JSON on standard output (progress goes to standard error)
    #[arg(long, global = true)]
    pub json: bool,
    /// Work on this checkout [default: the one that contains the current folder]
    #[arg(long, global = true, value_name = "DIR")]
    pub checkout: Option<PathBuf>,
    /// Print help
    #[arg(short, long, global = true, action = clap::ArgAction::HelpShort)]
    help: Option<bool>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Install what is missing on this machine, and fetch the sources
    Setup(Setup),
    /// List, fetch or verify the source files of the Linux guest
    Sources(Sources),
    /// Show what this machine has: tools, QEMU, accelerator, disk, sources
    Doctor(Doctor),
    /// Build both images: the microkernel and the Linux guest
    Image(Image),
    /// Build uchaos.ko for a distribution's kernel, or as a DKMS package
    Module(Module),
    /// Make a self-extracting compressed executable of a program
    Pack(Pack),
    /// Boot the Linux guest: a shell, or the jobs given
    RunLinux(RunLinuxOrNested),
    /// Boot the microkernel: its monitor, or the jobs given
    RunBare(RunBare),
    /// Build, boot and measure both machines, assess the samples, write the report
    Compare(OnBuilt<Compare>),
    /// Measure every setting of a plan; resumes where it stopped
    Sweep(OnBuilt<Sweep>),
    /// Status, table and report of a campaign; resume and cancel it, collect its cells
    Campaign(OnBuilt<Campaign>),
    /// Regenerate the report of an existing run
    Report(Report),
    /// Assess a file of noise samples by NIST SP 800-90B
    Assess(Assess),
    /// Guided experiments: without a number, the list of them
    Lab(OnBuilt<Lab>),
    /// Watch the noise of a running guest: histogram, rate, health
    Watch(OnBuilt<Watch>),
    /// Turn captures on a USB stick, in its image or in files into runs
    Collect(Collect),
    /// Save a guest once, restore it twice, and compare what the two clones give
    Clone(OnBuilt<Clone>),
    /// Measure jitterentropy, RDSEED and other sources in the same way as host-user, alternating with it
    Peers(OnBuilt<Peers>),
    /// List, query, label, merge and remove runs, from one table
    Runs(Runs),
    /// Check files against a list of SHA-256 sums
    Verify(Verify),
    /// Show the Linux guest's size, memory, boot time and kernel parts
    Size(OnBuilt<Size>),
    /// Build everything, and pack it into one archive for machines without a compiler
    Dist(Dist),
    /// Make the image of a USB stick that boots both machines on a PC
    Usb(Usb),
    /// Build everything twice, in two places, and compare the bytes
    Repro(Repro),
    /// Lints, unit tests, and the on-target tests in both guests
    Test(Test),
    /// Remove build output (and, with options, results and sources), and print the space freed
    Clean(Clean),
}

impl Cli {
    /// Runs the subcommand.
    pub(crate) fn run(self) -> Result<()> {
        let Shared { offline, dry_run, json, checkout, help: _ } = self.shared;
        let context = CommandContext::of(checkout.as_deref(), offline, dry_run, json)?;
        match self.command {
            Command::Setup(command) => command.run(&context),
            Command::Sources(command) => command.run(&context),
            Command::Doctor(command) => product::doctor(command, &context),
            Command::Image(command) => command.run(&context),
            Command::Module(command) => command.run(&context),
            Command::Pack(command) => product::pack(command, &context),
            Command::RunLinux(command) => command.run(&context),
            Command::RunBare(command) => command.run(&context, &Microkernel),
            Command::Compare(OnBuilt { command, linux }) => command.run(&context, &Builder(&linux)),
            Command::Sweep(OnBuilt { command, linux }) => command.run(&context, &Builder(&linux)),
            Command::Campaign(OnBuilt { command, linux }) => {
                command.run(&context, &Builder(&linux))
            }
            Command::Report(command) => command.run(&context),
            Command::Assess(command) => product::assess(command, &context),
            Command::Lab(OnBuilt { command, linux }) => command.run(&context, &Builder(&linux)),
            Command::Watch(OnBuilt { command, linux }) => command.run(&context, &Builder(&linux)),
            Command::Collect(command) => command.run(&context),
            Command::Verify(command) => command.run(&context),
            Command::Runs(command) => command.run(&context, context.offline),
            Command::Dist(command) => command.run(&context),
            Command::Clone(OnBuilt { command, linux }) => command.run(&context, &Builder(&linux)),
            Command::Peers(OnBuilt { command, linux }) => command.run(&context, &Builder(&linux)),
            Command::Size(OnBuilt { command, linux }) => command.run(&context, &Builder(&linux)),
            Command::Usb(command) => command.run(&context),
            Command::Repro(command) => command.run(&context),
            Command::Test(command) => command.run(&context),
            Command::Clean(command) => command.run(&context),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
