// SPDX-License-Identifier: GPL-2.0-or-later
//! Finds the accelerators that run guests. `/dev/kvm` can exist, open, create a virtual machine, and never run an
//! instruction. So a guest of a few bytes is run with a deadline: first under TCG, which shows that the guest
//! itself is correct and how fast this machine is.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::RunError;
use crate::limits::Limits;
use crate::machine::{Accelerator, Guest, Machine, Model};
use crate::qemu::Qemu;
use crate::session;
use crate::tiny_guest::TinyGuest;

const DEVICE: &str = "/dev/kvm";
/// The probe's output and exit status: nothing else produces both by chance.
const WORD: &str = "uchaos-probe";
const EXIT_VALUE: u32 = 0x2a;
const EXIT_STATUS: i32 = 0x55;
/// The limit for both attempts together on a machine that is not overloaded.
const BUDGET: Duration = Duration::from_millis(4800);
/// Without TCG nothing runs at all, so an overloaded machine gets more time.
const TCG_PATIENCE: Duration = Duration::from_secs(30);
/// KVM is faster than TCG; if it takes ten times as long, it does not work.
const KVM_PATIENCE: u32 = 10;
/// KVM gets at least this long: the machine may have been busy for a moment.
const LEAST_PATIENCE: Duration = Duration::from_secs(2);

/// The state of KVM on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KvmState {
    /// `/dev/kvm` does not exist.
    Absent,
    NoPermission,
    /// It exists but does not run guests.
    Unusable {
        reason: String,
    },
    /// It runs guests.
    Usable {
        /// How long the probe's guest took, from the start of QEMU to its end.
        took: Duration,
    },
}

impl KvmState {
    /// The remedy; `None` if nothing is wrong.
    #[must_use]
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Absent => Some(
                "load the module (`sudo modprobe kvm_intel` or `kvm_amd`), switch virtualisation on in the firmware, or, \
                 in a virtual machine, allow nested virtualisation",
            ),
            Self::NoPermission => {
                Some("join the group that owns it: `sudo usermod -aG kvm $USER`, then log in again")
            }
            Self::Unusable { .. } => Some(
                "this machine's host controls nested virtualisation; run on real hardware for \
                 figures that do not reflect the emulator",
            ),
            Self::Usable { .. } => None,
        }
    }
}

impl fmt::Display for KvmState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => write!(f, "absent: there is no {DEVICE}"),
            Self::NoPermission => write!(f, "no permission to open {DEVICE}"),
            Self::Unusable { reason } => write!(f, "unusable: {DEVICE} is there, but {reason}"),
            Self::Usable { took } => write!(f, "usable: a guest ran in {} ms", took.as_millis()),
        }
    }
}

/// The probe's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    pub kvm: KvmState,
    /// How long the probe's guest took under TCG.
    pub tcg: Duration,
}

impl Probe {
    /// The best accelerator that runs guests.
    #[must_use]
    pub fn accelerator(&self) -> Accelerator {
        match self.kvm {
            KvmState::Usable { .. } => Accelerator::Kvm,
            _ => Accelerator::Tcg,
        }
    }
}

/// Runs the probe's guest under TCG and, where `/dev/kvm` opens, under KVM. Takes less than five seconds,
/// unless the machine is so busy that TCG alone takes three.
///
/// # Errors
/// [`RunError::ProbeFailed`] when not even TCG runs it, [`RunError::Interrupted`] on Ctrl-C.
pub fn probe(qemu: &Qemu) -> Result<Probe, RunError> {
    probe_device(qemu, Path::new(DEVICE))
}

fn probe_device(qemu: &Qemu, device: &Path) -> Result<Probe, RunError> {
    let begun = Instant::now();
    let image = TinyGuest::new().print(WORD).print("\n").exit(EXIT_VALUE).spin().elf();
    let failed = |error| RunError::ProbeImage { folder: std::env::temp_dir(), error };
    let mut file = tempfile::Builder::new()
        .prefix("uchaos-probe-")
        .suffix(".elf")
        .tempfile()
        .map_err(failed)?;
    file.write_all(&image).and_then(|()| file.flush()).map_err(failed)?;
    let tcg = attempt(qemu, file.path(), Accelerator::Tcg, TCG_PATIENCE)?
        .map_err(|why| RunError::ProbeFailed { why })?;
    let kvm = match OpenOptions::new().read(true).write(true).open(device) {
        Ok(_) => {
            let left = BUDGET.saturating_sub(begun.elapsed());
            let patience = (tcg * KVM_PATIENCE).min(left).max(LEAST_PATIENCE);
            match attempt(qemu, file.path(), Accelerator::Kvm, patience)? {
                Ok(took) => KvmState::Usable { took },
                Err(reason) => KvmState::Unusable { reason },
            }
        }
        Err(error) => not_open(&error),
    };
    Ok(Probe { kvm, tcg })
}

/// The state that an error of opening the device means.
fn not_open(error: &io::Error) -> KvmState {
    match error.kind() {
        io::ErrorKind::NotFound => KvmState::Absent,
        io::ErrorKind::PermissionDenied => KvmState::NoPermission,
        _ => KvmState::Unusable { reason: format!("opening it fails: {error}") },
    }
}

