// SPDX-License-Identifier: GPL-2.0-or-later
//! The interface of every peer, once it is open in the querying process.

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

/// A generator, open in this process.
pub(crate) trait Source {
    fn description(&mut self) -> Result<Description>;

    /// Fills `deltas` with consecutive samples of raw noise.
    fn raw(&mut self, _deltas: &mut [u64]) -> Result<()> {
        bail!("its raw noise is not accessible")
    }

    /// Fills `bytes` with output.
    fn output(&mut self, bytes: &mut [u8]) -> Result<()>;
}

/// A source's description of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    pub version: String,
    /// The entropy that it claims for its output.
    pub claim: String,
    /// The claim per raw sample, if it is a number.
    pub claim_bits_per_sample: Option<f64>,
    /// Why its raw noise is not accessible, if it is not.
    pub no_raw: Option<String>,
}
