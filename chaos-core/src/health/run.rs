// SPDX-License-Identifier: GPL-2.0-or-later
//! Equalities in a row.

/// A count of equalities in a row, by the samples' numbers: it costs nothing while there are none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    next_number: u64,
    length: u32,
    longest: u32,
}

impl Run {
    pub(super) const NONE: Self = Self { next_number: 0, length: 0, longest: 0 };

    /// Sample `number` has the equality.
    pub(super) fn go_on(&mut self, number: u64) {
        self.length = if number == self.next_number { self.length.saturating_add(1) } else { 1 };
        self.next_number = number.wrapping_add(1);
        self.longest = self.longest.max(self.length);
    }

    /// The length of the run that is still going on when `number` is the next sample.
    pub(super) const fn length_before(&self, number: u64) -> u32 {
        if self.next_number == number { self.length } else { 0 }
    }

    /// The longest run since the last [`Run::NONE`].
    pub(super) const fn longest(&self) -> u32 {
        self.longest
    }
}
