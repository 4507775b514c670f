// SPDX-License-Identifier: GPL-2.0-or-later
//! The processor's own generator, by its two instructions.

use anyhow::{Result, anyhow};
use rand_jitter::rand_core::TryRng;
use rdrand::{RdRand, RdSeed};

use crate::source::{Description, Source};

const NO_RAW: &str = "the processor provides conditioned output only";

/// One of the two instructions.
pub(crate) struct Processor<R> {
    instruction: R,
    claim: &'static str,
}

pub(crate) fn rdseed() -> Result<Processor<RdSeed>> {
    let missing = |error| anyhow!("this processor has no RDSEED ({error})");
    let claim =
        "full entropy: a conditioned noise source (SP 800-90B and C, according to the vendor)";
    Ok(Processor { instruction: RdSeed::new().map_err(missing)?, claim })
}

pub(crate) fn rdrand() -> Result<Processor<RdRand>> {
    let missing = |error| anyhow!("this processor has no RDRAND ({error})");
    let claim = "the output of a generator (SP 800-90A, according to the vendor) that RDSEED's source reseeds";
    Ok(Processor { instruction: RdRand::new().map_err(missing)?, claim })
}

impl<R: TryRng> Source for Processor<R> {
    fn description(&mut self) -> Result<Description> {
        Ok(Description {
            version: String::new(),
            claim: self.claim.to_owned(),
            claim_bits_per_sample: None,
            no_raw: Some(NO_RAW.to_owned()),
        })
    }

    fn output(&mut self, bytes: &mut [u8]) -> Result<()> {
        self.instruction
            .try_fill_bytes(bytes)
            .map_err(|error| anyhow!("the instruction failed too often: {error}"))
    }
}
