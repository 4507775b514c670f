// SPDX-License-Identifier: GPL-2.0-or-later
//! The developer commands of µChaos, and the commands of crate `uchaos` on images that are built first. Parsing and
//! dispatch only.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "an internal crate: self-explanatory names need no sentence")]
#![warn(
    clippy::print_stdout,
    reason = "it panics when standard output is closed: see guest_run::output"
)]

mod cli;
mod commands;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    guest_run::exit::run(|| cli.run())
}
