// SPDX-License-Identifier: GPL-2.0-or-later
//! Captures that machines wrote to USB sticks: found on a mounted stick, in an image or as plain files; fully checked;
//! grouped by machine and parameters.
//!
//! Nothing is written to a stick or an image. A damaged capture is reported by name, and the others are kept.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "an internal crate: self-explanatory names need no sentence")]

mod boots;
mod facts;
mod find;
mod image;
mod partitions;
mod window;

pub use boots::{Machine, group};
pub use facts::Facts;
pub use find::{Found, Origin, Refusal, find};
