// SPDX-License-Identifier: GPL-2.0-or-later
//! Which line of the buffer each sample of `dram` and `flush` goes to: the same after every start, so that anyone who has the
//! program knows it. The informed assessment guesses with it.

use crate::health::STARTUP_SAMPLES;
use crate::workload::{LINES, Places};

/// The lines of a source's samples, request by request, as the sampler goes through them.
#[derive(Debug)]
pub struct SampleLines {
    places: Places,
    block_samples: usize,
    lead_in_samples: usize,
}

impl SampleLines {
    /// As after [`EntropySource::new`](crate::EntropySource::new): behind the startup test and `init_turns` samples, on a
    /// clock with this lead-in ([`Clock::lead_in_samples`](crate::Clock::lead_in_samples)). `block_samples` is
    /// [`BLOCK_SAMPLES`](crate::BLOCK_SAMPLES), or what it was for an engine of another version.
    #[must_use]
    pub fn after_start(init_turns: u32, block_samples: usize, lead_in_samples: usize) -> Self {
        let mut lines = Self { places: Places::FIRST, block_samples, lead_in_samples };
        lines.request(STARTUP_SAMPLES as usize).for_each(drop);
        lines.request(init_turns as usize).for_each(drop);
        lines
    }

    /// The line of each sample of the next request; of raw noise, of a round of hashing, or of a piece of the stream. All
    /// of it must be taken before the next.
    pub fn request(&mut self, samples: usize) -> impl Iterator<Item = usize> {
        (0..samples).map(|number| {
            let lead_in = if number % self.block_samples == 0 { self.lead_in_samples } else { 0 };
            for _ in 0..lead_in {
                self.places.next();
            }
            self.places.next() % LINES
        })
    }
}
