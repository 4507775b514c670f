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
        let health = self.engine.health().map_err(|_| fmt::Error)?;
        let state = match health.state {
            0 => "starting",
            1 => "healthy",
            2 => "intermittent",
            3 => "permanent",
            _ => "unknown",
        };
        writeln!(lines, "state={state}\nlast_error={}", health.last_error)?;
        writeln!(lines, "last_error_text={}", chaos_ffi::Failure(health.last_error))?;
        writeln!(lines, "samples={}", health.samples)?;
        writeln!(lines, "repetition_count_failures={}", health.repetition_count_failures)?;
        writeln!(lines, "adaptive_proportion_failures={}", health.adaptive_proportion_failures)?;
        writeln!(lines, "lag_predictor_failures={}", health.lag_predictor_failures)?;
        writeln!(
            lines,
            "stuck_failures={}\nstuck_samples={}",
            health.stuck_failures, health.stuck_samples
        )?;
        writeln!(
            lines,
            "backward_steps={}\nrepeated_reads={}",
            health.backward_steps, health.repeated_reads
        )?;
        writeln!(lines, "repetition_count_cutoff={}", health.repetition_count_cutoff)?;
        writeln!(lines, "adaptive_proportion_window={}", health.adaptive_proportion_window)?;
        writeln!(lines, "adaptive_proportion_cutoff={}", health.adaptive_proportion_cutoff)?;
        writeln!(lines, "prediction_run_cutoff={}", health.prediction_run_cutoff)?;
        writeln!(lines, "prediction_count_cutoff={}", health.prediction_count_cutoff)?;
        writeln!(lines, "fresh_microbits_per_output_bit={}", health.fresh_microbits_per_output_bit)
    }

    pub(crate) fn meta(&self, lines: &mut dyn fmt::Write) -> fmt::Result {
        super::provenance::params(lines, &self.params)
    }
}
