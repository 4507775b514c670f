// SPDX-License-Identifier: GPL-2.0-or-later
//! The C functions as a safe Rust type, for the microkernel and uchaosbox.

use core::ffi::{CStr, c_int, c_void};
use core::fmt;
use core::marker::PhantomData;
use core::ptr;

use crate::abi::{self, Health, Params, code};

/// The place for one engine, which the caller provides because nothing here allocates.
#[repr(C, align(64))]
#[derive(Debug)]
pub struct Place([u8; Self::BYTES]);

impl Place {
    /// Its size; [`Engine::start`] fails if the object's engine needs more.
    pub const BYTES: usize = 1024;

    /// An empty place.
    #[must_use]
    pub const fn new() -> Self {
        Self([0; Self::BYTES])
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

/// A code from the engine that is not [`code::OK`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure(pub c_int);

impl Failure {
    /// The engine's sentence for it.
    #[must_use]
    pub fn text(self) -> &'static str {
        static_text(abi::uchaos_error_text(self.0))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.text())
    }
}

impl core::error::Error for Failure {}

/// One of the engine's parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in the job grammar.
    pub name: &'static str,
    /// What it may be, in words.
    pub allowed: &'static str,
}

impl Default for Params {
    /// The engine's own defaults.
    fn default() -> Self {
        let mut params = Self {
            turns: 0,
            init_turns: 0,
            min_delta: 0,
            workload: 0,
            claim_millibits: 0,
            enforce: 0,
        };
        // SAFETY: the pointer is to a whole struct that this function owns.
        unsafe { abi::uchaos_default_params(&raw mut params) };
        params
    }
}

impl Params {
    /// Checks every parameter against its range.
    ///
    /// # Errors
    /// The first parameter that is out of range.
    pub fn check(&self) -> Result<(), Parameter> {
        let mut which = 0;
        // SAFETY: both pointers are to whole objects that outlive the call.
        let status = unsafe { abi::uchaos_check_params(ptr::from_ref(self), &raw mut which) };
        if status == code::OK {
            return Ok(());
        }
        Err(Parameter {
            name: static_text(abi::uchaos_param_name(which)),
            allowed: static_text(abi::uchaos_param_allowed(which)),
        })
    }
}

/// A running engine.
#[derive(Debug)]
pub struct Engine<'m> {
    place: &'m mut Place,
    memory: PhantomData<&'m mut [u8]>,
}

impl<'m> Engine<'m> {
    /// Makes an engine and runs the startup test. `memory` needs [`abi::MEMORY_BYTES`] for the workloads that walk
    /// through it and may be empty for the others.
    ///
    /// # Errors
    /// A parameter, the memory or the place that will not do; a clock error; a failed startup test.
    pub fn start(
        place: &'m mut Place,
        params: &Params,
        memory: &'m mut [u8],
    ) -> Result<Self, Failure> {
        // SAFETY: place and memory are borrowed for as long as the engine lives, so that nobody else touches them;
        // lengths are theirs; params is only read during the call.
        let status = unsafe {
            abi::uchaos_engine_init(
                ptr::from_mut(place).cast(),
                Place::BYTES,
                ptr::from_ref(params),
                memory.as_mut_ptr(),
                memory.len(),
            )
        };
        checked(status)?;
        Ok(Self { place, memory: PhantomData })
    }

    /// Begins anew, as a fresh start.
    ///
    /// # Errors
    /// As [`Engine::start`].
    pub fn restart(&mut self) -> Result<(), Failure> {
        // SAFETY: `start` made an engine in this place, and nothing moves or ends it while `self` lives.
        checked(unsafe { abi::uchaos_engine_restart(self.pointer()) })
    }

    /// Raw noise before any mixing, in ticks per workload step.
    ///
    /// # Errors
    /// Clock errors; then the buffer is zero.
    pub fn raw(&mut self, delta_ticks: &mut [u64]) -> Result<(), Failure> {
        // SAFETY: as in `restart`; the buffer's pointer and length belong together.
        checked(unsafe {
            abi::uchaos_engine_raw(self.pointer(), delta_ticks.as_mut_ptr(), delta_ticks.len())
        })
    }

    /// The stream: fast, amplified, not entropy.
    ///
    /// # Errors
    /// Clock errors and, if they are enforced, health failures; then the buffer is zero.
    pub fn stream(&mut self, out: &mut [u8]) -> Result<(), Failure> {
        // SAFETY: as in `restart`; the buffer's pointer and length belong together.
        checked(unsafe { abi::uchaos_engine_stream(self.pointer(), out.as_mut_ptr(), out.len()) })
    }

    /// Seed material: full entropy by account.
    ///
    /// # Errors
    /// Clock errors and health failures; then the buffer is zero.
    pub fn seed(&mut self, out: &mut [u8]) -> Result<(), Failure> {
        // SAFETY: as in `restart`; the buffer's pointer and length belong together.
        checked(unsafe { abi::uchaos_engine_seed(self.pointer(), out.as_mut_ptr(), out.len()) })
    }

    /// Stirs bytes into the mixer; they are credited with nothing.
    ///
    /// # Errors
    /// None while the place holds an engine, which it does.
    pub fn stir(&mut self, data: &[u8]) -> Result<(), Failure> {
        // SAFETY: as in `restart`; the data is only read, and its pointer and length belong together.
        checked(unsafe { abi::uchaos_engine_stir(self.pointer(), data.as_ptr(), data.len()) })
    }

    /// What the health tests have counted.
    ///
    /// # Errors
    /// None while the place holds an engine, which it does.
    pub fn health(&self) -> Result<Health, Failure> {
        let mut health = Health::default();
        let place: *const c_void = ptr::from_ref(&*self.place).cast();
        // SAFETY: as in `restart`; the report is a whole struct of this function's.
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

fn checked(status: c_int) -> Result<(), Failure> {
    if status == code::OK { Ok(()) } else { Err(Failure(status)) }
}

fn static_text(text: *const core::ffi::c_char) -> &'static str {
    // SAFETY: the engine's texts are static and end with NUL (uchaos_engine.h).
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().unwrap_or("the engine's text is not UTF-8: was another engine linked?")
}
