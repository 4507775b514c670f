// SPDX-License-Identifier: GPL-2.0-or-later
//! `raw`, `hist`, `rng` and `seed`: samples and bytes on the screen. Samples are taken in one go and printed
//! afterwards, as in a job.

use chaos_ffi::{Engine, EngineError};
use chaos_view::histogram::{Histogram, Summary};

use super::Session;
use crate::console::Console;
use crate::devices::serial;
use crate::interrupts::pit;
use crate::{print, println};

/// Samples between two looks at the keyboard.
const PIECE_SAMPLES: usize = 8192;
/// Deltas per line, and bytes per line.
const PER_LINE: usize = 8;
const BYTES_PER_LINE: usize = 32;

const INTERRUPTED: EngineError = EngineError::new("interrupted");
const TOO_MANY: EngineError = EngineError::new("more than this machine's memory holds; see `mem`");

impl<'a> Session<'a> {
    pub(super) fn raw(&mut self, samples: usize) -> Result<(), EngineError> {
        let deltas = self.sample(samples)?;
        for line in deltas.chunks(PER_LINE) {
            line.iter().for_each(|delta| print!(" {delta:>7}"));
            println!();
            if serial::interrupt_requested() {
                return Err(INTERRUPTED);
            }
        }
        self.summary(samples);
        Ok(())
    }

    pub(super) fn histogram(&mut self, samples: usize) -> Result<(), EngineError> {
        let deltas = self.sample(samples)?;
        if let Some(summary) = Summary::of(deltas) {
            // The console's writes do not fail.
            let _ = Histogram::of(deltas, &summary).draw(&mut Console);
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
            pit::with_timer(timer, || take(engine, line))?;
            line.iter().for_each(|byte| print!("{byte:02x}"));
            println!();
            left -= line.len();
            if serial::interrupt_requested() {
                return Err(INTERRUPTED);
            }
        }
        Ok(())
    }

    fn sample(&mut self, samples: usize) -> Result<&[u64], EngineError> {
        let timer = self.request.timer;
        let engine = self.engine.as_mut().map_err(|error| *error)?;
        let deltas = self.buffer.get_mut(..samples).ok_or(TOO_MANY)?;
        for piece in deltas.chunks_mut(PIECE_SAMPLES) {
            pit::with_timer(timer, || engine.raw(piece))?;
            if serial::interrupt_requested() {
                return Err(INTERRUPTED);
            }
        }
        Ok(deltas)
    }

    fn summary(&self, samples: usize) {
        let Some(summary) = self.buffer.get(..samples).and_then(Summary::of) else { return };
        println!("{summary}");
    }
}
