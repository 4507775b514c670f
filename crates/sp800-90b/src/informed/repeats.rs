// SPDX-License-Identifier: MIT OR Apache-2.0
//! Long repeats: where the last samples have occurred before, in this boot or in another one, the same samples are
//! expected to follow. This finds repeats at any distance, and goes on after samples that were inserted or lost.

/// Follows the latest occurrence of the last `length` symbols.
pub(super) struct Follower<'a> {
    text: &'a [u8],
    length: usize,
    /// For each hash of `length` symbols the place in `text` after its latest occurrence, plus 1; 0 for none.
    places: Vec<u32>,
    /// The place in `text` that is expected next.
    followed: Option<usize>,
}

impl<'a> Follower<'a> {
    /// Follows `text`, a boot that is known as a whole.
    pub(super) fn known(text: &'a [u8], length: usize) -> Self {
        let mut follower = Self::learning(text, length);
        (length..text.len()).for_each(|end| follower.remember(end));
        follower
    }

    /// Follows the samples themselves; [`Follower::next_in_own_past`] learns them one after the other.
    pub(super) fn learning(text: &'a [u8], length: usize) -> Self {
        let places = vec![0; (text.len() * 2).next_power_of_two()];
        Self { text, length, places, followed: None }
    }

    /// The symbol expected at `at` of `samples`, which are not those of the text.
    pub(super) fn next_of(&mut self, samples: &[u8], at: usize) -> Option<u8> {
        self.follow(samples, at)
    }

    /// The symbol expected at `at` of the text itself, of which only what comes before is known.
    pub(super) fn next_in_own_past(&mut self, at: usize) -> Option<u8> {
        let text = self.text;
        let next = self.follow(text, at);
        if at >= self.length {
            self.remember(at);
        }
        next
    }

    fn follow(&mut self, samples: &[u8], at: usize) -> Option<u8> {
        let last = *samples.get(at.checked_sub(1)?)?;
        self.followed = match self.followed {
            Some(place) if self.text.get(place) == Some(&last) => Some(place + 1),
            _ => self.look_up(samples, at),
        };
        self.text.get(self.followed?).copied()
    }

    fn look_up(&self, samples: &[u8], at: usize) -> Option<usize> {
        let wanted = &samples[at.checked_sub(self.length)?..at];
        let place = (self.places[self.slot(wanted)] as usize).checked_sub(1)?;
        (&self.text[place - self.length..place] == wanted).then_some(place)
    }

    fn remember(&mut self, end: usize) {
        let slot = self.slot(&self.text[end - self.length..end]);
        self.places[slot] = end as u32 + 1;
    }

    fn slot(&self, symbols: &[u8]) -> usize {
        let hash = symbols.iter().fold(0_u64, |hash, &symbol| {
            (hash.rotate_left(5) ^ u64::from(symbol)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        });
        (hash >> 20) as usize & (self.places.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_noise;

    fn noise(len: usize, seed: u64) -> Vec<u8> {
        test_noise::symbols(4, seed).take(len).collect()
    }

    #[test]
    fn another_boot_is_followed_through_a_loss_and_an_insertion() {
        let known = noise(10_000, 1);
        let samples = [&known[..3_000], &[7, 7, 7], &known[3_050..]].concat();
        let mut follower = Follower::known(&known, 8);
        let hits = (0..samples.len())
            .filter(|&at| follower.next_of(&samples, at) == Some(samples[at]))
            .count();
        assert!(hits > samples.len() - 40, "{hits} of {}", samples.len());
    }

    #[test]
    fn only_the_past_is_known() {
        let piece = noise(5_000, 2);
        let text = [piece.clone(), piece].concat();
        let mut follower = Follower::learning(&text, 8);
        let hits: Vec<bool> =
            (0..text.len()).map(|at| follower.next_in_own_past(at) == Some(text[at])).collect();
        assert!(hits[..5_000].iter().filter(|&&hit| hit).count() < 50);
        assert!(hits[5_008..].iter().all(|&hit| hit));
    }
}
