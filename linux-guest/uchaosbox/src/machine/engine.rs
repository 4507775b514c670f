// SPDX-License-Identifier: GPL-2.0-or-later
//! An engine in this process: the target `linux-user`, and on the host `host-user`.

use core::fmt;

use chaos_ffi::Engine;
use chaos_ffi::abi::{self, Params};
use chaos_wire::{Failure, Request};

use super::{params, system};
use crate::run::map;

/// The engine, in memory that is mapped for the life of the process.
pub(crate) struct OwnEngine {
    engine: Engine<'static>,
    params: Params,
}

fn failure(error: chaos_ffi::Failure) -> Failure {
    Failure { code: error.0, text: error.text() }
}

impl OwnEngine {
    pub(crate) fn start(request: &Request) -> Result<Self, Failure> {
        let params = params(request);
        let memory =
            map::bytes(abi::MEMORY_BYTES).map_err(system("mapping memory for the engine"))?;
        let place = map::place().map_err(system("mapping memory for the engine"))?;
        let engine = Engine::start(place, &params, memory).map_err(failure)?;
        Ok(Self { engine, params })
    }

    pub(crate) fn raw(&mut self, delta_ticks: &mut [u64]) -> Result<(), Failure> {
        self.engine.raw(delta_ticks).map_err(failure)
    }

    pub(crate) fn stream(&mut self, out: &mut [u8]) -> Result<(), Failure> {
        self.engine.stream(out).map_err(failure)
    }

    pub(crate) fn seed(&mut self, out: &mut [u8]) -> Result<(), Failure> {
        self.engine.seed(out).map_err(failure)
    }

    pub(crate) fn restart_row(&mut self, delta_ticks: &mut [u64]) -> Result<(), Failure> {
        self.engine.restart().map_err(failure)?;
        self.raw(delta_ticks)
    }

    /// The engine gives no output twice, restarts, and refuses what is out of range.
    pub(crate) fn self_test(&mut self, lines: &mut dyn fmt::Write) -> Result<(), Failure> {
        let mut verdict = Ok(());
        let mut check = |name: &'static str, good: bool| {
            if !good {
                verdict = Err(Failure { code: 0, text: name });
            }
            // A report that overflows is cut; the verdict stands.
            let _ = writeln!(lines, "{}: {name}", if good { "ok" } else { "FAILED" });
        };
        let (mut first, mut second) = ([0; 64], [0; 64]);
        let streamed =
            self.engine.stream(&mut first).is_ok() && self.engine.stream(&mut second).is_ok();
        check("the stream does not repeat itself", streamed && first != second);
        let mut deltas = [0; 64];
        let raw = self.engine.restart().is_ok() && self.engine.raw(&mut deltas).is_ok();
        check("raw noise comes after a restart", raw && deltas.iter().any(|delta| *delta != 0));
        let wrong = Params { turns: 8, ..self.params };
        check("turns=8 is refused by name", wrong.check().is_err_and(|bad| bad.name == "turns"));
        verdict
    }

    pub(crate) fn health(&self, lines: &mut dyn fmt::Write) -> fmt::Result {
        self.engine.health().map_err(|_| fmt::Error)?.write(lines)
    }

    pub(crate) fn meta(&self, lines: &mut dyn fmt::Write) -> fmt::Result {
        super::provenance::params(lines, &self.params)
    }
}
