// SPDX-License-Identifier: GPL-2.0-or-later
//! A page of text, tables and plots about samples at hand, as HTML and as Markdown: what an experiment of the lab hands
//! out. It has the style and the plots of the report.

mod html;
mod markdown;

pub use html::page_to_html;
pub use markdown::page_to_markdown;

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
        // The same samples next to some that reach further: the bars of the same ones must move.
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
