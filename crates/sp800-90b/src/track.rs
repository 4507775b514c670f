// SPDX-License-Identifier: GPL-2.0-or-later
//! Runs the estimators of a track side by side and draws the conclusion.

use crate::assessment::{Assessment, EstimatorSet, Estimators};
use crate::conclusion::conclude;
use crate::estimators::{
    Lrs, Repeats, TTuple, collision, compression, lag, lrs, lz78y, markov, mcv, multi_mcw,
    multi_mmc, t_tuple,
};
use crate::iid::{SHUFFLES, iid_tests};
use crate::{Outcome, Symbols};
use rayon::Scope;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Which estimators are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Track {
    /// All ten estimators of §6.3: for a source whose samples are not known to be independent.
    NonIid,
    /// A stated subset of [`Track::NonIid`], for a first look: most common value, collision, Markov, lag. Its
    /// answer is an upper bound of the whole track's.
    Quick,
    /// The tests of §5, and the most common value where they pass: for a source that is designed to be IID.
    Iid {
        /// Names the shuffles of the permutation tests: the same seed gives the same result.
        seed: u64,
    },
}

/// Why nothing can be said about some symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssessError {
    /// There are no symbols.
    #[error("there are no samples to assess; SP 800-90B §3.1.1 asks for 1,000,000")]
    Empty,
}

/// How far an assessment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Steps done so far.
    pub done: usize,
    /// Steps in all.
    pub total: usize,
    /// The step that was done last.
    pub step: &'static str,
}

/// Assesses `symbols` by a track of SP 800-90B (§3.1.3, §6.2).
///
/// # Errors
/// [`AssessError::Empty`] where there is no symbol. Too few symbols for the track are not an error: the assessment
/// then has [`Status::Invalid`](crate::Status::Invalid), the figures of the estimators that could be run, and no
/// assessed value.
pub fn assess(symbols: &Symbols, track: Track) -> Result<Assessment, AssessError> {
    assess_with_progress(symbols, track, &|_| {})
}

/// [`assess`], and `progress` hears of each step that is done, from whichever thread did it.
///
/// # Errors
/// As [`assess`].
pub fn assess_with_progress(
    symbols: &Symbols,
    track: Track,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Assessment, AssessError> {
    if symbols.is_empty() {
        return Err(AssessError::Empty);
    }
    if symbols.alphabet_size() == 1 {
        return Ok(conclude(symbols, track, one_symbol(symbols), None));
    }
    let iid = if let Track::Iid { seed } = track {
        Some(iid_tests(symbols, seed, &|done| {
            progress(Progress { done, total: SHUFFLES, step: "shuffles" });
        }))
    } else {
        None
    };
    Ok(conclude(symbols, track, run(symbols, track, progress), iid))
}

/// Of a constant only the most common value can be told: every predictor is always right.
fn one_symbol(symbols: &Symbols) -> EstimatorSet {
    let only = Some(literal_estimators(symbols.raw(), 1));
    if symbols.bits_per_symbol() == 1 {
        EstimatorSet { bitstring: only, literal: None }
    } else {
        EstimatorSet { literal: only, bitstring: None }
    }
}

/// The strings to assess are those that NIST's tool takes: the literal symbols, and unless these are bits already
/// (two different symbols), the bitstring.
fn run(symbols: &Symbols, track: Track, progress: &(dyn Fn(Progress) + Sync)) -> EstimatorSet {
    let alphabet_size = symbols.alphabet_size();
    let bits = if alphabet_size > 2 { symbols.bitstring() } else { Vec::new() };
    let literal_steps = steps(track, alphabet_size);
    let bitstring_steps = if bits.is_empty() { 0 } else { steps(track, 2) };
    let counter =
        StepCounter { done: AtomicUsize::new(0), total: literal_steps + bitstring_steps, progress };
    let mut literal = Estimators::default();
    let mut bitstring = Estimators::default();
    rayon::scope(|scope| {
        // The bitstring first: its estimators are the longest.
        if !bits.is_empty() {
            spawn(scope, &mut bitstring, &bits, 2, track, &counter);
        }
        spawn(scope, &mut literal, symbols.literal(), alphabet_size, track, &counter);
    });
    if symbols.bits_per_symbol() == 1 {
        EstimatorSet { literal: None, bitstring: Some(literal) }
    } else {
        EstimatorSet { literal: Some(literal), bitstring: (!bits.is_empty()).then_some(bitstring) }
    }
}

/// All estimators of the non-IID track on one string of symbols.
pub(crate) fn literal_estimators(symbols: &[u8], alphabet_size: usize) -> Estimators {
    if alphabet_size == 1 {
        return Estimators { mcv: Some(mcv(symbols)), ..Estimators::default() };
    }
    let mut estimators = Estimators::default();
    let counter = StepCounter { done: AtomicUsize::new(0), total: 0, progress: &|_| {} };
    rayon::scope(|scope| {
        spawn(scope, &mut estimators, symbols, alphabet_size, Track::NonIid, &counter);
    });
    estimators
}

struct StepCounter<'a> {
    done: AtomicUsize,
    total: usize,
    progress: &'a (dyn Fn(Progress) + Sync),
}

impl StepCounter<'_> {
    fn done(&self, step: &'static str) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        (self.progress)(Progress { done, total: self.total, step });
    }
}

/// How many steps [`spawn`] starts.
fn steps(track: Track, alphabet_size: usize) -> usize {
    match (track, alphabet_size) {
        (Track::NonIid, 2) => 9,
        (Track::NonIid, _) => 6,
        (Track::Quick, 2) => 4,
        (Track::Quick, _) => 2,
        (Track::Iid { .. }, _) => 1,
    }
}

/// Starts the estimators of a track on one string, the longest first.
fn spawn<'scope>(
    scope: &Scope<'scope>,
    estimators: &'scope mut Estimators,
    symbols: &'scope [u8],
    alphabet_size: usize,
    track: Track,
    counter: &'scope StepCounter<'_>,
) {
    let set = estimators;
    macro_rules! step {
        ($place:expr, $name:literal, $estimate:expr) => {{
            let place = &mut $place;
            scope.spawn(move |_| {
                *place = Some($estimate);
                counter.done($name);
            });
        }};
    }
    if track == Track::NonIid {
        let (t_place, lrs_place) = (&mut set.t_tuple, &mut set.lrs);
        scope.spawn(move |_| {
            let (t, l) = tuples(symbols);
            (*t_place, *lrs_place) = (Some(t), Some(l));
            counter.done("tuples");
        });
        step!(set.multi_mmc, "multi_mmc", multi_mmc(symbols, alphabet_size));
        step!(set.lz78y, "lz78y", lz78y(symbols, alphabet_size));
        step!(set.multi_mcw, "multi_mcw", multi_mcw(symbols, alphabet_size));
        if alphabet_size == 2 {
            step!(set.compression, "compression", compression(symbols));
        }
    }
    step!(set.mcv, "mcv", mcv(symbols));
    if matches!(track, Track::Iid { .. }) {
        return;
    }
    step!(set.lag, "lag", lag(symbols, alphabet_size));
    if alphabet_size == 2 {
        step!(set.collision, "collision", collision(symbols));
        step!(set.markov, "markov", markov(symbols));
    }
}

/// Both estimates that count repeats.
fn tuples(symbols: &[u8]) -> (Outcome<TTuple>, Outcome<Lrs>) {
    match Repeats::count(symbols) {
        Ok(repeats) => (t_tuple(&repeats), lrs(&repeats)),
        Err(invalid) => (Outcome::Invalid(invalid.clone()), Outcome::Invalid(invalid)),
    }
}
