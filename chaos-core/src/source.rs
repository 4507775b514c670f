// SPDX-License-Identifier: GPL-2.0-or-later
//! The entropy source: clock, workload, health tests and mixer tied together, with the two outputs that are never
//! confused, `stream` and `seed`, and the raw noise that both are made of.

use core::mem::MaybeUninit;

use chaos_vocab::{BadParameter, OnFailure, Parameter, Params, State};

use crate::clock::{Clock, ClockKind};
use crate::conditioning::{self, Conditioner};
use crate::cutoffs::Cutoffs;
use crate::error::Error;
use crate::health::{Health, STARTUP_SAMPLES, Watch};
use crate::mixer::Mixer;
use crate::sampler::{BLOCK_SAMPLES, Sampler};
use crate::work_check;

/// Bytes of a word of the stream.
const WORD_BYTES: usize = 8;

/// The engine over one clock.
#[derive(Debug)]
pub struct EntropySource<'m, C> {
    params: Params,
    mixer: Mixer,
    watch: Watch,
    sampler: Sampler<'m, C>,
}

impl<'m, C: Clock> EntropySource<'m, C> {
    /// Checks the parameters, runs the startup test, checks that the clock follows the work, and stirs the mixer with
    /// `init_turns` samples.
    ///
    /// `memory` is the buffer of the workloads that need one ([`chaos_vocab::Workload::needs_memory`];
    /// [`chaos_vocab::MEMORY_BYTES`] at least, contents lost) and may be empty for the others.
    ///
    /// # Errors
    /// Returns an error if a parameter is out of its range, the buffer too small or the workload not available here
    /// ([`Error::BadParameter`]), if the clock fails, or, under [`OnFailure::Enforce`], if the startup test fails
    /// ([`Error::Startup`]) or the clock does not follow the work ([`Error::ClockIgnoresWork`]).
    pub fn new(clock: C, params: Params, memory: &'m mut [u8]) -> Result<Self, Error> {
        let cutoffs = check(&clock, &params, memory)?;
        let mut source = Self::unstarted(clock, params, cutoffs, memory);
        source.start()?;
        Ok(source)
    }

