// SPDX-License-Identifier: GPL-2.0-or-later
//! The C functions as a safe Rust type, for the microkernel and uchaosbox.

use core::ffi::{c_int, c_void};
use core::marker::PhantomData;
use core::ptr;

use chaos_vocab::{
    ENGINE_ALIGN, EngineError, ErrorCode, HealthReport, Parameter, Params, RawParams,
};

use crate::abi;

/// The place for one engine, which the caller provides because nothing here allocates.
#[repr(C, align(64))]
#[derive(Debug)]
pub struct Place([u8; Self::BYTES]);

impl Place {
    /// Its size; [`Engine::start`] fails if the object's engine needs more.
    pub const BYTES: usize = 6144;

    #[must_use]
    pub const fn new() -> Self {
        Self([0; Self::BYTES])
    }
}

const _: () = assert!(align_of::<Place>() == ENGINE_ALIGN);

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

/// Asks the engine whether it accepts these parameters.
///
/// # Errors
/// Returns the first parameter that is out of range.
pub fn check(numbers: &RawParams) -> Result<(), Parameter> {
    let mut which = 0;
    // SAFETY: both pointers are to whole objects that outlive the call.
    let status = unsafe { abi::uchaos_check_params(ptr::from_ref(numbers), &raw mut which) };
    if status == ErrorCode::Ok.number() {
        return Ok(());
    }
    // An index that this vocabulary does not have comes from an engine that was built from another one.
    Err(Parameter::ALL.get(which as usize).copied().unwrap_or(Parameter::Workload))
}

/// A running engine.
#[derive(Debug)]
pub struct Engine<'m> {
    place: &'m mut Place,
    memory: PhantomData<&'m mut [u8]>,
}

impl<'m> Engine<'m> {
    /// Makes an engine and runs the startup test. `memory` needs [`chaos_vocab::MEMORY_BYTES`] for the workloads that walk
    /// through it and may be empty for the others.
    ///
    /// # Errors
    /// Returns an error if a parameter, the memory or the place is not accepted, the clock fails, or the startup test fails.
    pub fn start(
        place: &'m mut Place,
        params: &Params,
        memory: &'m mut [u8],
    ) -> Result<Self, EngineError> {
        let numbers = params.numbers();
        // SAFETY: place and memory are borrowed for as long as the engine lives, so that nothing else touches them;
        // lengths are theirs; the parameters are only read during the call.
        let status = unsafe {
            abi::uchaos_engine_init(
                ptr::from_mut(place).cast(),
                Place::BYTES,
                &raw const numbers,
                memory.as_mut_ptr(),
                memory.len(),
            )
        };
        checked(status)?;
        Ok(Self { place, memory: PhantomData })
    }

    /// Starts over as after [`Engine::start`], with the startup test.
    ///
    /// # Errors
    /// Returns an error if [`Engine::start`] does.
    pub fn restart(&mut self) -> Result<(), EngineError> {
        // SAFETY: `start` made an engine in this place, and nothing moves or ends it while `self` lives.
        checked(unsafe { abi::uchaos_engine_restart(self.pointer()) })
    }

    /// Raw noise before any mixing, in ticks per workload step.
    ///
    /// # Errors
    /// Returns clock errors; then the buffer is zero.
    pub fn raw(&mut self, delta_ticks: &mut [u64]) -> Result<(), EngineError> {
        // SAFETY: as in `restart`; the buffer's pointer and length belong together.
        checked(unsafe {
            abi::uchaos_engine_raw(self.pointer(), delta_ticks.as_mut_ptr(), delta_ticks.len())
        })
    }

    /// The stream: fast, amplified, not entropy.
    ///
    /// # Errors
    /// Returns clock errors and, if they are enforced, health failures; then the buffer is zero.
    pub fn stream(&mut self, out: &mut [u8]) -> Result<(), EngineError> {
        // SAFETY: as in `restart`; the buffer's pointer and length belong together.
        checked(unsafe { abi::uchaos_engine_stream(self.pointer(), out.as_mut_ptr(), out.len()) })
    }

    /// Seed material: full entropy by account.
    ///
    /// # Errors
    /// Returns clock errors and health failures; then the buffer is zero.
    pub fn seed(&mut self, out: &mut [u8]) -> Result<(), EngineError> {
        // SAFETY: as in `restart`; the buffer's pointer and length belong together.
        checked(unsafe { abi::uchaos_engine_seed(self.pointer(), out.as_mut_ptr(), out.len()) })
    }

    /// Stirs bytes into the mixer; they are credited with nothing.
    ///
    /// # Errors
    /// Returns no error while the place holds an engine, which it does.
    pub fn stir(&mut self, data: &[u8]) -> Result<(), EngineError> {
        // SAFETY: as in `restart`; the data is only read, and its pointer and length belong together.
        checked(unsafe { abi::uchaos_engine_stir(self.pointer(), data.as_ptr(), data.len()) })
    }

    /// What the health tests have counted.
    ///
    /// # Errors
    /// Returns no error while the place holds an engine, which it does.
    pub fn health(&self) -> Result<HealthReport, EngineError> {
        let mut health = HealthReport::default();
        let place: *const c_void = ptr::from_ref(&*self.place).cast();
        // SAFETY: as in `restart`; the report is a whole local struct.
        checked(unsafe { abi::uchaos_engine_health(place, &raw mut health) })?;
        Ok(health)
    }

    /// The counter that the engine reads, now.
    #[must_use]
    pub fn ticks() -> u64 {
        abi::uchaos_ticks()
    }

    fn pointer(&mut self) -> *mut c_void {
        ptr::from_mut(&mut *self.place).cast()
    }
}

fn checked(status: c_int) -> Result<(), EngineError> {
    if status == ErrorCode::Ok.number() { Ok(()) } else { Err(EngineError::of_code(status)) }
}
