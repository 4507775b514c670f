// SPDX-License-Identifier: GPL-2.0-or-later
//! The seed output as `rand_core`'s fallible generator, so that other Rust code can take its seeds from here. There is
//! deliberately none for the stream: the stream is not for seeding.

use rand_core::{TryCryptoRng, TryRng};

use crate::clock::Clock;
use crate::error::Error;
use crate::source::EntropySource;

/// The seed output of an entropy source. Every call conditions new samples; nothing is kept between calls.
#[derive(Debug)]
pub struct SeedRng<'s, 'm, C> {
    source: &'s mut EntropySource<'m, C>,
}

impl<'m, C: Clock> EntropySource<'m, C> {
    /// The seed output for code that takes a [`TryRng`].
    pub const fn seed_rng(&mut self) -> SeedRng<'_, 'm, C> {
        SeedRng { source: self }
    }
}

impl<C: Clock> TryRng for SeedRng<'_, '_, C> {
    type Error = Error;

    fn try_next_u32(&mut self) -> Result<u32, Error> {
        let mut bytes = [0; 4];
        self.source.seed(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Error> {
        let mut bytes = [0; 8];
        self.source.seed(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Error> {
        self.source.seed(out)
    }
}

/// By the claim of the source's parameters, which the user of a source has to have assessed.
impl<C: Clock> TryCryptoRng for SeedRng<'_, '_, C> {}
