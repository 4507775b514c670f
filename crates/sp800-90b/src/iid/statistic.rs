// SPDX-License-Identifier: MIT OR Apache-2.0
//! Names of the eleven statistics of SP 800-90B §5.1, nineteen with their lags.

/// A statistic of §5.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[expect(missing_docs, reason = "the names are those of §5.1 and of NIST's tool")]
pub enum Statistic {
    Excursion,
    NumDirectionalRuns,
    LenDirectionalRuns,
    NumIncreasesDecreases,
    NumRunsMedian,
    LenRunsMedian,
    AvgCollision,
    MaxCollision,
    #[cfg_attr(feature = "serde", serde(rename = "periodicity_1"))]
    Periodicity1,
    #[cfg_attr(feature = "serde", serde(rename = "periodicity_2"))]
    Periodicity2,
    #[cfg_attr(feature = "serde", serde(rename = "periodicity_8"))]
    Periodicity8,
    #[cfg_attr(feature = "serde", serde(rename = "periodicity_16"))]
    Periodicity16,
    #[cfg_attr(feature = "serde", serde(rename = "periodicity_32"))]
    Periodicity32,
    #[cfg_attr(feature = "serde", serde(rename = "covariance_1"))]
    Covariance1,
    #[cfg_attr(feature = "serde", serde(rename = "covariance_2"))]
    Covariance2,
    #[cfg_attr(feature = "serde", serde(rename = "covariance_8"))]
    Covariance8,
    #[cfg_attr(feature = "serde", serde(rename = "covariance_16"))]
    Covariance16,
    #[cfg_attr(feature = "serde", serde(rename = "covariance_32"))]
    Covariance32,
    Compression,
}

impl Statistic {
    /// All of them, in the order of §5.1.
    pub const ALL: [Self; COUNT] = [
        Self::Excursion,
        Self::NumDirectionalRuns,
        Self::LenDirectionalRuns,
        Self::NumIncreasesDecreases,
        Self::NumRunsMedian,
        Self::LenRunsMedian,
        Self::AvgCollision,
        Self::MaxCollision,
        Self::Periodicity1,
        Self::Periodicity2,
        Self::Periodicity8,
        Self::Periodicity16,
        Self::Periodicity32,
        Self::Covariance1,
        Self::Covariance2,
        Self::Covariance8,
        Self::Covariance16,
        Self::Covariance32,
        Self::Compression,
    ];
}

/// How many statistics there are.
pub(super) const COUNT: usize = 19;
