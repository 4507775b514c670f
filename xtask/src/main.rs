// SPDX-License-Identifier: GPL-2.0-or-later
//! µChaos: build both machines, run them, compare what comes out of them. Parsing and dispatch only.

mod build;
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
mod preflight;
mod progress;
mod provenance;
mod publish;
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

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let outcome =
        vm_runner::interrupt::install().map_err(anyhow::Error::from).and_then(|()| cli.run());
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            failure::exit_code(&error)
        }
    }
}
