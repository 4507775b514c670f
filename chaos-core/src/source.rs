// SPDX-License-Identifier: GPL-2.0-or-later
//! The entropy source: clock, workload, health tests and mixer tied together, with the two outputs that are never
//! confused, `stream` and `seed`, and the raw noise that both are made of.

use core::hint::black_box;

use chaos_vocab::{BadParameter, MEMORY_BYTES, OnFailure, Parameter, Params, State, Workload};

use crate::clock::{Clock, ClockKind};
use crate::conditioning::{self, Conditioner};
use crate::cutoffs::Cutoffs;
use crate::error::Error;
use crate::health::{Health, LAGS, STARTUP_SAMPLES, Trend, Watch};
use crate::mixer::Mixer;
use crate::workload::{Walk, long_step};

/// Counter reads within one sample before the clock counts as failed.
pub const MAX_READS: u32 = 1024;

/// The largest number of samples per word; [`Params::check`] keeps to it.
pub(crate) const MOST_TURNS: usize = 7;

/// Words that are made at once when each takes several samples.
const GROUP_WORDS: usize = 8;

/// The engine over one clock.
#[derive(Debug)]
pub struct EntropySource<'m, C> {
    clock: C,
    params: Params,
    mixer: Mixer,
    watch: Watch,
    walk: Walk<'m>,
}

impl<'m, C: Clock> EntropySource<'m, C> {
    /// Checks the parameters, runs the startup test and stirs the mixer with `init_turns` samples.
    ///
    /// `memory` is walked through by the workloads that need it ([`Workload::needs_memory`]; [`MEMORY_BYTES`] at
    /// least, contents lost) and may be empty for the others.
    ///
    /// # Errors
    /// [`Error::BadParameter`]; a clock error; [`Error::Startup`] under [`OnFailure::Enforce`].
    pub fn new(clock: C, params: Params, memory: &'m mut [u8]) -> Result<Self, Error> {
        params.check()?;
        let cutoffs = Cutoffs::for_claim(params.claim_millibits)
            .ok_or(BadParameter { parameter: Parameter::Claim, given: params.claim_millibits })?;
        let walk = Walk::new(memory);
        if params.workload.needs_memory() && walk.len_bytes() < MEMORY_BYTES {
            return Err(Error::BadParameter {
                name: "memory",
                given: walk.len_bytes() as u64,
                allowed: "a buffer of 262144 bytes or more",
            });
        }
        let mut source =
            Self { clock, params, mixer: Mixer::new(), watch: Watch::new(cutoffs), walk };
        source.start()?;
        Ok(source)
    }

