// SPDX-License-Identifier: GPL-2.0-or-later
//! The clock: where every sample comes from. The engine is generic over it, so that the same code runs on the
//! hardware counter, on recorded ticks and on clocks that are made to fail.

/// A counter that the noise source reads, and the wait between two reads.
pub trait Clock {
    /// The counter now, in ticks. It may wrap; a step backwards is noticed and bounded by the caller.
    fn ticks(&mut self) -> u64;

    /// The counter where a stretch of samples begins, so that what the engine did before is not in the first of
    /// them. A hardware counter is just read; a clock that plays a list answers without advancing.
    #[inline(always)]
    fn mark(&mut self) -> u64 {
        self.ticks()
    }

    /// The shortest wait that the machine offers between two reads (`pause` on x86).
    fn relax(&mut self);

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
