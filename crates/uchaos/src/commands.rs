// SPDX-License-Identifier: GPL-2.0-or-later
//! The commands, one file each: a clap `Args` struct with `run(self, &CommandContext, …)`.

pub mod assess;
pub mod campaign;
mod cells;
pub mod clean;
pub mod clone;
pub mod collect;
pub mod compare;
pub mod doctor;
mod fleet;
pub mod lab;
pub mod pack;
pub mod peers;
pub mod report;
pub mod run_bare;
pub mod run_linux;
pub mod runs;
pub mod size;
pub mod sweep;
pub mod verify;
pub mod watch;
