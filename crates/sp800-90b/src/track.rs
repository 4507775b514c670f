// SPDX-License-Identifier: GPL-2.0-or-later
//! Runs the estimators of a track side by side and draws the conclusion.

use crate::assessment::{Assessment, EstimatorSet, Estimators};
use crate::conclusion::conclude;
use crate::estimators::{
    BitPairs, CollisionTimes, Lags, Lrs, Repeats, SymbolCounts, TTuple, compression, lrs, lz78y,
    mcv, multi_mcw, multi_mmc, t_tuple,
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
    let Track::Iid { seed } = track else {
        return Ok(conclude(symbols, track, run(symbols, track, progress), None));
    };
    // Beside the shuffles the two estimates take no time.
    let estimators = run(symbols, track, &|_| {});
    let tests = iid_tests(symbols, seed, &|done| {
        progress(Progress { done, total: SHUFFLES, step: "shuffles" });
    });
    Ok(conclude(symbols, track, estimators, Some(tests)))
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
    let has_bitstring = alphabet_size > 2;
    // Only the whole track needs all bits at once, in eight times the memory that bytes take.
    let whole_bitstring =
        if has_bitstring && track == Track::NonIid { symbols.bitstring() } else { Vec::new() };
    let literal_steps = steps(track, alphabet_size);
    let bitstring_steps = if has_bitstring { steps(track, 2) } else { 0 };
    let counter =
        StepCounter { done: AtomicUsize::new(0), total: literal_steps + bitstring_steps, progress };
    let mut literal = Estimators::default();
    let mut bitstring = Estimators::default();
    rayon::scope(|scope| {
        // The bitstring first: its estimators are the longest.
        if has_bitstring {
            let text = match track {
                Track::NonIid => Text::Whole(&whole_bitstring),
                Track::Quick | Track::Iid { .. } => Text::BitsOf(symbols),
            };
            spawn(scope, &mut bitstring, text, 2, track, &counter);
        }
        let text = Text::Whole(symbols.literal());
        spawn(scope, &mut literal, text, alphabet_size, track, &counter);
    });
    if symbols.bits_per_symbol() == 1 {
        EstimatorSet { literal: None, bitstring: Some(literal) }
    } else {
        EstimatorSet { literal: Some(literal), bitstring: has_bitstring.then_some(bitstring) }
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
        let text = Text::Whole(symbols);
        spawn(scope, &mut estimators, text, alphabet_size, Track::NonIid, &counter);
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

/// A string of symbols to assess.
#[derive(Clone, Copy)]
enum Text<'a> {
    Whole(&'a [u8]),
    /// The bitstring of symbols, which is made piece by piece.
    BitsOf(&'a Symbols),
}

impl Text<'_> {
    fn pieces(&self, each: &mut dyn FnMut(&[u8])) {
        match self {
            Self::Whole(symbols) => each(symbols),
            Self::BitsOf(symbols) => symbols.bitstring_pieces(each),
        }
    }
}

/// Starts the estimators of a track on one string, the longest first.
fn spawn<'scope>(
    scope: &Scope<'scope>,
    estimators: &'scope mut Estimators,
    text: Text<'scope>,
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
    /// What is made of all pieces.
    macro_rules! streamed {
        ($counts:ty) => {{
            let mut counts = <$counts>::default();
            text.pieces(&mut |piece| counts.push(piece));
            counts
        }};
    }
    if let (Track::NonIid, Text::Whole(symbols)) = (track, text) {
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
    step!(set.mcv, "mcv", streamed!(SymbolCounts).mcv());
    if matches!(track, Track::Iid { .. }) {
        return;
    }
    step!(set.lag, "lag", streamed!(Lags).lag(alphabet_size));
    if alphabet_size == 2 {
        step!(set.collision, "collision", streamed!(CollisionTimes).collision());
        step!(set.markov, "markov", streamed!(BitPairs).markov());
    }
}

/// Both estimates that count repeats.
fn tuples(symbols: &[u8]) -> (Outcome<TTuple>, Outcome<Lrs>) {
    match Repeats::count(symbols) {
        Ok(repeats) => (t_tuple(&repeats), lrs(&repeats)),
        Err(invalid) => (Outcome::Invalid(invalid.clone()), Outcome::Invalid(invalid)),
    }
}
