// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ea completions` and `ea man`: what a shell and `man` want to know about the options.

use crate::answer::Answer;
use anyhow::Context;
use clap::Command;
use clap_complete::Shell;

/// Print completions for a shell.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  ea completions bash > /etc/bash_completion.d/ea")]
pub(crate) struct Completions {
    /// Which shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Print the manual page, of `ea` or of one of its commands.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  ea man > ea.1; ea man assess > ea-assess.1")]
pub(crate) struct Man {
    /// A command.
    command: Option<String>,
}

pub(crate) fn completions(args: &Completions, mut command: Command) -> anyhow::Result<Answer> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "ea", &mut script);
    text(script)
}

pub(crate) fn man(args: &Man, mut command: Command) -> anyhow::Result<Answer> {
    command.build();
    let (page, title) = match &args.command {
        None => (command, "ea".to_owned()),
        Some(name) => {
            let named = command
                .find_subcommand(name)
                .with_context(|| format!("there is no command {name}; `ea help` lists them"))?;
            (named.clone(), format!("ea-{name}"))
        }
    };
    let mut out = Vec::new();
    clap_mangen::Man::new(page).title(title).render(&mut out).context("writing the manual page")?;
    text(out)
}

fn text(bytes: Vec<u8>) -> anyhow::Result<Answer> {
    let text = String::from_utf8(bytes).context("the text is not UTF-8")?;
    Ok(Answer { stands: true, text })
}
