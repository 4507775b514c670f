// SPDX-License-Identifier: GPL-2.0-or-later
//! The machine's free page frames, behind a lock.

use baremetal::frames::Frames;
use baremetal::range::PhysRange;
use bootloader_api::info::{MemoryRegion, MemoryRegionKind};
use spin::Mutex;

static FRAMES: Mutex<Frames> = Mutex::new(Frames::new());

/// Takes every usable region of the `BootInfo` in.
pub(super) fn init(regions: &[MemoryRegion]) {
    let mut frames = FRAMES.lock();
    for region in regions.iter().filter(|region| region.kind == MemoryRegionKind::Usable) {
        // A region too many for the list is memory that is not used; nothing depends on it.
        let _ = frames.add(PhysRange::new(region.start, region.end));
    }
}

/// `count` contiguous frames; mapped where they are, content unknown.
pub(crate) fn take(count: u64) -> Option<PhysRange> {
    FRAMES.lock().take(count)
}

/// Gives frames back that [`take`] returned.
pub(crate) fn give_back(range: PhysRange) {
    // A full list loses these frames until the next boot, which is better than to stop.
    let _ = FRAMES.lock().add(range);
}

/// Free bytes in all, and frames of the largest free range.
pub(crate) fn free() -> (u64, u64) {
    let frames = FRAMES.lock();
    (frames.free_bytes(), frames.largest())
}

/// How many free ranges there are.
pub(crate) fn ranges() -> usize {
    FRAMES.lock().free().len()
}

/// Shows every free range to `see`, which must not take frames.
pub(crate) fn for_each_range(see: impl FnMut(&PhysRange)) {
    FRAMES.lock().free().iter().for_each(see);
}
