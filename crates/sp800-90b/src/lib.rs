// SPDX-License-Identifier: MIT OR Apache-2.0
//! NIST SP 800-90B entropy assessment: symbols in, an [`Assessment`] out.
//!
//! [`Symbols`] holds raw noise as symbols of 1 to 8 bits, [`assess`] runs a whole [`Track`] over it, and every
//! estimator of §6.3 can be called alone (module [`estimators`]). In addition to the tracks there are the restart tests
//! ([`restart`]), the account of a conditioning component ([`conditioning`]) and the cutoffs of the continuous health
//! tests ([`health`]).
//!
//! # Design principles
//! * **Exact.** Each count equals the one that NIST's tool (`ea_non_iid`) prints, each real agrees within 1e-9
//!   relative, and every intermediate that the tool prints is in the result.
//! * **Honest.** Too little data is an [`Outcome::Invalid`] that says what is missing, never a number.
//! * **No panics.** Every input gives a result or a typed error.
#![forbid(unsafe_code)]

/// The examples in the readme are compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod assessment;
pub mod blocks;
mod conclusion;
pub mod conditioning;
mod control;
pub mod estimators;
#[cfg(feature = "serde")]
pub mod esv;
pub mod health;
pub mod homogeneity;
pub mod iid;
pub mod informed;
pub mod input;
mod math;
pub mod outcome;
mod parallel;
pub mod restart;
pub mod symbols;
#[cfg(test)]
mod test_noise;
mod track;

pub use assessment::{Assessment, Binding, EstimatorSet, Estimators, Status};
pub use control::{Control, Progress};
pub use outcome::{Invalid, InvalidStatus, MinEntropy, Outcome};
pub use symbols::{BitString, Sequence, SymbolError, Symbols};
pub use track::{AssessError, Track, assess, assess_with, assess_with_progress, memory_needed};
