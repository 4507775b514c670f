// SPDX-License-Identifier: GPL-2.0-or-later
//! Clones: a guest is started, stopped and saved once, restored twice, and both are asked for the same outputs.

mod baremetal;
mod linux;

use std::path::Path;

use anyhow::{Context, Result, bail};
use chaos_wire::{OnFailure, Params, Request};
use clap::ValueEnum;
use entropy_report::{ClonePair, ClonedOutput, Clones, NotMeasured};
use guest_run::{
    Accelerator, ExitKind, FIRST_OUTPUT, Images, Limits, Machine, Model, Monitored, interrupt,
    quoted,
};

use indicatif::ProgressBar;

use crate::guest::{GuestKind, Host, MachineOptions};

/// Bytes of each output.
const STREAM_BYTES: usize = 1024;
const SEED_BYTES: usize = 32;
/// The machine that is saved.
const ORIGINAL: &str = "original";
const RAW_SAMPLES: usize = 512;
const SAMPLE_BYTES: usize = 8;

/// The machines of which clones are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GenerationIds {
    /// Without a vmgenid device
    Without,
    /// With a vmgenid device
    With,
    /// Both
    Both,
}

/// One pair of clones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    pub guest: GuestKind,
    pub accelerator: Accelerator,
    pub isolated: bool,
    pub generation_id: bool,
}

/// What all pairs have in common.
#[derive(Debug)]
pub struct Cloning<'a> {
    pub images: &'a Images,
    pub host: &'a Host,
    pub machine: &'a MachineOptions,
    pub params: Params,
    /// Temporary folder for states and logs.
    pub scratch: &'a Path,
}

/// A requested output: its name, length in bytes, and bytes of a unit that is compared as a whole.
type Asked = (&'static str, usize, usize);
/// The output's bytes, or the guest's message instead.
type Given = Vec<Result<Vec<u8>, String>>;

/// The outputs of one clone.
#[derive(Debug, Default)]
struct Answers {
    given: Given,
    acpi: Option<bool>,
    reseedings: Option<u64>,
}

/// Every pair, and what is left out with the reason.
///
/// # Errors
/// Returns an error if nothing is left.
pub fn plan(
    guests: &[GuestKind],
    machine: &MachineOptions,
    host: &Host,
    ids: GenerationIds,
) -> Result<(Vec<Case>, Vec<NotMeasured>)> {
    let mut left_out = Vec::new();
    let mut conditions = vec![(Accelerator::Tcg, false), (Accelerator::Tcg, true)];
    match host.accelerator {
        Accelerator::Kvm => conditions.insert(0, (Accelerator::Kvm, false)),
        Accelerator::Tcg => left_out
            .push(NotMeasured { what: "clones under KVM".to_owned(), why: host.reason.clone() }),
    }
    let with: &[bool] = match ids {
        GenerationIds::Without => &[false],
        GenerationIds::With => &[true],
        GenerationIds::Both => &[false, true],
    };
    let mut cases = Vec::new();
    for guest in guests {
        for (accelerator, isolated) in &conditions {
            cases.extend(with.iter().map(|generation_id| Case {
                guest: *guest,
                accelerator: *accelerator,
                isolated: *isolated,
                generation_id: *generation_id,
            }));
        }
    }
    if machine.machine == Model::Microvm && with.contains(&true) {
        cases.retain(|case| !case.generation_id);
        left_out.push(NotMeasured {
            what: "clones with a vmgenid device".to_owned(),
            why: "a microvm has no ACPI, which announces the device; use --machine q35 or pc"
                .to_owned(),
        });
    }
    match left_out.last() {
        Some(why) if cases.is_empty() => {
            Err(ExitKind::Usage(format!("{}: {}", why.what, why.why)).into())
        }
        _ => Ok((cases, left_out)),
    }
}

impl Case {
    /// `clones of linux, tcg, isolated, with vmgenid`.
    #[must_use]
    pub fn name(self) -> String {
        format!("clones of {}", self.pair().title())
    }

    fn pair(self) -> ClonePair {
        let guest = match self.guest {
            GuestKind::BareMetal => "baremetal",
            GuestKind::Linux => "linux",
        };
        ClonePair {
            guest: guest.to_owned(),
            accel: self.accelerator.to_string(),
            isolated: self.isolated,
            generation_id: self.generation_id,
            ..ClonePair::default()
        }
    }

    fn machine(self, cloning: &Cloning<'_>) -> Machine {
        Machine {
            accelerator: self.accelerator,
            generation_id: self.generation_id,
            ..cloning.machine.machine(cloning.host, self.isolated)
        }
    }
}

impl Cloning<'_> {
    /// The command of the machine that is saved.
    pub fn command(&self, case: Case) -> Result<String> {
        let (machine, guest) = (case.machine(self), self.guest(case)?);
        Ok(quoted(&machine.command(&self.host.qemu, &guest)))
    }

    /// Makes and compares every pair; `bar` shows the current one.
    pub fn take_all(
        &self,
        cases: &[Case],
        left_out: Vec<NotMeasured>,
        bar: &ProgressBar,
    ) -> Result<Clones> {
        let mut pairs = Vec::new();
        for (number, case) in (1..).zip(cases) {
            bar.set_prefix(format!("{number}/{} {}", cases.len(), case.pair().title()));
            let pair = self.take(*case).with_context(|| format!("making {}", case.name()))?;
            pairs.push(pair);
        }
        Ok(entropy_report::clones(pairs, left_out))
    }

    /// Saves one machine, restores it twice, and compares the outputs.
    fn take(&self, case: Case) -> Result<ClonePair> {
        interrupt::check()?;
        let asked: &[Asked] = match case.guest {
            GuestKind::BareMetal => baremetal::ASKED,
            GuestKind::Linux if case.isolated => {
                linux::ASKED.split_last().map_or(&[], |(_, rest)| rest)
            }
            GuestKind::Linux => linux::ASKED,
        };
        let (machine, guest, qemu) = (case.machine(self), self.guest(case)?, &self.host.qemu);
        if case.guest == GuestKind::Linux {
            linux::prepare(self.images.linux()?, self.scratch)?;
        }
        let state = self.scratch.join("machine.state");
        let patience = self.machine.deadline();
        let limits = |log: &str| Limits {
            deadline: Some(patience),
            // The first thing that a clone writes is the requested output.
            first_output: (log == ORIGINAL).then_some(FIRST_OUTPUT),
            console_log: Some(self.scratch.join(format!("{log}.console.log"))),
        };
        let mut original = Monitored::start(qemu, &machine, &guest, &limits(ORIGINAL))?;
        let first = match case.guest {
            GuestKind::BareMetal => baremetal::wait(&mut original.session, patience)?,
            GuestKind::Linux => linux::wait(&mut original.session, patience)?,
        };
        original.stop()?;
        original.type_while_stopped(first)?;
        let saved = original.session.command().to_owned();
        original.save(&state)?;
        let saved_bytes = fs_err::metadata(&state)?.len();
        let mut restored = String::new();
        let mut answers = Vec::new();
        for number in ["first", "second"] {
            let mut clone = Monitored::restore(qemu, &machine, &guest, &limits(number), &state)?;
            clone.resume()?;
            clone.session.command().clone_into(&mut restored);
            let one = match case.guest {
                GuestKind::BareMetal => baremetal::answers(&mut clone.session),
                GuestKind::Linux => linux::answers(&mut clone.session),
            };
            answers.push(one.with_context(|| format!("asking the {number} clone"))?);
        }
        fs_err::remove_file(&state)?;
        let Ok([first, second]) = <[Answers; 2]>::try_from(answers) else {
            bail!("there are two clones")
        };
        Ok(ClonePair {
            acpi: first.acpi,
            reseedings: first.reseedings.zip(second.reseedings).map(Into::into),
            saved_bytes,
            outputs: outputs(asked, first.given, second.given)?,
            commands: [saved, restored],
            ..case.pair()
        })
    }

    fn guest(&self, case: Case) -> Result<guest_run::Guest> {
        // An isolated machine's source is known to be bad: its health tests are counted, and do not stop the output.
        let on_failure = if case.isolated { OnFailure::Observe } else { self.params.on_failure };
        let params = Params { on_failure, ..self.params };
        let arguments = Request { params, ..Request::default() }.to_string();
        let machine = case.machine(self);
        match case.guest {
            GuestKind::BareMetal => {
                Ok(case.guest.in_images(self.images)?.guest(&machine, &arguments, None))
            }
            GuestKind::Linux => {
                Ok(linux::guest(self.images.linux()?, &machine, &arguments, self.scratch))
            }
        }
    }
}

