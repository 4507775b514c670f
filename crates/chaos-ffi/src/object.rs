// SPDX-License-Identifier: GPL-2.0-or-later
//! The C functions, defined over chaos-core and the hardware counter. See `include/uchaos_engine.h` for what each
//! does; the SAFETY comments here say "the header" for what it asks of callers.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::mem::MaybeUninit;
use core::slice;

use chaos_arch::TscClock;
use chaos_core::{EntropySource, Error};
use chaos_vocab::{ErrorCode, HealthReport, Parameter, Params, RawParams, error_text};

/// The definitions below against the declarations of the vocabulary: another signature is a compile error.
macro_rules! signatures {
    ($($(#[doc = $text:literal])* pub $safety:tt fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)?;)*) => {
        $(const _: unsafe extern "C" fn($($type),*) $(-> $result)? = $name;)*
    };
}
chaos_vocab::engine_functions!(signatures);

const OK: c_int = ErrorCode::Ok.number();
const BAD_PARAMETER: c_int = ErrorCode::BadParameter.number();
const BAD_PLACE: c_int = ErrorCode::BadPlace.number();

/// What stands in the caller's place.
#[repr(C, align(64))]
struct Slot {
    /// [`OCCUPIED`] if there is an engine.
    mark: u64,
    source: MaybeUninit<EntropySource<'static, TscClock>>,
}

/// "uChaos01": marks memory that holds an engine.
const OCCUPIED: u64 = u64::from_le_bytes(*b"uChaos01");

const _: () = assert!(align_of::<Slot>() == chaos_vocab::ENGINE_ALIGN);
const _: () = assert!(size_of::<Slot>() <= crate::Place::BYTES);

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
unsafe extern "C" fn uchaos_default_params(params: *mut RawParams) {
    // SAFETY: the header asks for a pointer to a struct or NULL.
    if let Some(params) = unsafe { params.as_mut() } {
        *params = Params::DEFAULT.numbers();
    }
}

/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
unsafe extern "C" fn uchaos_check_params(params: *const RawParams, which: *mut u32) -> c_int {
    // SAFETY: the header asks for a pointer to a struct or NULL.
    let bad = match unsafe { params.as_ref() }.map(Params::from_numbers) {
        Some(Ok(_)) => return OK,
        Some(Err(bad)) => bad.parameter as u32,
        None => 0,
    };
    // SAFETY: the header asks for a pointer to a number or NULL.
    if let Some(which) = unsafe { which.as_mut() } {
        *which = bad;
    }
    BAD_PARAMETER
}

/// A text about a parameter, or an empty one.
fn parameter_text(which: u32, text: fn(Parameter) -> &'static CStr) -> *const c_char {
    Parameter::ALL.get(which as usize).map_or(c"", |parameter| text(*parameter)).as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn uchaos_param_name(which: u32) -> *const c_char {
    parameter_text(which, Parameter::key_c)
}

#[unsafe(no_mangle)]
extern "C" fn uchaos_param_allowed(which: u32) -> *const c_char {
    parameter_text(which, Parameter::allowed_text_c)
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
    params: *const RawParams,
    memory: *mut u8,
    memory_len: usize,
) -> c_int {
    let slot: *mut Slot = place.cast();
    if slot.is_null() || !slot.is_aligned() || place_len < size_of::<Slot>() {
        return BAD_PLACE;
    }
    // SAFETY: the place is aligned and large enough, and the header gives it to this call alone.
    unsafe { (&raw mut (*slot).mark).write(0) };
    // SAFETY: the header asks for a pointer to a struct or NULL.
    let Some(params) = (unsafe { params.as_ref() }) else {
        return BAD_PARAMETER;
    };
    let Ok(params) = Params::from_numbers(params) else {
        return BAD_PARAMETER;
    };
    // SAFETY: the header asks for memory that stays valid and untouched as long as the engine is used.
    let memory: &'static mut [u8] = unsafe { buffer(memory, memory_len) };
    // SAFETY: as for the mark above; any bytes are a MaybeUninit.
    let place = unsafe { &mut (*slot).source };
    match EntropySource::new_in(place, TscClock, params, memory) {
        Ok(_) => {
            // SAFETY: as for the mark above.
            unsafe { (&raw mut (*slot).mark).write(OCCUPIED) };
            OK
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
unsafe extern "C" fn uchaos_engine_health(
    engine: *const c_void,
    health: *mut HealthReport,
) -> c_int {
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

fn report(source: &EntropySource<'_, TscClock>) -> HealthReport {
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
    HealthReport {
        samples,
        repetition_count_failures,
        adaptive_proportion_failures,
        lag_predictor_failures,
        stuck_failures,
        stuck_samples,
        backward_steps,
        repeated_reads,
        state: state.number(),
        last_error: last_error.map_or(OK, code_of),
        repetition_count_cutoff: cutoffs.repetition_count,
        adaptive_proportion_window: chaos_core::cutoffs::WINDOW_SAMPLES,
        adaptive_proportion_cutoff: cutoffs.adaptive_proportion,
        prediction_run_cutoff: cutoffs.prediction_run,
        prediction_count_cutoff: cutoffs.prediction_count,
        fresh_microbits_per_output_bit: source.params().fresh_microbits_per_output_bit(),
    }
}

#[unsafe(no_mangle)]
extern "C" fn uchaos_error_text(code: c_int) -> *const c_char {
    error_text(code).as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn uchaos_ticks() -> u64 {
    TscClock::now_ticks()
}

fn code_of(error: Error) -> c_int {
    error.code().number()
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
        return BAD_PLACE;
    }
    // SAFETY: the place was given to init, which wrote the mark in any case.
    let slot = unsafe { &mut *slot };
    if slot.mark != OCCUPIED {
        return BAD_PLACE;
    }
    // SAFETY: the mark is written after the source only.
    let source = unsafe { slot.source.assume_init_mut() };
    work(source).map_or_else(code_of, |()| OK)
}

/// A caller's buffer; an empty one may be NULL.
///
/// # Safety
/// `pointer` is NULL, or to `len` values that nothing else uses during `'b`.
unsafe fn buffer<'b, T>(pointer: *mut T, len: usize) -> &'b mut [T] {
    if pointer.is_null() || len == 0 {
        &mut []
    } else {
        // SAFETY: asked of the caller.
        unsafe { slice::from_raw_parts_mut(pointer, len) }
    }
}
