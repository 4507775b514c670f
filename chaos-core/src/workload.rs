// SPDX-License-Identifier: GPL-2.0-or-later
//! The workload steps: what is timed. A step has one path. Its addresses follow from its number alone; nothing in it
//! depends on the counter, a sample or the mixer. The exception is the lesson ([`crate::lesson`]).

use core::hint::black_box;

use chaos_vocab::MEMORY_BYTES;

use crate::clock::{Clock, LINE_BYTES, Line};
use crate::error::Error;
use crate::lesson::{self, Trail};

const PAGE_BYTES: usize = 4096;
/// Lines of the buffer.
pub(crate) const LINES: usize = MEMORY_BYTES / LINE_BYTES;

/// What is done for one sample.
pub(crate) trait Step<C> {
    /// What has to be worked out before the interval begins. The sample will not be handed out if the lead-in is not
    /// over.
    fn prepare(&mut self, _lead_in_left: usize) {}

    /// The work inside the interval.
    fn run(&mut self, clock: &mut C);

    /// Receives the sample, after its interval.
    fn done(&mut self, _delta_ticks: u64, _lead_in_left: usize) {}

    /// What went wrong in the block; looked at after it.
    fn failure(&self) -> Option<Error> {
        None
    }
}

/// The buffer, and the sequence of places in it.
#[derive(Debug)]
pub(crate) struct Walk<'m> {
    lines: &'m mut [Line],
    places: Places,
}

impl<'m> Walk<'m> {
    pub(crate) fn new(memory: &'m mut [u8]) -> Self {
        Self { lines: memory.as_chunks_mut().0, places: Places::FIRST }
    }

    /// As it was before the first step.
    pub(crate) fn rewind(&mut self) {
        self.lines.as_flattened_mut().fill(0);
        self.places = Places::FIRST;
    }

    /// Reads from each page of the buffer, so that the translations of its addresses are cached when a block begins, whatever
    /// ran since the last one. Without that, the translations that are missing fall on the first samples: under an emulator
    /// 30 of them stood out, by up to 5 percentage points.
    pub(crate) fn touch_pages(&self) {
        for line in self.lines.iter().step_by(PAGE_BYTES / LINE_BYTES) {
            black_box(line.first().copied());
        }
    }

    /// The buffer and the places, if the buffer is large enough.
    pub(crate) fn parts(&mut self) -> Option<(&mut [Line; LINES], &mut Places)> {
        Some((self.lines.first_chunk_mut()?, &mut self.places))
    }
}

/// Places in the buffer, one after the other: upper bits of Knuth's MMIX generator. Its period is 2^64, so that no place
/// comes again with the period of a block, a window or a request, and no prefetcher follows it. The places are the same
/// after every start: anyone who has the program knows them.
#[derive(Debug)]
pub(crate) struct Places(u64);

impl Places {
    pub(crate) const FIRST: Self = Self(0);

    /// A number below 2^31.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize
    }
}

/// `pause`
pub(crate) struct Pause;

impl<C: Clock> Step<C> for Pause {
    #[inline(always)]
    fn run(&mut self, clock: &mut C) {
        clock.relax();
    }
}

/// `dram` and `flush`: one line of the buffer goes to memory and comes back.
pub(crate) struct RoundTrip<'w, F> {
    lines: &'w mut [Line; LINES],
    places: &'w mut Places,
    line: usize,
    trip: F,
}

impl<'w, F> RoundTrip<'w, F> {
    pub(crate) fn new((lines, places): (&'w mut [Line; LINES], &'w mut Places), trip: F) -> Self {
        Self { lines, places, line: 0, trip }
    }
}

impl<C, F: Fn(&mut C, &mut Line)> Step<C> for RoundTrip<'_, F> {
    #[inline(always)]
    fn prepare(&mut self, _lead_in_left: usize) {
        self.line = self.places.next();
    }

    #[inline(always)]
    fn run(&mut self, clock: &mut C) {
        (self.trip)(clock, &mut self.lines[self.line % LINES]);
    }
}

/// `rtc`
#[derive(Default)]
pub(crate) struct RealTimeClock {
    stuck: bool,
}

impl<C: Clock> Step<C> for RealTimeClock {
    #[inline(always)]
    fn run(&mut self, clock: &mut C) {
        self.stuck |= !clock.wait_for_real_time_clock();
    }

    fn failure(&self) -> Option<Error> {
        self.stuck.then_some(Error::RealTimeClockStuck)
    }
}

/// `hash-branchy`
pub(crate) struct Lesson<'t> {
    trail: &'t mut Trail,
    argument: u64,
}

impl<'t> Lesson<'t> {
    pub(crate) const fn new(trail: &'t mut Trail) -> Self {
        Self { trail, argument: 0 }
    }
}

impl<C> Step<C> for Lesson<'_> {
    /// Another argument for each sample of the lead-in, or the branch predictor would know the first one of the block.
    #[inline(always)]
    fn prepare(&mut self, lead_in_left: usize) {
        self.argument = self.trail.argument() ^ ((lead_in_left as u64) << 32);
    }

    #[inline(always)]
    fn run(&mut self, _clock: &mut C) {
        lesson::step(black_box(self.argument));
    }

    #[inline(always)]
    fn done(&mut self, delta_ticks: u64, lead_in_left: usize) {
        if lead_in_left == 0 {
            self.trail.push(delta_ticks);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;
    use std::vec::Vec;

    #[test]
    fn places_reach_every_line_and_none_more_often_than_chance_has_it() {
        let mut places = Places::FIRST;
        let mut visits = vec![0_u32; LINES];
        (0..LINES * 64).for_each(|_| visits[places.next() % LINES] += 1);
        // 64 are expected, with a standard deviation of 8; 8 of them for 4,096 lines.
        assert!(visits.iter().all(|visits| (20..130).contains(visits)));
    }

    #[test]
    fn places_do_not_come_again_with_a_short_period_and_do_not_go_to_the_neighbour() {
        let mut places = Places::FIRST;
        let all: Vec<usize> = (0..40_000).map(|_| places.next() % LINES).collect();
        for period in 1..=8192 {
            let again = all.iter().zip(&all[period..]).filter(|(one, other)| one == other).count();
            assert!(again < 40, "{again} of {} places come again after {period}", 40_000 - period);
        }
        let near = all.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) < 4).count();
        assert!(near < 120, "{near} of 40,000 steps lead to a neighbour");
    }
}