    /// The same, made where it stays: it has more than 5 KiB, and a kernel's stack has no room for copies.
    ///
    /// # Errors
    /// As [`EntropySource::new`].
    pub fn new_in<'p>(
        place: &'p mut MaybeUninit<Self>,
        clock: C,
        params: Params,
        memory: &'m mut [u8],
    ) -> Result<&'p mut Self, Error> {
        let cutoffs = check(&clock, &params, memory)?;
        let source = place.write(Self::unstarted(clock, params, cutoffs, memory));
        source.start()?;
        Ok(source)
    }

    #[inline(always)]
    fn unstarted(clock: C, params: Params, cutoffs: Cutoffs, memory: &'m mut [u8]) -> Self {
        let sampler = Sampler::new(clock, &params, memory);
        Self { params, mixer: Mixer::new(), watch: Watch::new(cutoffs), sampler }
    }

    /// Starts over, as after [`EntropySource::new`]: nothing that was there before is left, and the startup test runs
    /// again. This is the only way out of a permanent failure.
    ///
    /// # Errors
    /// As [`EntropySource::new`].
    pub fn restart(&mut self) -> Result<(), Error> {
        self.mixer = Mixer::new();
        self.watch = Watch::new(self.watch.report.cutoffs);
        self.start()
    }

    fn start(&mut self) -> Result<(), Error> {
        self.sampler.rewind();
        let stop = self.params.on_failure == OnFailure::Enforce;
        let tested = self.skip(STARTUP_SAMPLES as usize, stop).map_err(startup_error);
        let coarse = self.watch.mostly_idle();
        match tested {
            // Reported instead of a health test's failure, because it is the reason for one.
            Ok(()) | Err(Error::Startup { .. }) if coarse => {
                return Err(self.watch.fail_for_good(Error::ClockCoarse));
            }
            tested => tested?,
        }
        if let Err(error) = work_check::check(&mut self.sampler.clock) {
            let error = self.watch.fail_for_good(error);
            if stop {
                return Err(error);
            }
        }
        // Only these go into the mixer's first word, so that a run does not depend on the startup test's length.
        self.mixer = Mixer::new();
        self.skip(self.params.init_turns as usize, stop)
    }

    /// Raw noise: the deltas as they are, in ticks, before any mixing. They are taken by the very loop that feeds the
    /// mixer. The health tests see them, and never keep them back: raw noise is what a failure is looked at with.
    ///
    /// # Errors
    /// Only clock errors; then all of `delta_ticks` is zero.
    pub fn raw(&mut self, delta_ticks: &mut [u64]) -> Result<(), Error> {
        let mut slots = delta_ticks.iter_mut();
        let result = self.take(slots.len(), false, |delta, _| {
            if let Some(slot) = slots.next() {
                *slot = delta;
            }
        });
        if result.is_err() {
            delta_ticks.fill(0);
        }
        result
    }

    /// The stream: fast, amplified, and *not* entropy. [`Params::turns`] fresh samples go into each 64-bit word;
    /// [`Params::fresh_microbits_per_output_bit`] says how much that is. What is left of a word at the end of `out`
    /// is thrown away, never used later.
    ///
    /// # Errors
    /// Clock errors. Under [`OnFailure::Enforce`] a health test's failure, and after a permanent one that same
    /// error until [`EntropySource::restart`]. On any error all of `out` is zero.
    pub fn stream(&mut self, out: &mut [u8]) -> Result<(), Error> {
        let result = self.try_stream(out);
        if result.is_err() {
            out.fill(0);
        }
        result
    }

    fn try_stream(&mut self, out: &mut [u8]) -> Result<(), Error> {
        let stop = self.params.on_failure == OnFailure::Enforce;
        if stop {
            self.be_healthy()?;
        }
        let turns = self.params.turns;
        let samples = out.len().div_ceil(WORD_BYTES).saturating_mul(turns as usize);
        let mut words = out.chunks_mut(WORD_BYTES);
        let mut turn = 0;
        self.take(samples, stop, |_, mixer| {
            turn += 1;
            if turn < turns {
                return;
            }
            turn = 0;
            let word = mixer.word().to_le_bytes();
            words.next().unwrap_or_default().iter_mut().zip(word).for_each(|(to, from)| *to = from);
        })
    }

    /// Seed material: full entropy by account. Each 256-bit block is SHA-256 over samples that by the claim have 320 bits of
    /// min-entropy; samples that the stuck test rejects are hashed but earn nothing.
    ///
    /// # Errors
    /// [`Error::NotCredited`] if the workload is a lesson. Clock and health errors, whatever
    /// [`Params::on_failure`] says; after a permanent failure its error until
    /// [`EntropySource::restart`]; [`Error::Stuck`] if 16 times the samples needed do not earn 320 bits. On any
    /// error all of `out` is zero.
    pub fn seed(&mut self, out: &mut [u8]) -> Result<(), Error> {
        let mut result = Ok(());
        for part in out.chunks_mut(conditioning::BLOCK_BYTES) {
            let mixer = self.mixer;
            result = self.seed_block(part);
            // The samples of a seed leave no trace in the mixer: a stream word can be turned back into its state, and
            // what it reveals about them would have to be deducted from the seed's entropy.
            self.mixer = mixer;
            if result.is_err() {
                break;
            }
        }
        if result.is_err() {
            out.fill(0);
        }
        result
    }

    fn seed_block(&mut self, part: &mut [u8]) -> Result<(), Error> {
        if !self.params.workload.is_credited() {
            return Err(Error::NotCredited);
        }
        self.be_healthy()?;
        let needed = u64::from(conditioning::samples_per_block(self.params.claim_millibits));
        let mut most_rounds =
            needed * conditioning::MOST_OVERSAMPLING / conditioning::ROUND_SAMPLES as u64;
        let mut conditioner = Conditioner::new(self.mixer.state());
        let mut credited = 0;
        while credited < needed {
            if most_rounds == 0 {
                return Err(self.watch.fail_for_good(Error::Stuck));
            }
            most_rounds -= 1;
            let stuck_before = self.watch.report.stuck_samples;
            self.take(conditioning::ROUND_SAMPLES, true, |delta, _| conditioner.add(delta))?;
            let stuck = self.watch.report.stuck_samples.wrapping_sub(stuck_before);
            credited += (conditioning::ROUND_SAMPLES as u64).saturating_sub(stuck);
        }
        for (to, from) in part.iter_mut().zip(conditioner.finish()) {
            *to = from;
        }
        Ok(())
    }

    /// Takes in bytes from outside. They change what comes after and are credited with nothing.
    pub fn stir(&mut self, data: &[u8]) {
        self.mixer.stir(data);
    }

    /// What the health tests say.
    #[must_use]
    pub const fn health(&self) -> &Health {
        &self.watch.report
    }

    /// What this source was made with.
    #[must_use]
    pub const fn params(&self) -> &Params {
        &self.params
    }

    /// What kind of clock it runs on; a result must say so if it is not the machine's counter.
    #[must_use]
    pub fn clock_kind(&self) -> ClockKind {
        self.sampler.clock.kind()
    }

    /// Refuses after a permanent failure; after an intermittent one takes and discards samples until the
    /// source has shown itself healthy.
    fn be_healthy(&mut self) -> Result<(), Error> {
        match (self.watch.report.state, self.watch.report.last_error) {
            (State::Permanent, Some(error)) => Err(error),
            (State::Intermittent, _) => {
                let samples = self.watch.recovery_samples();
                self.skip(samples as usize, true)
            }
            _ => Ok(()),
        }
    }

    /// Takes samples that only the health tests and the mixer see.
    #[inline(never)]
    fn skip(&mut self, samples: usize, stop_on_failure: bool) -> Result<(), Error> {
        self.take(samples, stop_on_failure, |_, _| ())
    }

    /// Takes samples block by block; between the blocks the health tests and the mixer see them, and `each` hears of
    /// every one and of the mixer after it. Raw noise, stream and seed differ in that only.
    ///
    /// Where a failure stops the output, what is left of its block is thrown away.
    #[inline(always)]
    fn take(
        &mut self,
        samples: usize,
        stop_on_failure: bool,
        mut each: impl FnMut(u64, &Mixer),
    ) -> Result<(), Error> {
        let mut left = samples;
        while left > 0 {
            let mut block = self.sampler.take(left.min(BLOCK_SAMPLES), &mut self.watch)?;
            left -= block.len();
            while !block.is_empty() {
                let watched = block.len().min(self.watch.block_samples() as usize);
                let part = block.split_off(..watched).unwrap_or_default();
                let mut trend = self.watch.trend();
                for &delta in part {
                    self.watch.sample(&mut trend, delta);
                    self.mixer.absorb(delta);
                    each(delta, &self.mixer);
                }
                let looked = self.watch.look(trend);
                if stop_on_failure {
                    looked?;
                }
            }
        }
        Ok(())
    }
}

/// A health test's failure at startup is one of startup; a clock's stays what it is.
/// Checks everything that a source is made from.
fn check<C: Clock>(clock: &C, params: &Params, memory: &[u8]) -> Result<Cutoffs, Error> {
    params.check()?;
    let cutoffs = Cutoffs::for_claim(params.claim_millibits)
        .ok_or(BadParameter { parameter: Parameter::Claim, given: params.claim_millibits })?;
    Sampler::check(clock, params, memory)?;
    Ok(cutoffs)
}

fn startup_error(error: Error) -> Error {
    crate::error::HealthTest::of(error).map_or(error, |test| Error::Startup { test })
}
