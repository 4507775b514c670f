// SPDX-License-Identifier: GPL-2.0-or-later
//! Jobs in, frames out: the grammar and the bytes that every target shares.
//!
//! A guest parses its kernel command line into a [`Request`], and [`run_jobs`] drives its [`Sampler`] and
//! writes [frames](frame) to its [`Port`]; [`Marker`] lines on the console show its progress. The host
//! builds the command line from the same `Request`, reads the frames back as a `Capture`, and accepts nothing of
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
mod crc;
pub mod frame;
mod job;
mod live;
mod marker;
mod problem;
mod request;
mod runner;
mod sampler;
mod status;
mod target;
mod text;
mod writer;

#[cfg(feature = "std")]
pub use capture::{Capture, CaptureError, Fields};
pub use chaos_vocab::{Allowed, EngineError, OnFailure, Parameter, Params, State, Workload};
pub use crc::crc32;
pub use job::{Job, JobKind, Jobs};
pub use live::{COMMAND_BYTES, CommandLines, Control, answer};
pub use marker::Marker;
pub use problem::{DEFAULTS_PATH, NumberFault, Problem, RequestError, Source};
pub use request::{KEYS, Request, Timer, parse_parameter};
pub use runner::{JobsError, SMALLEST_BUFFER_WORDS, finish, run_jobs};
pub use sampler::{Port, PortError, Sampler};
pub use status::{DEBUG_EXIT_PORT, GuestStatus};
pub use target::{Target, Targets};
pub use text::{Excerpt, TextBuffer, nearest};
pub use writer::FrameWriter;
