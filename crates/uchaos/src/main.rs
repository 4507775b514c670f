// SPDX-License-Identifier: GPL-2.0-or-later
//! The program `uchaos`: the commands on images that were built before. Parsing and dispatch only.
#![warn(clippy::print_stdout, reason = "it panics when its reader has gone: see guest_run::output")]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use guest_run::CommandContext;
use uchaos::Built;
use uchaos::commands::{
    assess::Assess, clean::Clean, compare::Compare, doctor::Doctor, lab::Lab, pack::Pack,
    report::Report, run_bare::RunBare, run_linux::RunLinux, size::Size, watch::Watch,
};

/// Boot two machines that run the same timing-jitter engine, and compare what comes out of them.
#[derive(Debug, Parser)]
#[command(name = "uchaos", version, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    shared: Shared,
    #[command(subcommand)]
    command: Command,
}

/// Options of every subcommand.
#[derive(Debug, Args)]
struct Shared {
    /// Print what would be done, with the commands, and do nothing
    #[arg(long, global = true)]
    dry_run: bool,
    /// Print the result as JSON on standard output (progress goes to standard error)
    #[arg(long, global = true)]
    json: bool,
    /// Work on this checkout
    #[arg(long, global = true, value_name = "DIR", hide_short_help = true)]
    checkout: Option<PathBuf>,
    /// The images to boot [default: those that `cargo xtask image` built last]
    #[arg(long, global = true, value_name = "FILE")]
    images: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what this machine has: QEMU, accelerator, disk
    Doctor(Doctor),
    /// Make a self-extracting compressed executable of a program
    Pack(Pack),
    /// Boot the Linux guest: a shell, or the jobs given
    RunLinux(RunLinux),
    /// Boot the microkernel: its monitor, or the jobs given
    RunBare(RunBare),
    /// Boot and measure both machines, assess the samples, write the report
    Compare(Compare),
    /// Regenerate the report of an existing run
    Report(Report),
    /// Assess a file of noise samples by NIST SP 800-90B
    Assess(Assess),
    /// Guided experiments: without a number, the list of them
    Lab(Lab),
    /// See the noise of a running guest: histogram, rate, health, as they are now
    Watch(Watch),
    /// What the Linux guest costs: bytes, memory, boot time, parts of the kernel
    Size(Size),
    /// Remove what was built (and, when asked, results and sources)
    Clean(Clean),
}

impl Cli {
    fn run(self) -> Result<()> {
        let Shared { dry_run, json, checkout, images } = self.shared;
        let context = CommandContext::of(checkout.as_deref(), true, dry_run, json)?;
        let description = images.unwrap_or_else(|| context.out.join("images.json"));
        let source = Built { description };
        match self.command {
            Command::Doctor(command) => command.run(&context, &[]),
            Command::Pack(command) => command.run(&context),
            Command::RunLinux(command) => command.run(&context, &source),
            Command::RunBare(command) => command.run(&context, &source),
            Command::Compare(command) => command.run(&context, &source),
            Command::Report(command) => command.run(&context),
            Command::Assess(command) => {
                command.run(&context, &context.out.join("cargo/release/ea"))
            }
            Command::Lab(command) => command.run(&context, &source),
            Command::Watch(command) => command.run(&context, &source),
            Command::Size(command) => command.run(&context, &source),
            Command::Clean(command) => command.run(&context),
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    guest_run::failure::exit(|| cli.run())
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
