// SPDX-License-Identifier: GPL-2.0-or-later
//! How well a delta predicts, linearly, the one `lag` samples later.

use super::Line;

/// Lags that are shown.
const LAGS: usize = 64;
/// Fewer samples than this leave too wide a band to see anything in.
const LEAST_SAMPLES: usize = 1_000;

/// Sample autocorrelation at lags 1 to 64; none for too few samples, or samples that do not vary.
#[must_use]
pub fn autocorrelation(ticks: &[f64]) -> Option<Line> {
    if ticks.len() < LEAST_SAMPLES {
        return None;
    }
    let mean = ticks.iter().sum::<f64>() / ticks.len() as f64;
    let centred: Vec<f64> = ticks.iter().map(|t| t - mean).collect();
    let power: f64 = centred.iter().map(|c| c * c).sum();
    if power <= f64::EPSILON * mean * mean * ticks.len() as f64 {
        return None;
    }
    let at = |lag: usize| {
        let product: f64 = centred.iter().zip(&centred[lag..]).map(|(a, b)| a * b).sum();
        product / power
    };
    Some(Line {
        x: (1..=LAGS).map(|lag| lag as f64).collect(),
        y: (1..=LAGS).map(at).collect(),
        band: 1.96 / (ticks.len() as f64).sqrt(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn period_eight_is_seen_at_lag_eight() {
        let ticks: Vec<f64> = (0..8_000).map(|i| f64::from(i % 8)).collect();
        let line = autocorrelation(&ticks).expect("it varies");
        assert!(line.y[7] > 0.99 && line.y[3] < 0.0);
    }

    #[test]
    fn a_constant_has_none() {
        assert_eq!(autocorrelation(&[500.0; 8_000]), None);
    }
}
