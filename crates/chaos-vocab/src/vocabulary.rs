// SPDX-License-Identifier: GPL-2.0-or-later
//! The declarations. Each line says all there is to say about one thing; the macros in the files next to this one make
//! types, tables and texts of it.

use crate::declare::{errors, parameters};
use crate::functions::describe;
use crate::report::health_report;

/// Bytes of the buffer that the workloads `dram` and `flush` work in: 4,096 cache lines, and little enough for the guests.
pub const MEMORY_BYTES: usize = 256 * 1024;
/// Alignment of the memory that holds an engine, in bytes.
pub const ENGINE_ALIGN: usize = 64;
/// The claims that are allowed, in 1/1000 bit of min-entropy per sample. chaos-core computes cutoffs for each. At the
/// smallest, a window of equal samples is nothing unusual, and the repetition count test alone watches for them.
pub const CLAIMS_MILLIBITS: [u32; 8] = [31, 62, 125, 250, 500, 1000, 2000, 4000];

crate::words! {
    /// What a sample times: the step between two reads of the counter. docs/noise.md has what is physical in each, and
    /// figures.
    Workload {
        /// the processor's spin-wait hint, as in uChaos
        Pause = 0 "pause",
        /// a word stored past the caches and loaded back
        Dram = 1 "dram",
        /// a cache line flushed and loaded back; needs the instruction clflush
        Flush = 2 "flush",
        /// a lesson, never credited: mixing with rare branches that the samples before determine
        HashBranchy = 3 "hash-branchy",
        /// the wait for the next tick of the real-time clock, which runs on another crystal; bare metal only
        Rtc = 4 "rtc",
    }
}

impl Workload {
    /// Those that every target can run.
    pub fn everywhere() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|workload| !workload.needs_whole_machine())
    }

    /// Whether the step uses a device that an operating system keeps to itself.
    #[must_use]
    pub const fn needs_whole_machine(self) -> bool {
        matches!(self, Self::Rtc)
    }

    /// Whether the step needs a buffer of [`MEMORY_BYTES`].
    #[must_use]
    pub const fn needs_memory(self) -> bool {
        matches!(self, Self::Dram | Self::Flush)
    }

    /// Whether its samples may be claimed to hold entropy. The duration of a lesson is known to anyone who has the
    /// program and the samples before.
    #[must_use]
    pub const fn is_credited(self) -> bool {
        !matches!(self, Self::HashBranchy)
    }
}

crate::words! {
    /// What a failed health test does to the stream. `seed` is refused after a permanent failure in both cases.
    OnFailure {
        /// failures are only counted and reported: for sources that are known to be bad, such as a guest whose time is a
        /// count of instructions
        Observe = 0 "observe",
        /// a failure stops the output
        Enforce = 1 "enforce",
    }
}

crate::words! {
    /// The state of the noise source.
    State {
        /// the startup test is still running
        Starting = 0 "starting",
        /// no failure, or recovered from one
        Healthy = 1 "healthy",
        /// a test failed; 1,024 samples without another failure make the source healthy again
        Intermittent = 2 "intermittent",
        /// a test failed at startup or during recovery, or the clock failed; only a restart ends this
        Permanent = 3 "permanent",
    }
}

parameters! {
    /// what a sample times
    Workload { workload: Workload = Workload::Dram, key: "workload", unit: "",
        allowed: Words(Workload::WORDS) }
    /// samples per 64-bit word of the stream
    Turns { turns: u32 = 1, key: "turns", unit: "",
        allowed: Range { low: 1, high: 7 } }
    /// samples that the mixer absorbs before its first word
    InitTurns { init_turns: u32 = 7, key: "init_turns", unit: "",
        allowed: Range { low: 1, high: 63 } }
    /// smallest delta that counts as a sample
    MinDelta { min_delta: u32 = 3, key: "min_delta", unit: "ticks",
        allowed: Range { low: 1, high: 255 } }
    // Far below half of the lowest figure that the default workload showed on hardware (2.3 bits, docs/noise.md), which SP
    // 800-90B would allow: it is also what every guest runs with under an emulator, where a memory access takes the same
    // time again and again, and a claim of 0.5 fails the adaptive proportion test within seconds.
    /// claimed min-entropy per sample
    Claim { claim_millibits: u32 = 125, key: "claim", unit: "1/1000 bit",
        allowed: List(&CLAIMS_MILLIBITS) }
    /// whether a failed health test stops the stream
    Health { on_failure: OnFailure = OnFailure::Enforce, key: "health", unit: "",
        allowed: Words(OnFailure::WORDS) }
}

