// SPDX-License-Identifier: GPL-2.0-or-later
//! From captures to verdicts.
//!
//! In come the boots that were taken ([`TakenRun`]); [`analyse`] assesses the raw noise of each target with crate
//! `sp800-90b`, compares boots of one target, and tests the output stream. Out comes one
//! [`CompareResult`], from which `result.json`, the terminal's table, Markdown and the HTML report are all made.
//!
//! Design principles:
//! * Raw noise is what is assessed. The stream's figures say how little of it is fresh, never how good it looks.
//! * No figure without its unit, its formula and a sentence; no figure at all where a precondition failed.
//! * Every page is made from the result alone, so a report can be made again without the samples.
#![forbid(unsafe_code)]

mod analyse;
pub mod claim;
mod error;
pub mod format;
mod groups;
mod html;
mod json;
mod markdown;
mod page;
mod plot;
mod provenance;
pub mod result;
mod rows;
mod spread;
mod status;
mod taken;
mod terminal;
mod verdict;
mod wording;

pub use analyse::{AnalyseOptions, Progress, analyse, side_by_side};
pub use claim::Claim;
pub use error::ReportError;
pub use html::parts::{scroll, styled_document};
pub use html::to_html;
pub use json::{from_json, to_json};
pub use markdown::to_markdown;
pub use page::{Page, Part, PlotKind, Table, page_to_html, page_to_markdown};
pub use provenance::{Artifact, Provenance, RepeatCommand, Surroundings};
pub use result::{
    ClonePair, ClonedOutput, Clones, CompareResult, NotMeasured, ServerKeys, ServerPair,
    ServerStart,
};
pub use status::Status;
pub use taken::{Moment, RestartMatrix, TakenRun};
pub use terminal::to_terminal;
pub use verdict::Verdict;
pub use wording::{
    add_clones, add_server_keys, clones, clones_table, server_keys, server_keys_tables,
};
