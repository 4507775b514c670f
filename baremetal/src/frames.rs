// SPDX-License-Identifier: GPL-2.0-or-later
//! Physical page frames: a sorted list of free ranges. Devices want contiguous frames and the sample buffer
//! wants the largest range there is, so a list of ranges answers better than a bitmap, and takes 1 KiB.

use crate::range::{FRAME_BYTES, PhysRange};

/// Free ranges that can be kept apart.
const RANGES_MAX: usize = 64;

/// The free frames, as ranges sorted by address with no two touching.
#[derive(Debug)]
pub struct Frames {
    free: [PhysRange; RANGES_MAX],
    len: usize,
}

/// The list of free ranges is full; the range given back is lost until the next boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListFull;

impl Frames {
    #[must_use]
    pub const fn new() -> Self {
        Self { free: [PhysRange::new(0, 0); RANGES_MAX], len: 0 }
    }

    /// Adds whole frames to the free ones; joins neighbours. Used at boot, and to give frames back.
    ///
    /// # Errors
    /// Returns [`ListFull`].
    ///
    /// # Panics
    /// When frames of the range are free already: they would be handed out twice.
    pub fn add(&mut self, range: PhysRange) -> Result<(), ListFull> {
        let range = range.frames_inside();
        if range.is_empty() {
            return Ok(());
        }
        let index =
            self.free().iter().position(|free| free.start >= range.start).unwrap_or(self.len);
        let overlaps = |free: &PhysRange| !free.intersect(&range).is_empty();
        assert!(!self.free().iter().any(overlaps), "frames at {:#x} are free already", range.start);

        let joins_left = index > 0 && self.free[index - 1].end == range.start;
        let joins_right = index < self.len && self.free[index].start == range.end;
        match (joins_left, joins_right) {
            (true, true) => {
                self.free[index - 1].end = self.free[index].end;
                self.remove(index);
            }
            (true, false) => self.free[index - 1].end = range.end,
            (false, true) => self.free[index].start = range.start,
            (false, false) => {
                if self.len == RANGES_MAX {
                    return Err(ListFull);
                }
                self.free.copy_within(index..self.len, index + 1);
                self.free[index] = range;
                self.len += 1;
            }
        }
        Ok(())
    }

    /// Takes `frames` contiguous frames from the smallest range that has them, so that the large ones stay
    /// whole. `None` where no range does, and for no frames.
    pub fn take(&mut self, frames: u64) -> Option<PhysRange> {
        let bytes = frames.checked_mul(FRAME_BYTES).filter(|bytes| *bytes > 0)?;
        let fits = self.free().iter().enumerate().filter(|(_, free)| free.len() >= bytes);
        let index = fits.min_by_key(|(_, free)| free.len())?.0;
        let free = &mut self.free[index];
        let taken = PhysRange::with_len(free.start, bytes);
        free.start = taken.end;
        if free.is_empty() {
            self.remove(index);
        }
        Some(taken)
    }

    /// Frames in the largest free range.
    #[must_use]
    pub fn largest(&self) -> u64 {
        self.free().iter().map(PhysRange::len).max().unwrap_or(0) / FRAME_BYTES
    }

    /// The free ranges, by address.
    #[must_use]
    pub fn free(&self) -> &[PhysRange] {
        &self.free[..self.len]
    }

    /// Free bytes in all.
    #[must_use]
    pub fn free_bytes(&self) -> u64 {
        self.free().iter().map(PhysRange::len).sum()
    }

    fn remove(&mut self, index: usize) {
        self.free.copy_within(index + 1..self.len, index);
        self.len -= 1;
    }
}

impl Default for Frames {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(ranges: &[(u64, u64)]) -> Frames {
        let mut frames = Frames::new();
        for (start, end) in ranges {
            frames.add(PhysRange::new(start * FRAME_BYTES, end * FRAME_BYTES)).unwrap();
        }
        frames
    }

    #[test]
    fn the_smallest_range_that_fits_is_used_and_the_large_one_stays_whole() {
        let mut frames = frames(&[(100, 200), (10, 14), (20, 30)]);
        assert_eq!(frames.take(3), Some(PhysRange::new(10 * FRAME_BYTES, 13 * FRAME_BYTES)));
        assert_eq!(frames.largest(), 100);
        assert_eq!(frames.take(11).map(|range| range.start), Some(100 * FRAME_BYTES));
        assert_eq!((frames.take(90), frames.take(0), frames.take(u64::MAX)), (None, None, None));
    }

    #[test]
    fn everything_given_back_in_any_order_is_one_range_again() {
        let mut frames = frames(&[(0, 64)]);
        let pieces: std::vec::Vec<_> = (0..16).map(|_| frames.take(4).unwrap()).collect();
        assert_eq!(frames.free_bytes(), 0);
        for index in [3, 1, 2, 0, 15, 9, 8, 7, 10, 11, 14, 12, 13, 4, 6, 5] {
            frames.add(pieces[index]).unwrap();
        }
        assert_eq!(frames.free(), [PhysRange::new(0, 64 * FRAME_BYTES)]);
    }

    #[test]
    #[should_panic(expected = "free already")]
    fn a_frame_given_back_twice_is_noticed() {
        frames(&[(0, 64), (62, 65)]);
    }

    #[test]
    fn a_list_that_is_full_says_so() {
        let mut frames = Frames::new();
        let page = |index: u64| PhysRange::with_len(index * 2 * FRAME_BYTES, FRAME_BYTES);
        assert!((0..RANGES_MAX as u64).all(|index| frames.add(page(index)).is_ok()));
        assert_eq!(frames.add(page(1000)), Err(ListFull));
        assert!(
            frames.add(PhysRange::with_len(FRAME_BYTES, FRAME_BYTES)).is_ok(),
            "it joins two neighbours"
        );
    }
}
