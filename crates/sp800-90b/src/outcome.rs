// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an estimator hands back: its figures, or why it has none.

/// The figures of one estimator, or the reason why there are none.
///
/// In JSON the figures stand as they are; a missing estimate is `{"status": "too_few", "reason": "…"}`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(untagged))]
pub enum Outcome<T> {
    /// There is no estimate.
    Invalid(Invalid),
    /// The estimator's figures.
    Value(T),
}

/// Why an estimator has no figures.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Invalid {
    /// Whether more data would help.
    pub status: InvalidStatus,
    /// The reason in words.
    pub reason: String,
}

/// Whether more data would give an estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum InvalidStatus {
    /// The estimator is defined only for more samples than there are.
    TooFew,
    /// The estimator says nothing about data of this kind, and the other ones decide.
    NotApplicable,
    /// There are more samples than memory or the program's counters take.
    TooLarge,
}

/// Figures that end in a min-entropy.
pub trait MinEntropy {
    /// Min-entropy in bits per sample of the string that was estimated (bits per bit on a bitstring).
    fn min_entropy(&self) -> f64;
}

impl<T> Outcome<T> {
    /// No estimate, because the estimator's definition needs more samples.
    pub fn too_few(reason: impl Into<String>) -> Self {
        Self::Invalid(Invalid { status: InvalidStatus::TooFew, reason: reason.into() })
    }

    /// No estimate, because the estimator says nothing about such data.
    pub fn not_applicable(reason: impl Into<String>) -> Self {
        Self::Invalid(Invalid { status: InvalidStatus::NotApplicable, reason: reason.into() })
    }

    /// The figures, if there are any.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Invalid(_) => None,
        }
    }

    /// The reason for which there are none.
    pub fn invalid(&self) -> Option<&Invalid> {
        match self {
            Self::Value(_) => None,
            Self::Invalid(invalid) => Some(invalid),
        }
    }
}
