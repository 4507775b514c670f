// SPDX-License-Identifier: GPL-2.0-or-later
#![no_std]
#![forbid(unsafe_code)]
//! The timing-jitter engine: clock, noise source, health tests, mixer, conditioning.

#[cfg(test)]
extern crate std;

pub mod clock;
pub mod conditioning;
pub mod cutoffs;
pub mod error;
pub mod health;
pub mod mixer;
pub mod params;
pub mod source;
pub mod workload;

pub use clock::{Clock, ClockKind};
pub use cutoffs::{CLAIMS_MILLIBITS, Cutoffs};
pub use error::{Error, HealthTest};
pub use health::{Health, State};
pub use mixer::Mixer;
pub use params::{Enforcement, Params};
pub use source::{EntropySource, MAX_READS};
pub use workload::{MEMORY_BYTES, Workload};
