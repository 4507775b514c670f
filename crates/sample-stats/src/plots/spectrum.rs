// SPDX-License-Identifier: GPL-2.0-or-later
//! Power by frequency: a timer tick or a loop in the host stands up as a peak.

use super::Line;
use microfft::real::rfft_1024;

/// Samples per segment.
const SEGMENT: usize = 1_024;
/// Neighbouring frequencies that make one point.
const MERGED: usize = 4;

/// Welch's averaged periodogram with a Hann window and half overlap, relative to a flat spectrum of the same
/// power: 1 everywhere for independent samples. None for too few samples, or samples that do not vary.
pub(super) fn welch(ticks: &[f64]) -> Option<Line> {
    if ticks.len() < 8 * SEGMENT {
        return None;
    }
    let window: Vec<f64> = (0..SEGMENT)
        .map(|i| 0.5 - 0.5 * (std::f64::consts::TAU * i as f64 / SEGMENT as f64).cos())
        .collect();
    let mean = ticks.iter().sum::<f64>() / ticks.len() as f64;
    let mut power = vec![0.0; SEGMENT / 2];
    let mut buffer = [0.0_f32; SEGMENT];
    for start in (0..=ticks.len() - SEGMENT).step_by(SEGMENT / 2) {
        let segment = &ticks[start..start + SEGMENT];
        for ((slot, t), w) in buffer.iter_mut().zip(segment).zip(&window) {
            *slot = ((t - mean) * w) as f32;
        }
        // The first bin packs frequency 0 with the highest one; neither is used.
        for (sum, bin) in power.iter_mut().zip(rfft_1024(&mut buffer)) {
            *sum += f64::from(bin.norm_sqr());
        }
    }
    // Frequency 0 holds the mean, and its neighbour leaks it through the window; neither is noise.
    let noise = &power[2..SEGMENT / 2];
    let flat = noise.iter().sum::<f64>() / noise.len() as f64;
    if !flat.is_finite() || flat <= 1e-9 {
        return None;
    }
    let y: Vec<f64> = noise
        .chunks(MERGED)
        .map(|bins| bins.iter().sum::<f64>() / bins.len() as f64 / flat)
        .collect();
    let x = (0..y.len())
        .map(|point| (2.0 + (point as f64 + 0.5) * MERGED as f64) / SEGMENT as f64)
        .collect();
    Some(Line { x, y, band: 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_the_peak_at_its_frequency() {
        let ticks: Vec<f64> =
            (0..100_000).map(|i| (std::f64::consts::TAU * 0.125 * f64::from(i)).sin()).collect();
        let line = welch(&ticks).expect("it varies");
        let peak = (0..line.y.len()).max_by(|a, b| line.y[*a].total_cmp(&line.y[*b]));
        let at = line.x[peak.expect("there are points")];
        assert!((at - 0.125).abs() < 0.005, "peak at {at}");
    }
}
