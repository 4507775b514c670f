// SPDX-License-Identifier: GPL-2.0-or-later
//! `ea`: entropy assessment by NIST SP 800-90B, on files.
#![forbid(unsafe_code)]

mod answer;
mod assess;
mod conditioning;
mod cutoffs;
mod input;
mod restart;

use clap::{CommandFactory, Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

/// Assess the min-entropy of a noise source by NIST SP 800-90B.
#[derive(Parser)]
#[command(
    version,
    after_help = "Without a command, `assess` is meant.\n\nExit status: 0 the value stands; 1 a test failed or there is no value; 2 the input or the \
                  command line is not usable; 141 nobody reads the output any more."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Assess(assess::Args),
    Restart(restart::Args),
    Conditioning(conditioning::Args),
    Cutoffs(cutoffs::Args),
}

fn main() -> ExitCode {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|first| !is_command(first)) {
        arguments.insert(1, "assess".into());
    }
    let outcome = match Cli::parse_from(arguments).command {
        Command::Assess(args) => assess::run(&args),
        Command::Restart(args) => restart::run(&args),
        Command::Conditioning(args) => conditioning::run(&args),
        Command::Cutoffs(args) => cutoffs::run(&args),
    };
    outcome.and_then(|answer| answer.print()).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}

/// Whether `ea` itself, and not one of its commands, is to read an argument.
fn is_command(argument: &OsString) -> bool {
    ["help", "-h", "--help", "-V", "--version"].iter().any(|own| argument == own)
        || Cli::command().get_subcommands().any(|command| argument == command.get_name())
}
