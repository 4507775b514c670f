// SPDX-License-Identifier: GPL-2.0-or-later
//! The engine on this machine: where its memory comes from, and its failures in the words of the job runner.

use chaos_ffi::abi::MEMORY_BYTES;
use chaos_ffi::{Engine, Place};
use chaos_wire::{Failure, Request, Workload};

use crate::memory::buffer;
use crate::request;

/// The buffer that the memory workload walks through: taken when a workload first needs it, and kept.
#[derive(Debug, Default)]
pub(crate) struct WorkloadMemory(Option<&'static mut [u64]>);

impl WorkloadMemory {
    /// With the memory taken now, before somebody takes all there is; without it where it is short.
    pub(crate) fn reserved() -> Self {
        let words = MEMORY_BYTES / 8;
        Self(buffer::take(words).filter(|taken| taken.len() == words))
    }

    /// As many bytes as the workload needs.
    fn for_workload(&mut self, workload: Workload) -> Result<&mut [u8], Failure> {
        if matches!(workload, Workload::Pause | Workload::Hash) {
            return Ok(&mut []);
        }
        if self.0.is_none() {
            *self = Self::reserved();
        }
        let memory = self.0.as_deref_mut();
        memory.map(bytemuck::cast_slice_mut).ok_or(Failure {
            code: 0,
            text: "too little memory for this workload; give QEMU a larger -m or use uchaos.workload=pause",
        })
    }
}

/// Starts an engine as the request has it.
///
/// # Errors
/// Memory, a clock error, or a failed startup test.
pub(crate) fn start<'a>(
    request: &Request,
    place: &'a mut Place,
    memory: &'a mut WorkloadMemory,
) -> Result<Engine<'a>, Failure> {
    let memory = memory.for_workload(request.workload)?;
    Engine::start(place, &request::params(request), memory).map_err(failure)
}

/// The engine's failure as the job runner has it.
pub(crate) fn failure(failure: chaos_ffi::Failure) -> Failure {
    Failure { code: failure.0, text: failure.text() }
}
