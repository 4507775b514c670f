// SPDX-License-Identifier: GPL-2.0-or-later
#![no_std]
//! The engine behind a C ABI, as the one object that every guest links.
//!
//! This crate has two faces. With the feature `object` it *defines* the C functions over chaos-core and the hardware
//! counter; xtask builds that once into `engine.o`. Without it, it *declares* them ([`abi`]) and wraps them safely
//! ([`Engine`]) for the Rust programs that link the object. The kernel module uses the header in `include/`.

#[cfg(test)]
extern crate std;

pub mod abi;
mod engine;
#[cfg(any(feature = "object", test))]
mod object;
#[cfg(all(feature = "object", not(test)))]
mod panic;
#[cfg(test)]
mod tests;

pub use chaos_vocab::{EngineError, HealthReport, MEMORY_BYTES, Parameter, Params};
pub use engine::{Engine, Place, check};
