// SPDX-License-Identifier: GPL-2.0-or-later
//! The buffer in which samples stay while they are taken: the largest free range of frames, so that a job has
//! as few pauses for writing as this machine's memory allows.

use baremetal::range::PhysRange;

use super::frames;

/// Takes up to `words` words, fewer where memory is short; for the rest of the run. `None` where there is
/// not even one frame.
pub(crate) fn take(words: usize) -> Option<&'static mut [u64]> {
    let wanted = (words as u64 * 8).div_ceil(baremetal::range::FRAME_BYTES).max(1);
    let range = frames::take(wanted.min(frames::free().1))?;
    Some(words_of(range))
}

fn words_of(range: PhysRange) -> &'static mut [u64] {
    let words = (range.len() / 8) as usize;
    let place = range.start as *mut u64;
    // SAFETY: the frames were taken for good, are mapped where they are, writable and aligned; zeroing makes
    // them initialised.
    unsafe {
        place.write_bytes(0, words);
        core::slice::from_raw_parts_mut(place, words)
    }
}
