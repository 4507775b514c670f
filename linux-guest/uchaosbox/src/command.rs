// SPDX-License-Identifier: GPL-2.0-or-later
//! The words of a command line as one [`Command`]. What belongs to the job grammar is handed on to it as it would
//! stand on a kernel command line (`--turns 2` is `uchaos.turns=2`), so that there is one grammar.

use core::fmt::{self, Write as _};

use chaos_wire::{KEYS, TextBuffer};

use crate::applet::Applet;

/// What the program is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command<'a> {
    /// Print the help of an applet, or of the program.
    Help(Option<Applet>),
    /// Run an applet.
    Run {
        /// Which.
        applet: Applet,
        /// The word that is no option: a count, or a file.
        operand: Option<&'a str>,
        /// `--output FILE`
        output: Option<&'a str>,
        /// `--text`
        text: bool,
        /// `--credit`
        credit: bool,
    },
}

/// A command line that means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misuse<'a> {
    /// The first word is no applet.
    UnknownApplet(&'a str),
    /// An option that the applet does not have.
    UnknownOption(Applet, &'a str),
    /// An option without the value that it needs.
    NoValue(&'a str),
    /// One word too many.
    Surplus(Applet, &'a str),
    /// More options than there is room for.
    TooLong,
}

impl fmt::Display for Misuse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownApplet(word) => {
                write!(f, "unknown applet '{word}'; `uchaosbox -h` lists them")
            }
            Self::UnknownOption(applet, word) => {
                write!(
                    f,
                    "{0}: unknown option '{word}'; `uchaosbox {0} -h` lists them",
                    applet.name()
                )
            }
            Self::NoValue(word) => write!(f, "option '{word}' needs a value"),
            Self::Surplus(applet, word) => {
                write!(f, "{0}: what is '{word}'? `uchaosbox {0} -h` shows the form", applet.name())
            }
            Self::TooLong => f.write_str("the options are too long"),
        }
    }
}

impl<'a> Command<'a> {
    /// Parses the words, the program's own name first. What belongs to the job grammar is added to `request`.
    ///
    /// # Errors
    /// A word that means nothing here. The values of the job grammar are not judged yet.
    pub fn parse(
        words: impl IntoIterator<Item = &'a str>,
        request: &mut TextBuffer<'_>,
    ) -> Result<Self, Misuse<'a>> {
        let mut words = words.into_iter();
        let name = words.next().unwrap_or_default();
        let applet = match Applet::from_name(name.rsplit('/').next().unwrap_or_default()) {
            Some(applet) => applet,
            None => match words.next() {
                None | Some("-h" | "--help" | "help") => return Ok(Self::Help(None)),
                Some(word) => Applet::from_name(word).ok_or(Misuse::UnknownApplet(word))?,
            },
        };
        let (mut operand, mut output, mut text, mut credit) = (None, None, false, false);
        while let Some(word) = words.next() {
            let takes_bytes = matches!(applet, Applet::Stream | Applet::Raw | Applet::Seed);
            match word {
                "-h" | "--help" => return Ok(Self::Help(Some(applet))),
                "--output" if applet == Applet::Job => {
                    output = Some(words.next().ok_or(Misuse::NoValue(word))?);
                }
                "--text" if takes_bytes => text = true,
                "--credit" if applet == Applet::Seed => credit = true,
                _ if word.starts_with("--") => {
                    let key = grammar_key(word).ok_or(Misuse::UnknownOption(applet, word))?;
                    let value = words.next().ok_or(Misuse::NoValue(word))?;
                    write!(request, "{key}={value} ").map_err(|_| Misuse::TooLong)?;
                }
                _ if operand.is_none() && (takes_bytes || applet == Applet::Load) => {
                    operand = Some(word);
                }
                _ => return Err(Misuse::Surplus(applet, word)),
            }
        }
        Ok(Self::Run { applet, operand, output, text, credit })
    }
}

/// `--turns` as `uchaos.turns`.
fn grammar_key(option: &str) -> Option<&'static str> {
    let name = option.strip_prefix("--")?;
    KEYS.iter().copied().find(|key| key.strip_prefix("uchaos.") == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &'static str) -> (Result<Command<'static>, Misuse<'static>>, String) {
        let mut place = [0; 128];
        let mut request = TextBuffer::new(&mut place);
        let command = Command::parse(line.split(' '), &mut request);
        (command, String::from_utf8(request.as_bytes().to_vec()).unwrap())
    }

    #[test]
    fn an_applet_is_called_by_word_or_by_link() {
        let raw = |operand, text| Command::Run {
            applet: Applet::Raw,
            operand,
            output: None,
            text,
            credit: false,
        };
        assert_eq!(parse("/bin/uchaosbox raw 12 --text").0, Ok(raw(Some("12"), true)));
        assert_eq!(parse("/usr/bin/raw 12").0, Ok(raw(Some("12"), false)));
        assert_eq!(parse("uchaosbox").0, Ok(Command::Help(None)));
        assert_eq!(parse("uchaosbox --help").0, Ok(Command::Help(None)));
        assert_eq!(parse("raw 12 -h").0, Ok(Command::Help(Some(Applet::Raw))));
    }

    #[test]
    fn engine_options_become_words_of_the_job_grammar() {
        let (command, request) =
            parse("uchaosbox job --target host-user --job raw:10,stream:1K --output f --turns 2");
        assert_eq!(request, "uchaos.target=host-user uchaos.job=raw:10,stream:1K uchaos.turns=2 ");
        let parsed = chaos_wire::Request::parse(&request).unwrap();
        assert_eq!(parsed.turns, 2);
        assert!(matches!(command, Ok(Command::Run { applet: Applet::Job, output: Some("f"), .. })));
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for (line, misuse) in [
            ("uchaosbox toast", Misuse::UnknownApplet("toast")),
            ("raw 5 --credit", Misuse::UnknownOption(Applet::Raw, "--credit")),
            ("raw 5 --turn 2", Misuse::UnknownOption(Applet::Raw, "--turn")),
            ("raw 5 --turns", Misuse::NoValue("--turns")),
            ("job --output", Misuse::NoValue("--output")),
            ("raw 5 6", Misuse::Surplus(Applet::Raw, "6")),
            ("health 6", Misuse::Surplus(Applet::Health, "6")),
        ] {
            assert_eq!(parse(line).0, Err(misuse), "{line}");
        }
        let mut place = [0; 8];
        let words = ["raw", "--workload", "memory"];
        assert_eq!(Command::parse(words, &mut TextBuffer::new(&mut place)), Err(Misuse::TooLong));
    }
}
