// SPDX-License-Identifier: GPL-2.0-or-later
//! Taking measurements: which boots there are, how one is run, how its capture becomes files and a
//! [`TakenRun`](entropy_report::TakenRun), and where a finished run is kept. Nothing here assesses; programs of others
//! that do are run by [`external`].
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "an internal crate: a name that says it all needs no sentence")]

pub mod boot;
pub mod clones;
mod counter_rate;
pub mod data_disk;
pub mod engine_options;
mod exec;
pub mod external;
pub mod files;
pub mod footprint;
pub mod guest;
pub mod host;
pub mod init_clock;
pub mod plan;
pub mod provenance;
pub mod publish;
pub mod run_guest;
pub mod runs;
pub mod serve;
pub mod server_keys;
pub mod settings;
mod start_rows;
pub mod starts;
pub mod stored;
pub mod surroundings;
pub mod synthetic;
pub mod taken;
