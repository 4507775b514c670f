// SPDX-License-Identifier: GPL-2.0-or-later
//! Engine parameters: what is allowed, and the set of values that one engine runs with. Checked, never clamped, and part of
//! a run's provenance.

use core::fmt;

use crate::allowed::Allowed;
use crate::vocabulary::{Parameter, Params, RawParams};

/// A value that a parameter does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadParameter {
    pub parameter: Parameter,
    /// The number of the value.
    pub given: u32,
}

impl fmt::Display for BadParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { parameter, given } = self;
        write!(
            f,
            "{}={given} is not allowed; it must be {}",
            parameter.key(),
            parameter.allowed_text()
        )
    }
}

impl core::error::Error for BadParameter {}

impl Parameter {
    /// The key in reports: numbers are reported under the name that has their unit in it.
    #[must_use]
    pub const fn report_key(self) -> &'static str {
        match self.allowed() {
            Allowed::Words(_) => self.key(),
            _ => self.member(),
        }
    }

    /// What it sets and in which unit.
    #[must_use]
    pub fn meaning(self) -> impl fmt::Display {
        Meaning(self)
    }

    /// The value with this number as the job grammar and reports have it.
    #[must_use]
    pub fn value(self, number: u32) -> impl fmt::Display {
        Value { parameter: self, number }
    }
}

struct Meaning(Parameter);

impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.text())?;
        match self.0.unit() {
            "" => Ok(()),
            unit => write!(f, ", in {unit}"),
        }
    }
}

struct Value {
    parameter: Parameter,
    number: u32,
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parameter.allowed() {
            Allowed::Words(words) => {
                f.write_str(words.get(self.number as usize).copied().unwrap_or("unknown"))
            }
            _ => self.number.fmt(f),
        }
    }
}

impl Params {
    /// From the C ABI.
    ///
    /// # Errors
    /// Returns an error with the first value that is not allowed.
    pub fn from_numbers(numbers: &RawParams) -> Result<Self, BadParameter> {
        Self::of_allowed(numbers).map_err(|(parameter, given)| BadParameter { parameter, given })
    }

    /// Every parameter with the number of its value.
    pub fn iter(&self) -> impl Iterator<Item = (Parameter, u32)> {
        Parameter::ALL.iter().copied().zip(self.numbers())
    }

    /// These parameters with one of them changed.
    ///
    /// # Errors
    /// Returns an error if the parameter does not allow that number.
    pub fn with(&self, parameter: Parameter, number: u32) -> Result<Self, BadParameter> {
        let mut numbers = self.numbers();
        if let Some(slot) = numbers.get_mut(parameter as usize) {
            *slot = number;
        }
        Self::from_numbers(&numbers)
    }

    /// These parameters with the next value of one of them, the first after the last.
    #[must_use]
    pub fn next(&self, parameter: Parameter) -> Self {
        let allowed = parameter.allowed();
        let now = self.numbers().get(parameter as usize).copied().unwrap_or_default();
        let next = match allowed {
            Allowed::Range { low, high } => {
                if now < high {
                    now + 1
                } else {
                    low
                }
            }
            Allowed::List(numbers) => {
                let after = numbers.iter().find(|number| **number > now);
                after.or(numbers.first()).copied().unwrap_or(now)
            }
            Allowed::Words(words) => (now + 1) % words.len() as u32,
        };
        self.with(parameter, next).unwrap_or(*self)
    }

    /// Checks every parameter.
    ///
    /// # Errors
    /// Returns an error with the first value that is not allowed.
    pub fn check(&self) -> Result<(), BadParameter> {
        Self::from_numbers(&self.numbers()).map(|_| ())
    }

    /// Writes lines `key=value`, as in every report.
    ///
    /// # Errors
    /// Returns an error if `lines` takes no more.
    pub fn write(&self, lines: &mut dyn fmt::Write) -> fmt::Result {
        self.iter().try_for_each(|(parameter, number)| {
            writeln!(lines, "{}={}", parameter.report_key(), parameter.value(number))
        })
    }

