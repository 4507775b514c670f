// SPDX-License-Identifier: GPL-2.0-or-later
//! The text of an experiment: a page of the book, split by its headings, so that it is stored only once.

/// The headings that each page has, in this order.
const BEFORE: &str = "Before";
const AFTER: &str = "What to look at";
const QUESTION: &str = "Question";
const ANSWERS: &str = "Answers";
/// Columns of text on a terminal.
const COLUMNS: usize = 100;

/// A page of the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// `1. What is a tick?`
    pub title: String,
    /// Paragraphs that explain the experiment and its purpose.
    pub before: Vec<String>,
    /// Paragraphs that explain the findings.
    pub after: Vec<String>,
    pub question: String,
    pub options: Vec<Answer>,
}

/// An answer to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// `a`, `b`, …
    pub letter: char,
    pub says: String,
    pub is_right: bool,
    /// Why, or why not.
    pub because: String,
}

impl Text {
    /// Splits a page; `None` if it lacks a section.
    pub fn parse(page: &str) -> Option<Self> {
        let title = page.lines().find_map(|line| line.strip_prefix("# "))?.to_owned();
        let question = paragraphs(section(page, QUESTION)?);
        let (options, question): (Vec<_>, Vec<_>) =
            question.into_iter().partition(|line| line.starts_with("- "));
        let verdicts: Vec<_> = paragraphs(section(page, ANSWERS)?)
            .iter()
            .filter_map(|line| lettered(line).map(|(letter, text)| (letter, text.to_owned())))
            .collect();
        let options = options
            .iter()
            .map(|line| {
                let (letter, says) = lettered(line)?;
                let (_, verdict) = verdicts.iter().find(|(of, _)| *of == letter)?;
                let (word, because) = verdict.split_once(". ")?;
                Some(Answer {
                    letter,
                    says: says.to_owned(),
                    is_right: word == "Right",
                    because: because.to_owned(),
                })
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Self {
            title,
            before: paragraphs(section(page, BEFORE)?),
            after: paragraphs(section(page, AFTER)?),
            question: question.join(" "),
            options,
        })
    }

    /// The answer with this letter.
    pub fn answer(&self, letter: char) -> Option<&Answer> {
        self.options.iter().find(|answer| answer.letter == letter)
    }
}

/// A paragraph wrapped for a terminal, each line with a line end.
#[must_use]
pub fn wrapped(paragraph: &str) -> String {
    textwrap::fill(&paragraph.split_whitespace().collect::<Vec<_>>().join(" "), COLUMNS) + "\n"
}

/// The text below a heading, up to the next one.
fn section<'a>(page: &'a str, heading: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("\n## {heading}\n"))?;
    Some(rest.split("\n## ").next().unwrap_or(rest))
}

/// Paragraphs and items, each as one line. Tags are only for the book.
fn paragraphs(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('<') {
            open = false;
        } else if open && !line.starts_with("- ") {
            if let Some(last) = all.last_mut() {
                last.push(' ');
                last.push_str(line);
            }
        } else {
            all.push(line.to_owned());
            open = true;
        }
    }
    all
}

/// `- **a** text` as the letter and the text.
fn lettered(line: &str) -> Option<(char, &str)> {
    let (letter, text) = line.strip_prefix("- **")?.split_once("** ")?;
    let mut letters = letter.chars();
    letters.next().filter(|_| letters.next().is_none()).map(|letter| (letter, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_taken_apart_by_its_headings() {
        let page = "# 9. Title\n\n## Before\nOne\ntwo.\n\nThree.\n\n## What to look at\nHere.\n\n## Question\nWhat?\n\n\
                    - **a** this\n  one\n- **b** that\n\n## Answers\n<details>\n\n- **a** Wrong. It is\n  not.\n- **b** \
                    Right. It is.\n\n</details>\n";
        let text = Text::parse(page).unwrap();
        assert_eq!(text.title, "9. Title");
        assert_eq!(text.before, ["One two.", "Three."]);
        assert_eq!((text.after.len(), text.question.as_str()), (1, "What?"));
        let a = text.answer('a').unwrap();
        assert_eq!(
            (a.says.as_str(), a.is_right, a.because.as_str()),
            ("this one", false, "It is not.")
        );
        assert!(text.answer('b').unwrap().is_right && text.answer('c').is_none());
        assert!(Text::parse(&page.replace("## Before", "## Bef")).is_none());
    }
}
