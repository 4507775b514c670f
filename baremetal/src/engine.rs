// SPDX-License-Identifier: GPL-2.0-or-later
//! The engine on a machine: where its memory comes from, and the clock that it may wait for.

use core::ops::{Deref, DerefMut};

use chaos_arch::FastTicks;
use chaos_ffi::{Engine, EngineError, MEMORY_BYTES, Params, Place};
use chaos_wire::Workload;

use crate::platform::Platform;

/// The buffer of the workloads that need one: taken when a workload first needs it, and kept.
#[derive(Debug, Default)]
pub struct WorkloadMemory(Option<&'static mut [u64]>);

impl WorkloadMemory {
    /// Takes the memory now, before another buffer takes all there is; takes none if memory is short.
    pub fn reserved(platform: &mut impl Platform) -> Self {
        let words = MEMORY_BYTES / 8;
        Self(platform.take_words(words).filter(|taken| taken.len() == words))
    }

    /// Takes the memory now, if it is not there yet.
    pub fn reserve(&mut self, platform: &mut impl Platform) {
        if self.0.is_none() {
            *self = Self::reserved(platform);
        }
    }

    /// As many bytes as the workload needs.
    fn for_workload(
        &mut self,
        workload: Workload,
        platform: &mut impl Platform,
    ) -> Result<&mut [u8], EngineError> {
        if !workload.needs_memory() {
            return Ok(&mut []);
        }
        self.reserve(platform);
        let memory = self.0.as_deref_mut();
        memory.map(bytemuck::cast_slice_mut).ok_or(EngineError::new(
            "too little memory for this workload; give the machine more (QEMU: -m) or use uchaos.workload=pause",
        ))
    }
}

/// An engine, with the real-time clock set for it where its workload waits for that.
#[derive(Debug)]
pub struct RunningEngine<'a> {
    engine: Engine<'a>,
    _ticks: Option<FastTicks>,
}

impl<'a> Deref for RunningEngine<'a> {
    type Target = Engine<'a>;

    fn deref(&self) -> &Self::Target {
        &self.engine
    }
}

impl DerefMut for RunningEngine<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.engine
    }
}

/// Starts an engine.
///
/// # Errors
/// Returns an error if the memory is short, a clock is missing or fails, or the startup test fails.
pub fn start<'a>(
    params: &Params,
    place: &'a mut Place,
    memory: &'a mut WorkloadMemory,
    platform: &mut impl Platform,
) -> Result<RunningEngine<'a>, EngineError> {
    // Where there is none, the engine refuses and says why.
    let ticks = if params.workload == Workload::Rtc { FastTicks::start() } else { None };
    let memory = memory.for_workload(params.workload, platform)?;
    Ok(RunningEngine { engine: Engine::start(place, params, memory)?, _ticks: ticks })
}
