// SPDX-License-Identifier: MIT OR Apache-2.0
//! The five programs of NIST's tool, version 1.1.8, by their own names, flags, texts, JSON fields and exit statuses, so
//! that a laboratory's scripts run unchanged with this tool in their place.
//!
//! The figures are this crate's. Two things differ on purpose: the restart test's cutoff is computed and not simulated,
//! and the shuffles of the IID track are seeded by 1 and not at random.

mod conditioning;
mod data;
mod estimates;
mod getopt;
mod iid;
mod json;
mod non_iid;
mod number;
mod options;
mod restart;
mod run;
mod transpose;
mod usage;

use crate::answer::print;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// The tool version whose output is reproduced: release 1.1.8 prints this one.
const VERSION: &str = "1.1.7";
/// What §3.1.1 asks for, and what `-t` cuts the bitstring to.
const MIN_SIZE: usize = 1_000_000;
/// `exit(-1)`.
const FAILED: u8 = 255;

/// A program of NIST's tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Program {
    #[value(name = "ea_non_iid", alias = "non_iid")]
    NonIid,
    #[value(name = "ea_iid", alias = "iid")]
    Iid,
    #[value(name = "ea_restart", alias = "restart")]
    Restart,
    #[value(name = "ea_conditioning", alias = "conditioning")]
    Conditioning,
    #[value(name = "ea_transpose", alias = "transpose")]
    Transpose,
}

impl Program {
    /// The program that a file name stands for.
    pub(crate) fn of_name(argument: &OsString) -> Option<Self> {
        Some(match Path::new(argument).file_name()?.to_str()? {
            "ea_non_iid" => Self::NonIid,
            "ea_iid" => Self::Iid,
            "ea_restart" => Self::Restart,
            "ea_conditioning" => Self::Conditioning,
            "ea_transpose" => Self::Transpose,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::NonIid => "ea_non_iid",
            Self::Iid => "ea_iid",
            Self::Restart => "ea_restart",
            Self::Conditioning => "ea_conditioning",
            Self::Transpose => "ea_transpose",
        }
    }
}

/// Run one of NIST's programs by its own command line (also by a link with its name to `ea`).
#[derive(clap::Args)]
#[command(
    disable_help_flag = true,
    after_help = "Example:\n  ea nist-compat ea_non_iid -i -a -v noise.bin 8\n  ln -s $(command -v ea) ea_non_iid"
)]
pub(crate) struct Args {
    /// `ea_non_iid`, `ea_iid`, `ea_restart`, `ea_conditioning` or `ea_transpose`.
    #[arg(value_enum, hide_possible_values = true)]
    program: Program,
    /// Its arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

impl Args {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let name = self.program.name().into();
        run(self.program, name, self.arguments)
    }
}

/// What a program prints, and its exit status.
#[derive(Default)]
struct Outcome {
    text: String,
    status: u8,
}

/// Runs `program`, called as `called_as`.
///
/// # Errors
/// Returns an error if the outcome cannot be written to standard output. All else is reported as NIST's tool does.
pub(crate) fn run(
    program: Program,
    called_as: OsString,
    arguments: Vec<OsString>,
) -> anyhow::Result<ExitCode> {
    let call = getopt::Call::new(called_as, arguments);
    let outcome = if call.wants_version() {
        Outcome { text: usage::version(program), status: 0 }
    } else {
        match program {
            Program::NonIid => non_iid::run(&call),
            Program::Iid => iid::run(&call),
            Program::Restart => restart::run(&call),
            Program::Conditioning => conditioning::run(&call),
            Program::Transpose => transpose::run(&call),
        }
    };
    print(outcome.status, || std::io::stdout().write_all(outcome.text.as_bytes()))
}
