// SPDX-License-Identifier: GPL-2.0-or-later
//! The C interface in Rust: the same numbers, structs and functions as `include/uchaos_engine.h`, which says what
//! they mean.

use core::ffi::{c_char, c_int, c_void};

/// Bytes that the memory workload walks through.
pub const MEMORY_BYTES: usize = 262_144;
/// Alignment of the place for an engine, in bytes.
pub const ENGINE_ALIGN: usize = 64;

/// Return codes.
pub mod code {
    use core::ffi::c_int;

    /// No error.
    pub const OK: c_int = 0;
    /// The counter does not move.
    pub const CLOCK_STUCK: c_int = -1;
    /// The counter's steps are too coarse.
    pub const CLOCK_COARSE: c_int = -2;
    /// The counter steps backwards.
    pub const CLOCK_BACKWARDS: c_int = -3;
    /// The repetition count test fired.
    pub const REPETITION_COUNT: c_int = -4;
    /// The adaptive proportion test fired.
    pub const ADAPTIVE_PROPORTION: c_int = -5;
    /// The lag predictor fired.
    pub const LAG_PREDICTOR: c_int = -6;
    /// The startup test failed.
    pub const STARTUP: c_int = -7;
    /// A parameter is out of its range.
    pub const BAD_PARAMETER: c_int = -8;
    /// The stuck test fired.
    pub const STUCK: c_int = -9;
    /// The place for an engine is too small or not aligned, or there is no engine in it.
    pub const BAD_PLACE: c_int = -10;
}

/// `struct uchaos_params`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Params {
    /// Samples per 64-bit output word, 1..=7.
    pub turns: u32,
    /// Samples before the first word, 1..=63.
    pub init_turns: u32,
    /// Smallest delta that counts as a sample, in ticks, 1..=255.
    pub min_delta: u32,
    /// 0 pause, 1 memory, 2 hash, 3 combined.
    pub workload: u32,
    /// Claimed min-entropy per sample, in 1/1000 bit.
    pub claim_millibits: u32,
    /// 1: a failed health test stops the stream. 0: it is counted and reported only.
    pub enforce: u32,
}

/// `struct uchaos_health`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Health {
    /// Samples seen since the last restart.
    pub samples: u64,
    /// Failures of the repetition count test.
    pub repetition_count_failures: u64,
    /// Failures of the adaptive proportion test.
    pub adaptive_proportion_failures: u64,
    /// Failures of the lag predictor.
    pub lag_predictor_failures: u64,
    /// Failures of the stuck test.
    pub stuck_failures: u64,
    /// Samples that earn no credit towards a seed.
    pub stuck_samples: u64,
    /// Steps backwards of the clock.
    pub backward_steps: u64,
    /// Counter reads that gave no sample.
    pub repeated_reads: u64,
    /// 0 starting, 1 healthy, 2 intermittent failure, 3 permanent failure.
    pub state: u32,
    /// Code of the last failure.
    pub last_error: i32,
    /// Equal samples in a row that fail.
    pub repetition_count_cutoff: u32,
    /// Samples in a window of the adaptive proportion test and of the lag predictor.
    pub adaptive_proportion_window: u32,
    /// Samples of a window equal to its first that fail.
    pub adaptive_proportion_cutoff: u32,
    /// Right predictions in a row that fail.
    pub prediction_run_cutoff: u32,
    /// Right predictions in a window that fail.
    pub prediction_count_cutoff: u32,
    /// The claim, in 1/1000 bit per sample.
    pub claim_millibits: u32,
    /// As in [`Params`].
    pub enforce: u32,
    /// Claimed fresh min-entropy per bit of the stream, in 1/1000000 bit.
    pub fresh_microbits_per_output_bit: u32,
}

unsafe extern "C" {
    /// Fills in the defaults.
    pub fn uchaos_default_params(params: *mut Params);
    /// Checks parameters; `which` may be null.
    pub fn uchaos_check_params(params: *const Params, which: *mut u32) -> c_int;
    /// The name of a parameter.
    pub safe fn uchaos_param_name(which: u32) -> *const c_char;
    /// What a parameter may be, in words.
    pub safe fn uchaos_param_allowed(which: u32) -> *const c_char;
    /// Bytes of place that an engine takes.
    pub safe fn uchaos_engine_size() -> usize;
    /// Makes an engine in `place` and runs the startup test.
    pub fn uchaos_engine_init(
        place: *mut c_void,
        place_len: usize,
        params: *const Params,
        memory: *mut u8,
        memory_len: usize,
    ) -> c_int;
    /// Begins anew.
    pub fn uchaos_engine_restart(engine: *mut c_void) -> c_int;
    /// Raw noise.
    pub fn uchaos_engine_raw(engine: *mut c_void, delta_ticks: *mut u64, samples: usize) -> c_int;
    /// The stream.
    pub fn uchaos_engine_stream(engine: *mut c_void, out: *mut u8, len: usize) -> c_int;
    /// Seed material.
    pub fn uchaos_engine_seed(engine: *mut c_void, out: *mut u8, len: usize) -> c_int;
    /// Stirs bytes into the mixer.
    pub fn uchaos_engine_stir(engine: *mut c_void, data: *const u8, len: usize) -> c_int;
    /// What the health tests have counted.
    pub fn uchaos_engine_health(engine: *const c_void, health: *mut Health) -> c_int;
    /// A sentence for a code.
    pub safe fn uchaos_error_text(code: c_int) -> *const c_char;
    /// The counter that the engine reads, now.
    pub safe fn uchaos_ticks() -> u64;
}
