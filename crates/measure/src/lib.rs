// SPDX-License-Identifier: GPL-2.0-or-later
//! Takes measurements: plans the boots, runs them, turns captures into files and a
//! [`TakenRun`](entropy_report::TakenRun), and stores finished runs. This crate does not assess; [`external`] runs
//! other people's programs that do.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "an internal crate: self-explanatory names need no sentence")]

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
