// SPDX-License-Identifier: GPL-2.0-or-later
//! Captures that machines wrote to USB sticks: found on a mounted stick, in an image of one or as plain files; each checked
//! whole; grouped by the machine and the parameters that they were measured with.
//!
//! Nothing is written to a stick or an image. A damaged capture is refused by name and the others are kept.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "an internal crate: a name that says it all needs no sentence")]

mod boots;
mod facts;
mod find;
mod image;
mod partitions;
mod window;

pub use boots::{Machine, group};
pub use facts::Facts;
pub use find::{Found, Origin, Refusal, find};
