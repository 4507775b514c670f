// SPDX-License-Identifier: GPL-2.0-or-later
//! A page of text, tables and plots about samples at hand, as HTML and as Markdown: what an experiment of the lab hands
//! out. It has the style and the plots of the report.

use std::ops::Range;

use maud::{Markup, PreEscaped, html};
use sp800_90b::symbols::from_ticks;

use crate::analyse::reduce::{Ranked, clipped, correlation, histogram, lag, over_time};
use crate::error::ReportError;
use crate::html::parts::{document, scroll};
use crate::plot;

/// A page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// What it is about.
    pub title: String,
    /// What a reader must know before any figure, such as that the timing is the emulator's.
    pub banners: Vec<String>,
    /// What it holds, in order.
    pub parts: Vec<Part>,
}

/// A piece of a page.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// A heading.
    Heading(String),
    /// A paragraph of plain text. Words between backticks are code.
    Text(String),
    /// Lines to be shown as they are, such as commands.
    Code(String),
    /// A table.
    Table(Table),
    /// A plot of samples.
    Plot {
        /// Which.
        kind: PlotKind,
        /// What it is of.
        title: String,
        /// What is to be seen in it.
        caption: String,
        /// Deltas in ticks, in their order.
        delta_ticks: Vec<u64>,
    },
}

/// A table of text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// The names of its columns, with units.
    pub heads: Vec<String>,
    /// Its rows, each with as many cells as there are heads.
    pub rows: Vec<Vec<String>>,
}

/// The plots that a page can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlotKind {
    /// All deltas, on logarithmic axes that the page's histograms share.
    Histogram,
    /// The common deltas, on straight axes.
    CommonDeltas,
    /// Deltas over the run.
    OverTime,
    /// Each delta against the one before it.
    Lag,
    /// Autocorrelation by lag.
    Autocorrelation,
}

/// The page as one self-contained HTML file.
///
/// # Errors
/// [`ReportError::Plot`] where a plot cannot be drawn.
pub fn page_to_html(page: &Page) -> Result<String, ReportError> {
    let ticks = histograms_ticks(page);
    // Plots that follow each other stand side by side where there is room.
    let groups = page.parts.chunk_by(|a, b| is_plot(a) && is_plot(b));
    let parts = groups
        .map(|group| {
            let inside = group
                .iter()
                .map(|part| part_to_html(part, &ticks))
                .collect::<Result<Vec<_>, _>>()?;
            Ok(html! {
                @if group.iter().all(is_plot) {
                    div.grid { @for part in inside { (part) } }
                } @else {
                    @for part in inside { (part) }
                }
            })
        })
        .collect::<Result<Vec<_>, ReportError>>()?;
    let body = html! {
        main {
            section {
                h1 { (page.title) }
                @for banner in &page.banners { p.banner role="note" { (banner) } }
                @for part in parts { (part) }
            }
        }
    };
    Ok(document(&page.title, &body))
}

/// The horizontal axis of all histograms of the page, so that they can be laid side by side.
fn histograms_ticks(page: &Page) -> Range<f64> {
    let deltas = page.parts.iter().filter_map(|part| match part {
        Part::Plot { kind: PlotKind::Histogram, delta_ticks, .. } => Some(delta_ticks),
        _ => None,
    });
    // A delta of 0 has no place on a logarithmic axis.
    let (low, high) = deltas
        .flatten()
        .filter(|delta| **delta > 0)
        .fold((u64::MAX, 1), |(low, high), delta| (low.min(*delta), high.max(*delta)));
    histogram::span_ticks(low.min(high), high)
}

fn is_plot(part: &Part) -> bool {
    matches!(part, Part::Plot { .. })
}

fn part_to_html(part: &Part, histograms_ticks: &Range<f64>) -> Result<Markup, ReportError> {
    Ok(match part {
        Part::Heading(text) => html! { h2 { (text) } },
        Part::Text(text) => html! { p { (coded(text)) } },
        Part::Code(text) => html! { pre { code { (text) } } },
        Part::Table(table) => scroll(
            &table.caption,
            &html! {
                table {
                    caption { (table.caption) }
                    thead { tr { @for head in &table.heads { th scope="col" { (head) } } } }
                    tbody {
                        @for row in &table.rows { tr { @for cell in row { td { (cell) } } } }
                    }
                }
            },
        ),
        Part::Plot { kind, title, caption, delta_ticks } => {
            match draw(*kind, title, delta_ticks, histograms_ticks)? {
                Some(svg) => html! {
                    figure {
                        h4 { (title) }
                        (PreEscaped(svg))
                        figcaption { p { (caption) } }
                    }
                },
                None => {
                    html! { figure { h4 { (title) } p { "Not drawn: there are too few samples." } } }
                }
            }
        }
    })
}

/// Words between backticks as code.
fn coded(text: &str) -> Markup {
    html! {
        @for (at, piece) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (piece) } } @else { (piece) }
        }
    }
}

