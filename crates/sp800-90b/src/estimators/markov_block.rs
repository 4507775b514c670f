// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the models of `MultiMMC` (§6.3.9) share: their limits, and the block of bits that each of them works on at a time.

use super::race::Verdict;

/// Number of models, which look back at 1 to 16 samples (§6.3.9: D = 16).
pub(super) const DEPTHS: usize = 16;
/// Most (context, follower) pairs in one model (§6.3.9: maxEntries).
pub(super) const MAX_PAIRS: u32 = 100_000;
/// Bits that are worked on at once.
pub(super) const BLOCK: usize = 64;

/// A bit, and the 16 before it (the most recent one lowest).
#[derive(Clone, Copy, Default)]
pub(super) struct Event {
    pub(super) history: u16,
    /// 1 for a one, -1 for a zero.
    pub(super) sign: i8,
}

/// What each model said of a block.
pub(super) type Verdicts = [Verdict; DEPTHS];
