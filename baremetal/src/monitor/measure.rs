// SPDX-License-Identifier: GPL-2.0-or-later
//! `raw`, `hist`, `rng` and `seed`: samples and bytes on the screen. Samples are taken in one go and printed
//! afterwards, as in a job.

use chaos_ffi::{Engine, EngineError};
use chaos_view::histogram::{Histogram, Summary};

use super::Session;
use crate::platform::{Platform, say};

/// Samples between two looks at the keyboard.
const PIECE_SAMPLES: usize = 8192;
/// Deltas per line, and bytes per line.
const PER_LINE: usize = 8;
const BYTES_PER_LINE: usize = 32;

const INTERRUPTED: EngineError = EngineError::new("interrupted");
const TOO_MANY: EngineError = EngineError::new("more than this machine's memory holds; see `mem`");

impl<'a, P: Platform> Session<'a, P> {
    pub(super) fn raw(&mut self, samples: usize) -> Result<(), EngineError> {
        self.sample(samples)?;
        for line in self.buffer[..samples].chunks(PER_LINE) {
            line.iter().for_each(|delta| {
                // The console's writes do not fail.
                let _ = write!(self.platform, " {delta:>7}");
            });
            say!(self.platform, "");
            if self.platform.interrupt_requested() {
                return Err(INTERRUPTED);
            }
        }
        self.summary(samples);
        Ok(())
    }

    pub(super) fn histogram(&mut self, samples: usize) -> Result<(), EngineError> {
        self.sample(samples)?;
        let deltas = &self.buffer[..samples];
        if let Some(summary) = Summary::of(deltas) {
            // The console's writes do not fail.
            let _ = Histogram::of(deltas, &summary).draw(self.platform);
        }
        self.summary(samples);
        Ok(())
    }

    pub(super) fn bytes(
        &mut self,
        len: usize,
        take: fn(&mut Engine<'a>, &mut [u8]) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        let timer = self.request.timer;
        let engine = self.engine.as_mut().map_err(|error| *error)?;
        let mut left = len;
        while left > 0 {
            let mut line = [0; BYTES_PER_LINE];
            let line = &mut line[..left.min(BYTES_PER_LINE)];
            self.platform.sampling(timer, || take(engine, line))??;
            line.iter().for_each(|byte| {
                // The console's writes do not fail.
                let _ = write!(self.platform, "{byte:02x}");
            });
            say!(self.platform, "");
            left -= line.len();
            if self.platform.interrupt_requested() {
                return Err(INTERRUPTED);
            }
        }
        Ok(())
    }

    /// Fills the first `samples` of the buffer.
    fn sample(&mut self, samples: usize) -> Result<(), EngineError> {
        let timer = self.request.timer;
        let engine = self.engine.as_mut().map_err(|error| *error)?;
        let deltas = self.buffer.get_mut(..samples).ok_or(TOO_MANY)?;
        for piece in deltas.chunks_mut(PIECE_SAMPLES) {
            self.platform.sampling(timer, || engine.raw(piece))??;
            if self.platform.interrupt_requested() {
                return Err(INTERRUPTED);
            }
        }
        Ok(())
    }

    fn summary(&mut self, samples: usize) {
        let Some(summary) = self.buffer.get(..samples).and_then(Summary::of) else { return };
        say!(self.platform, "{summary}");
    }
}