fn outputs(asked: &[Asked], first: Given, second: Given) -> Result<Vec<ClonedOutput>> {
    if [first.len(), second.len()] != [asked.len(); 2] {
        bail!(
            "each clone was asked for {} outputs, but {} and {} arrived",
            asked.len(),
            first.len(),
            second.len()
        );
    }
    let given = first.into_iter().zip(second);
    Ok(asked
        .iter()
        .zip(given)
        .map(|((name, bytes, unit), (first, second))| {
            ClonedOutput::compare(name, *bytes as u64, *unit, &[first, second])
        })
        .collect())
}

/// Hexadecimal digits as bytes; `None` for other text.
fn from_hex(line: &str) -> Option<Vec<u8>> {
    if !line.is_ascii() || line.is_empty() || !line.len().is_multiple_of(2) {
        return None;
    }
    let digits = (0..line.len()).step_by(2);
    digits.map(|at| u8::from_str_radix(line.get(at..at + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_is_read_and_nothing_else_is() {
        assert_eq!(from_hex("00ff1a"), Some(vec![0, 255, 26]));
        for other in ["", "0", "xy", "µµ", "00 1"] {
            assert_eq!(from_hex(other), None, "{other}");
        }
    }

    #[test]
    fn an_output_that_is_missing_is_an_error() {
        let one = || vec![Ok(vec![1])];
        let asked: &[Asked] = &[("stream", 1, 1), ("seed", 1, 1)];
        let error = outputs(asked, one(), one()).unwrap_err().to_string();
        assert!(error.contains("2 outputs, but 1 and 1 arrived"), "{error}");
        assert_eq!(outputs(&asked[..1], one(), one()).unwrap().len(), 1);
    }
}
