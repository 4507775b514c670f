// SPDX-License-Identifier: GPL-2.0-or-later
//! `assess`: the program `ea` of crate `sp800-90b`, run on the files given.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, anyhow};
use clap::Args;

use guest_run::CommandContext;

/// Assess a file of noise samples by NIST SP 800-90B.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Assess {
    /// The arguments of `ea`, such as `--bits 8 FILE`; `--help` lists them all
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

impl Assess {
    /// Replaces this process by `ea`.
    pub fn run(self, context: &CommandContext, tool: &Path) -> Result<()> {
        let mut ea = Command::new(tool);
        ea.args(&self.arguments);
        // `--json` is an option of every subcommand, so it has already been removed from the arguments.
        if context.json && !self.arguments.iter().any(|argument| argument == "--json") {
            ea.arg("--json");
        }
        Err(anyhow!(ea.exec()).context(format!("starting the assessment tool {}", tool.display())))
    }
}
