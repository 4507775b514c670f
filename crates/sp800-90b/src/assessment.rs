// SPDX-License-Identifier: MIT OR Apache-2.0
//! The result of a track: every figure, and the answer in words.

use crate::estimators::{Collision, Compression, Lrs, Markov, Mcv, Predictor, TTuple};
use crate::iid::IidTests;
use crate::{Invalid, InvalidStatus, MinEntropy, Outcome, Track};

/// The assessment of one sequence of symbols.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Assessment {
    /// What was run.
    pub track: Track,
    /// Whether the assessed value stands.
    pub status: Status,
    /// How many symbols were assessed.
    pub samples: u64,
    /// Their width in bits.
    pub bits_per_symbol: u8,
    /// How many different symbols occur.
    pub alphabet_size: u64,
    /// Whether there are fewer than the 1,000,000 samples that §3.1.1 asks for.
    pub short: bool,
    /// The figures of each estimator.
    pub estimators: EstimatorSet,
    /// The tests of the IID track; absent on other tracks.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub iid: Option<Outcome<IidTests>>,
    /// The least of the estimates on literal symbols, bits per sample; absent where the assessment is invalid.
    pub h_original: Option<f64>,
    /// The least of the estimates on the bitstring, bits per bit; absent where there is no bitstring (1-bit data, or two
    /// different symbols) or the assessment is invalid.
    pub h_bitstring: Option<f64>,
    /// `min(bits, h_original, bits · h_bitstring)`, bits per sample; absent where the assessment is invalid.
    pub min_entropy_bits_per_sample: Option<f64>,
    /// The estimator that gives the assessed value.
    pub binding: Option<Binding>,
    /// How the assessed value follows from the estimates.
    pub formula: String,
    /// The answer in words.
    pub verdict: String,
    /// What a reader must know before using the figures.
    pub warnings: Vec<String>,
}

/// Whether the assessed value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Status {
    /// It is the track's answer.
    Assessed,
    /// It is the answer of a part of the track, and so only an upper bound.
    Partial,
    /// Only one symbol occurs: no entropy is awarded.
    Constant,
    /// The samples are not IID, so that the IID track has no value; the non-IID track has.
    NotIid,
    /// There are too few samples for the track, or too many, and no value.
    Invalid,
}

/// The estimates on literal symbols and on the bitstring.
///
/// Data of two different symbols have only literal estimates, whatever their width: mapped down they are bits already.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct EstimatorSet {
    /// On the symbols, mapped down.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub literal: Option<Estimators>,
    /// On the bits of the symbols.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub bitstring: Option<Estimators>,
}

/// The estimators of §6.3 on one string; those that were not run are absent.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Estimators {
    /// Most common value, §6.3.1.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub mcv: Option<Outcome<Mcv>>,
    /// Collision, §6.3.2; on bits only.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub collision: Option<Outcome<Collision>>,
    /// Markov, §6.3.3; on bits only.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub markov: Option<Outcome<Markov>>,
    /// Compression, §6.3.4; on bits only.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub compression: Option<Outcome<Compression>>,
    /// t-Tuple, §6.3.5.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub t_tuple: Option<Outcome<TTuple>>,
    /// Longest repeated substring, §6.3.6.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub lrs: Option<Outcome<Lrs>>,
    /// Multi most common in window, §6.3.7.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub multi_mcw: Option<Outcome<Predictor>>,
    /// Lag, §6.3.8.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub lag: Option<Outcome<Predictor>>,
    /// Multi Markov model with counting, §6.3.9.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub multi_mmc: Option<Outcome<Predictor>>,
    /// LZ78Y, §6.3.10.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub lz78y: Option<Outcome<Predictor>>,
}

/// One line of a table of estimates.
pub type EstimatorLine<'a> = (&'static str, Result<f64, &'a Invalid>);

impl Estimators {
    /// Name and min-entropy (or the reason for none) of each estimator that was run, in the order of §6.3.
    #[must_use]
    pub fn lines(&self) -> Vec<EstimatorLine<'_>> {
        let all = [
            line("mcv", self.mcv.as_ref()),
            line("collision", self.collision.as_ref()),
            line("markov", self.markov.as_ref()),
            line("compression", self.compression.as_ref()),
            line("t_tuple", self.t_tuple.as_ref()),
            line("lrs", self.lrs.as_ref()),
            line("multi_mcw", self.multi_mcw.as_ref()),
            line("lag", self.lag.as_ref()),
            line("multi_mmc", self.multi_mmc.as_ref()),
            line("lz78y", self.lz78y.as_ref()),
        ];
        all.into_iter().flatten().collect()
    }

    /// Whether some estimator that was run has no figures although it applies: for too few samples, or too many.
    #[must_use]
    pub fn lacks_figures(&self) -> bool {
        self.lines().iter().any(|(_, estimate)| {
            estimate.is_err_and(|invalid| invalid.status != InvalidStatus::NotApplicable)
        })
    }

    /// The smallest estimate and whose it is; nothing where no estimator has figures.
    #[must_use]
    pub fn least(&self) -> Option<(&'static str, f64)> {
        self.lines()
            .into_iter()
            .filter_map(|(name, estimate)| Some((name, estimate.ok()?)))
            .min_by(|a, b| a.1.total_cmp(&b.1))
    }
}

fn line<'a, T: MinEntropy>(
    name: &'static str,
    outcome: Option<&'a Outcome<T>>,
) -> Option<EstimatorLine<'a>> {
    Some(match outcome? {
        Outcome::Value(figures) => (name, Ok(figures.min_entropy())),
        Outcome::Invalid(invalid) => (name, Err(invalid)),
    })
}

/// The estimator that gives the assessed value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Binding {
    /// `literal` or `bitstring`; `width` where the width itself is the least.
    pub on: String,
    /// The estimator's name, as in [`EstimatorSet`].
    pub estimator: String,
}
