// SPDX-License-Identifier: GPL-2.0-or-later
//! The arguments of a command line as one [`Command`]. What belongs to the job grammar is handed on to it as it would
//! stand on a kernel command line (`--turns 2` is `uchaos.turns=2`), so that there is one grammar.

use core::fmt::{self, Write as _};

use chaos_wire::{TextBuffer, nearest};

use crate::applet::{APPLETS, Applet, View};

/// What the program is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command<'a> {
    /// Print the help of an applet, or of the program.
    Help(Option<Applet>),
    /// Run an applet.
    Run {
        applet: Applet,
        /// The argument that is not an option: a count, or a file.
        operand: Option<&'a str>,
        /// `--output FILE`
        output: Option<&'a str>,
        /// How it is shown; as it is, without.
        view: Option<View>,
        /// `--credit`
        credit: bool,
    },
}

/// A command line that means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misuse<'a> {
    /// The first argument is not an applet.
    UnknownApplet(&'a str),
    /// An option that the applet does not have.
    UnknownOption(Applet, &'a str),
    /// An option without the value that it needs.
    NoValue(&'a str),
    /// Two options that exclude each other.
    Excluded(&'static str, &'static str),
    /// One word too many.
    Surplus(Applet, &'a str),
    /// More options than there is room for.
    TooLong,
}

impl fmt::Display for Misuse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meant = |f: &mut fmt::Formatter<'_>, meant: Option<&str>| match meant {
            Some(meant) => write!(f, "did you mean '{meant}'? "),
            None => Ok(()),
        };
        match self {
            Self::UnknownApplet(word) => {
                write!(f, "unknown applet '{word}'; ")?;
                meant(f, nearest(word, APPLETS.iter().map(|applet| applet.name())))?;
                f.write_str("`uchaosbox -h` lists them")
            }
            Self::UnknownOption(applet, word) => {
                let name = applet.name();
                write!(f, "{name}: unknown option '{word}'; ")?;
                meant(f, nearest(word, applet.options()))?;
                write!(f, "`uchaosbox {name} -h` lists them")
            }
            Self::NoValue(word) => write!(f, "option '{word}' needs a value"),
            Self::Excluded(one, other) => {
                write!(f, "'{one}' and '{other}' exclude each other: give one of them")
            }
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
    /// Returns an error if an argument means nothing here. The values of the job grammar are not checked yet.
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
        let (mut operand, mut output, mut view, mut credit) = (None, None, None::<View>, false);
        while let Some(word) = words.next() {
            if matches!(word, "-h" | "--help") {
                return Ok(Self::Help(Some(applet)));
            }
            let option = applet.options().find(|option| *option == word);
            match option {
                Some("--output") => output = Some(words.next().ok_or(Misuse::NoValue(word))?),
                Some("--credit") => credit = true,
                Some(option) => match applet.views().iter().find(|view| view.option() == option) {
                    Some(asked) => {
                        if let Some(other) = view.replace(*asked) {
                            return Err(Misuse::Excluded(other.option(), option));
                        }
                    }
                    None => {
                        // `--turns` as `uchaos.turns`.
                        let key = option.trim_start_matches('-');
                        let value = words.next().ok_or(Misuse::NoValue(word))?;
                        write!(request, "uchaos.{key}={value} ").map_err(|_| Misuse::TooLong)?;
                    }
                },
                // `-` alone is a file.
                None if word.len() > 1 && word.starts_with('-') => {
                    return Err(Misuse::UnknownOption(applet, word));
                }
                None if operand.is_none() && applet.has_operand() => operand = Some(word),
                None => return Err(Misuse::Surplus(applet, word)),
            }
        }
        match view {
            Some(view) if credit => Err(Misuse::Excluded(view.option(), "--credit")),
            _ => Ok(Self::Run { applet, operand, output, view, credit }),
        }
    }
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
        let raw = |operand, view| Command::Run {
            applet: Applet::Raw,
            operand,
            output: None,
            view,
            credit: false,
        };
        let text = Some(View::Text);
        assert_eq!(parse("/bin/uchaosbox raw 12 --text").0, Ok(raw(Some("12"), text)));
        assert_eq!(parse("/usr/bin/raw 12").0, Ok(raw(Some("12"), None)));
        assert_eq!(parse("uchaosbox").0, Ok(Command::Help(None)));
        assert_eq!(parse("uchaosbox --help").0, Ok(Command::Help(None)));
        assert_eq!(parse("uchaosbox help").0, Ok(Command::Help(None)));
        assert_eq!(parse("raw 12 -h").0, Ok(Command::Help(Some(Applet::Raw))));
    }

    #[test]
    fn engine_options_become_words_of_the_job_grammar() {
        let (command, request) =
            parse("uchaosbox job --target host-user --job raw:10,stream:1K --output f --turns 2");
        assert_eq!(request, "uchaos.target=host-user uchaos.job=raw:10,stream:1K uchaos.turns=2 ");
        let parsed = chaos_wire::Request::parse(&request).unwrap();
        assert_eq!(parsed.params.turns, 2);
        assert!(matches!(command, Ok(Command::Run { applet: Applet::Job, output: Some("f"), .. })));
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for (line, misuse) in [
            ("uchaosbox toast", Misuse::UnknownApplet("toast")),
            ("raw 5 --credit", Misuse::UnknownOption(Applet::Raw, "--credit")),
            ("raw 5 --turn 2", Misuse::UnknownOption(Applet::Raw, "--turn")),
            ("raw 5 --output f", Misuse::UnknownOption(Applet::Raw, "--output")),
            ("raw 5 --job raw:5", Misuse::UnknownOption(Applet::Raw, "--job")),
            ("raw 5 --timer 100", Misuse::UnknownOption(Applet::Raw, "--timer")),
            ("raw -n", Misuse::UnknownOption(Applet::Raw, "-n")),
            ("stream 5 --histogram", Misuse::UnknownOption(Applet::Stream, "--histogram")),
            ("view f --turns 2", Misuse::UnknownOption(Applet::View, "--turns")),
            ("raw 5 --turns", Misuse::NoValue("--turns")),
            ("raw 5 --text --bits", Misuse::Excluded("--text", "--bits")),
            ("seed --bits --credit", Misuse::Excluded("--bits", "--credit")),
            ("job --output", Misuse::NoValue("--output")),
            ("raw 5 6", Misuse::Surplus(Applet::Raw, "6")),
            ("health 6", Misuse::Surplus(Applet::Health, "6")),
        ] {
            assert_eq!(parse(line).0, Err(misuse), "{line}");
        }
        let mut place = [0; 8];
        let words = ["raw", "--workload", "flush"];
        assert_eq!(Command::parse(words, &mut TextBuffer::new(&mut place)), Err(Misuse::TooLong));
    }

    #[test]
    fn the_nearest_word_is_named() {
        for (line, said) in [
            (
                "uchaosbox rwa 5",
                "unknown applet 'rwa'; did you mean 'raw'? `uchaosbox -h` lists them",
            ),
            ("uchaosbox toast", "unknown applet 'toast'; `uchaosbox -h` lists them"),
            (
                "raw 5 --turn 2",
                "raw: unknown option '--turn'; did you mean '--turns'? `uchaosbox raw -h` lists them",
            ),
            (
                "raw 5 --histgram",
                "raw: unknown option '--histgram'; did you mean '--histogram'? `uchaosbox raw -h` lists them",
            ),
            ("raw 5 -n", "raw: unknown option '-n'; `uchaosbox raw -h` lists them"),
        ] {
            assert_eq!(parse(line).0.unwrap_err().to_string(), said);
        }
    }
}
