// SPDX-License-Identifier: MIT OR Apache-2.0
//! Counts of repeated tuples by length, as they are found.

use super::tuple_counts::Count;

/// A tuple that occurs at two places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) len: usize,
    pub(super) places: (usize, usize),
}

/// What was counted.
///
/// Tuples of up to `floor` symbols are counted whole. For longer ones there are pairs of suffixes, by how many symbols they
/// share.
pub(super) struct Tally {
    floor: usize,
    /// By length: occurrences of the most common tuple, at least if they are many.
    largest: Vec<u64>,
    /// By length up to `floor`: pairs of equal tuples.
    pairs: Vec<u64>,
    /// By length above `floor`: pairs that share just so many symbols, as differences that wrap around.
    ends: Vec<u64>,
    pub(super) longest: Option<Found>,
}

impl Tally {
    pub(super) fn new(floor: usize) -> Self {
        Self {
            floor,
            largest: vec![0; floor + 1],
            pairs: vec![0; floor + 1],
            ends: vec![0; floor + 1],
            longest: None,
        }
    }

    /// Counts of all tuples of one length, which is not above `floor`.
    pub(super) fn add_counts<C: Count>(&mut self, length: usize, counts: &[C]) {
        let largest = counts.iter().copied().max().map_or(0, Into::into);
        self.largest[length] = self.largest[length].max(largest);
        self.pairs[length] += C::pairs(counts);
    }

    /// A pair of suffixes that share so many symbols, more than `floor` or not.
    pub(super) fn add_pair(&mut self, shared: usize, places: impl FnOnce() -> (usize, usize)) {
        self.add_pairs(shared, 1);
        self.note_repeat(shared, places);
    }

    /// So many pairs of suffixes that share `shared` symbols, fewer than the longest repeat.
    pub(super) fn add_pairs(&mut self, shared: usize, pairs: u64) {
        if pairs == 0 {
            return;
        }
        if shared >= self.ends.len() {
            self.ends.resize(shared + 1, 0);
        }
        self.ends[shared] = self.ends[shared].wrapping_add(pairs);
    }

    /// Notes where a tuple repeats. The longest one stays, and of several the first, so that the order in which they are
    /// found does not matter.
    #[inline]
    pub(super) fn note_repeat(&mut self, len: usize, places: impl FnOnce() -> (usize, usize)) {
        let longest = self.longest.map_or(0, |found| found.len);
        if len < longest.max(1) {
            return;
        }
        let places = places();
        if len > longest || self.longest.is_some_and(|found| places < found.places) {
            self.longest = Some(Found { len, places });
        }
    }

    /// Suffixes in order, of which neighbours share so many symbols.
    ///
    /// Each interval of suffixes that share `depth` symbols, inside one that shares only `parent`, holds the same tuples of
    /// every length in `parent + 1..=depth`.
    pub(super) fn add_sorted(&mut self, lcp: impl Iterator<Item = u32> + Clone) {
        let deepest = lcp.clone().max().unwrap_or(0) as usize;
        let len = self.ends.len().max(deepest + 1);
        self.ends.resize(len, 0);
        self.largest.resize(len.max(self.largest.len()), 0);
        // Open intervals: depth, and the rank of the first suffix.
        let mut open: Vec<(u32, usize)> = vec![(0, 0)];
        for (rank, depth) in (1..).zip(lcp.chain([0])) {
            let mut first = rank - 1;
            while let Some(&(top, top_first)) = open.last() {
                if top <= depth {
                    break;
                }
                open.pop();
                let parent = open.last().map_or(0, |&(below, _)| below).max(depth) as usize;
                let size = (rank - top_first) as u64;
                let top = top as usize;
                self.largest[top] = self.largest[top].max(size);
                let choose_2 = size * (size - 1) / 2;
                self.ends[top] = self.ends[top].wrapping_add(choose_2);
                self.ends[parent] = self.ends[parent].wrapping_sub(choose_2);
                first = top_first;
            }
            if open.last().is_some_and(|&(top, _)| top < depth) {
                open.push((depth, first));
            }
        }
    }

    /// Adds what another one counted.
    pub(super) fn merge(&mut self, other: &Self) {
        for (ours, theirs) in [
            (&mut self.largest, &other.largest),
            (&mut self.pairs, &other.pairs),
            (&mut self.ends, &other.ends),
        ] {
            if ours.len() < theirs.len() {
                ours.resize(theirs.len(), 0);
            }
        }
        for (ours, theirs) in self.largest.iter_mut().zip(&other.largest) {
            *ours = (*ours).max(*theirs);
        }
        for (ours, theirs) in self.pairs.iter_mut().zip(&other.pairs) {
            *ours += theirs;
        }
        for (ours, theirs) in self.ends.iter_mut().zip(&other.ends) {
            *ours = ours.wrapping_add(*theirs);
        }
        if let Some(found) = other.longest {
            self.note_repeat(found.len, || found.places);
        }
    }

    /// By length from 1 to that of the longest repeat: occurrences of the most common tuple (exact where they are many),
    /// and pairs of equal tuples.
    pub(super) fn by_length(mut self) -> (Vec<u64>, Vec<u64>) {
        let len = self.ends.len().max(self.largest.len());
        self.ends.resize(len, 0);
        self.largest.resize(len, 0);
        for length in (self.floor + 1..len).rev() {
            let (largest, pairs) = self
                .largest
                .get(length + 1)
                .map_or((0, 0), |&largest| (largest, self.ends[length + 1]));
            self.largest[length] = self.largest[length].max(largest);
            self.ends[length] = self.ends[length].wrapping_add(pairs);
        }
        let longer = self.ends.get(self.floor + 1..).unwrap_or(&[]);
        let mut pairs = [&self.pairs[1..], longer].concat();
        let longest = pairs.iter().rposition(|&pairs| pairs > 0).map_or(0, |last| last + 1);
        pairs.truncate(longest);
        (self.largest[1..=longest].to_vec(), pairs)
    }
}
