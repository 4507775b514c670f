// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs the estimators of a track in parallel and draws the conclusion.

use crate::assessment::{Assessment, EstimatorSet, Estimators};
use crate::conclusion::conclude;
use crate::control::{Control, Progress};
use crate::estimators::{
    Lrs, Repeats, TTuple, collision, compression, held_suffixes, lag, lrs, lz78y, markov, mcv,
    mcv_of, multi_mcw, multi_mmc, t_tuple,
};
use crate::iid::iid_tests;
use crate::parallel::{self, Task};
use crate::{Outcome, Sequence, Symbols};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Which estimators are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
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
    /// All ten estimators of §6.3 on the bitstring alone, whatever the alphabet: the `h'` of the output of a conditioning
    /// component that is not vetted (§3.1.5.2).
    Conditioned,
}

/// Why nothing can be said about some symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AssessError {
    /// There are no symbols.
    #[error("there are no samples to assess; SP 800-90B §3.1.1 asks for 1,000,000")]
    Empty,
    /// There are fewer symbols than a block has, or a block has none.
    #[error(
        "{samples} samples are not a whole block of {block_samples}; choose shorter blocks, of 1 sample or more"
    )]
    NoBlock {
        /// Symbols given.
        samples: usize,
        /// Samples of a block.
        block_samples: usize,
    },
    /// Memory is short.
    #[error(
        "assessing {samples} samples takes {} MB of memory more, which is not available; assess a part of them, or take \
         the quick track",
        needed_bytes.div_ceil(1_000_000)
    )]
    Memory {
        /// Symbols given.
        samples: usize,
        /// What [`memory_needed`] says.
        needed_bytes: u64,
    },
    /// It was cancelled ([`Control::cancelled_by`]).
    #[error("the assessment was cancelled")]
    Cancelled,
}

/// Assesses `symbols` by a track of SP 800-90B (§3.1.3, §6.2).
///
/// # Errors
/// Returns an error if there are no symbols, or if memory is short. Too few symbols for the track are not an error: the
/// assessment then has [`Status::Invalid`](crate::Status::Invalid), the figures of the estimators that could be run, and
/// no assessed value.
pub fn assess(symbols: &Symbols, track: Track) -> Result<Assessment, AssessError> {
    assess_with(symbols, track, &Control::default())
}

/// [`assess`] with a report of each step that is done.
///
/// # Errors
/// Returns an error as [`assess`] does.
pub fn assess_with_progress(
    symbols: &Symbols,
    track: Track,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Assessment, AssessError> {
    assess_with(symbols, track, &Control::default().on_progress(progress))
}

/// [`assess`] under some control.
///
/// # Errors
/// Returns an error as [`assess`] does, or if it was cancelled.
pub fn assess_with(
    symbols: &Symbols,
    track: Track,
    control: &Control<'_>,
) -> Result<Assessment, AssessError> {
    if symbols.is_empty() {
        return Err(AssessError::Empty);
    }
    let needed_bytes = memory_needed(symbols.len(), symbols.bits_per_symbol(), track);
    let room = usize::try_from(needed_bytes).map(|bytes| Vec::<u8>::new().try_reserve_exact(bytes));
    if !matches!(room, Ok(Ok(()))) {
        return Err(AssessError::Memory { samples: symbols.len(), needed_bytes });
    }
    let (estimators, tests) = if symbols.alphabet_size() == 1 {
        (one_symbol(symbols, track), None)
    } else if let Track::Iid { seed } = track {
        // Next to the shuffles the two estimates take no time.
        let estimators = run(symbols, track, &control.without_progress());
        (estimators, Some(iid_tests(symbols, seed, control)))
    } else {
        (run(symbols, track, control), None)
    };
    if control.is_cancelled() {
        return Err(AssessError::Cancelled);
    }
    Ok(conclude(symbols, track, estimators, tests))
}

/// The memory in bytes that an assessment takes at most, besides the symbols themselves.
///
/// Samples with long repeats, which noise does not have, take more: up to 9 bytes for each sample and for each bit. Where
/// that is not available the estimators that need it say so, and the assessment is invalid.
#[must_use]
pub fn memory_needed(samples: usize, bits_per_symbol: u8, track: Track) -> u64 {
    let bits = samples as u64 * u64::from(bits_per_symbol);
    let packed = bits / 8;
    // The dictionaries of MultiMMC and LZ78Y.
    let contexts = (samples as u64 * 64).min(24 << 20);
    // Four bytes each, and a table of where they are.
    let suffixes = |symbols: u64| 5 * held_suffixes(symbols as usize) as u64;
    match track {
        Track::Quick => packed,
        Track::Conditioned => packed + contexts + suffixes(bits),
        Track::NonIid if bits_per_symbol == 1 => packed + contexts + suffixes(bits),
        Track::NonIid => 2 * packed + contexts + suffixes(bits) + suffixes(samples as u64),
        // Each thread has a shuffle, and the compressor's memory for one block of text.
        Track::Iid { .. } => {
            2 * packed
                + suffixes(samples as u64)
                + parallel::threads() as u64
                    * (2 * samples as u64 + (12 << 20).min(64 * samples as u64))
        }
    }
}

/// A constant has a most common value and nothing else: every predictor is always right.
fn one_symbol(symbols: &Symbols, track: Track) -> EstimatorSet {
    let only = Some(Estimators { mcv: Some(mcv(symbols.raw())), ..Estimators::default() });
    if track == Track::Conditioned {
        EstimatorSet { literal: None, bitstring: only }
    } else {
        EstimatorSet { literal: only, bitstring: None }
    }
}

/// The strings to assess are those that NIST's tool takes: the literal symbols, and unless these are bits already
/// (two different symbols), the bitstring.
fn run(symbols: &Symbols, track: Track, control: &Control<'_>) -> EstimatorSet {
    let only_bits = track == Track::Conditioned;
    let literal_text = (!only_bits).then(|| symbols.literal_sequence());
    let bits_text = (only_bits || symbols.alphabet_size() > 2).then(|| symbols.bit_sequence());
    // The bitstring first: its estimators are the longest.
    let texts = [bits_text.as_ref(), literal_text.as_ref()];
    let total = texts.iter().flatten().map(|text| steps(track, text)).sum();
    let steps = Steps { done: AtomicUsize::new(0), total, control };
    let mut estimates = texts.map(|text| text.map(|_| Estimators::default()));
    let mut tasks = Vec::new();
    for (estimators, text) in estimates.iter_mut().zip(texts) {
        if let (Some(estimators), Some(text)) = (estimators, text) {
            push_tasks(&mut tasks, estimators, text, track, &steps);
        }
    }
    parallel::run_all(tasks);
    let [bitstring, literal] = estimates;
    EstimatorSet { literal, bitstring }
}

/// All estimators of the non-IID track on the literal symbols.
pub(crate) fn literal_estimators(symbols: &Symbols) -> Estimators {
    let mut estimators = Estimators::default();
    let sequence = symbols.literal_sequence();
    let steps = Steps { done: AtomicUsize::new(0), total: 0, control: &Control::default() };
    let mut tasks = Vec::new();
    push_tasks(&mut tasks, &mut estimators, &sequence, Track::NonIid, &steps);
    parallel::run_all(tasks);
    estimators
}

/// The steps of an assessment.
struct Steps<'a> {
    done: AtomicUsize,
    total: usize,
    control: &'a Control<'a>,
}

