// SPDX-License-Identifier: GPL-2.0-or-later
//! The axes of a grid and the values that each allows. Engine parameters are those of the vocabulary.

use chaos_wire::{Allowed, Parameter, Timer, parse_parameter};
use clap::ValueEnum as _;
use guest_run::{Accelerator, Model};
use measure::engine_options::in_option;
use serde::{Deserialize, Serialize};
use std::fmt;

pub(crate) const GUESTS: [&str; 2] = ["baremetal", "linux"];
pub(crate) const CONDITIONS: [&str; 2] = ["ordinary", "isolated"];
const ACCELERATORS: [Accelerator; 2] = [Accelerator::Tcg, Accelerator::Kvm];
/// The default processor: the host's under KVM, QEMU's under TCG.
pub(crate) const DEFAULT_CPU: &str = "default";
const MOST_MEMORY_MIB: u64 = 65_536;
/// The key of the boots of one setting, which are given as a number, not as a list.
pub(crate) const BOOT: &str = "boot";

/// The dimension of a cell's coordinate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    Guest,
    Machine,
    Accel,
    Cpu,
    Memory,
    Condition,
    Timer,
    Engine(Parameter),
}

/// A value on an axis, as in plan files and records.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    Number(u64),
    Word(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Word(word) => f.write_str(word),
        }
    }
}

impl Axis {
    /// Every axis, in the order in which tables show them.
    pub fn all() -> impl Iterator<Item = Self> {
        let machine = [
            Self::Guest,
            Self::Machine,
            Self::Accel,
            Self::Cpu,
            Self::Memory,
            Self::Condition,
            Self::Timer,
        ];
        machine.into_iter().chain(Parameter::ALL.iter().map(|&parameter| Self::Engine(parameter)))
    }

    /// The key in plan files and records.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Machine => "machine",
            Self::Accel => "accel",
            Self::Cpu => "cpu",
            Self::Memory => "memory_mib",
            Self::Condition => "condition",
            Self::Timer => "timer",
            Self::Engine(parameter) => parameter.key(),
        }
    }

    pub(crate) fn of_key(key: &str) -> Option<Self> {
        Self::all().find(|axis| axis.key() == key)
    }

    /// The default values.
    pub(crate) fn default_values(self) -> Vec<Value> {
        let word = |word: &str| vec![Value::Word(word.to_owned())];
        match self {
            Self::Guest => GUESTS.map(|guest| Value::Word(guest.to_owned())).into(),
            Self::Machine => word(&Model::Q35.to_string()),
            Self::Accel => word(&Accelerator::Tcg.to_string()),
            Self::Cpu => word(DEFAULT_CPU),
            Self::Memory => vec![Value::Number(64)],
            Self::Condition => word(CONDITIONS[0]),
            Self::Timer => word(Timer::Off.word()),
            Self::Engine(parameter) => {
                vec![value_of_parameter(parameter, parameter.default_number())]
            }
        }
    }

    /// The allowed values, in a phrase.
    pub(crate) fn allowed(self) -> String {
        let one_of = |words: &[String]| format!("one of {}", words.join(", "));
        match self {
            Self::Guest => one_of(&GUESTS.map(str::to_owned)),
            Self::Machine => one_of(&models()),
            Self::Accel => one_of(&ACCELERATORS.map(|accel| accel.to_string())),
            Self::Cpu => {
                format!("`{DEFAULT_CPU}` or a name that `qemu-system-x86_64 -cpu help` lists")
            }
            Self::Memory => format!("1 to {MOST_MEMORY_MIB}, in MiB"),
            Self::Condition => one_of(&CONDITIONS.map(str::to_owned)),
            Self::Timer => {
                one_of(&Timer::WORDS.iter().map(|&word| word.to_owned()).collect::<Vec<_>>())
            }
            Self::Engine(parameter) => parameter.allowed_text().to_owned(),
        }
    }

    /// Parses a plan's value; the error names the allowed values.
    pub(crate) fn parse(self, given: &toml::Value) -> Result<Value, String> {
        let text = match given {
            toml::Value::String(text) => text.clone(),
            toml::Value::Integer(number) => number.to_string(),
            other => other.to_string(),
        };
        let refused = || format!("{} = {given}: must be {}", self.key(), self.allowed());
        let known = |known: bool| known.then(|| Value::Word(text.clone())).ok_or_else(refused);
        match self {
            Self::Guest => known(GUESTS.contains(&text.as_str())),
            Self::Machine => known(models().contains(&text)),
            Self::Accel => known(ACCELERATORS.iter().any(|accel| accel.to_string() == text)),
            Self::Condition => known(CONDITIONS.contains(&text.as_str())),
            Self::Timer => known(Timer::from_word(&text).is_some()),
            Self::Cpu => known(is_cpu_name(&text)),
            Self::Memory => match text.parse() {
                Ok(number @ 1..=MOST_MEMORY_MIB) => Ok(Value::Number(number)),
                _ => Err(refused()),
            },
            Self::Engine(parameter) => parse_parameter(parameter, &text)
                .map(|number| value_of_parameter(parameter, number))
                .map_err(|problem| format!("{} = {given}: {}", self.key(), in_option(problem))),
        }
    }
}

fn value_of_parameter(parameter: Parameter, number: u32) -> Value {
    match parameter.allowed() {
        Allowed::Words(_) => Value::Word(parameter.value(number).to_string()),
        Allowed::Range { .. } | Allowed::List(_) => Value::Number(number.into()),
    }
}

fn models() -> Vec<String> {
    Model::value_variants().iter().map(ToString::to_string).collect()
}

/// A name with features, as in `max,-rdrand`.
fn is_cpu_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._+-=,".contains(c);
    text.chars().all(plain) && text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_parameter_allows_what_the_engine_allows() {
        for &parameter in Parameter::ALL {
            let axis = Axis::Engine(parameter);
            for number in 0..=8001_u32 {
                let given = match parameter.allowed() {
                    Allowed::Words(words) => {
                        let Some(word) = words.get(number as usize) else { break };
                        toml::Value::String((*word).to_owned())
                    }
                    _ => toml::Value::Integer(number.into()),
                };
                let allowed = parameter.allowed().contains(number);
                assert_eq!(axis.parse(&given).is_ok(), allowed, "{} = {given}", axis.key());
            }
        }
    }

    #[test]
    fn a_default_is_a_value_that_its_axis_takes() {
        for axis in Axis::all() {
            for value in axis.default_values() {
                let given = match &value {
                    Value::Number(number) => toml::Value::Integer(*number as i64),
                    Value::Word(word) => toml::Value::String(word.clone()),
                };
                assert_eq!(axis.parse(&given), Ok(value), "{}", axis.key());
            }
        }
    }

    #[test]
    fn a_refusal_names_key_value_and_what_is_allowed() {
        let refused = |axis: Axis, given: &str| {
            axis.parse(&toml::Value::String(given.to_owned())).unwrap_err()
        };
        assert_eq!(
            refused(Axis::Guest, "minix"),
            "guest = \"minix\": must be one of baremetal, linux"
        );
        assert!(refused(Axis::Engine(Parameter::Turns), "8").contains("must be 1 to 7"));
        assert!(refused(Axis::Cpu, "-x").contains("-cpu help"));
        assert!(refused(Axis::Accel, "auto").contains("one of tcg, kvm"));
        let float = Axis::Memory.parse(&toml::Value::Float(1.5)).unwrap_err();
        assert!(float.contains("memory_mib = 1.5: must be 1 to 65536"), "{float}");
    }
}
