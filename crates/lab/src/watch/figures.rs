// SPDX-License-Identifier: GPL-2.0-or-later
//! The figures of a live view about the newest samples.

use std::collections::VecDeque;
use std::time::Instant;

use chaos_wire::JobKind;
use chaos_wire::capture::{Fields, TargetCapture};
use serde::Serialize;
use sp800_90b::estimators::mcv;
use sp800_90b::symbols::from_ticks;

/// Samples that are kept for a capture.
const KEPT_SAMPLES: usize = 1_000_000;
/// The newest samples, from which the figures are computed.
const WINDOW_SAMPLES: usize = 100_000;
/// Bytes of the stream that are kept for a capture.
const KEPT_STREAM_BYTES: usize = 1 << 16;

/// The continuous health tests: the counter in a health frame, and the label of its lamp.
pub(super) const HEALTH_TESTS: [(&str, &str); 4] = [
    ("repetition_count_failures", "repetition count"),
    ("adaptive_proportion_failures", "adaptive proportion"),
    ("lag_predictor_failures", "lag predictor"),
    ("stuck_failures", "stuck"),
];

/// The state of a health test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Lamp {
    /// It has not failed since the engine was started.
    Good,
    Earlier,
    Failing,
}

/// Everything seen since the last change of settings.
#[derive(Debug, Default)]
pub struct Figures {
    samples: VecDeque<u64>,
    stream: VecDeque<u8>,
    taken: u64,
    last: Option<TargetCapture>,
    health_before: Option<Fields>,
    pace: Pace,
}

/// The figures of the window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Samples since the start, including earlier settings.
    pub samples: u64,
    pub window_samples: usize,
    /// Samples per second while the guest sampled; unknown before the second answer.
    pub rate_per_s: Option<f64>,
    pub min_ticks: u64,
    pub median_ticks: u64,
    pub max_ticks: u64,
    /// The counter's step: nearly all deltas are multiples of it.
    pub step_ticks: f64,
    /// The most common value estimate (SP 800-90B §6.3.1) of the window, on the low 8 bits after the division by the step.
    pub mcv_bits_per_sample: Option<f64>,
}

/// The relation of the guest's counter to our time.
#[derive(Debug, Default, Clone, Copy)]
struct Pace {
    /// The first answer of this start: the guest's ticks at its end, and when it came.
    first: Option<(u64, Instant)>,
    ticks_per_s: Option<f64>,
    /// Ticks while the guest sampled, and samples, of the last answer.
    fill: Option<(u64, u64)>,
}

impl Figures {
    /// Adds an answer.
    pub fn take(&mut self, taken: &TargetCapture, now: Instant) {
        self.taken += taken.raw.len() as u64;
        self.samples.extend(&taken.raw);
        let surplus = self.samples.len().saturating_sub(KEPT_SAMPLES);
        self.samples.drain(..surplus);
        self.stream.extend(&taken.stream);
        let surplus = self.stream.len().saturating_sub(KEPT_STREAM_BYTES);
        self.stream.drain(..surplus);
        if let Some(report) = taken.report(JobKind::Raw) {
            self.pace.fill = Some((report.fill_ticks, taken.raw.len() as u64));
            match self.pace.first {
                None => self.pace.first = Some((report.end_ticks, now)),
                Some((ticks, at)) => {
                    let seconds = now.saturating_duration_since(at).as_secs_f64();
                    let passed = report.end_ticks.saturating_sub(ticks) as f64;
                    self.pace.ticks_per_s = (seconds > 0.0).then(|| passed / seconds);
                }
            }
        }
        self.health_before = self.last.as_ref().and_then(health).cloned();
        self.last = Some(taken.clone());
    }

    /// Discards data of other settings.
    pub fn start_again(&mut self) {
        *self = Self { taken: self.taken, ..Self::default() };
    }

    /// Samples since the start.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// The data kept for a capture: samples, and bytes of the stream.
    pub fn kept(&self) -> (Vec<u64>, Vec<u8>) {
        (self.samples.iter().copied().collect(), self.stream.iter().copied().collect())
    }

    /// The last answer.
    pub fn last(&self) -> Option<&TargetCapture> {
        self.last.as_ref()
    }

    /// The newest samples, oldest first.
    pub fn window(&self) -> Vec<u64> {
        let skip = self.samples.len().saturating_sub(WINDOW_SAMPLES);
        self.samples.iter().skip(skip).copied().collect()
    }

    /// The last bytes of the stream.
    pub fn last_bytes(&self, count: usize) -> Vec<u8> {
        self.stream.iter().skip(self.stream.len().saturating_sub(count)).copied().collect()
    }

