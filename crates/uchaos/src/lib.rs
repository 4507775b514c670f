// SPDX-License-Identifier: GPL-2.0-or-later
//! The commands of µChaos: boot, measure, assess, report, explore. They boot the images of an [`ImageSource`]: the
//! program `uchaos` boots existing images, `cargo xtask` builds them first.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "an internal crate: self-explanatory names need no sentence")]

pub mod commands;
mod images;

pub use images::{Built, ImageSource, Parts};
