// SPDX-License-Identifier: GPL-2.0-or-later
//! What a developer of µChaos needs, and the commands of crate `uchaos` on images that are built first. Parsing and
//! dispatch only.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "an internal crate: a name that says it all needs no sentence")]
#![warn(clippy::print_stdout, reason = "it panics when its reader has gone: see guest_run::output")]

mod cli;
mod commands;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    guest_run::exit::run(|| cli.run())
}
