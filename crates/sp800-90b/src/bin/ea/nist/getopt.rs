// SPDX-License-Identifier: MIT OR Apache-2.0
//! Options as getopt(3) takes them: letters that may be joined, values attached or apart, and operands in between.

use std::collections::VecDeque;
use std::ffi::OsString;

/// A command line of one of the programs.
pub(super) struct Call {
    called_as: String,
    arguments: Vec<String>,
}

/// Options in their order, and operands.
pub(super) struct Parsed {
    pub(super) options: Vec<(char, String)>,
    pub(super) operands: Vec<String>,
}

impl Call {
    pub(super) fn new(called_as: OsString, arguments: Vec<OsString>) -> Self {
        let text = |argument: OsString| argument.to_string_lossy().into_owned();
        Self { called_as: text(called_as), arguments: arguments.into_iter().map(text).collect() }
    }

    pub(super) fn wants_version(&self) -> bool {
        self.arguments.iter().any(|argument| argument == "--version")
    }

    /// The command line as the programs record it.
    pub(super) fn command_line(&self) -> String {
        std::iter::once(&self.called_as)
            .chain(&self.arguments)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Takes the arguments apart by `letters`, in which a colon follows those that take a value. An unknown letter or a
    /// missing value is reported on standard error, as getopt does.
    pub(super) fn parse(&self, letters: &str) -> Option<Parsed> {
        let mut parsed = Parsed { options: Vec::new(), operands: Vec::new() };
        let mut arguments: VecDeque<&str> = self.arguments.iter().map(String::as_str).collect();
        while let Some(argument) = arguments.pop_front() {
            if argument == "--" {
                parsed.operands.extend(arguments.into_iter().map(str::to_owned));
                break;
            }
            let Some(cluster) = argument.strip_prefix('-').filter(|rest| !rest.is_empty()) else {
                parsed.operands.push(argument.to_owned());
                continue;
            };
            let mut rest = cluster.chars();
            while let Some(letter) = rest.next() {
                let place = letters.find(letter).filter(|_| letter != ':');
                let Some(place) = place else {
                    eprintln!("{}: invalid option -- '{letter}'", self.called_as);
                    return None;
                };
                if !letters[place + 1..].starts_with(':') {
                    parsed.options.push((letter, String::new()));
                    continue;
                }
                let attached = rest.as_str();
                let value =
                    if attached.is_empty() { arguments.pop_front() } else { Some(attached) };
                let Some(value) = value else {
                    eprintln!("{}: option requires an argument -- '{letter}'", self.called_as);
                    return None;
                };
                parsed.options.push((letter, value.to_owned()));
                break;
            }
        }
        Some(parsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str], letters: &str) -> Option<(String, Vec<String>)> {
        let call = Call::new("ea_x".into(), arguments.iter().map(OsString::from).collect());
        let parsed = call.parse(letters)?;
        let options =
            parsed.options.iter().map(|(letter, value)| format!("{letter}{value} ")).collect();
        Some((options, parsed.operands))
    }

    #[test]
    fn letters_are_joined_and_operands_stand_anywhere() {
        let seen = parse(&["-iavv", "f.bin", "-l0,10", "8", "-o", "x.json"], "icatvql:o:").unwrap();
        assert_eq!(seen.0, "i a v v l0,10 ox.json ");
        assert_eq!(seen.1, ["f.bin", "8"]);
        assert_eq!(parse(&["--", "-i", "-"], "i").unwrap().1, ["-i", "-"]);
        assert!(parse(&["-z"], "i").is_none() && parse(&["-o"], "o:").is_none());
        assert!(parse(&["--help"], "i").is_none());
    }
}
