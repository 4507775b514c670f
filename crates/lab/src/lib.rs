// SPDX-License-Identifier: GPL-2.0-or-later
//! The lab: fifteen experiments with real guests and the real engine.
//!
//! The text of each is a page of the book ([`text`]); [`experiments`] run and evaluate; [`question`] asks;
//! [`page`] combines text, figures and plots; [`watch`] is the live view of one guest.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "an internal crate: self-explanatory names need no sentence")]

pub mod experiments;
pub mod guests;
pub mod page;
pub mod question;
pub mod text;
pub mod watch;

pub use experiments::EXPERIMENTS;
pub use guests::Guests;

use anyhow::Result;
use entropy_report::{Part, Table};

/// One experiment.
#[derive(Debug)]
pub struct Experiment {
    pub number: u8,
    /// Its topic, in a few words.
    pub topic: &'static str,
    /// How long it took under TCG on a busy machine with two processors, once the guests were built.
    pub seconds: u16,
    /// The page of the book with its text.
    pub text: &'static str,
    pub needs: Needs,
    /// Runs it and returns its findings.
    pub run: fn(&Guests<'_>) -> Result<Found>,
}

/// The equipment of an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// The engine alone, on a clock that is known.
    Engine,
    BareMetal,
    BothGuests,
    /// Both guests, Linux with a server on a disk.
    Server,
}

/// The findings of an experiment.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Tables and plots, all of them of this run.
    pub parts: Vec<Part>,
    /// The commands that took the samples, in order.
    pub commands: Vec<String>,
    /// The sentence that follows from the figures.
    pub conclusion: String,
}

impl Found {
    /// Adds a table.
    pub fn table(&mut self, caption: &str, heads: &[&str], rows: Vec<Vec<String>>) {
        let heads = heads.iter().map(|head| (*head).to_owned()).collect();
        self.parts.push(Part::Table(Table { caption: caption.to_owned(), heads, rows }));
    }

    /// The tables.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.parts.iter().filter_map(|part| match part {
            Part::Table(table) => Some(table),
            _ => None,
        })
    }
}
