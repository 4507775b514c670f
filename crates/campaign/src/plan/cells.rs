// SPDX-License-Identifier: GPL-2.0-or-later
//! The settings and cells of a plan, in a fixed order: boots are the outermost loop, so that a change
//! on the host during a campaign affects all settings equally.

use std::collections::BTreeMap;
use std::fmt;

use chaos_wire::{OnFailure, Parameter, Timer, Workload};
use guest_run::Accelerator;
use serde::{Deserialize, Serialize};

use super::Plan;
use super::axis::{Axis, BOOT, CONDITIONS, GUESTS, Value};

/// A cell's value on each axis, by the axis's key. Without a boot it is a setting.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Coordinates(BTreeMap<String, Value>);

impl Coordinates {
    #[must_use]
    pub fn get(&self, axis: Axis) -> Option<&Value> {
        self.0.get(axis.key())
    }

    /// The value as text; empty if there is none.
    #[must_use]
    pub fn text(&self, axis: Axis) -> String {
        self.get(axis).map(ToString::to_string).unwrap_or_default()
    }

    /// Each key with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The same without the boot.
    #[must_use]
    pub fn setting(&self) -> Self {
        let mut setting = self.clone();
        setting.0.remove(BOOT);
        setting
    }

    #[must_use]
    pub fn boot(&self) -> Option<&Value> {
        self.0.get(BOOT)
    }

    pub(crate) fn is(&self, axis: Axis, word: &str) -> bool {
        self.text(axis) == word
    }

    pub(crate) fn is_isolated(&self) -> bool {
        self.is(Axis::Condition, CONDITIONS[1])
    }

    fn set(&mut self, axis: Axis, value: Value) {
        self.0.insert(axis.key().to_owned(), value);
    }

    fn with_boot(&self, boot: u32) -> Self {
        let mut cell = self.clone();
        cell.0.insert(BOOT.to_owned(), Value::Number(boot.into()));
        cell
    }

    /// Why these values are incompatible.
    pub(super) fn impossible(&self) -> Option<&'static str> {
        if self.is(Axis::Guest, GUESTS[1]) && !self.is(Axis::Timer, Timer::Off.word()) {
            return Some(
                "the Linux guest has its own timer; exclude these settings with \
                 [[exclude]] guest = \"linux\" and the values of timer",
            );
        }
        let workload = Axis::Engine(Parameter::Workload);
        if self.is(Axis::Guest, GUESTS[1]) && self.is(workload, Workload::Rtc.word()) {
            return Some(
                "only bare metal has the real-time clock to itself; exclude these settings with \
                 [[exclude]] guest = \"linux\", workload = \"rtc\"",
            );
        }
        if self.is_isolated() && self.is(Axis::Accel, &Accelerator::Kvm.to_string()) {
            return Some(
                "an isolated machine is always run by TCG; exclude these settings with \
                 [[exclude]] accel = \"kvm\", condition = \"isolated\"",
            );
        }
        None
    }

    /// The values that distinguish this one of `settings` from the others; all its values if it is the only one.
    pub(super) fn differing(&self, settings: &[Self]) -> String {
        let differs = |key: &str, value: &Value| {
            settings.len() < 2 || settings.iter().any(|other| other.0.get(key) != Some(value))
        };
        let parts: Vec<String> = self
            .iter()
            .filter(|(key, value)| differs(key, value))
            .map(|(key, value)| format!("{key} = {value}"))
            .collect();
        parts.join(", ")
    }
}

/// `guest baremetal, machine q35, …, boot 1`, in the order of the axes.
impl fmt::Display for Coordinates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = Axis::all().map(Axis::key).chain([BOOT]);
        let parts: Vec<String> =
            keys.filter_map(|key| Some(format!("{key} {}", self.0.get(key)?))).collect();
        f.write_str(&parts.join(", "))
    }
}

impl Plan {
    /// Every setting: the product of the axes without the excluded ones. The last axis changes first.
    #[must_use]
    pub fn settings(&self) -> Vec<Coordinates> {
        let mut settings = vec![Coordinates::default()];
        for (axis, values) in &self.grid {
            settings = settings
                .iter()
                .flat_map(|setting| {
                    values.iter().map(|value| {
                        let mut setting = setting.clone();
                        setting.set(*axis, value.clone());
                        setting
                    })
                })
                .collect();
        }
        if self.observe_isolated {
            for setting in settings.iter_mut().filter(|setting| setting.is_isolated()) {
                let observe = Value::Word(OnFailure::Observe.word().to_owned());
                setting.set(Axis::Engine(Parameter::Health), observe);
            }
        }
        settings.retain(|setting| !self.excludes(setting));
        settings
    }

    /// Every cell; its index is its number.
    #[must_use]
    pub fn cells(&self) -> Vec<Coordinates> {
        let settings = self.settings();
        (1..=self.boots)
            .flat_map(|boot| settings.iter().map(move |setting| setting.with_boot(boot)))
            .collect()
    }

    fn excludes(&self, setting: &Coordinates) -> bool {
        self.exclude.iter().any(|axes| {
            axes.iter().all(|(axis, values)| {
                setting.get(*axis).is_some_and(|value| values.contains(value))
            })
        })
    }
}