fn draw(
    kind: PlotKind,
    title: &str,
    delta_ticks: &[u64],
    histograms_ticks: &Range<f64>,
) -> Result<Option<String>, ReportError> {
    let ranked = Ranked::new(delta_ticks, from_ticks(delta_ticks).gcd_ticks);
    let svg = match kind {
        PlotKind::Histogram => histogram::by_ratio(&ranked).map(|histogram| {
            let ticks = histograms_ticks.clone();
            plot::histogram_common(&histogram, ticks, ranked.quantile(0.5), title)
        }),
        PlotKind::CommonDeltas => histogram::core(&ranked).map(|core| plot::core(&core, title)),
        PlotKind::OverTime => {
            over_time::envelope(delta_ticks).map(|envelope| plot::over_time(&envelope, title))
        }
        PlotKind::Lag => lag::cells(delta_ticks, &ranked).map(|cells| plot::lag(&cells, title)),
        PlotKind::Autocorrelation => correlation::autocorrelation(&clipped(delta_ticks, &ranked))
            .map(|line| plot::autocorrelation(&line, title)),
    };
    svg.transpose()
}

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

impl Table {
    /// The table for a terminal: columns side by side, numbers as they are.
    #[must_use]
    pub fn to_text(&self) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.chain(self.heads.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..self.heads.len()).map(width).collect();
        let row = |cells: &[String]| {
            let cells = cells.iter().zip(&widths);
            let line: String = cells.map(|(cell, width)| format!("  {cell:<width$}")).collect();
            format!("{}\n", line.trim_end())
        };
        let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        let rows: String = self.rows.iter().map(|cells| row(cells)).collect();
        format!("{}\n{}{}{rows}", self.caption, row(&self.heads), row(&rule))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Page {
        let table = Table {
            caption: "Figures".to_owned(),
            heads: vec!["what".to_owned(), "ticks".to_owned()],
            rows: vec![vec!["a <b>|c".to_owned(), "12".to_owned()]],
        };
        let plot = |kind| Part::Plot {
            kind,
            title: format!("{kind:?}"),
            caption: "seen here".to_owned(),
            delta_ticks: (0..4000_u64).map(|i| 100 + i * i % 97).collect(),
        };
        let kinds = [
            PlotKind::Histogram,
            PlotKind::CommonDeltas,
            PlotKind::OverTime,
            PlotKind::Lag,
            PlotKind::Autocorrelation,
        ];
        Page {
            title: "A lesson".to_owned(),
            banners: vec!["made up".to_owned()],
            parts: [
                Part::Heading("What".to_owned()),
                Part::Text("run `this` & that".to_owned()),
                Part::Code("cargo xtask lab".to_owned()),
                Part::Table(table),
            ]
            .into_iter()
            .chain(kinds.map(plot))
            .collect(),
        }
    }

    #[test]
    fn html_has_every_part_and_fetches_nothing() {
        let html = page_to_html(&page()).unwrap();
        for part in [
            "<h1>A lesson</h1>",
            "made up",
            "<h2>What</h2>",
            "run <code>this</code> &amp; that",
            "a &lt;b&gt;|c",
            "<caption>Figures</caption>",
        ] {
            assert!(html.contains(part), "{part:?} is missing");
        }
        assert_eq!(html.matches("<svg").count(), 5);
        for plot in html.split("<svg").skip(1) {
            assert!(plot.matches("<rect").count() + plot.matches("<polyline").count() > 3, "empty");
        }
        assert!(!html.contains("http://") && !html.contains("https://"), "an address");
    }

    #[test]
    fn histograms_share_their_axis() {
        let plot = |delta_ticks: Vec<u64>| Part::Plot {
            kind: PlotKind::Histogram,
            title: "Deltas".to_owned(),
            caption: String::new(),
            delta_ticks,
        };
        // The same samples beside some that reach further: the bars of the same ones must move.
        let near: Vec<u64> = (0..4000).map(|i| 100 + i % 50).collect();
        let far: Vec<u64> = (0..4000).map(|i| 100 + i * 10).collect();
        let first_svg = |parts: Vec<Part>| {
            let html = page_to_html(&Page { parts, ..Page::default() }).unwrap();
            html[html.find("<svg").unwrap()..html.find("</svg>").unwrap()].to_owned()
        };
        let alone = first_svg(vec![plot(near.clone())]);
        let beside = first_svg(vec![plot(near.clone()), plot(far)]);
        assert_ne!(alone, beside);
        assert_eq!(alone, first_svg(vec![plot(near.clone()), plot(near)]));
    }

    #[test]
    fn markdown_and_terminal_have_the_table() {
        let text = page_to_markdown(&page());
        assert!(text.contains("| what | ticks |\n| --- | --- |\n| a <b>\\|c | 12 |"), "{text}");
        let Some(Part::Table(table)) = page().parts.into_iter().nth(3) else { unreachable!() };
        assert_eq!(table.to_text(), "Figures\n  what     ticks\n  -------  -----\n  a <b>|c  12\n");
    }
}