    /// The figures; `None` before the first sample.
    pub fn summary(&self) -> Option<Summary> {
        let mut window = self.window();
        let ticks = from_ticks(&window);
        let estimate = mcv(ticks.symbols.raw()).value().map(|mcv| mcv.min_entropy);
        let middle = window.len() / 2;
        let median_ticks =
            if window.is_empty() { return None } else { *window.select_nth_unstable(middle).1 };
        let rate = self.pace.ticks_per_s.zip(self.pace.fill);
        Some(Summary {
            samples: self.taken,
            window_samples: window.len(),
            rate_per_s: rate
                .filter(|(_, (fill_ticks, _))| *fill_ticks > 0)
                .map(|(hz, (fill_ticks, samples))| samples as f64 * hz / fill_ticks as f64),
            min_ticks: ticks.range.min_ticks,
            median_ticks,
            max_ticks: ticks.range.max_ticks,
            step_ticks: ticks.step.step_ticks(),
            mcv_bits_per_sample: estimate,
        })
    }

    /// The state of each of [`HEALTH_TESTS`], and its failures since the engine was started.
    pub fn lamps(&self) -> [(&'static str, Lamp, u64); HEALTH_TESTS.len()] {
        let count = |fields: Option<&Fields>, key| {
            fields.and_then(|fields| fields.number(key)).unwrap_or(0)
        };
        let now = self.last.as_ref().and_then(health);
        HEALTH_TESTS.map(|(key, name)| {
            let (failures, before) = (count(now, key), count(self.health_before.as_ref(), key));
            let lamp = match failures {
                0 => Lamp::Good,
                _ if failures > before => Lamp::Failing,
                _ => Lamp::Earlier,
            };
            (name, lamp, failures)
        })
    }

    /// The value of `key` in the last health frame.
    pub fn health(&self, key: &str) -> Option<&str> {
        self.last.as_ref().and_then(health)?.get(key)
    }

    /// Why the guest's last job failed.
    pub fn failure(&self) -> Option<&str> {
        self.last.as_ref()?.reports.iter().find_map(|report| report.failure.as_deref())
    }
}

fn health(taken: &TargetCapture) -> Option<&Fields> {
    taken.reports.last().map(|report| &report.health)
}

/// Counts of `samples` in `columns` columns, evenly spaced on a logarithmic axis from the minimum to the maximum.
pub fn histogram(samples: &[u64], columns: usize) -> Vec<u64> {
    let mut counts = vec![0; columns];
    let (Some(least), Some(most)) = (samples.iter().min(), samples.iter().max()) else {
        return counts;
    };
    let log = |ticks: u64| (ticks.max(1) as f64).log2();
    let (from, span) = (log(*least), log(*most) - log(*least));
    for sample in samples {
        let place = if span > 0.0 { (log(*sample) - from) / span } else { 0.5 };
        let column = (place * columns as f64) as usize;
        if let Some(count) = counts.get_mut(column.min(columns.saturating_sub(1))) {
            *count += 1;
        }
    }
    counts
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::Path;
    use std::time::Duration;

    use chaos_wire::{
        Capture, EngineError, FrameWriter, Marker, Port, PortError, Request, Sampler, Target,
        finish, run_jobs,
    };

    use super::*;

    /// A machine whose deltas are given, with one health test that has failed `failures` times.
    pub(in crate::watch) struct Given {
        pub(in crate::watch) deltas: Vec<u64>,
        pub(in crate::watch) failures: u64,
        pub(in crate::watch) ticks: u64,
    }

    impl Sampler for Given {
        fn raw(&mut self, delta_ticks: &mut [u64]) -> Result<(), EngineError> {
            let deltas = self.deltas.iter().cycle();
            delta_ticks.iter_mut().zip(deltas).for_each(|(to, from)| *to = *from);
            Ok(())
        }
        fn stream(&mut self, out: &mut [u8]) -> Result<(), EngineError> {
            out.fill(0xa5);
            Ok(())
        }
        fn seed(&mut self, _: &mut [u8]) -> Result<(), EngineError> {
            Ok(())
        }
        fn restart_row(&mut self, _: &mut [u64]) -> Result<(), EngineError> {
            Ok(())
        }
        fn self_test(&mut self, _: &mut dyn std::fmt::Write) -> Result<(), EngineError> {
            Ok(())
        }
        fn health(&mut self, lines: &mut dyn std::fmt::Write) -> std::fmt::Result {
            writeln!(lines, "state=healthy\nstuck_failures={}", self.failures)
        }
        fn meta(&mut self, lines: &mut dyn std::fmt::Write) -> std::fmt::Result {
            writeln!(lines, "kernel=test")
        }
        fn ticks(&mut self) -> u64 {
            self.ticks += 1000;
            self.ticks
        }
        fn mark(&mut self, _: &Marker<'_>) {}
    }

    struct Bytes(Vec<u8>);

    impl Port for Bytes {
        fn write(&mut self, bytes: &[u8]) -> Result<(), PortError> {
            self.0.extend_from_slice(bytes);
            Ok(())
        }
    }

    /// The answer of such a machine, through frames and back.
    pub(in crate::watch) fn answer(given: &mut Given, request: &Request) -> Capture {
        let mut bytes = Bytes(Vec::new());
        let mut frames = FrameWriter::new(&mut bytes);
        let mut buffer = vec![0; 8192];
        let done = run_jobs(request, Target::BareMetal, given, &mut frames, &mut buffer);
        finish(done, given, &mut frames);
        Capture::read_next(&bytes.0[..], Path::new("test")).unwrap().unwrap()
    }

    fn figures(deltas: Vec<u64>, samples: u64) -> Figures {
        let request = Request::parse(&format!("uchaos.job=raw:{samples},stream:8")).unwrap();
        let mut figures = Figures::default();
        let mut given = Given { deltas, failures: 0, ticks: 0 };
        figures.take(&answer(&mut given, &request).targets[0], Instant::now());
        figures
    }

    #[test]
    fn the_figures_are_those_of_the_samples() {
        let figures = figures(vec![60, 80, 60, 100], 4000);
        let summary = figures.summary().unwrap();
        assert_eq!((summary.min_ticks, summary.median_ticks, summary.max_ticks), (60, 80, 100));
        assert_eq!((summary.step_ticks, summary.samples), (20.0, 4000));
        // Half of the samples are 60: p_u = 1/2 + 2.576 × sqrt(1/4 / 3999).
        let expected = -(0.5 + 2.576 * (0.25_f64 / 3999.0).sqrt()).log2();
        assert!((summary.mcv_bits_per_sample.unwrap() - expected).abs() < 1e-3, "{summary:?}");
        assert_eq!(figures.last_bytes(3), [0xa5; 3]);
        assert!(Figures::default().summary().is_none());
    }

    #[test]
    fn the_rate_is_of_the_time_in_which_the_guest_sampled() {
        let request = Request::parse("uchaos.job=raw:1000").unwrap();
        let mut given = Given { deltas: vec![10], failures: 0, ticks: 0 };
        let mut figures = Figures::default();
        let begun = Instant::now();
        figures.take(&answer(&mut given, &request).targets[0], begun);
        assert_eq!(figures.summary().unwrap().rate_per_s, None);
        // Each job reads the clock four times, and a buffer is filled from one reading to the next: 4,000 ticks
        // passed between the answers, in one second, and 1,000 of them made 1,000 samples.
        let later = begun + Duration::from_secs(1);
        figures.take(&answer(&mut given, &request).targets[0], later);
        let rate = figures.summary().unwrap().rate_per_s.unwrap();
        assert!((rate - 4000.0).abs() < 1e-6, "{rate}");
    }

    #[test]
    fn a_lamp_tells_what_fails_now_from_what_failed_before() {
        let request = Request::parse("uchaos.job=raw:10").unwrap();
        let mut given = Given { deltas: vec![10], failures: 0, ticks: 0 };
        let mut figures = Figures::default();
        for (failures, lamp) in [(0, Lamp::Good), (2, Lamp::Failing), (2, Lamp::Earlier)] {
            given.failures = failures;
            figures.take(&answer(&mut given, &request).targets[0], Instant::now());
            assert_eq!(figures.lamps()[3], ("stuck", lamp, failures));
            assert_eq!(figures.lamps()[0].1, Lamp::Good);
        }
    }

    #[test]
    fn what_is_kept_has_an_end_and_other_settings_begin_again() {
        let mut figures = figures(vec![1, 2, 3], 4096);
        let last = figures.last().unwrap().clone();
        (0..300).for_each(|_| figures.take(&last, Instant::now()));
        assert_eq!(figures.kept().0.len(), KEPT_SAMPLES);
        assert_eq!(figures.window().len(), WINDOW_SAMPLES);
        assert_eq!(figures.taken(), 301 * 4096);
        figures.start_again();
        assert_eq!((figures.kept(), figures.taken()), ((vec![], vec![]), 301 * 4096));
    }

    #[test]
    fn a_histogram_has_every_sample_in_one_column() {
        let counts = histogram(&[1, 2, 4, 8, 8, 16], 4);
        assert_eq!(counts, [1, 1, 1, 3]);
        assert_eq!(histogram(&[7; 9], 3), [0, 9, 0]);
        assert_eq!(histogram(&[], 3), [0, 0, 0]);
        assert_eq!(histogram(&[0, 1000], 2), [1, 1]);
    }
}
