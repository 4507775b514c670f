// SPDX-License-Identifier: GPL-2.0-or-later
//! Takes samples, in blocks. The interval of a sample holds the two counter reads and the workload step between them.
//! Everything else is done between two intervals (the step is prepared, the sample stored) or between two blocks (health
//! tests, mixing, hashing), and the first samples of a block are not handed out ([`Clock::lead_in_samples`]).

use chaos_vocab::{MEMORY_BYTES, Params, Workload};

use crate::clock::{Clock, Line};
use crate::error::Error;
use crate::health::Watch;
use crate::lesson::Trail;
use crate::workload::{Lesson, Pause, RealTimeClock, RoundTrip, Step, Walk};

/// Counter reads within one sample before the clock counts as failed.
pub const MAX_READS: u32 = 1024;

/// The most samples in a block: a health test's window, and a page of a buffer of 64-bit samples. Between two blocks
/// the program then does the same each time: it looks at one window, and comes to one new page.
pub const BLOCK_SAMPLES: usize = 512;

/// A page, in samples.
const PAGE_SAMPLES: usize = 512;

/// The most samples of a lead-in ([`Clock::lead_in_samples`]).
const MOST_LEAD_IN_SAMPLES: usize = 128;

/// The clock, the workload, and the last block of samples.
#[derive(Debug)]
pub(crate) struct Sampler<'m, C> {
    pub(crate) clock: C,
    workload: Workload,
    /// [`Params::min_delta`], signed: a step backwards is below it too.
    min_delta: i64,
    walk: Walk<'m>,
    trail: Trail,
    block: [u64; MOST_LEAD_IN_SAMPLES + BLOCK_SAMPLES],
}

impl<'m, C: Clock> Sampler<'m, C> {
    /// # Errors
    /// Returns an error if the buffer is too small for the workload, or the machine lacks its instructions or device.
    pub(crate) fn check(clock: &C, params: &Params, memory: &[u8]) -> Result<(), Error> {
        if params.workload.needs_memory() && memory.len() < MEMORY_BYTES {
            return Err(Error::BadParameter {
                name: "memory",
                given: memory.len() as u64,
                allowed: "a buffer of 262144 bytes or more",
            });
        }
        if !clock.supports(params.workload) {
            if params.workload == Workload::Rtc {
                return Err(Error::NoRealTimeClock);
            }
            return Err(Error::BadParameter {
                name: "workload",
                given: u64::from(params.workload.number()),
                allowed: "any but flush: this processor lacks the instruction clflush",
            });
        }
        Ok(())
    }

    /// The arguments have been checked.
    #[inline(always)]
    pub(crate) fn new(clock: C, params: &Params, memory: &'m mut [u8]) -> Self {
        Self {
            clock,
            workload: params.workload,
            min_delta: i64::from(params.min_delta),
            walk: Walk::new(memory),
            trail: Trail::EMPTY,
            block: [0; MOST_LEAD_IN_SAMPLES + BLOCK_SAMPLES],
        }
    }

    /// As it was before the first sample; the clock runs on.
    pub(crate) fn rewind(&mut self) {
        if self.workload.needs_memory() {
            self.walk.rewind();
        }
        self.trail = Trail::EMPTY;
        self.block.fill(0);
    }

