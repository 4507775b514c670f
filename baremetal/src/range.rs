// SPDX-License-Identifier: GPL-2.0-or-later
//! A half-open range of physical addresses, in bytes.

/// `start..end`, physical, in bytes. Empty where `end <= start`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PhysRange {
    /// First byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
}

/// Bytes of a page frame.
pub const FRAME_BYTES: u64 = 4096;

impl PhysRange {
    /// The range `start..end`.
    #[must_use]
    pub const fn new(start: u64, end: u64) -> Self {
        Self { start, end }
    }

    /// `len` bytes from `start`; ends at the top of the address space where the sum would pass it.
    #[must_use]
    pub const fn with_len(start: u64, len: u64) -> Self {
        Self { start, end: start.saturating_add(len) }
    }

    #[must_use]
    pub const fn len(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.end <= self.start
    }

    /// The part that both ranges have.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        Self { start: self.start.max(other.start), end: self.end.min(other.end) }
    }

    /// What is left of the range to the left and to the right of `hole`.
    #[must_use]
    pub fn without(&self, hole: &Self) -> [Self; 2] {
        if self.intersect(hole).is_empty() {
            return [*self, Self::default()];
        }
        [
            Self { start: self.start, end: hole.start.max(self.start) },
            Self { start: hole.end.min(self.end), end: self.end },
        ]
    }

    /// The whole frames in it.
    #[must_use]
    pub fn frames_inside(&self) -> Self {
        let start = self.start.checked_next_multiple_of(FRAME_BYTES).unwrap_or(u64::MAX);
        Self { start, end: self.end / FRAME_BYTES * FRAME_BYTES }
    }

    /// The whole frames that it touches.
    #[must_use]
    pub fn frames_around(&self) -> Self {
        let end = self.end.checked_next_multiple_of(FRAME_BYTES).unwrap_or(u64::MAX);
        Self { start: self.start / FRAME_BYTES * FRAME_BYTES, end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_leaves_what_is_on_both_sides() {
        let range = PhysRange::new(10, 20);
        let left = |hole| range.without(&hole)[0];
        let right = |hole| range.without(&hole)[1];
        assert_eq!(left(PhysRange::new(12, 15)), PhysRange::new(10, 12));
        assert_eq!(right(PhysRange::new(12, 15)), PhysRange::new(15, 20));
        assert_eq!(left(PhysRange::new(0, 5)), range);
        assert!(left(PhysRange::new(5, 25)).is_empty() && right(PhysRange::new(5, 25)).is_empty());
        assert!(left(PhysRange::new(10, 12)).is_empty());
        assert_eq!(right(PhysRange::new(10, 12)), PhysRange::new(12, 20));
    }

    #[test]
    fn frames_are_rounded_inwards_for_use_and_outwards_for_holes() {
        let range = PhysRange::new(4097, 3 * 4096 + 1);
        assert_eq!(range.frames_inside(), PhysRange::new(8192, 12288));
        assert_eq!(range.frames_around(), PhysRange::new(4096, 16384));
        assert!(PhysRange::new(u64::MAX - 1, u64::MAX).frames_inside().is_empty());
    }
}
