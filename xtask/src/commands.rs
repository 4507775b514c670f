// SPDX-License-Identifier: GPL-2.0-or-later
//! The subcommands, one file each: a clap `Args` struct with `run(self, &Workshop)`.

pub(crate) mod assess;
pub(crate) mod clean;
pub(crate) mod compare;
pub(crate) mod doctor;
pub(crate) mod image;
pub(crate) mod lab;
pub(crate) mod module;
pub(crate) mod pack;
pub(crate) mod report;
pub(crate) mod repro;
pub(crate) mod run_bare;
pub(crate) mod run_linux;
pub(crate) mod setup;
pub(crate) mod size;
pub(crate) mod sources;
pub(crate) mod test;
pub(crate) mod watch;
