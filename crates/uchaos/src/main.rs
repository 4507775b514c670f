// SPDX-License-Identifier: GPL-2.0-or-later
//! The program `uchaos`: the commands on existing images. Parsing and dispatch only.
#![warn(
    clippy::print_stdout,
    reason = "it panics when standard output is closed: see guest_run::output"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use clap_complete::Shell;
use guest_run::{CommandContext, say};
use uchaos::commands::{
    assess::Assess, campaign::Campaign, clean::Clean, clone::Clone, collect::Collect,
    compare::Compare, doctor::Doctor, lab::Lab, pack::Pack, peers::Peers, report::Report,
    run_bare::RunBare, run_linux::RunLinux, runs::Runs, size::Size, sweep::Sweep, verify::Verify,
    watch::Watch,
};
use uchaos::{Built, ImageSource as _, Parts};

/// Boot two machines that run the same timing-jitter engine, and compare their output.
#[derive(Debug, Parser)]
#[command(name = "uchaos", version, arg_required_else_help = true, disable_help_flag = true)]
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
    #[arg(long, global = true, value_name = "DIR")]
    checkout: Option<PathBuf>,
    /// The images to boot [default: those next to this program, else the last ones built by `cargo xtask image`]
    #[arg(long, global = true, value_name = "FILE")]
    images: Option<PathBuf>,
    /// Print help
    #[arg(short, long, global = true, action = clap::ArgAction::HelpShort)]
    help: Option<bool>,
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
    /// Measure every setting of a plan; resumes where it stopped
    Sweep(Sweep),
    /// Status, table and report of a campaign; resume and cancel it, collect its cells
    Campaign(Campaign),
    /// Regenerate the report of an existing run
    Report(Report),
    /// Assess a file of noise samples by NIST SP 800-90B
    Assess(Assess),
    /// Guided experiments: without a number, the list of them
    Lab(Lab),
    /// Watch the noise of a running guest: histogram, rate, health
    Watch(Watch),
    /// Turn captures on a USB stick, in its image or in files into runs
    Collect(Collect),
    /// Save a guest once, restore it twice, and compare what the two clones give
    Clone(Clone),
    /// Measure jitterentropy, RDSEED and other sources in the same way as host-user, alternating with it
    Peers(Peers),
    /// List, query, label, merge and remove runs, from one table
    Runs(Runs),
    /// Check files against a list of SHA-256 sums
    Verify(Verify),
    /// Show the Linux guest's size, memory, boot time and kernel parts
    Size(Size),
    /// Remove build output (and, on request, results and sources)
    Clean(Clean),
    /// Print the completions for a shell
    Completions { shell: Shell },
    /// Write the manual pages, one per command
    Man {
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

/// The images next to this program, if it was unpacked from an archive.
fn bundled_images() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    Some(program.parent()?.join(guest_run::BUNDLED_IMAGES)).filter(|path| path.is_file())
}

/// The command line. The commands' help says `cargo xtask`, which most people use; here it is replaced by `uchaos`.
fn command() -> clap::Command {
    Cli::command().mut_subcommands(|command| match command.get_after_help() {
        Some(help) => {
            let help = help.to_string().replace("cargo xtask", "uchaos");
            command.after_help(help)
        }
        None => command,
    })
}

impl Cli {
    fn run(self) -> Result<()> {
        match self.command {
            Command::Completions { shell } => {
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut command(), "uchaos", &mut script);
                return say!("{}", String::from_utf8_lossy(&script).trim_end());
            }
            Command::Man { folder } => {
                std::fs::create_dir_all(&folder)
                    .and_then(|()| clap_mangen::generate_to(command(), &folder))
                    .with_context(|| format!("writing manual pages to {}", folder.display()))?;
                return Ok(());
            }
            _ => {}
        }
        let Shared { dry_run, json, checkout, images, help: _ } = self.shared;
        let context = CommandContext::anywhere(checkout.as_deref(), dry_run, json)?;
        let description =
            images.or_else(bundled_images).unwrap_or_else(|| context.out.join("images.json"));
        let source = Built { description };
        match self.command {
            Command::Doctor(command) => command.run(&context, &[]),
            Command::Pack(command) => {
                let images = source.images(&context, Parts::BareMetal, 0)?;
                command.run(&context, &images.launcher)
            }
            Command::RunLinux(command) => command.run(&context, &source),
            Command::RunBare(command) => command.run(&context, &source),
            Command::Compare(command) => command.run(&context, &source),
            Command::Sweep(command) => command.run(&context, &source),
            Command::Campaign(command) => command.run(&context, &source),
            Command::Report(command) => command.run(&context),
            Command::Assess(command) => {
                command.run(&context, &context.out.join("cargo/release/ea"))
            }
            Command::Lab(command) => command.run(&context, &source),
            Command::Watch(command) => command.run(&context, &source),
            Command::Collect(command) => command.run(&context),
            Command::Verify(command) => command.run(&context),
            Command::Runs(command) => {
                command.run(&context, std::env::var_os("UCHAOS_OFFLINE").is_some())
            }
            Command::Clone(command) => command.run(&context, &source),
            Command::Peers(command) => command.run(&context, &source),
            Command::Size(command) => command.run(&context, &source),
            Command::Clean(command) => command.run(&context),
            Command::Completions { .. } | Command::Man { .. } => Ok(()),
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::from_arg_matches(&command().get_matches()).unwrap_or_else(|error| error.exit());
    guest_run::exit::run(|| cli.run())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn the_help_of_every_command_names_this_program() {
        for mut command in command().get_subcommands().cloned() {
            let help = command.render_help().to_string();
            assert!(!help.contains("cargo xtask"), "{help}");
            assert!(help.lines().count() <= 80, "{help}");
        }
    }

    #[test]
    fn every_command_has_a_manual_page_and_completions() {
        let folder = tempfile::tempdir().unwrap();
        clap_mangen::generate_to(command(), folder.path()).unwrap();
        let mut bash = Vec::new();
        clap_complete::generate(Shell::Bash, &mut command(), "uchaos", &mut bash);
        let bash = String::from_utf8(bash).unwrap();
        for name in command().get_subcommands().map(clap::Command::get_name) {
            let page = folder.path().join(format!("uchaos-{name}.1"));
            assert!(std::fs::read_to_string(page).unwrap().contains("uchaos"), "{name}");
            assert!(bash.contains(name), "{name}");
        }
    }
}
