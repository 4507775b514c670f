// SPDX-License-Identifier: GPL-2.0-or-later
//! Other noise sources measured like `host-user`: each gives as many raw samples and restarts in processes of the same
//! kind, alternating with ours, and all are assessed by the function that assesses a `compare`.
//!
//! A peer is queried in a new process of this program ([`answer()`]), because the restart matrix needs process starts,
//! because CPU time is counted per process, and because a crash in a foreign library must not affect the others.
#![deny(unsafe_code)]
#![allow(missing_docs, reason = "an internal crate: self-explanatory names need no sentence")]

mod answer;
mod bench;
mod jitterentropy;
mod kernel;
mod library;
mod peer;
mod processor;
mod rand_jitter;
mod source;
mod table;

pub use answer::answer;
pub use bench::{Bench, Measured, Plan};
pub use library::prepare;
pub use peer::{Peer, Question};
pub use table::{CAVEATS, Comparison, Goal, Row, compare};