/// Runs the probe's guest once. The outer error is an interrupt; the inner one says why the guest did not run.
fn attempt(
    qemu: &Qemu,
    image: &Path,
    accelerator: Accelerator,
    patience: Duration,
) -> Result<Result<Duration, String>, RunError> {
    let machine = Machine { accelerator, ..Machine::tcg(Model::Q35, 8) };
    let guest = Guest {
        name: format!("the probe's guest under {accelerator}"),
        kernel: image.to_owned(),
        initrd: None,
        command_line: String::new(),
        least_memory_mib: None,
        data: None,
        live: None,
        attached: crate::attached::Attached::default(),
    };
    let limits = Limits { deadline: Some(patience), ..Limits::default() };
    let begun = Instant::now();
    let ended = session::run(qemu, &machine, &guest, &limits);
    let took = begun.elapsed();
    Ok(match ended {
        Err(error @ RunError::Interrupted { .. }) => return Err(error),
        // No guest reports this status, so to the runner this is a QEMU that ended before its guest.
        Err(RunError::GuestDied { how, scene }) if how.code() == Some(EXIT_STATUS) => {
            if scene.last_lines.iter().any(|line| line == WORD) {
                Ok(took)
            } else {
                Err("the guest ran, and its console output is lost".to_owned())
            }
        }
        Err(RunError::GuestDied { how, scene }) => {
            Err(scene.last_lines.iter().find_map(|line| line.strip_prefix("qemu: ")).map_or_else(
                || format!("QEMU ended with {how}"),
                |line| format!("QEMU refuses: {line}"),
            ))
        }
        Err(RunError::KvmRefuses { line, .. }) => Err(format!("QEMU refuses: {line}")),
        Err(RunError::Deadline { .. }) => Err(format!(
            "a guest makes no progress under {accelerator} (waited {:.1} s)",
            patience.as_secs_f64()
        )),
        Err(error) => Err(error.to_string()),
        Ok(outcome) => Err(format!("the guest ended with {}, and not as it should", outcome.exit)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_program::program;

    /// Probes a script that behaves as QEMU with a working TCG and does `under_kvm` otherwise, with a device that opens.
    /// The real QEMU is probed in tests/qemu.
    fn probe_with(under_kvm: &str) -> (Probe, Duration) {
        let folder = tempfile::tempdir().expect("a new folder");
        let script = format!(
            "#!/bin/sh\ncase \"$*\" in *'-accel kvm'*) {under_kvm};; *) echo {WORD}; exit {EXIT_STATUS};; esac\n"
        );
        let path = program(folder.path(), "qemu", &script);
        let qemu = Qemu::at(path, "QEMU emulator version 0".to_owned());
        let begun = Instant::now();
        let found = probe_device(&qemu, Path::new("/dev/null")).expect("TCG runs guests");
        (found, begun.elapsed())
    }

    #[test]
    fn a_kvm_that_gives_up_is_known_by_what_qemu_says() {
        for line in ["KVM internal error. Suberror: 1", "error: failed to set MSR 0x38d to 0x0"] {
            let (found, _) = probe_with(&format!("echo '{line}' >&2; exec sleep 600"));
            let KvmState::Unusable { reason } = &found.kvm else { panic!("{found:?}") };
            assert!(reason.contains(line), "{reason}");
        }
    }

    #[test]
    fn a_kvm_that_hangs_its_guest_is_given_up_within_five_seconds() {
        let (found, took) = probe_with("exec sleep 600");
        assert!(took < Duration::from_secs(5), "{took:?}");
        assert!(took >= LEAST_PATIENCE, "{took:?}");
        assert_eq!(found.accelerator(), Accelerator::Tcg);
        let KvmState::Unusable { reason } = &found.kvm else { panic!("{found:?}") };
        assert!(reason.contains("makes no progress"), "{reason}");
    }

    #[test]
    fn a_kvm_that_writes_and_then_hangs_is_not_usable() {
        let (found, _) = probe_with(&format!("echo {WORD}; exec sleep 600"));
        assert!(matches!(found.kvm, KvmState::Unusable { .. }), "{found:?}");
    }

    #[test]
    fn a_kvm_that_qemu_refuses_is_told_in_qemus_words() {
        let (found, _) = probe_with("echo 'failed to initialize kvm' >&2; exit 1");
        assert!(
            found.kvm.to_string().contains("QEMU refuses: failed to initialize kvm"),
            "{}",
            found.kvm
        );
    }

    #[test]
    fn an_end_without_the_word_is_not_usable() {
        for end in ["exit 85", "exit 0", "kill -9 $$"] {
            let (found, _) = probe_with(end);
            assert!(matches!(found.kvm, KvmState::Unusable { .. }), "{end}: {found:?}");
        }
    }

    #[test]
    fn a_kvm_that_runs_the_guest_is_usable() {
        let (found, _) = probe_with(&format!("echo {WORD}; exit {EXIT_STATUS}"));
        assert!(
            matches!(found.kvm, KvmState::Usable { took } if took > Duration::ZERO),
            "{found:?}"
        );
        assert_eq!((found.accelerator(), found.kvm.remedy()), (Accelerator::Kvm, None));
    }

    #[test]
    fn a_device_that_does_not_open_is_told_apart() {
        assert_eq!(not_open(&io::ErrorKind::NotFound.into()), KvmState::Absent);
        assert_eq!(not_open(&io::ErrorKind::PermissionDenied.into()), KvmState::NoPermission);
        let state = not_open(&io::Error::other("no such device or address"));
        assert!(state.to_string().contains("opening it fails: no such device"), "{state}");
        for state in [KvmState::Absent, KvmState::NoPermission, state] {
            assert!(state.remedy().is_some());
        }
    }

    #[test]
    fn a_qemu_that_runs_no_guest_at_all_fails_the_probe() {
        let nothing = Qemu::at("/bin/false".into(), "QEMU emulator version 0".to_owned());
        let error = probe_device(&nothing, Path::new("/dev/null")).unwrap_err();
        assert!(matches!(error, RunError::ProbeFailed { .. }), "{error}");
    }
}
