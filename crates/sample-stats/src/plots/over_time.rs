// SPDX-License-Identifier: GPL-2.0-or-later
//! Deltas over the run: steps, drifts and bursts show here and in no histogram.

use super::Envelope;

/// Stretches across the plot.
const STRETCHES: usize = 160;

/// Smallest, middle and largest delta of successive stretches.
#[must_use]
pub fn envelope(delta_ticks: &[u64]) -> Option<Envelope> {
    if delta_ticks.is_empty() {
        return None;
    }
    let stretch = delta_ticks.len().div_ceil(STRETCHES);
    let mut envelope = Envelope {
        stretch_samples: stretch as u64,
        min_ticks: Vec::new(),
        median_ticks: Vec::new(),
        max_ticks: Vec::new(),
    };
    for chunk in delta_ticks.chunks(stretch) {
        let mut chunk = chunk.to_vec();
        let middle = chunk.len() / 2;
        let (below, median, above) = chunk.select_nth_unstable(middle);
        let (median, min, max) =
            (*median, below.iter().min().copied(), above.iter().max().copied());
        envelope.min_ticks.push(min.unwrap_or(median));
        envelope.median_ticks.push(median);
        envelope.max_ticks.push(max.unwrap_or(median));
    }
    Some(envelope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_shows_in_its_stretch_only() {
        let mut deltas = vec![100u64; 16_000];
        deltas[8_050] = 9_999;
        let envelope = envelope(&deltas).expect("there are deltas");
        assert_eq!(envelope.stretch_samples, 100);
        let high: Vec<usize> = (0..160).filter(|i| envelope.max_ticks[*i] > 100).collect();
        assert_eq!(high, [80]);
        assert!(envelope.median_ticks.iter().all(|ticks| *ticks == 100));
    }
}
