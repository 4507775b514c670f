// SPDX-License-Identifier: GPL-2.0-or-later
//! A machine as the shared job loop wants it: the engine on a [`Platform`].

use core::fmt::{self, Write};

use chaos_ffi::{Engine, EngineError, Params};
use chaos_wire::{Job, Marker, Request, SMALLEST_BUFFER_WORDS, Sampler, Timer};

use crate::engine::RunningEngine;
use crate::platform::{Platform, say};
use crate::selftest;

/// The engine on this machine, as the shared job loop drives it.
pub struct Machine<'a, P> {
    /// An engine that did not start fails each job with its reason.
    pub engine: Result<RunningEngine<'a>, EngineError>,
    /// Interrupts while it samples.
    pub timer: Timer,
    pub params: Params,
    pub platform: &'a mut P,
}

impl<'a, P: Platform> Machine<'a, P> {
    fn sample(
        &mut self,
        work: impl FnOnce(&mut Engine<'a>) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        let engine = self.engine.as_mut().map_err(|failure| *failure)?;
        self.platform.sampling(self.timer, || work(engine))?
    }
}

impl<P: Platform> Sampler for Machine<'_, P> {
    fn raw(&mut self, delta_ticks: &mut [u64]) -> Result<(), EngineError> {
        self.sample(|engine| engine.raw(delta_ticks))
    }

    fn stream(&mut self, out: &mut [u8]) -> Result<(), EngineError> {
        self.sample(|engine| engine.stream(out))
    }

    fn seed(&mut self, out: &mut [u8]) -> Result<(), EngineError> {
        self.sample(|engine| engine.seed(out))
    }

    fn restart_row(&mut self, delta_ticks: &mut [u64]) -> Result<(), EngineError> {
        self.sample(|engine| {
            engine.restart()?;
            engine.raw(delta_ticks)
        })
    }

    fn self_test(&mut self, lines: &mut dyn Write) -> Result<(), EngineError> {
        let engine = self.engine.as_mut().map_err(|failure| *failure)?;
        selftest::run(P::CHECKS, engine, lines)
    }

    fn health(&mut self, lines: &mut dyn Write) -> fmt::Result {
        self.params.write(lines)?;
        match &self.engine {
            Ok(engine) => health(engine, self.platform.interrupts_taken(), lines),
            Err(failure) => writeln!(lines, "state=not started\nfailure={failure}"),
        }
    }

    fn meta(&mut self, lines: &mut dyn Write) -> fmt::Result {
        self.platform.facts(lines)
    }

    fn ticks(&mut self) -> u64 {
        Engine::ticks()
    }

    fn mark(&mut self, marker: &Marker<'_>) {
        say!(self.platform, "{marker}");
    }
}

/// The health tests: counters, cutoffs, state; and the interrupts that were taken meanwhile.
///
/// # Errors
/// Returns an error if `lines` takes no more.
pub fn health(engine: &Engine<'_>, interrupts_taken: u64, lines: &mut dyn Write) -> fmt::Result {
    engine.health().unwrap_or_default().write(lines)?;
    writeln!(lines, "timer_interrupts={interrupts_taken}")
}

/// Words of the largest buffer for bytes of the stream: nothing is gained by more, and fresh memory costs time.
const STREAM_WORDS_MAX: u64 = 2 << 20;

/// Words that would hold the largest job in one piece; for bytes, pieces of 16 MiB.
#[must_use]
pub fn words_wanted(request: &Request) -> usize {
    let words = |job| match job {
        Job::Raw { samples } => samples,
        Job::Stream { len_bytes } | Job::Seed { len_bytes } => {
            len_bytes.div_ceil(8).min(STREAM_WORDS_MAX)
        }
        Job::Restart { rows, columns } => u64::from(rows) * (u64::from(columns) + 1),
        Job::SelfTest => 0,
    };
    let most = request.jobs.iter().map(words).max().unwrap_or(0);
    usize::try_from(most).unwrap_or(usize::MAX).max(SMALLEST_BUFFER_WORDS)
}