impl Steps<'_> {
    fn done(&self, step: &'static str) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.control.report(Progress { done, total: self.total, step });
    }
}

/// How many steps [`push_tasks`] makes.
fn steps(track: Track, sequence: &Sequence<'_>) -> usize {
    match (track, sequence.bits().is_some()) {
        (Track::NonIid | Track::Conditioned, true) => 9,
        (Track::NonIid | Track::Conditioned, false) => 6,
        (Track::Quick, true) => 4,
        (Track::Quick, false) => 2,
        (Track::Iid { .. }, _) => 1,
    }
}

/// Makes a task of each estimator of a track on one sequence, the longest first.
fn push_tasks<'a>(
    tasks: &mut Vec<Task<'a>>,
    estimators: &'a mut Estimators,
    sequence: &'a Sequence<'_>,
    track: Track,
    steps: &'a Steps<'_>,
) {
    let set = estimators;
    macro_rules! step {
        ($place:expr, $name:literal, $estimate:expr) => {{
            let place = &mut $place;
            tasks.push(Box::new(move || {
                if !steps.control.is_cancelled() {
                    *place = Some($estimate);
                    steps.done($name);
                }
            }));
        }};
    }
    let bits = sequence.bits();
    if matches!(track, Track::NonIid | Track::Conditioned) {
        step!(set.multi_mmc, "multi_mmc", multi_mmc(sequence));
        let (t_place, lrs_place) = (&mut set.t_tuple, &mut set.lrs);
        tasks.push(Box::new(move || {
            if !steps.control.is_cancelled() {
                let (t, l) = tuples(sequence);
                (*t_place, *lrs_place) = (Some(t), Some(l));
                steps.done("tuples");
            }
        }));
        step!(set.lz78y, "lz78y", lz78y(sequence));
        step!(set.multi_mcw, "multi_mcw", multi_mcw(sequence));
        if let Some(bits) = bits {
            step!(set.compression, "compression", compression(bits));
        }
    }
    step!(set.mcv, "mcv", mcv_of(sequence));
    if matches!(track, Track::Iid { .. }) {
        return;
    }
    step!(set.lag, "lag", lag(sequence));
    if let Some(bits) = bits {
        step!(set.collision, "collision", collision(bits));
        step!(set.markov, "markov", markov(bits));
    }
}

/// Both estimates that count repeats.
fn tuples(sequence: &Sequence<'_>) -> (Outcome<TTuple>, Outcome<Lrs>) {
    match Repeats::count(sequence) {
        Ok(repeats) => (t_tuple(&repeats), lrs(&repeats)),
        Err(invalid) => (Outcome::Invalid(invalid.clone()), Outcome::Invalid(invalid)),
    }
}
