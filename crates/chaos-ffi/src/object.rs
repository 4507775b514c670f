// SPDX-License-Identifier: GPL-2.0-or-later
//! The C functions, defined over chaos-core and the hardware counter. See `include/uchaos_engine.h` for what each
//! does; the SAFETY comments here say "the header" for what it asks of callers.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::mem::MaybeUninit;
use core::slice;

use chaos_arch::TscClock;
use chaos_core::params::PARAMETERS;
use chaos_core::{Enforcement, EntropySource, Error, State, Workload};

use crate::abi::{Health, Params, code};

/// What stands in the caller's place.
#[repr(C, align(64))]
struct Slot {
    /// [`OCCUPIED`] if there is an engine.
    mark: u64,
    source: MaybeUninit<EntropySource<'static, TscClock>>,
}

/// "uChaos01": tells a place with an engine from one without.
const OCCUPIED: u64 = u64::from_le_bytes(*b"uChaos01");

const _: () = assert!(align_of::<Slot>() == crate::abi::ENGINE_ALIGN);
const _: () = assert!(size_of::<Slot>() <= crate::Place::BYTES);
const _: () = assert!(crate::abi::MEMORY_BYTES == chaos_core::MEMORY_BYTES);

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
unsafe extern "C" fn uchaos_default_params(params: *mut Params) {
    let defaults = chaos_core::Params::default();
    // SAFETY: the header asks for a pointer to a struct or NULL.
    if let Some(params) = unsafe { params.as_mut() } {
        *params = Params {
            turns: defaults.turns,
            init_turns: defaults.init_turns,
            min_delta: defaults.min_delta,
            workload: defaults.workload as u32,
            claim_millibits: defaults.claim_millibits,
            enforce: u32::from(defaults.enforcement == Enforcement::Enforce),
        };
    }
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
unsafe extern "C" fn uchaos_check_params(params: *const Params, which: *mut u32) -> c_int {
    // SAFETY: the header asks for a pointer to a struct or NULL.
    let checked = unsafe { params.as_ref() }.ok_or(0).and_then(engine_params);
    let Err(place) = checked else {
        return code::OK;
    };
    // SAFETY: the header asks for a pointer to a number or NULL.
    if let Some(which) = unsafe { which.as_mut() } {
        *which = place;
    }
    code::BAD_PARAMETER
}

/// The parameters in the engine's own types, or the place of the bad one in [`PARAMETERS`].
fn engine_params(given: &Params) -> Result<chaos_core::Params, u32> {
    let workload = Workload::ALL.get(given.workload as usize).copied();
    let enforcement = match given.enforce {
        0 => Some(Enforcement::Observe),
        1 => Some(Enforcement::Enforce),
        _ => None,
    };
    let params = chaos_core::Params {
        turns: given.turns,
        init_turns: given.init_turns,
        min_delta: given.min_delta,
        workload: workload.unwrap_or(Workload::Pause),
        claim_millibits: given.claim_millibits,
        enforcement: enforcement.unwrap_or(Enforcement::Enforce),
    };
    let bad = match params.check() {
        Err(Error::BadParameter { name, .. }) => {
            PARAMETERS.iter().position(|parameter| parameter.0 == name)
        }
        _ if workload.is_none() => Some(3),
        _ if enforcement.is_none() => Some(5),
        _ => None,
    };
    bad.map_or(Ok(params), |place| Err(place as u32))
}

#[unsafe(no_mangle)]
extern "C" fn uchaos_param_name(which: u32) -> *const c_char {
    const NAMES: [&CStr; 6] =
        [c"turns", c"init_turns", c"min_delta", c"workload", c"claim", c"health"];
    NAMES.get(which as usize).copied().unwrap_or(c"").as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn uchaos_param_allowed(which: u32) -> *const c_char {
    const ALLOWED: [&CStr; 6] = [
        c"1 to 7",
        c"1 to 63",
        c"1 to 255",
        c"pause, memory, hash or combined",
        c"62, 125, 250, 500, 1000, 2000 or 4000 (in 1/1000 bit per sample)",
        c"enforce or observe",
    ];
    ALLOWED.get(which as usize).copied().unwrap_or(c"").as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn uchaos_engine_size() -> usize {
    size_of::<Slot>()
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
unsafe extern "C" fn uchaos_engine_init(
    place: *mut c_void,
    place_len: usize,
    params: *const Params,
    memory: *mut u8,
    memory_len: usize,
) -> c_int {
    let slot: *mut Slot = place.cast();
    if slot.is_null() || !slot.is_aligned() || place_len < size_of::<Slot>() {
        return code::BAD_PLACE;
    }
    // SAFETY: the place is aligned and large enough, and the header gives it to this call alone.
    unsafe { (&raw mut (*slot).mark).write(0) };
    // SAFETY: the header asks for a pointer to a struct or NULL.
    let Some(params) = (unsafe { params.as_ref() }) else {
        return code::BAD_PARAMETER;
    };
    let Ok(params) = engine_params(params) else {
        return code::BAD_PARAMETER;
    };
    // SAFETY: the header asks for memory that stays valid and untouched as long as the engine is used.
    let memory: &'static mut [u8] = unsafe { buffer(memory, memory_len) };
    match EntropySource::new(TscClock, params, memory) {
        Ok(source) => {
            // SAFETY: as for the mark above.
            unsafe { (&raw mut (*slot).source).write(MaybeUninit::new(source)) };
            // SAFETY: as for the mark above.
            unsafe { (&raw mut (*slot).mark).write(OCCUPIED) };
            code::OK
        }
        Err(error) => code_of(error),
    }
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
unsafe extern "C" fn uchaos_engine_restart(engine: *mut c_void) -> c_int {
    // SAFETY: passed on from the caller.
    unsafe { with(engine, EntropySource::restart) }
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
unsafe extern "C" fn uchaos_engine_raw(
    engine: *mut c_void,
    delta_ticks: *mut u64,
    samples: usize,
) -> c_int {
    // SAFETY: the header asks for a buffer of that many samples.
    let delta_ticks = unsafe { buffer(delta_ticks, samples) };
    // SAFETY: passed on from the caller.
    unsafe { with(engine, |source| source.raw(delta_ticks)) }
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
unsafe extern "C" fn uchaos_engine_stream(engine: *mut c_void, out: *mut u8, len: usize) -> c_int {
    // SAFETY: the header asks for a buffer of that many bytes.
    let out = unsafe { buffer(out, len) };
    // SAFETY: passed on from the caller.
    unsafe { with(engine, |source| source.stream(out)) }
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
unsafe extern "C" fn uchaos_engine_seed(engine: *mut c_void, out: *mut u8, len: usize) -> c_int {
    // SAFETY: the header asks for a buffer of that many bytes.
    let out = unsafe { buffer(out, len) };
    // SAFETY: passed on from the caller.
    unsafe { with(engine, |source| source.seed(out)) }
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
unsafe extern "C" fn uchaos_engine_stir(engine: *mut c_void, data: *const u8, len: usize) -> c_int {
    let data: &[u8] = if data.is_null() || len == 0 {
        &[]
    } else {
        // SAFETY: the header asks for that many readable bytes.
        unsafe { slice::from_raw_parts(data, len) }
    };
    // SAFETY: passed on from the caller.
    unsafe {
        with(engine, |source| {
            source.stir(data);
            Ok(())
        })
    }
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
unsafe extern "C" fn uchaos_engine_health(engine: *const c_void, health: *mut Health) -> c_int {
    let report = |source: &mut EntropySource<'static, TscClock>| {
        // SAFETY: the header asks for a pointer to a struct or NULL.
        if let Some(health) = unsafe { health.as_mut() } {
            *health = report(source);
        }
        Ok(())
    };
    // SAFETY: passed on from the caller; the source is only read.
    unsafe { with(engine.cast_mut(), report) }
}

fn report(source: &EntropySource<'_, TscClock>) -> Health {
    // Naming every member: one that the engine counts and no guest hears of is a compile error.
    let &chaos_core::Health {
        samples,
        repetition_count_failures,
        adaptive_proportion_failures,
        lag_predictor_failures,
        stuck_failures,
        stuck_samples,
        backward_steps,
        repeated_reads,
        state,
        last_error,
        cutoffs,
    } = source.health();
    let params = source.params();
    Health {
        samples,
        repetition_count_failures,
        adaptive_proportion_failures,
        lag_predictor_failures,
        stuck_failures,
        stuck_samples,
        backward_steps,
        repeated_reads,
        state: match state {
            State::Starting => 0,
            State::Healthy => 1,
            State::Intermittent => 2,
            State::Permanent => 3,
        },
        last_error: last_error.map_or(code::OK, code_of),
        repetition_count_cutoff: cutoffs.repetition_count,
        adaptive_proportion_window: chaos_core::cutoffs::WINDOW_SAMPLES,
        adaptive_proportion_cutoff: cutoffs.adaptive_proportion,
        prediction_run_cutoff: cutoffs.prediction_run,
        prediction_count_cutoff: cutoffs.prediction_count,
        claim_millibits: params.claim_millibits,
        enforce: u32::from(params.enforcement == Enforcement::Enforce),
        fresh_microbits_per_output_bit: params.fresh_microbits_per_output_bit(),
    }
}

#[unsafe(no_mangle)]
extern "C" fn uchaos_error_text(code: c_int) -> *const c_char {
    let text = match code {
        code::OK => c"no error",
        code::CLOCK_STUCK => c"reading the clock: it did not move in 1,024 reads; use a clock that runs",
        code::CLOCK_COARSE => {
            c"reading the clock: its steps are too coarse for one workload step; use a longer workload"
        }
        code::CLOCK_BACKWARDS => {
            c"reading the clock: it stepped backwards repeatedly; pin the reader to one CPU and restart"
        }
        code::REPETITION_COUNT => c"watching the noise source: the repetition count test fired; restart it",
        code::ADAPTIVE_PROPORTION => c"watching the noise source: the adaptive proportion test fired; restart it",
        code::LAG_PREDICTOR => c"watching the noise source: the lag predictor fired; restart it",
        code::STUCK => c"watching the noise source: the stuck test fired; restart it",
        code::STARTUP => {
            c"testing the noise source at startup: a health test fired; look at the raw noise with health=observe"
        }
        code::BAD_PARAMETER => c"checking the parameters: one is out of its range, or there is too little memory",
        code::BAD_PLACE => c"using an engine: its place is too small, not aligned, or holds no engine; call init first",
        _ => c"a code that this engine does not have; was another engine linked?",
    };
    text.as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn uchaos_ticks() -> u64 {
    TscClock::now_ticks()
}

fn code_of(error: Error) -> c_int {
    match error {
        Error::ClockStuck => code::CLOCK_STUCK,
        Error::ClockCoarse => code::CLOCK_COARSE,
        Error::ClockBackwards => code::CLOCK_BACKWARDS,
        Error::RepetitionCount => code::REPETITION_COUNT,
        Error::AdaptiveProportion => code::ADAPTIVE_PROPORTION,
        Error::LagPredictor => code::LAG_PREDICTOR,
        Error::Stuck => code::STUCK,
        Error::Startup { .. } => code::STARTUP,
        Error::BadParameter { .. } => code::BAD_PARAMETER,
    }
}

/// Runs `work` on the engine in a place.
///
/// # Safety
/// The header's rules: a place that was given to init, and one caller at a time.
unsafe fn with(
    engine: *mut c_void,
    work: impl FnOnce(&mut EntropySource<'static, TscClock>) -> Result<(), Error>,
) -> c_int {
    let slot: *mut Slot = engine.cast();
    if slot.is_null() || !slot.is_aligned() {
        return code::BAD_PLACE;
    }
    // SAFETY: the place was given to init, which wrote the mark in any case.
    let slot = unsafe { &mut *slot };
    if slot.mark != OCCUPIED {
        return code::BAD_PLACE;
    }
    // SAFETY: the mark is written after the source only.
    let source = unsafe { slot.source.assume_init_mut() };
    work(source).map_or_else(code_of, |()| code::OK)
}

/// A caller's buffer; an empty one may be NULL.
///
/// # Safety
/// `pointer` is NULL, or to `len` values that nobody else uses during `'b`.
unsafe fn buffer<'b, T>(pointer: *mut T, len: usize) -> &'b mut [T] {
    if pointer.is_null() || len == 0 {
        &mut []
    } else {
        // SAFETY: asked of the caller.
        unsafe { slice::from_raw_parts_mut(pointer, len) }
    }
}
