// SPDX-License-Identifier: GPL-2.0-or-later
//! The lab: eight experiments with real guests and the real engine.
//!
//! The text of each is a page of the book ([`text`]); what it takes and finds is in [`experiments`]; [`question`] asks;
//! [`page`] puts text, figures and plots together.

pub(crate) mod bench;
pub(crate) mod experiments;
pub(crate) mod page;
pub(crate) mod question;
pub(crate) mod text;

pub(crate) use bench::Bench;
pub(crate) use experiments::EXPERIMENTS;

use anyhow::Result;
use entropy_report::{Part, Table};

/// One experiment.
#[derive(Debug)]
pub(crate) struct Experiment {
    /// Its number in the list.
    pub(crate) number: u8,
    /// The page of the book that has its text.
    pub(crate) text: &'static str,
    /// What must be built for it.
    pub(crate) needs: Needs,
    /// Takes it, and says what was found.
    pub(crate) run: fn(&Bench<'_>) -> Result<Found>,
}

/// What an experiment is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// The engine alone, on a clock that is known.
    Engine,
    /// The microkernel.
    BareMetal,
    /// Both guests.
    BothGuests,
}

/// What an experiment found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    /// Tables and plots, all of them of this run.
    pub(crate) parts: Vec<Part>,
    /// The commands that took the samples, in order.
    pub(crate) commands: Vec<String>,
    /// The sentence that follows from the figures.
    pub(crate) conclusion: String,
}

impl Found {
    /// Adds a table.
    pub(crate) fn table(&mut self, caption: &str, heads: &[&str], rows: Vec<Vec<String>>) {
        let heads = heads.iter().map(|head| (*head).to_owned()).collect();
        self.parts.push(Part::Table(Table { caption: caption.to_owned(), heads, rows }));
    }

    /// The tables.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &Table> {
        self.parts.iter().filter_map(|part| match part {
            Part::Table(table) => Some(table),
            _ => None,
        })
    }
}