    /// Fresh min-entropy in the stream per output bit by the claim, in 1/1000000 bit: `turns` samples go into 64 bits. The
    /// rest of the stream is amplification. None of it is fresh where the workload is not credited.
    #[must_use]
    pub const fn fresh_microbits_per_output_bit(&self) -> u32 {
        if !self.workload.is_credited() {
            return 0;
        }
        let micro =
            self.turns.saturating_mul(self.claim_millibits).saturating_mul(1000) / u64::BITS;
        if micro > 1_000_000 { 1_000_000 } else { micro }
    }
}

#[cfg(test)]
mod tests {
    use std::string::{String, ToString as _};

    use super::*;
    use crate::{OnFailure, Workload};

    #[test]
    fn every_default_is_allowed_and_every_set_of_numbers_comes_back() {
        assert_eq!(Params::default().check(), Ok(()));
        for (parameter, number) in Params::default().iter() {
            assert_eq!(parameter.default_number(), number);
        }
        let mut numbers = Params::DEFAULT.numbers();
        numbers[..6].copy_from_slice(&[3, 7, 63, 255, 4000, 0]);
        let params = Params::from_numbers(&numbers).unwrap();
        assert_eq!(
            (params.workload, params.on_failure),
            (Workload::HashBranchy, OnFailure::Observe)
        );
        assert_eq!((params.turns, params.init_turns), (7, 63));
        assert_eq!((params.min_delta, params.claim_millibits), (255, 4000));
        assert_eq!(params.numbers(), numbers);
    }

    #[test]
    fn exactly_the_allowed_numbers_pass_and_an_error_names_them() {
        for &parameter in Parameter::ALL {
            let passed = (0..=8001).chain([u32::MAX]).filter(|number| {
                let changed = Params::DEFAULT.with(parameter, *number);
                if let Err(bad) = changed {
                    assert_eq!(bad, BadParameter { parameter, given: *number });
                    assert!(bad.to_string().contains(parameter.allowed_text()), "{bad}");
                }
                changed.is_ok()
            });
            let expected = match parameter.allowed() {
                Allowed::Range { low, high } => (high - low + 1) as usize,
                Allowed::List(numbers) => numbers.len(),
                Allowed::Words(words) => words.len(),
            };
            assert_eq!(passed.count(), expected, "{parameter:?}");
        }
        let bad = Params::DEFAULT.with(Parameter::Claim, 100).unwrap_err();
        assert_eq!(
            bad.to_string(),
            "claim=100 is not allowed; it must be 31, 62, 125, 250, 500, 1000, 2000 or 4000"
        );
    }

    #[test]
    fn the_next_value_goes_round_all_that_are_allowed() {
        for &parameter in Parameter::ALL {
            let mut params = Params::DEFAULT;
            let round = (1..=8000).find(|_| {
                params = params.next(parameter);
                params == Params::DEFAULT
            });
            let allowed = (0..=4000).filter(|number| parameter.allowed().contains(*number));
            assert_eq!(round, Some(allowed.count()), "{parameter:?}");
        }
    }

    #[test]
    fn the_texts_of_allowed_values_are_plain_english() {
        assert_eq!(Parameter::Turns.allowed_text(), "1 to 7");
        assert_eq!(Parameter::Workload.allowed_text(), "pause, dram, flush, hash-branchy or rtc");
        assert_eq!(Parameter::Health.allowed_text(), "observe or enforce");
        assert_eq!((Parameter::Turns.form(), Parameter::Health.form()), ("turns N", "health W"));
    }

    #[test]
    fn a_report_has_words_for_choices_and_units_in_keys() {
        let mut lines = String::new();
        Params::DEFAULT.write(&mut lines).unwrap();
        let expected = "workload=dram\nturns=1\ninit_turns=7\nmin_delta=3\nclaim_millibits=125\nhealth=enforce\n";
        assert!(lines.starts_with(expected), "{lines}");
    }

    #[test]
    fn amplification_is_declared() {
        let fresh = |turns, claim_millibits| {
            Params { turns, claim_millibits, ..Params::DEFAULT }.fresh_microbits_per_output_bit()
        };
        assert_eq!((fresh(1, 125), fresh(7, 4000), fresh(u32::MAX, 1)), (1953, 437_500, 1_000_000));
        let lesson = Params { workload: Workload::HashBranchy, ..Params::DEFAULT };
        assert_eq!(lesson.fresh_microbits_per_output_bit(), 0);
    }
}
