// SPDX-License-Identifier: GPL-2.0-or-later
//! The workload: the step whose duration is one sample. Which one it is belongs to a run's provenance, because the
//! noise is that of the step.

use core::hint::black_box;

use chaos_vocab::{MEMORY_BYTES, Workload};

use crate::clock::Clock;
use crate::mixer::Mixer;

/// Reads and writes of one memory step.
const MEMORY_ACCESSES: u32 = 32;
/// Mixer rounds of one hash step.
const HASH_ROUNDS: u32 = 32;

/// The buffer and where the walk through it stands.
#[derive(Debug)]
pub(crate) struct Walk<'m> {
    memory: &'m mut [u8],
    place: usize,
}

impl<'m> Walk<'m> {
    pub(crate) const fn new(memory: &'m mut [u8]) -> Self {
        Self { memory, place: 0 }
    }

    pub(crate) const fn len_bytes(&self) -> usize {
        self.memory.len()
    }

    /// As it was before the first step.
    pub(crate) fn rewind(&mut self) {
        self.memory.fill(0);
        self.place = 0;
    }

    /// One memory step. The places come from a full-period congruence (Hull and Dobell: multiplier 1 modulo 4, odd
    /// increment), which visits every byte once in [`MEMORY_BYTES`] and which a prefetcher does not follow.
    #[inline(never)]
    fn step(&mut self) {
        let mut place = self.place;
        for _ in 0..MEMORY_ACCESSES {
            place = place.wrapping_mul(166_285).wrapping_add(110_503) % MEMORY_BYTES;
            if let Some(byte) = self.memory.get_mut(place) {
                *black_box(&mut *byte) = byte.wrapping_add(1);
            }
        }
        self.place = black_box(place);
    }
}

/// One hash step. Its result is thrown away: only its duration counts.
#[inline(never)]
fn hash_step(begin: u64) {
    let mut mixer = Mixer::new();
    for round in 0..HASH_ROUNDS {
        mixer.absorb(black_box(begin ^ u64::from(round)));
    }
    black_box(mixer.word());
}

/// One step of any workload but `pause`, which the sampling loop has in line.
#[inline(never)]
pub(crate) fn long_step<C: Clock>(
    workload: Workload,
    clock: &mut C,
    walk: &mut Walk<'_>,
    begin: u64,
) {
    match workload {
        Workload::Pause => clock.relax(),
        Workload::Memory => walk.step(),
        Workload::Hash => hash_step(begin),
        Workload::Combined => {
            clock.relax();
            walk.step();
            hash_step(begin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    #[test]
    fn the_walk_touches_every_byte_once_before_any_twice() {
        let mut memory = vec![0; MEMORY_BYTES];
        let mut walk = Walk::new(&mut memory);
        for _ in 0..MEMORY_BYTES as u32 / MEMORY_ACCESSES {
            walk.step();
        }
        assert!(walk.memory.iter().all(|&byte| byte == 1));
        walk.step();
        assert_eq!(walk.memory.iter().filter(|&&byte| byte == 2).count(), MEMORY_ACCESSES as usize);
        walk.rewind();
        assert!(walk.place == 0 && walk.memory.iter().all(|&byte| byte == 0));
    }

    #[test]
    fn the_walk_does_not_go_from_neighbour_to_neighbour() {
        let mut memory = vec![0; MEMORY_BYTES];
        let mut walk = Walk::new(&mut memory);
        walk.step();
        let places: vec::Vec<usize> =
            (0..MEMORY_BYTES).filter(|&place| walk.memory[place] == 1).collect();
        let near = places.windows(2).filter(|pair| pair[1] - pair[0] < 64).count();
        assert!(places.len() == MEMORY_ACCESSES as usize && near <= 2, "{places:?}");
    }
}
