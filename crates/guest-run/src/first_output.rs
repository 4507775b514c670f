// SPDX-License-Identifier: GPL-2.0-or-later
//! A guest that never writes a byte: how long to wait for it, and the likely causes.

use std::time::{Duration, Instant};

use crate::error::{RunError, Scene};
use crate::limits::Limits;
use crate::machine::{Accelerator, Guest, Machine};
use crate::process::Process;

/// The guest's first byte, which is still awaited.
#[derive(Debug)]
pub(crate) struct FirstOutput {
    pub(crate) until: Instant,
    hint: String,
}

impl FirstOutput {
    /// Starts waiting for a guest that has just been started.
    pub(crate) fn expected(
        process: &Process,
        machine: &Machine,
        guest: &Guest,
        limits: &Limits,
    ) -> Option<Self> {
        limits
            .first_output
            .map(|patience| Self { until: process.begun() + patience, hint: hint(machine, guest) })
    }

    /// The error if no byte came within the given time, or before QEMU ended.
    pub(crate) fn missing(self, waited: Option<Duration>, scene: Box<Scene>) -> RunError {
        RunError::NoOutput { waited, hint: self.hint, scene }
    }
}

/// The likely causes, the most likely first.
fn hint(machine: &Machine, guest: &Guest) -> String {
    let given = machine.memory_mib;
    let memory = match guest.least_memory_mib {
        Some(least) if given < least => {
            return format!(
                "It has {given} MiB of memory; it is known to start with {least} MiB or more: raise it with --memory."
            );
        }
        Some(least) => {
            format!("too little memory (it has {given} MiB; {least} MiB are known to be enough)")
        }
        None => format!("too little memory (it has {given} MiB)"),
    };
    let accelerator = match machine.runs_on() {
        Accelerator::Kvm => "a KVM that runs no guests (try --accel tcg)",
        Accelerator::Tcg => "a host too busy for an emulator (run it again)",
    };
    format!(
        "Likely causes: {memory}; an image that does not start on {} ({}); {accelerator}.",
        machine.model,
        guest.kernel.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Model;

    #[test]
    fn the_hint_names_what_is_likely() {
        let guest = Guest {
            name: "a guest".to_owned(),
            kernel: "/images/kernel".into(),
            initrd: None,
            command_line: String::new(),
            least_memory_mib: Some(11),
            data: None,
            live: None,
            attached: crate::attached::Attached::default(),
        };
        let little = hint(&Machine::tcg(Model::Q35, 8), &guest);
        assert!(little.contains("has 8 MiB") && little.contains("11 MiB or more"), "{little}");
        let enough = Machine { accelerator: Accelerator::Kvm, ..Machine::tcg(Model::Pc, 64) };
        let other = hint(&enough, &guest);
        for cause in ["64 MiB; 11 MiB", "start on pc (/images/kernel)", "--accel tcg"] {
            assert!(other.contains(cause), "{other}");
        }
    }
}
