// SPDX-License-Identifier: GPL-2.0-or-later
//! Crate `rand_jitter`, a translation of jitterentropy 2.1 to Rust.

use anyhow::{Context, Result};
use rand_jitter::JitterRng;
use rand_jitter::rand_core::Rng as _;

use crate::source::{Description, Source};

const VERSION: &str = "0.6.1";

struct RandJitter<F>(JitterRng<F>);

/// Opens it as its users do: with the system's clock, and with as many rounds per word as its own test requires.
pub(crate) fn open() -> Result<Box<dyn Source>> {
    let generator = JitterRng::new().context("starting rand_jitter")?;
    Ok(Box::new(RandJitter(generator)))
}

impl<F: Fn() -> u64 + Send + Sync> Source for RandJitter<F> {
    fn description(&mut self) -> Result<Description> {
        let rounds = self.0.test_timer().context("rand_jitter's test of the timer")?;
        Ok(Description {
            version: VERSION.to_owned(),
            claim: format!(
                "64 bits per word of {rounds} samples, as its timer test requires here; its documentation says: not for cryptography"
            ),
            claim_bits_per_sample: Some(64.0 / f64::from(rounds)),
            no_raw: None,
        })
    }

    fn raw(&mut self, deltas: &mut [u64]) -> Result<()> {
        // Its function for assessments; negative if the system's clock steps back.
        deltas.fill_with(|| self.0.timer_stats(true).unsigned_abs());
        Ok(())
    }

    fn output(&mut self, bytes: &mut [u8]) -> Result<()> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}
