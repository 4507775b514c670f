// SPDX-License-Identifier: GPL-2.0-or-later
//! Other noise sources on the bench of `host-user`: each gives as many raw samples and restarts in processes of the same
//! kind, alternating with ours, and all are assessed by the one function that assesses a `compare`.
//!
//! A peer is asked in a fresh process of this program ([`answer()`]), because starts are what the restart matrix is about,
//! because CPU time is counted by process, and because a foreign library that crashes must not take the others along.
#![deny(unsafe_code)]
#![allow(missing_docs, reason = "an internal crate: a name that says it all needs no sentence")]

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
