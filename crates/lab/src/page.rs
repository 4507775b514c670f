// SPDX-License-Identifier: GPL-2.0-or-later
//! Combines text, figures and plots of one experiment: for the terminal, as a page, and as JSON.

use entropy_report::{Page, Part, Table};
use serde::Serialize;

use super::Found;
use super::question::asked;
use super::text::{Answer, Text, wrapped};

/// The page of an experiment: its text and the findings of this run.
pub fn page(text: &Text, found: &Found, banners: Vec<String>, taken_utc: &str) -> Page {
    let paragraphs = |lines: &[String]| lines.iter().cloned().map(Part::Text).collect::<Vec<_>>();
    let mut parts = paragraphs(&text.before);
    parts.push(Part::Heading("What this run found".to_owned()));
    parts.push(Part::Text(found.conclusion.clone()));
    // Tables first: the plots show their data.
    let is_table = |part: &&Part| matches!(part, Part::Table(_));
    parts.extend(found.parts.iter().filter(is_table).cloned());
    parts.extend(found.parts.iter().filter(|part| !is_table(part)).cloned());
    parts.push(Part::Heading("What to look at".to_owned()));
    parts.extend(paragraphs(&text.after));
    parts.push(Part::Heading("Question".to_owned()));
    parts.push(Part::Text(text.question.clone()));
    parts.extend(
        text.options.iter().map(|option| Part::Text(format!("{}) {}", option.letter, option.says))),
    );
    parts.push(Part::Heading("How it was measured".to_owned()));
    parts.push(Part::Text(format!("Every figure above is of this run, of {taken_utc}.")));
    if !found.commands.is_empty() {
        parts.push(Part::Code(found.commands.join("\n\n")));
    }
    Page { title: text.title.clone(), banners, parts }
}

/// The text before an experiment.
pub fn opening(text: &Text) -> String {
    let paragraphs = text.before.iter().map(|paragraph| wrapped(paragraph));
    format!("{}\n\n{}", text.title, paragraphs.collect::<Vec<_>>().join("\n"))
}

/// The text after an experiment, up to the question.
pub fn closing(text: &Text, found: &Found) -> String {
    let tables = found.tables().map(Table::to_text);
    let after = text.after.iter().map(|paragraph| wrapped(paragraph));
    let parts: Vec<String> =
        tables.chain([wrapped(&found.conclusion)]).chain(after).chain([asked(text)]).collect();
    parts.join("\n")
}

/// An experiment as JSON.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    pub number: u8,
    pub title: &'a str,
    pub accel: String,
    pub conclusion: &'a str,
    pub tables: Vec<JsonTable<'a>>,
    pub commands: &'a [String],
    pub html: String,
    pub markdown: String,
    pub question: &'a str,
    pub options: Vec<JsonOption<'a>>,
}

/// A table as JSON.
#[derive(Debug, Serialize)]
pub struct JsonTable<'a> {
    caption: &'a str,
    heads: &'a [String],
    rows: &'a [Vec<String>],
}

/// An answer to choose, as JSON.
#[derive(Debug, Serialize)]
pub struct JsonOption<'a> {
    letter: char,
    says: &'a str,
}

impl<'a> From<&'a Table> for JsonTable<'a> {
    fn from(table: &'a Table) -> Self {
        Self { caption: &table.caption, heads: &table.heads, rows: &table.rows }
    }
}

impl<'a> From<&'a Answer> for JsonOption<'a> {
    fn from(answer: &'a Answer) -> Self {
        Self { letter: answer.letter, says: &answer.says }
    }
}

#[cfg(test)]
mod tests {
    use entropy_report::page_to_markdown;

    use super::*;
    use crate::EXPERIMENTS;

    #[test]
    fn a_page_has_the_text_the_figures_and_the_commands_and_no_answer() {
        for experiment in EXPERIMENTS {
            let text = Text::parse(experiment.text).unwrap();
            let mut found = Found { conclusion: "So it is.".to_owned(), ..Found::default() };
            found.table("Figures", &["what"], vec![vec!["4711".to_owned()]]);
            found.commands.push("qemu -x".to_owned());
            let markdown = page_to_markdown(&page(&text, &found, vec!["TCG".to_owned()], "now"));
            for part in [&text.title, &text.before[0], &text.after[0], &text.question] {
                assert!(markdown.contains(part.as_str()), "{part:?} is missing");
            }
            for part in ["> **TCG**", "So it is.", "| 4711 |", "qemu -x", "of this run, of now"] {
                assert!(markdown.contains(part), "{part:?} is missing");
            }
            let right = text.options.iter().find(|answer| answer.is_right).unwrap();
            assert!(!markdown.contains(&right.because), "the answer is given away");
        }
    }

    #[test]
    fn lines_fit_a_terminal() {
        let text = Text::parse(EXPERIMENTS[0].text).unwrap();
        assert!(opening(&text).lines().all(|line| line.chars().count() <= 100));
    }
}
