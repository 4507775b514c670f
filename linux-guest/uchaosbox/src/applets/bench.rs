// SPDX-License-Identifier: GPL-2.0-or-later
//! `bench`: how fast raw noise, stream and seed are, by the kernel's clock.

use core::fmt::Write as _;

use chaos_wire::{Request, Sampler as _};

use crate::applets::show::{failed, open};
use crate::applets::views::unwritten;
use crate::applets::{Stop, system};
use crate::run::map;
use crate::run::output::Stdout;
use crate::run::syscall::monotonic_ns;

/// Samples of raw noise, and words of the stream, that are timed.
const WORDS: usize = 1 << 18;
/// Bytes of seed that are timed.
const SEED_BYTES: usize = 256;

pub(crate) fn run(request: &Request) -> Result<(), Stop> {
    let mut machine = open(request)?;
    let words = map::words(WORDS).map_err(system("mapping a buffer"))?;
    let timed = |begin_ns: u64| monotonic_ns().saturating_sub(begin_ns).max(1);

    let begin_ns = monotonic_ns();
    machine.raw(words).map_err(failed)?;
    let raw_ns = timed(begin_ns);
    let begin_ns = monotonic_ns();
    machine.stream(bytemuck::cast_slice_mut(words)).map_err(failed)?;
    let stream_ns = timed(begin_ns);
    let begin_ns = monotonic_ns();
    let mut seed = [0; SEED_BYTES];
    machine.seed(&mut seed).map_err(failed)?;
    let seed_ns = timed(begin_ns);

    let samples = WORDS as u64;
    write!(
        Stdout,
        "raw_ns_per_sample={}\nstream_kb_per_s={}\nseed_bytes_per_s={}\n",
        raw_ns / samples,
        samples * 8 * 1_000_000 / stream_ns,
        SEED_BYTES as u64 * 1_000_000_000 / seed_ns
    )
    .map_err(unwritten)
}
