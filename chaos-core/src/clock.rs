// SPDX-License-Identifier: GPL-2.0-or-later
//! The clock: where every sample comes from. The engine is generic over it, so that the same code runs on the hardware
//! counter, on recorded ticks and on clocks that are made to fail.

use chaos_vocab::Workload;

/// Bytes of a cache line.
pub const LINE_BYTES: usize = 64;

/// The lead-in on the machine's counter ([`Clock::lead_in_samples`]) of the workloads that use the buffer.
pub const BUFFER_LEAD_IN_SAMPLES: usize = 16;

/// A line of the buffer that workloads work in. It lies within one cache line if the buffer is aligned, and no
/// workload depends on that: each touches the first word only.
pub type Line = [u8; LINE_BYTES];

/// A counter that the noise source reads, and the machine operations that are timed with it. Every operation has one
/// path: what it does depends on nothing but its arguments, and how long it takes on the machine only.
pub trait Clock {
    /// Samples at the beginning of each block that are not handed out, because the work before the block could touch
    /// their intervals; 128 at most. They go through the same loop, so that identical iterations precede every sample that is
    /// handed out. None where nothing comes before: on a clock that plays a list.
    fn lead_in_samples(&self, _workload: Workload) -> usize {
        0
    }

    /// Reads the counter at the beginning of an interval: after everything before is done, and before anything after
    /// begins. A clock that plays a list answers without going on in it.
    fn begin(&mut self) -> u64;

    /// Reads the counter at the end of an interval, after all that is in it is done, in ticks. It may wrap; a step
    /// backwards is noticed and bounded by the caller.
    fn ticks(&mut self) -> u64;

    /// The shortest wait that the machine offers (`pause` on x86).
    fn relax(&mut self);

    /// Stores the line's first word to memory past the caches, waits for that, and loads it back. A clock that plays a
    /// list does not see it.
    fn store_and_load(&mut self, _line: &mut Line) {}

    /// Removes the line from all caches, waits for that, and loads its first word. A clock that plays a list does not see
    /// it.
    fn flush_and_load(&mut self, _line: &mut Line) {}

    /// Waits for the next tick of the machine's real-time clock, and says whether it came. A clock that plays a list does
    /// not see it.
    fn wait_for_real_time_clock(&mut self) -> bool {
        true
    }

    /// Whether the machine has the instructions and devices of a workload.
    fn supports(&self, _workload: Workload) -> bool {
        true
    }

    /// Ticks that pass during `units` units of fixed work. The startup check compares them: a clock that measures time
    /// follows the work.
    fn time_work(&mut self, units: u32) -> u64;

    /// What kind of clock this is. A result made with anything but [`ClockKind::Counter`] must say so.
    fn kind(&self) -> ClockKind;
}

/// Where a clock's ticks come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockKind {
    /// A counter of the machine, real or emulated.
    Counter,
    /// Ticks recorded earlier.
    Replay,
    /// Ticks computed by a rule: no entropy at all.
    Synthetic,
}

impl ClockKind {
    /// The word for it in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Replay => "replay",
            Self::Synthetic => "synthetic",
        }
    }
}
