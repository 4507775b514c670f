// SPDX-License-Identifier: GPL-2.0-or-later
//! An engine in this process: the target `linux-user`, and on the host `host-user`.

use core::fmt;

use chaos_ffi::{Engine, EngineError, MEMORY_BYTES, Params, check};
use chaos_wire::{Parameter, Request};

use super::system;
use crate::run::map;

/// The engine, in memory that is mapped for the life of the process.
pub(crate) struct OwnEngine {
    engine: Engine<'static>,
    params: Params,
}

impl OwnEngine {
    pub(crate) fn start(request: &Request) -> Result<Self, EngineError> {
        let memory = map::bytes(MEMORY_BYTES).map_err(system("mapping memory for the engine"))?;
        let place = map::place().map_err(system("mapping memory for the engine"))?;
        let engine = Engine::start(place, &request.params, memory)?;
        Ok(Self { engine, params: request.params })
    }

    pub(crate) fn raw(&mut self, delta_ticks: &mut [u64]) -> Result<(), EngineError> {
        self.engine.raw(delta_ticks)
    }

    pub(crate) fn stream(&mut self, out: &mut [u8]) -> Result<(), EngineError> {
        self.engine.stream(out)
    }

    pub(crate) fn seed(&mut self, out: &mut [u8]) -> Result<(), EngineError> {
        self.engine.seed(out)
    }

    pub(crate) fn restart_row(&mut self, delta_ticks: &mut [u64]) -> Result<(), EngineError> {
        self.engine.restart()?;
        self.raw(delta_ticks)
    }

    /// The engine gives no output twice, restarts, and refuses what is out of range.
    pub(crate) fn self_test(&mut self, lines: &mut dyn fmt::Write) -> Result<(), EngineError> {
        let mut verdict = Ok(());
        let mut verify = |name: &'static str, good: bool| {
            if !good {
                verdict = Err(EngineError::new(name));
            }
            // A report that overflows is cut; the verdict stands.
            let _ = writeln!(lines, "{}: {name}", if good { "ok" } else { "FAILED" });
        };
        let (mut first, mut second) = ([0; 64], [0; 64]);
        let streamed =
            self.engine.stream(&mut first).is_ok() && self.engine.stream(&mut second).is_ok();
        verify("the stream does not repeat itself", streamed && first != second);
        let mut deltas = [0; 64];
        let raw = self.engine.restart().is_ok() && self.engine.raw(&mut deltas).is_ok();
        verify("raw noise comes after a restart", raw && deltas.iter().any(|delta| *delta != 0));
        let mut wrong = self.params.numbers();
        wrong[Parameter::Turns as usize] = 8;
        verify("turns=8 is refused by name", check(&wrong) == Err(Parameter::Turns));
        verdict
    }

    pub(crate) fn health(&self, lines: &mut dyn fmt::Write) -> fmt::Result {
        self.params.write(lines)?;
        self.engine.health().map_err(|_| fmt::Error)?.write(lines)
    }

    pub(crate) fn meta(&self, lines: &mut dyn fmt::Write) -> fmt::Result {
        self.params.write(lines)
    }
}
