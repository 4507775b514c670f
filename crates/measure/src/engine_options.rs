// SPDX-License-Identifier: GPL-2.0-or-later
//! The engine's parameters as options of a command: one for each parameter of the vocabulary, with its range, default and
//! text.

use std::fmt::Write as _;

use anyhow::Result;
use chaos_wire::{Allowed, Parameter, Params, Problem, parse_parameter};
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use guest_run::ExitKind;

/// The parameters given, with their numeric values.
#[derive(Debug, Clone, Default)]
pub struct EngineOptions(Vec<(Parameter, u32)>);

impl EngineOptions {
    /// These parameters, completed by those of `others`.
    #[must_use]
    pub fn over(&self, others: Params) -> Params {
        self.0.iter().fold(others, |params, (parameter, number)| {
            // Each number was checked when it was parsed.
            params.with(*parameter, *number).unwrap_or(params)
        })
    }

    /// The given parameters as kernel command line arguments. The guest uses its defaults for the rest.
    #[must_use]
    pub fn command_line(&self) -> String {
        self.0.iter().fold(String::new(), |mut line, (parameter, number)| {
            let space = if line.is_empty() { "" } else { " " };
            let value = parameter.value(*number);
            // Writing to a String cannot fail.
            let _ = write!(line, "{space}{}={value}", parameter.command_line_key());
            line
        })
    }
}

/// Checks that every target can run the workload, for a command that measures more than bare metal.
///
/// # Errors
/// Returns an error if it needs a machine without an operating system.
pub fn check_for_every_target(params: &Params) -> Result<()> {
    let workload = params.workload;
    if workload.needs_whole_machine() {
        let text = format!(
            "--workload {workload} needs the machine without an operating system, so that only bare metal can run it: \
             run-bare --machine q35 --workload {workload} --job raw:10000"
        );
        return Err(ExitKind::Usage(text).into());
    }
    Ok(())
}

impl Args for EngineOptions {
    fn augment_args(command: Command) -> Command {
        let command = command.next_help_heading("The engine");
        Parameter::ALL.iter().fold(command, |command, &parameter| command.arg(option(parameter)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// The fault in an option's value; clap adds the option's name.
#[must_use]
pub fn in_option(problem: Problem) -> String {
    match problem {
        Problem::Number { fault, .. } => fault.to_string(),
        other => other.to_string(),
    }
}

fn option(parameter: Parameter) -> Arg {
    let default = parameter.value(parameter.default_number());
    let meaning = parameter.meaning();
    // The name used on the kernel command line and in uchaosbox.
    let arg = Arg::new(parameter.key()).long(parameter.key());
    match parameter.allowed() {
        // clap lists the possible values.
        Allowed::Words(words) => {
            let number = move |word: String| words.iter().position(|known| *known == word);
            arg.value_name("WORD").help(format!("{meaning} [default: {default}]")).value_parser(
                PossibleValuesParser::new(words).map(move |word| {
                    // The parser accepts nothing else.
                    number(word).unwrap_or_default() as u32
                }),
            )
        }
        _ => arg
            .value_name("N")
            .help(format!("{meaning}: {} [default: {default}]", parameter.allowed_text()))
            .value_parser(move |text: &str| parse_parameter(parameter, text).map_err(in_option)),
    }
}

impl FromArgMatches for EngineOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut options = Self::default();
        options.update_from_arg_matches(matches)?;
        Ok(options)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for &parameter in Parameter::ALL {
            if let Some(number) = matches.get_one::<u32>(parameter.key()) {
                self.0.retain(|(other, _)| *other != parameter);
                self.0.push((parameter, *number));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Tool {
        #[command(flatten)]
        engine: EngineOptions,
    }

    fn parse(line: &str) -> Result<EngineOptions, String> {
        let tool = Tool::try_parse_from(format!("tool {line}").split_whitespace());
        tool.map(|tool| tool.engine).map_err(|error| error.to_string())
    }

    #[test]
    fn every_parameter_has_an_option_that_takes_what_the_engine_takes() {
        for &parameter in Parameter::ALL {
            let option = parameter.key();
            let allowed = parameter.allowed();
            // The first and last of each run of allowed numbers, and their neighbours outside.
            let is_edge = |number: &u32| {
                let here = allowed.contains(*number);
                here != allowed.contains(number + 1)
                    || here != allowed.contains(number.saturating_sub(1))
            };
            for number in (0..=8001).filter(is_edge) {
                let value = parameter.value(number).to_string();
                let engine = Params::DEFAULT.with(parameter, number);
                let given = parse(&format!("--{option} {value}"));
                assert_eq!(given.is_ok(), engine.is_ok(), "--{option} {value}");
                if let (Ok(given), Ok(engine)) = (given, engine) {
                    assert_eq!(given.over(Params::DEFAULT), engine);
                }
            }
        }
    }

    #[test]
    fn only_what_was_given_is_handed_on() {
        let options = parse("--claim 250 --health observe --min_delta 9").unwrap();
        assert_eq!(
            options.command_line(),
            "uchaos.min_delta=9 uchaos.claim=250 uchaos.health=observe"
        );
        assert_eq!(parse("").unwrap().command_line(), "");
        let params = options.over(Params { turns: 3, claim_millibits: 62, ..Params::DEFAULT });
        assert_eq!((params.turns, params.claim_millibits, params.min_delta), (3, 250, 9));
    }

    #[test]
    fn an_error_and_the_help_name_what_is_allowed() {
        let text = parse("--turns 8").unwrap_err();
        assert!(text.contains("'8' for '--turns <N>': must be 1 to 7"), "{text}");
        let text = parse("--workload flsuh").unwrap_err();
        assert!(text.contains("'flush'"), "{text}");
        // Without its line breaks.
        let help = parse("--help").unwrap_err();
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for parameter in Parameter::ALL {
            let default = parameter.value(parameter.default_number());
            assert!(help.contains(&format!("[default: {default}]")), "{help}");
        }
        assert!(help.contains("31, 62, 125, 250, 500, 1000, 2000 or 4000"), "{help}");
    }
}
