// SPDX-License-Identifier: MIT OR Apache-2.0
//! Contexts: for each sample one number that says what is known before it is taken. Samples with the same context are
//! predicted from each other.

/// One context per sample, numbered from 0.
#[derive(Clone)]
pub(super) struct Contexts {
    ids: Vec<u32>,
    /// One more than the largest number.
    kinds: usize,
}

/// Joined contexts up to this many are numbered by multiplication; beyond that only those that occur get a number.
const SMALL: usize = 1 << 16;

impl Contexts {
    /// The same context for all samples.
    pub(super) fn none(samples: usize) -> Self {
        Self { ids: vec![0; samples], kinds: 1 }
    }

    /// Contexts that are numbers below `kinds` already.
    pub(super) fn numbered(kinds: usize, ids: impl Iterator<Item = u32>) -> Self {
        Self { ids: ids.collect(), kinds }
    }

    pub(super) fn of_symbols(symbols: &[u8]) -> Self {
        Self::numbered(256, symbols.iter().map(|&symbol| u32::from(symbol)))
    }

    /// Any values: equal ones have the same context.
    pub(super) fn of_values(values: &[u64]) -> Self {
        let largest = values.iter().copied().max().unwrap_or(0);
        if largest < SMALL as u64 {
            return Self::numbered(largest as usize + 1, values.iter().map(|&value| value as u32));
        }
        let mut distinct = values.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let id = |value: &u64| distinct.partition_point(|other| other < value) as u32;
        Self::numbered(distinct.len(), values.iter().map(id))
    }

    /// How many different contexts there may be.
    pub(super) fn kinds(&self) -> usize {
        self.kinds
    }

    /// The contexts of `lag` samples earlier; the first ones share a context that nothing else has.
    pub(super) fn earlier(&self, lag: usize) -> Self {
        let lag = lag.min(self.ids.len());
        let before = std::iter::repeat_n(self.kinds as u32, lag);
        let ids = before.chain(self.ids[..self.ids.len() - lag].iter().copied());
        Self::numbered(self.kinds + 1, ids)
    }

    /// Both contexts together.
    pub(super) fn joined(&self, other: &Self) -> Self {
        if self.kinds.saturating_mul(other.kinds) <= SMALL {
            let kinds = other.kinds as u32;
            let ids = self.ids.iter().zip(&other.ids).map(|(&a, &b)| a * kinds + b);
            return Self::numbered(self.kinds * other.kinds, ids);
        }
        let grouped = self.sorted(&other.sorted(&(0..self.ids.len() as u32).collect::<Vec<_>>()).0);
        let mut ids = vec![0; self.ids.len()];
        let (mut last, mut kinds) = (None, 0_u32);
        for at in grouped.0 {
            let at = at as usize;
            let pair = Some((self.ids[at], other.ids[at]));
            if last.is_some() && pair != last {
                kinds += 1;
            }
            last = pair;
            ids[at] = kinds;
        }
        Self { ids, kinds: kinds as usize + 1 }
    }

    /// The samples grouped by context, in each group in their order; and where each group ends.
    pub(super) fn groups(&self) -> (Vec<u32>, Vec<u32>) {
        self.sorted(&(0..self.ids.len() as u32).collect::<Vec<_>>())
    }

    /// Counting sort of samples by context; it keeps the order of equal ones.
    fn sorted(&self, samples: &[u32]) -> (Vec<u32>, Vec<u32>) {
        let mut ends = vec![0_u32; self.kinds];
        for &id in &self.ids {
            ends[id as usize] += 1;
        }
        let mut begin = 0;
        for end in &mut ends {
            begin += std::mem::replace(end, begin);
        }
        let mut sorted = vec![0; samples.len()];
        for &sample in samples {
            let place = &mut ends[self.ids[sample as usize] as usize];
            sorted[*place as usize] = sample;
            *place += 1;
        }
        (sorted, ends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_grouped_in_their_order() {
        let contexts = Contexts::of_values(&[5, 1 << 40, 5, 7]);
        assert_eq!(contexts.groups(), (vec![0, 2, 3, 1], vec![2, 3, 4]));
        let earlier = contexts.earlier(1);
        assert_eq!(earlier.ids, [3, 0, 2, 0]);
    }

    #[test]
    fn joined_contexts_are_equal_where_both_are() {
        let a: Vec<u64> = (0..2_000).map(|at| at % 3).collect();
        let b: Vec<u64> = (0..2_000).map(|at| (at * at % 7) << 30).collect();
        let wide: Vec<u64> = (0..2_000).map(|at| at % 90 * 1_000).collect();
        for b in [b, wide] {
            let joined = Contexts::of_values(&a).joined(&Contexts::of_values(&b));
            for i in 0..200 {
                for j in 0..200 {
                    let equal = (a[i], b[i]) == (a[j], b[j]);
                    assert_eq!(joined.ids[i] == joined.ids[j], equal, "{i} {j}");
                }
            }
        }
    }
}