errors! {
    Ok = 0 "no error",
    ClockStuck = -1 "reading the clock: it did not move in 1,024 reads; use a clock that runs, or check the emulator's",
    ClockCoarse = -2 "reading the clock: its steps are too coarse for one workload step; use a longer workload",
    ClockBackwards = -3 "reading the clock: it stepped backwards repeatedly; pin the reader to one CPU and restart",
    RepetitionCount = -4
        "testing the noise source: the repetition count test failed; restart it, and look at the raw noise if it fails again",
    AdaptiveProportion = -5
        "testing the noise source: the adaptive proportion test failed; restart it, and look at the raw noise if it fails again",
    LagPredictor = -6
        "testing the noise source: the lag predictor failed; restart it, and look at the raw noise if it fails again",
    Startup = -7 "testing the noise source at startup: a health test failed; look at the raw noise with health=observe",
    BadParameter = -8 "checking the parameters: one is out of its range, or there is too little memory",
    Stuck = -9
        "testing the noise source: the stuck test failed; restart it, and look at the raw noise if it fails again",
    BadPlace = -10 "using an engine: its memory is too small, not aligned, or holds no engine; call init first",
    ClockIgnoresWork = -11
        "checking the clock at startup: twice the work does not take twice the ticks, so it does not measure time; use another clock",
    NotCredited = -12
        "making seed material: this workload is a lesson whose samples can be computed; use workload=dram",
    NoRealTimeClock = -13
        "timing the real-time clock: the machine has none, or this program does not have the machine to itself; run workload=rtc on bare metal",
    RealTimeClockStuck = -14
        "timing the real-time clock: it did not tick within a million reads; use another workload",
}

health_report! {
    /// the number of a [`State`]
    state: u32,
    /// the number of the last failure's [`ErrorCode`], or 0
    last_error: i32,
    /// samples since the last restart
    samples: u64,
    /// failures of the repetition count test (SP 800-90B 4.4.1)
    repetition_count_failures: u64,
    /// failures of the adaptive proportion test (SP 800-90B 4.4.2)
    adaptive_proportion_failures: u64,
    /// failures of the lag predictor
    lag_predictor_failures: u64,
    /// failures of the stuck test
    stuck_failures: u64,
    /// samples that earn no credit towards a seed
    stuck_samples: u64,
    /// backward steps of the counter
    backward_steps: u64,
    /// counter reads that gave no sample
    repeated_reads: u64,
    /// equal samples in a row that fail
    repetition_count_cutoff: u32,
    /// samples in a window of the adaptive proportion test and the lag predictor
    adaptive_proportion_window: u32,
    /// samples in a window equal to its first that fail
    adaptive_proportion_cutoff: u32,
    /// correct predictions in a row that fail
    prediction_run_cutoff: u32,
    /// correct predictions in a window that fail
    prediction_count_cutoff: u32,
    /// claimed fresh min-entropy per bit of the stream, in 1/1000000 bit
    fresh_microbits_per_output_bit: u32,
}

/// Gives the engine's functions, the only global symbols of its object, to another macro. The doc comments become the
/// header's comments.
#[macro_export]
macro_rules! engine_functions {
    ($with:ident) => {
        $with! {
            /// Fills in the defaults.
            pub unsafe fn uchaos_default_params(params: *mut RawParams);
            /// UCHAOS_OK, or UCHAOS_BAD_PARAMETER and in *which (may be NULL) the index of the bad member, from 0.
            pub unsafe fn uchaos_check_params(params: *const RawParams, which: *mut u32) -> c_int;
            /// The name of a parameter, for an error text; empty if there is no such parameter.
            pub safe fn uchaos_param_name(which: u32) -> *const c_char;
            /// The allowed values of a parameter, for an error text; empty if there is no such parameter.
            pub safe fn uchaos_param_allowed(which: u32) -> *const c_char;
            /// Bytes of memory that an engine needs, at an alignment of UCHAOS_ENGINE_ALIGN.
            pub safe fn uchaos_engine_size() -> usize;
            /// Makes an engine in place and runs the startup test. memory is the buffer of the workloads dram
            /// and flush (UCHAOS_MEMORY_BYTES at least, contents lost); for the others it may be NULL with memory_len 0. Both
            /// must stay valid and untouched until the last call with this engine. An engine needs no clean-up. After an
            /// error there is no engine.
            pub unsafe fn uchaos_engine_init(
                place: *mut c_void,
                place_len: usize,
                params: *const RawParams,
                memory: *mut u8,
                memory_len: usize,
            ) -> c_int;
            /// Starts over as after init, with the startup test; the only way out of a permanent failure.
            pub unsafe fn uchaos_engine_restart(engine: *mut c_void) -> c_int;
            /// Raw noise before any mixing: the ticks of each workload step. Refused for clock errors only.
            pub unsafe fn uchaos_engine_raw(engine: *mut c_void, delta_ticks: *mut u64, samples: usize) -> c_int;
            /// The stream: fast, amplified, not entropy. Any length; the rest of a 64-bit word is thrown away.
            pub unsafe fn uchaos_engine_stream(engine: *mut c_void, out: *mut u8, len: usize) -> c_int;
            /// Seed material: conditioned, full entropy by account. Refused after a permanent failure, whatever on_failure is.
            pub unsafe fn uchaos_engine_seed(engine: *mut c_void, out: *mut u8, len: usize) -> c_int;
            /// Stirs bytes into the mixer; credits nothing. data is only read.
            pub unsafe fn uchaos_engine_stir(engine: *mut c_void, data: *const u8, len: usize) -> c_int;
            /// What the health tests have counted.
            pub unsafe fn uchaos_engine_health(engine: *const c_void, health: *mut HealthReport) -> c_int;
            /// A sentence for a code: static, NUL-terminated.
            pub safe fn uchaos_error_text(code: c_int) -> *const c_char;
            /// The counter that the engine reads, now.
            pub safe fn uchaos_ticks() -> u64;
        }
    };
}

crate::engine_functions!(describe);