    /// Takes a block: as many samples as asked, [`BLOCK_SAMPLES`] at most. Each workload has its own loop, so that none
    /// is picked within an interval.
    ///
    /// # Errors
    /// Returns an error if the clock fails.
    #[inline(never)]
    pub(crate) fn take(&mut self, samples: usize, watch: &mut Watch) -> Result<&[u64], Error> {
        let Self { clock, workload, min_delta, walk, trail, block } = self;
        let lead_in = clock.lead_in_samples(*workload).min(MOST_LEAD_IN_SAMPLES);
        let block = block.get_mut(..lead_in + samples).unwrap_or_default();
        if workload.needs_memory() {
            walk.touch_pages();
        }
        // Where the block crosses into another page, a sample would wait for the page's translation.
        for slot in block.iter().step_by(PAGE_SAMPLES).chain(block.last()) {
            let _ = core::hint::black_box(*slot);
        }
        match (*workload, walk.parts()) {
            (Workload::HashBranchy, _) => {
                fill(block, lead_in, clock, *min_delta, watch, Lesson::new(trail))
            }
            (Workload::Rtc, _) => {
                fill(block, lead_in, clock, *min_delta, watch, RealTimeClock::default())
            }
            (Workload::Dram, Some(parts)) => {
                let step = |clock: &mut C, line: &mut Line| clock.store_and_load(line);
                fill(block, lead_in, clock, *min_delta, watch, RoundTrip::new(parts, step))
            }
            (Workload::Flush, Some(parts)) => {
                let step = |clock: &mut C, line: &mut Line| clock.flush_and_load(line);
                fill(block, lead_in, clock, *min_delta, watch, RoundTrip::new(parts, step))
            }
            // Without a buffer there is nothing else to time; `new` made sure that there is one where it is needed.
            (Workload::Pause | Workload::Dram | Workload::Flush, _) => {
                fill(block, lead_in, clock, *min_delta, watch, Pause)
            }
        }?;
        Ok(block.get(lead_in..).unwrap_or_default())
    }
}

/// Fills a block, the lead-in first. Both go through the same loop: under an emulator, code that was not run for a while
/// takes longer, and with a separate loop for the lead-in, that fell on the first samples handed out.
#[inline(never)]
fn fill<C: Clock, S: Step<C>>(
    block: &mut [u64],
    lead_in: usize,
    clock: &mut C,
    min_delta: i64,
    watch: &mut Watch,
    mut step: S,
) -> Result<(), Error> {
    for (number, slot) in block.iter_mut().enumerate() {
        let lead_in_left = lead_in.saturating_sub(number);
        step.prepare(lead_in_left);
        *slot = sample(clock, min_delta, watch, &mut step)?;
        step.done(*slot, lead_in_left);
    }
    step.failure().map_or(Ok(()), |error| Err(watch.fail_for_good(error)))
}

/// Takes one sample; the step is prepared.
#[inline(always)]
fn sample<C: Clock, S: Step<C>>(
    clock: &mut C,
    min_delta: i64,
    watch: &mut Watch,
    step: &mut S,
) -> Result<u64, Error> {
    let begin = clock.begin();
    step.run(clock);
    let end = clock.ticks();
    let delta = end.wrapping_sub(begin);
    if (delta as i64) < min_delta {
        return read_again(clock, min_delta, watch, step, begin, end);
    }
    Ok(delta)
}

/// What happens when a read gave no sample: the counter stood, crept or went backwards. The step is taken again from the
/// same begin, [`MAX_READS`] reads in all, until the sample is large enough.
#[cold]
#[inline(never)]
fn read_again<C: Clock, S: Step<C>>(
    clock: &mut C,
    min_delta: i64,
    watch: &mut Watch,
    step: &mut S,
    mut begin: u64,
    mut end: u64,
) -> Result<u64, Error> {
    let mut last_read = begin;
    let mut moved = false;
    for _ in 1..MAX_READS {
        watch.repeated_read(end == last_read);
        moved |= end != last_read;
        if (end.wrapping_sub(begin) as i64) < 0 {
            if let Err(error) = watch.backward_step() {
                return Err(watch.fail_for_good(error));
            }
            begin = end;
        }
        last_read = end;
        step.run(clock);
        end = clock.ticks();
        let delta = end.wrapping_sub(begin);
        if delta as i64 >= min_delta {
            return Ok(delta);
        }
    }
    Err(watch.fail_for_good(if moved { Error::ClockCoarse } else { Error::ClockStuck }))
}
