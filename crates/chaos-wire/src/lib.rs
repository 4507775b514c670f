// SPDX-License-Identifier: GPL-2.0-or-later
//! Jobs in, frames out: the grammar and the bytes that every target shares.
//!
//! A guest parses its kernel command line into a [`Request`], and [`run_jobs`] drives its [`Machine`] and
//! writes [frames](frame) to its [`Port`]; people watch [`Marker`] lines on the console meanwhile. The host
//! builds the command line from the same `Request`, reads the frames back as a `Capture`, and believes nothing of
//! it before all of it has been checked.
//!
//! # Design principles
//! * One grammar, one set of frames and one job loop for every target: what differs between two captures is the
//!   machine, not the plumbing.
//! * The core needs neither `std` nor `alloc`, and has no `unsafe`; the feature `std` adds the host's side.
//! * No input makes it panic: not the command line, and not the bytes of a capture.
#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![forbid(unsafe_code)]

#[cfg(feature = "std")]
pub mod capture;
mod choices;
mod crc;
mod excerpt;
pub mod frame;
mod job;
mod job_error;
mod live;
mod machine;
mod marker;
mod nearest;
mod number;
mod request;
mod run_error;
mod runner;
mod status;
mod target;
mod text;
mod writer;

#[cfg(feature = "std")]
pub use capture::{Capture, CaptureError, Fields};
pub use choices::{Health, Timer, Workload};
pub use crc::crc32;
pub use excerpt::Excerpt;
pub use job::{Job, JobKind, Jobs};
pub use job_error::{JobError, Problem, Source};
pub use live::{COMMAND_BYTES, CommandLines, Control, answer};
pub use machine::{Failure, Machine, Port, PortError};
pub use marker::Marker;
pub use nearest::nearest;
pub use number::NumberFault;
pub use request::{DEFAULTS_PATH, KEYS, Request};
pub use run_error::RunError;
pub use runner::{SMALLEST_BUFFER_WORDS, finish, run_jobs};
pub use status::{DEBUG_EXIT_PORT, GuestStatus};
pub use target::{Target, Targets};
pub use text::TextBuffer;
pub use writer::FrameWriter;
