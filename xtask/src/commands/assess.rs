// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask assess`: the program `ea` of crate `sp800-90b`, built with optimisation and run on the files given.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::{Context, Result, anyhow};
use clap::Args;

use crate::log::StepLog;
use crate::workshop::Workshop;

/// Assess a file of noise samples by NIST SP 800-90B.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Assess {
    /// The arguments of `ea`, such as `--bits 8 FILE`; `--help` lists them all
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

impl Assess {
    /// Becomes `ea`.
    ///
    /// # Errors
    /// When it cannot be built or started.
    pub(crate) fn run(self, shop: &Workshop) -> Result<()> {
        let target = shop.out.join("cargo");
        let mut build = Command::new("cargo");
        build
            .args(["build", "--release", "--package", "sp800-90b", "--bin", "ea", "--target-dir"])
            .arg(&target);
        let mut log = StepLog::create(&shop.out.join("logs"), "ea", "assess: building ea")?;
        let built = log.run(build.current_dir(&shop.root));
        log.finish();
        built.context("building the assessment tool")?;
        let mut tool = Command::new(target.join("release/ea"));
        tool.args(&self.arguments);
        // `--json` is an option of every subcommand, so it has been taken off the arguments already.
        if shop.json && !self.arguments.iter().any(|argument| argument == "--json") {
            tool.arg("--json");
        }
        Err(anyhow!(tool.exec()).context("starting the assessment tool"))
    }
}
