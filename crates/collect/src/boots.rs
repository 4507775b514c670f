// SPDX-License-Identifier: GPL-2.0-or-later
//! Turns captures into boots: grouped by machine and parameters, numbered in the order of their names; the boots of a
//! series become one matrix of true restarts.

use std::collections::BTreeMap;

use chaos_stick::MachineFact;
use chaos_wire::capture::TargetCapture;
use chaos_wire::{Capture, Params, Request};
use entropy_report::{RestartMatrix, TakenRun};
use measure::taken::{self, BootFacts};

use crate::facts::Facts;
use crate::find::{Found, Origin, Refusal};

/// The boots of one machine with one set of parameters.
#[derive(Debug)]
pub struct Machine {
    pub facts: Facts,
    /// The engine's parameters.
    pub params: Params,
    /// Boots of each target.
    pub boots: Vec<TakenRun>,
    /// Their captures.
    pub origins: Vec<Origin>,
}

/// Groups the captures. Captures that cannot be assigned are added to the refused ones.
#[must_use]
pub fn group(found: Found) -> (Vec<Machine>, Vec<Refusal>) {
    let mut refused = found.refused;
    let mut machines: Vec<(Machine, Series)> = Vec::new();
    for (origin, capture) in found.captures {
        let Some((facts, params)) = described(&capture) else {
            let reason = "it does not contain the request with which it was taken".to_owned();
            refused.push(Refusal { path: origin.path, reason });
            continue;
        };
        let same = |(machine, _): &&mut (Machine, Series)| {
            machine.params == params && machine.facts.agree(&facts)
        };
        let (machine, series) = match machines.iter_mut().position(|known| same(&&mut *known)) {
            Some(index) => &mut machines[index],
            None => {
                let fresh = Machine {
                    facts: facts.clone(),
                    params,
                    boots: Vec::new(),
                    origins: Vec::new(),
                };
                machines.push((fresh, Series::default()));
                machines.last_mut().expect("it was just pushed")
            }
        };
        machine.facts.extend(&facts);
        if origin.name.is_some_and(|name| name.boot.is_some()) {
            for target in &capture.targets {
                if let Err(reason) = series.add(&origin, target) {
                    refused.push(Refusal { path: origin.path.clone(), reason });
                }
            }
        }
        machine.take(origin, capture);
    }
    let machines = machines.into_iter().map(|(mut machine, series)| {
        series.attach(&mut machine.boots);
        // Facts from any capture of the machine apply to all of them.
        let accelerator = machine.facts.accelerator();
        machine.boots.iter_mut().for_each(|boot| boot.accel = accelerator.to_owned());
        machine
    });
    (machines.collect(), refused)
}

/// The machine and the parameters of a capture, from the first target that has them.
fn described(capture: &Capture) -> Option<(Facts, Params)> {
    let mut facts = Facts::default();
    for target in &capture.targets {
        facts.extend(&Facts::of(target.meta.iter()));
    }
    let request = capture.targets.iter().find_map(|target| target.meta.get("request"))?;
    Some((facts, Request::parse(request).ok()?.params))
}

impl Machine {
    fn take(&mut self, origin: Origin, capture: Capture) {
        let of_series = origin.name.is_some_and(|name| name.boot.is_some());
        let about = BootFacts {
            accel: String::new(),
            isolated: false,
            boot: 0,
            command: format!("read from {}", origin.path.display()),
        };
        self.origins.push(origin);
        for mut boot in taken::from_capture(capture, &[], &about) {
            let before = self.boots.iter().filter(|known| known.target == boot.target);
            let count = before.count();
            // The boots of a series are rows of its matrix; the first also holds the matrix if no other boot does.
            if of_series && count > 0 {
                continue;
            }
            boot.boot = u32::try_from(count + 1).unwrap_or(u32::MAX);
            self.boots.push(boot);
        }
    }

    /// A short name for files: the board's model, or the processor.
    #[must_use]
    pub fn slug(&self) -> String {
        let facts = [MachineFact::BoardModel, MachineFact::Cpu];
        let name = facts.iter().find_map(|fact| self.facts.get(*fact)).unwrap_or("unknown");
        let plain = name.to_ascii_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
        words.join("-").chars().take(40).collect()
    }
}

/// Rows of true restarts, by target and by the series' number.
#[derive(Default)]
struct Series(BTreeMap<(String, u32), RestartMatrix>);

impl Series {
    fn add(&mut self, origin: &Origin, target: &TargetCapture) -> Result<(), String> {
        let Some(name) = origin.name else { return Ok(()) };
        if target.raw.is_empty() {
            return Ok(());
        }
        let key = (target.target.word().to_owned(), name.number);
        let matrix = self.0.entry(key).or_default();
        if matrix.rows > 0 && matrix.columns != target.raw.len() {
            return Err(format!(
                "it has {} samples, but the earlier boots of its series have {}",
                target.raw.len(),
                matrix.columns
            ));
        }
        matrix.columns = target.raw.len();
        matrix.rows += 1;
        matrix.delta_ticks.extend_from_slice(&target.raw);
        Ok(())
    }

    /// Assigns the largest matrix of each target to its first boot.
    fn attach(self, boots: &mut [TakenRun]) {
        for ((target, _), matrix) in self.0 {
            let Some(first) = boots.iter_mut().find(|boot| boot.target == target) else { continue };
            if first.starts.as_ref().is_none_or(|known| known.rows < matrix.rows) {
                first.starts = Some(matrix);
            }
        }
    }
}
