// SPDX-License-Identifier: GPL-2.0-or-later
#![no_std]
#![forbid(unsafe_code)]
//! The timing-jitter engine: it turns a clock's jitter into bytes, and accounts for its entropy.
//!
//! ```text
//! Clock -> workload step -> block of deltas (raw noise) -> health tests
//!                               |        |
//!                             mixer   SHA-256
//!                               |        |
//!                            stream     seed
//! ```
//!
//! # Design principles
//! * A sample is the time of a workload step and of two counter reads, and of nothing else. Raw noise comes from the very
//!   loop that feeds mixer and seed.
//! * `stream` is amplified jitter and never called entropy; `seed` is conditioned and accounted for. They share
//!   nothing but the samples' source, and no sample is used for both.
//! * No seed, no secret: with the deltas known, every byte is known. A weakness shows at once.
//! * Every way to fail has a name, and an output that fails is zero.
//! * No allocation, no panic, no unbounded loop, no floating point at run time, no unsafe code: the same object code runs
//!   in a kernel module, in userland and on bare metal.

#[cfg(test)]
extern crate std;

pub mod clock;
pub mod conditioning;
pub mod cutoffs;
pub mod error;
pub mod health;
pub mod lesson;
pub mod mixer;
pub mod places;
pub mod replay;
pub mod sampler;
pub mod seed_rng;
pub mod source;
pub mod synthetic;
pub mod work_check;
mod workload;

pub use chaos_vocab::{
    BadParameter, CLAIMS_MILLIBITS, ErrorCode, MEMORY_BYTES, OnFailure, Parameter, Params, State,
    Workload,
};
pub use clock::{Clock, ClockKind};
pub use cutoffs::Cutoffs;
pub use error::{Error, HealthTest};
pub use health::Health;
pub use mixer::Mixer;
pub use places::SampleLines;
pub use replay::ReplayClock;
pub use sampler::{BLOCK_SAMPLES, MAX_READS};
pub use seed_rng::SeedRng;
pub use source::EntropySource;
pub use synthetic::{Pattern, SyntheticClock};
