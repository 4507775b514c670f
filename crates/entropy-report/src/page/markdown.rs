// SPDX-License-Identifier: GPL-2.0-or-later
//! A page as Markdown.

use super::{Page, Part, Table};

/// The page as Markdown; a plot is its caption there.
#[must_use]
pub fn page_to_markdown(page: &Page) -> String {
    let mut text = format!("# {}\n", page.title);
    for banner in &page.banners {
        text += &format!("\n> **{banner}**\n");
    }
    for part in &page.parts {
        text += "\n";
        text += &match part {
            Part::Heading(heading) => format!("## {heading}\n"),
            Part::Text(paragraph) => format!("{paragraph}\n"),
            Part::Code(lines) => format!("```text\n{lines}\n```\n"),
            Part::Table(table) => table_to_markdown(table),
            Part::Plot { title, caption, .. } => {
                format!("*{title}* (drawn in the HTML page): {caption}\n")
            }
        };
    }
    text
}

fn table_to_markdown(table: &Table) -> String {
    let row = |cells: &[String]| {
        let cells: Vec<_> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule: Vec<String> = table.heads.iter().map(|_| "---".to_owned()).collect();
    let rows: String = table.rows.iter().map(|cells| row(cells)).collect();
    format!("{}\n\n{}{}{rows}", table.caption, row(&table.heads), row(&rule))
}
