// SPDX-License-Identifier: GPL-2.0-or-later
//! One measurement under many settings. A [`Plan`] is a grid of axes; each of its cells is one boot of one setting. A
//! [`Campaign`] is the folder in which cells are claimed, measured and finished, by one process or by many on several
//! machines; [`table`] shows the results. Cells are measured by crate `measure` and assessed by `entropy-report`, as
//! for every run.
//!
//! # Design principles
//! * A finished cell appears under its name by one rename, so it is either complete or absent, and never written twice.
//! * A claim is a lock that the kernel releases when its holder dies. It saves work; no result depends on it.
//! * A setting that cannot be measured is a result (failed, with its reason); a full disk leaves the cell open.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "an internal crate: self-explanatory names need no sentence")]

mod against;
mod attempt;
mod cell;
mod claim;
mod collect;
mod estimate;
mod folder;
pub mod k8s;
mod option;
mod plan;
mod setting;
pub mod slurm;
pub mod table;
mod work;

pub use against::differences;
pub use attempt::process_here;
pub use cell::{CellRecord, Figures, State};
pub use collect::{Collected, collect};
pub use folder::{Campaign, Cell, CellState, images_sha256};
pub use option::CampaignsOption;
pub use plan::{Axis, Coordinates, Plan, Value};
pub use work::{Report, Waiting, work};
