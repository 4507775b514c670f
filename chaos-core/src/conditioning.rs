// SPDX-License-Identifier: GPL-2.0-or-later
//! Conditioning: SHA-256, a vetted function (SP 800-90B §3.1.5.1.1), over enough samples for full entropy.

use sha2::{Digest, Sha256};

pub const BLOCK_BYTES: usize = 32;

/// Assessed min-entropy that goes into one block, in bits: 64 more than come out, so that the output has full entropy
/// (SP 800-90C §3.1: 64 bits more in than out).
pub const INPUT_BITS: u32 = 320;

/// Samples taken between two looks at the credit. They are hashed between blocks, so that no interval has the hash in it.
pub const ROUND_SAMPLES: usize = 128;

/// Samples that may be taken for a block, in multiples of those needed, before the source counts as stuck.
pub(crate) const MOST_OVERSAMPLING: u64 = 16;

/// Samples that have to earn credit for one block.
#[must_use]
pub const fn samples_per_block(claim_millibits: u32) -> u32 {
    let claim = if claim_millibits == 0 { 1 } else { claim_millibits };
    (INPUT_BITS * 1000).div_ceil(claim)
}

/// One block in the making.
pub(crate) struct Conditioner {
    hash: Sha256,
}

impl Conditioner {
    /// `supplement` goes in first and is credited with nothing.
    pub(crate) fn new(supplement: u64) -> Self {
        let mut hash = Sha256::new();
        hash.update(supplement.to_le_bytes());
        Self { hash }
    }

    /// Adds a raw sample, as 8 bytes, little-endian.
    pub(crate) fn add(&mut self, sample: u64) {
        self.hash.update(sample.to_le_bytes());
    }

    pub(crate) fn finish(self) -> [u8; BLOCK_BYTES] {
        self.hash.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chaos_vocab::CLAIMS_MILLIBITS;

    #[test]
    fn a_block_has_320_bits_by_the_claim_and_no_sample_to_spare() {
        for claim in CLAIMS_MILLIBITS {
            let samples = samples_per_block(claim);
            assert!(samples * claim >= 320_000 && (samples - 1) * claim < 320_000, "claim {claim}");
        }
        assert_eq!(samples_per_block(125), 2560);
    }
}