    /// Begins anew, as after [`EntropySource::new`]: nothing that was there before is left, and the startup test runs
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
        if self.params.workload.needs_memory() {
            self.walk.rewind();
        }
        let stop = self.params.on_failure == OnFailure::Enforce;
        let tested = self.skip(STARTUP_SAMPLES, stop).map_err(startup_error);
        let coarse = self.watch.mostly_idle();
        match tested {
            // Told in place of a health test's failure, because it is the reason for one.
            Ok(()) | Err(Error::Startup { .. }) if coarse => {
                return Err(self.watch.fail_for_good(Error::ClockCoarse));
            }
            tested => tested?,
        }
        // Only these go into the mixer's first word, so that a run does not depend on the startup test's length.
        self.mixer = Mixer::new();
        self.skip(self.params.init_turns, stop)
    }

    /// Raw noise: the deltas as they are, in ticks, before any mixing. They are taken by the very loop that feeds the
    /// mixer. The health tests see them, and never keep them back: raw noise is what a failure is looked at with.
    ///
    /// # Errors
    /// Only clock errors; then all of `delta_ticks` is zero.
    pub fn raw(&mut self, delta_ticks: &mut [u64]) -> Result<(), Error> {
        let result = self.take(delta_ticks, false);
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
        let (words, rest) = out.as_chunks_mut::<8>();
        if self.params.turns == 1 {
            self.take(words, stop)?;
        } else {
            for group in words.chunks_mut(GROUP_WORDS) {
                self.take_group(group, stop)?;
            }
        }
        if !rest.is_empty() {
            let mut last = [[0_u8; 8]];
            self.take_group(&mut last, stop)?;
            for (to, from) in rest.iter_mut().zip(last.as_flattened()) {
                *to = *from;
            }
        }
        Ok(())
    }

    /// A few words of `turns` samples each: of the words after each sample, every `turns`-th is given out.
    fn take_group(&mut self, group: &mut [[u8; 8]], stop_on_failure: bool) -> Result<(), Error> {
        let turns = self.params.turns as usize;
        let mut every = [[0_u8; 8]; GROUP_WORDS * MOST_TURNS];
        let samples = group.len().saturating_mul(turns);
        self.take(every.get_mut(..samples).unwrap_or_default(), stop_on_failure)?;
        let ends = every.iter().skip(turns.saturating_sub(1)).step_by(turns.max(1));
        for (to, from) in group.iter_mut().zip(ends) {
            *to = *from;
        }
        Ok(())
    }

    /// Seed material: full entropy by account. Each 256-bit block is SHA-256 over samples that by the claim have 320 bits of
    /// min-entropy; samples that the stuck test rejects are hashed but earn nothing.
    ///
    /// # Errors
    /// Clock and health errors, whatever [`Params::on_failure`] says; after a permanent failure its error until
    /// [`EntropySource::restart`]; [`Error::Stuck`] if 16 times the samples needed do not earn 320 bits. On any
    /// error all of `out` is zero.
    pub fn seed(&mut self, out: &mut [u8]) -> Result<(), Error> {
        let mut result = Ok(());
        for part in out.chunks_mut(conditioning::BLOCK_BYTES) {
            let mixer = self.mixer;
            result = self.seed_block(part);
            // The samples of a seed leave no trace in the mixer: a stream word can be turned back into its state, and
            // what it told about them would have to be taken off their account.
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
            let mut samples = [0_u64; conditioning::ROUND_SAMPLES];
            let stuck_before = self.watch.report.stuck_samples;
            self.take(&mut samples, true)?;
            conditioner.add(&samples);
            let stuck = self.watch.report.stuck_samples.wrapping_sub(stuck_before);
            credited += (samples.len() as u64).saturating_sub(stuck);
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
        self.clock.kind()
    }

    /// Refuses after a permanent failure; after an intermittent one takes samples, which nobody gets, until the
    /// source has shown itself healthy.
    fn be_healthy(&mut self) -> Result<(), Error> {
        match (self.watch.report.state, self.watch.report.last_error) {
            (State::Permanent, Some(error)) => Err(error),
            (State::Intermittent, _) => {
                let samples = self.watch.recovery_samples();
                self.skip(samples, true)
            }
            _ => Ok(()),
        }
    }

    /// Takes samples that only the health tests and the mixer see.
    fn skip(&mut self, samples: u32, stop_on_failure: bool) -> Result<(), Error> {
        let mut unseen = [0_u64; LAGS as usize];
        let mut left = samples as usize;
        while left > 0 {
            let part = left.min(unseen.len());
            self.take(unseen.get_mut(..part).unwrap_or_default(), stop_on_failure)?;
            left -= part;
        }
        Ok(())
    }

    /// The sampling loop: the only one there is, so that raw noise, stream and seed come from the same work. One
    /// sample is taken per slot.
    #[inline(never)]
    fn take<S: Slot>(&mut self, slots: &mut [S], stop_on_failure: bool) -> Result<(), Error> {
        let mut left = slots;
        while !left.is_empty() {
            let samples = left.len().min(self.watch.block_samples() as usize);
            let block = left.split_off_mut(..samples).unwrap_or_default();
            let trend = self.take_block(block)?;
            let looked = self.watch.look(trend);
            if stop_on_failure {
                looked?;
            }
        }
        Ok(())
    }

    /// Takes one block, from one look of the health tests to the next. A sample is the time between two reads of the
    /// counter: the workload step, and the mixing of the sample before it. The first one of a block (usually one in 32) has
    /// the step only, because what lies between two blocks is not a part of any sample.
    #[inline(always)]
    fn take_block<S: Slot>(&mut self, block: &mut [S]) -> Result<Trend, Error> {
        let workload = self.params.workload;
        let min_delta = i64::from(self.params.min_delta);
        let mut trend = self.watch.trend();
        let mut mixer = self.mixer;
        let mut before = self.clock.mark();
        for slot in block {
            if workload == Workload::Pause {
                self.clock.relax();
            } else {
                long_step(workload, &mut self.clock, &mut self.walk, before);
            }
            let mut now = self.clock.ticks();
            let mut delta = now.wrapping_sub(before);
            if (delta as i64) < min_delta {
                (delta, now) = self.read_again(before, now)?;
            }
            before = now;
            self.watch.sample(&mut trend, delta);
            mixer.absorb(delta);
            slot.put(delta, mixer.word());
        }
        self.mixer = mixer;
        Ok(trend)
    }

    /// What happens when a read gave no sample: the counter stood, crept or went backwards. The step is taken again,
    /// [`MAX_READS`] reads in all. Returns the delta and the counter.
    #[cold]
    #[inline(never)]
    fn read_again(&mut self, mut before: u64, mut now: u64) -> Result<(u64, u64), Error> {
        let mut last_read = before;
        let mut moved = false;
        for _ in 1..MAX_READS {
            self.watch.repeated_read(now == last_read);
            moved |= now != last_read;
            if (now.wrapping_sub(before) as i64) < 0 {
                if let Err(error) = self.watch.backward_step() {
                    return Err(self.watch.fail_for_good(error));
                }
                before = now;
            }
            last_read = now;
            long_step(self.params.workload, &mut self.clock, &mut self.walk, before);
            now = self.clock.ticks();
            let delta = now.wrapping_sub(before);
            if delta as i64 >= i64::from(self.params.min_delta) {
                return Ok((delta, now));
            }
        }
        let error = if moved { Error::ClockCoarse } else { Error::ClockStuck };
        Err(self.watch.fail_for_good(error))
    }
}

/// A health test's failure at startup is one of startup; a clock's stays what it is.
fn startup_error(error: Error) -> Error {
    crate::error::HealthTest::of(error).map_or(error, |test| Error::Startup { test })
}

/// Where the sampling loop puts what one sample gave. Both kinds get both values, so that the work is the same.
trait Slot {
    fn put(&mut self, delta_ticks: u64, word: u64);
}

/// Raw noise.
impl Slot for u64 {
    #[inline(always)]
    fn put(&mut self, delta_ticks: u64, word: u64) {
        *self = delta_ticks;
        black_box(word);
    }
}

/// The stream.
impl Slot for [u8; 8] {
    #[inline(always)]
    fn put(&mut self, delta_ticks: u64, word: u64) {
        *self = word.to_le_bytes();
        black_box(delta_ticks);
    }
}
