// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ea`: entropy assessment by NIST SP 800-90B, on files.
#![forbid(unsafe_code)]

mod answer;
mod assess;
mod batch;
mod completions;
mod conditioning;
mod cutoffs;
mod entry;
mod esv;
mod html;
mod informed;
mod input;
mod looks;
mod memory;
mod nist;
mod provenance;
mod report;
mod restart;
mod source;

use clap::{CommandFactory, Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

/// Assess the min-entropy of a noise source by NIST SP 800-90B.
#[derive(Parser)]
#[command(
    version,
    after_help = "Without a command, `assess` is meant: ea noise.bin\n\nExit status: 0 the value stands; 1 a test failed \
                  or no entropy is awarded; 2 the input or the command line is not usable; 141 standard output was \
                  closed (SIGPIPE)."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Assess(assess::Args),
    Informed(informed::Args),
    Restart(restart::Args),
    Conditioning(conditioning::Args),
    Cutoffs(cutoffs::Args),
    Batch(batch::Args),
    Report(report::Args),
    Looks(looks::Args),
    Esv(esv::Args),
    NistCompat(nist::Args),
    Completions(completions::Completions),
    Man(completions::Man),
}

fn main() -> ExitCode {
    run(std::env::args_os().collect()).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}

fn run(mut arguments: Vec<OsString>) -> anyhow::Result<ExitCode> {
    if let Some(program) = arguments.first().and_then(nist::Program::of_name) {
        let called_as = arguments.remove(0);
        return nist::run(program, called_as, arguments);
    }
    if arguments.get(1).is_some_and(|first| !is_command(first)) {
        arguments.insert(1, "assess".into());
    }
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => error.exit(),
        // Help and version are answers, too.
        Err(help) => return answer::print(0, || help.print()),
    };
    let answer = match cli.command {
        Command::Assess(args) => assess::run(&args),
        Command::Informed(args) => informed::run(&args),
        Command::Restart(args) => restart::run(&args),
        Command::Conditioning(args) => conditioning::run(&args),
        Command::Cutoffs(args) => cutoffs::run(&args),
        Command::Batch(args) => batch::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Looks(args) => looks::run(&args),
        Command::Esv(args) => esv::run(&args),
        Command::Completions(args) => completions::completions(&args, Cli::command()),
        Command::Man(args) => completions::man(&args, Cli::command()),
        Command::NistCompat(args) => return args.run(),
    };
    answer?.print()
}

/// Whether `ea` itself, and not one of its commands, is to read an argument.
fn is_command(argument: &OsString) -> bool {
    ["help", "-h", "--help", "-V", "--version"].iter().any(|own| argument == own)
        || Cli::command().get_subcommands().any(|command| argument == command.get_name())
}
