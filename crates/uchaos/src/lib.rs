// SPDX-License-Identifier: GPL-2.0-or-later
//! The commands of µChaos: boot, measure, assess, report, explore. They boot images that an [`ImageSource`] gives: the
//! program `uchaos` boots what was built before, `cargo xtask` builds first.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "an internal crate: a name that says it all needs no sentence")]

pub mod commands;
mod images;

pub use images::{Built, ImageSource, Parts};
