// SPDX-License-Identifier: GPL-2.0-or-later
//! µChaos: build both machines, run them, compare what comes out of them. Parsing and dispatch only.
#![warn(clippy::print_stdout, reason = "it panics when its reader has gone: see output.rs")]

mod build;
mod child;
mod cli;
mod commands;
mod failure;
mod footprint;
mod guest;
mod images;
mod inputs;
mod judges;
mod lab;
mod log;
mod measure;
mod on_target;
mod output;
mod preflight;
mod progress;
mod provenance;
mod publish;
mod repro;
mod run_guest;
mod runs;
mod stamp;
mod stored;
mod toml_text;
mod tools;
mod watch;
mod workshop;

use std::process::ExitCode;

use clap::Parser as _;

use crate::failure::Failure;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let outcome =
        vm_runner::interrupt::install().map_err(anyhow::Error::from).and_then(|()| cli.run());
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !matches!(error.downcast_ref(), Some(Failure::NobodyReads)) {
                eprintln!("error: {error:#}");
            }
            failure::exit_code(&error)
        }
    }
}
