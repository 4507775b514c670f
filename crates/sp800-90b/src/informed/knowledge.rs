// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the attacker has: the samples of one boot, and whatever else the program determines.

use super::InformedError;
use crate::Symbols;
use crate::symbols::{CounterStep, LowBitsError, from_ticks_low_bits};

/// Samples, and what else is known when each of them is guessed.
#[derive(Clone, Debug)]
pub struct Knowledge {
    pub(super) symbols: Symbols,
    /// Whole steps of the counter per sample; absent where there are only symbols.
    pub(super) quotients: Option<Vec<u64>>,
    pub(super) deltas: Option<Vec<u64>>,
    pub(super) step: Option<CounterStep>,
    pub(super) columns: Vec<(String, Vec<u64>)>,
    pub(super) boots: Vec<(String, Vec<u8>)>,
    pub(super) windows: Vec<usize>,
}

impl Knowledge {
    /// Samples that are symbols already.
    #[must_use]
    pub fn of_symbols(symbols: Symbols) -> Self {
        Self {
            symbols,
            quotients: None,
            deltas: None,
            step: None,
            columns: Vec::new(),
            boots: Vec::new(),
            windows: Vec::new(),
        }
    }

    /// Samples that are deltas of a counter. The low `bits` bits of the steps in each are guessed (they are the symbols that
    /// SP 800-90B's estimators see); contexts and formulas use the whole deltas.
    ///
    /// # Errors
    /// Returns an error if `bits` is not 1 to 8.
    pub fn of_ticks(delta_ticks: &[u64], bits: u8) -> Result<Self, LowBitsError> {
        let made = from_ticks_low_bits(delta_ticks, bits)?;
        let quotients = delta_ticks.iter().map(|&delta| made.step.quotient(delta)).collect();
        Ok(Self {
            quotients: Some(quotients),
            deltas: Some(delta_ticks.to_vec()),
            step: Some(made.step),
            ..Self::of_symbols(made.symbols)
        })
    }

    /// Adds side information: one value per sample, which must be computable before the sample is taken, such as a
    /// position in a block, a line address or a number of rare branches.
    ///
    /// # Errors
    /// Returns an error if there is not one value per sample.
    pub fn with_column(
        mut self,
        name: impl Into<String>,
        values: Vec<u64>,
    ) -> Result<Self, InformedError> {
        let (name, samples) = (name.into(), self.symbols.len());
        if values.len() != samples {
            return Err(InformedError::ColumnLength { name, values: values.len(), samples });
        }
        self.columns.push((name, values));
        Ok(self)
    }

    /// Adds the deltas of another boot of the same machine.
    #[must_use]
    pub fn with_boot_ticks(mut self, name: impl Into<String>, delta_ticks: &[u64]) -> Self {
        let step = self.step.unwrap_or_default();
        let mask = u64::from(u8::MAX >> (8 - self.symbols.bits_per_symbol()));
        let symbol = |&delta: &u64| (step.quotient(delta) & mask) as u8;
        self.boots.push((name.into(), delta_ticks.iter().map(symbol).collect()));
        self
    }

    /// Adds the symbols of another boot of the same machine.
    #[must_use]
    pub fn with_boot_symbols(mut self, name: impl Into<String>, symbols: &Symbols) -> Self {
        self.boots.push((name.into(), symbols.raw().to_vec()));
        self
    }

    /// Adds lengths of blocks, windows or walks: the position modulo each is tried.
    #[must_use]
    pub fn with_windows(mut self, samples: &[usize]) -> Self {
        self.windows.extend_from_slice(samples);
        self
    }

    /// The counter's step, where the samples are deltas.
    #[must_use]
    pub fn step(&self) -> Option<&CounterStep> {
        self.step.as_ref()
    }

    /// How many samples there are.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.symbols.len()
    }
}
