// SPDX-License-Identifier: GPL-2.0-or-later
//! Asks the question of an experiment, and prints whether an answer is right, and why.

use std::io::{BufRead, IsTerminal as _, Write};

use anyhow::{Context, Result, anyhow};

use super::text::{Answer, Text};
use guest_run::ExitKind;
use guest_run::say;

/// The question with its answers to choose from.
pub fn asked(text: &Text) -> String {
    let options =
        text.options.iter().map(|answer| format!("  {}) {}\n", answer.letter, answer.says));
    format!("{}{}", super::text::wrapped(&text.question), options.collect::<String>())
}

/// The reply to an answer.
pub fn checked(answer: &Answer) -> String {
    let word = if answer.is_right { "Right" } else { "Wrong" };
    format!("{word}. {}", answer.because)
}

/// The answer with this letter.
///
/// # Errors
/// Returns an error ([`ExitKind::Usage`]) if no answer has this letter.
pub fn chosen<'a>(text: &'a Text, given: &str) -> Result<&'a Answer> {
    let mut letters = given.trim().chars();
    let letter = letters.next().filter(|_| letters.next().is_none());
    letter.and_then(|letter| text.answer(letter.to_ascii_lowercase())).ok_or_else(|| {
        let known: Vec<_> = text.options.iter().map(|answer| answer.letter.to_string()).collect();
        anyhow!(ExitKind::Usage(format!(
            "{given:?} is not an answer; there are {}",
            known.join(", ")
        )))
    })
}

/// Asks at the terminal until the answer is right or the input ends. Without a terminal, it does not
/// wait, and prints how to answer instead.
pub fn ask(text: &Text, number: u8) -> Result<()> {
    if !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
        return say!("Answer with: {} lab {number} --answer LETTER", guest_run::program());
    }
    converse(text, &mut std::io::stdin().lock(), &mut std::io::stdout())
}

fn converse(text: &Text, from: &mut impl BufRead, to: &mut impl Write) -> Result<()> {
    let failed = "using the terminal";
    loop {
        write!(to, "Your answer: ").and_then(|()| to.flush()).context(failed)?;
        let mut line = String::new();
        if from.read_line(&mut line).context(failed)? == 0 {
            return writeln!(to).context(failed);
        }
        let answer = match chosen(text, &line) {
            Ok(answer) => answer,
            Err(error) => {
                writeln!(to, "{error}").context(failed)?;
                continue;
            }
        };
        writeln!(to, "{}", checked(answer)).context(failed)?;
        if answer.is_right {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> Text {
        let answer = |letter, is_right, because: &str| Answer {
            letter,
            says: "so".to_owned(),
            is_right,
            because: because.to_owned(),
        };
        Text {
            title: "1. One".to_owned(),
            before: Vec::new(),
            after: Vec::new(),
            question: "What?".to_owned(),
            options: vec![answer('a', false, "It is less."), answer('b', true, "It is so.")],
        }
    }

    #[test]
    fn a_wrong_answer_is_told_why_and_asked_again() {
        let mut said = Vec::new();
        converse(&text(), &mut &b"x\nA\nb\nnot read\n"[..], &mut said).unwrap();
        let said = String::from_utf8(said).unwrap();
        for part in ["is not an answer; there are a, b", "Wrong. It is less.", "Right. It is so."] {
            assert!(said.contains(part), "{said}");
        }
        assert_eq!(said.matches("Your answer").count(), 3);
        let mut said = Vec::new();
        converse(&text(), &mut &b""[..], &mut said).unwrap();
    }
}
