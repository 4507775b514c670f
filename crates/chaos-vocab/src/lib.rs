// SPDX-License-Identifier: GPL-2.0-or-later
#![no_std]
#![forbid(unsafe_code)]
//! The one declaration of what the engine can be asked and what it answers: parameters, workloads, health states, the
//! health report, error codes and the functions of the C ABI.
//!
//! Everything is declared in `vocabulary.rs`. Derived from it are the types of this crate, the job grammar's keys and
//! limits (chaos-wire), the help texts, the Rust side of the C ABI (chaos-ffi), and three checked-in files: the header
//! `uchaos_engine.h`, the kernel module's `vocabulary.h` and the parameter table in `docs/wire.md`. After a change,
//! `UPDATE=1 cargo test -p chaos-vocab` writes the three again; without `UPDATE` the same test fails if one is stale.

#[cfg(test)]
extern crate std;

mod allowed;
mod declare;
mod error;
mod functions;
mod params;
mod report;
mod text;
mod vocabulary;
mod words;

pub use allowed::Allowed;
pub use error::{EngineError, error_text};
pub use functions::Function;
pub use params::BadParameter;
pub use report::ReportKey;
pub use vocabulary::{
    CLAIMS_MILLIBITS, ENGINE_ALIGN, ErrorCode, FUNCTION_NAMES, FUNCTIONS, HealthReport,
    MEMORY_BYTES, OnFailure, Parameter, Params, RawParams, State, Workload,
};
pub use words::Number;
