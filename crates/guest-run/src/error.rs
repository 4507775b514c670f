// SPDX-License-Identifier: GPL-2.0-or-later
//! The ways in which a run fails. Each message names the operation, its object, the guest's last output,
//! the log file, the command to repeat it, and what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use chaos_wire::GuestStatus;

use crate::interrupt::Interrupted;
use crate::qmp::QmpError;

/// The circumstances of a failed run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scene {
    /// A description of the guest.
    pub guest: String,
    pub command: String,
    /// The console's log, if one was kept.
    pub console_log: Option<PathBuf>,
    /// The last lines of the guest's console and of QEMU.
    pub last_lines: Vec<String>,
}

impl fmt::Display for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.last_lines.is_empty() {
            writeln!(f, "  the console is empty")?;
        } else {
            writeln!(f, "  the console's last lines:")?;
        }
        for line in &self.last_lines {
            writeln!(f, "  | {line}")?;
        }
        if let Some(log) = &self.console_log {
            writeln!(f, "  console log: {}", log.display())?;
        }
        write!(f, "  to repeat it: {}", self.command)
    }
}

/// A run that failed. Each message holds its cause, which is therefore not a source of the error as well.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// QEMU could not be started, or waiting for it failed.
    #[error("starting QEMU, or waiting for it, for {}: {error}\n  the command: {}", scene.guest, scene.command)]
    Start { error: io::Error, scene: Box<Scene> },
    /// The guest did not finish in time.
    #[error(
        "running {}: no end within {:.1} s, so it was killed\n{scene}\n  \
         If it was still at work, give it a longer deadline; if not, the last lines show where it stands still.",
        scene.guest,
        after.as_secs_f64()
    )]
    Deadline { after: Duration, scene: Box<Scene> },
    /// The guest has not written a byte.
    #[error("running {}: {}\n{scene}\n  {hint}", scene.guest, without_output(*waited))]
    NoOutput {
        /// The time waited; `None` if QEMU ended by itself.
        waited: Option<Duration>,
        /// The likely cause and remedy.
        hint: String,
        scene: Box<Scene>,
    },
    /// KVM is present but does not run this guest.
    #[error(
        "running {}: KVM does not run it: {line}\n{scene}\n  Run it with --accel tcg; `doctor` checks KVM here.",
        scene.guest
    )]
    KvmRefuses {
        /// QEMU's message.
        line: String,
        scene: Box<Scene>,
    },
    /// Expected text did not appear.
    #[error("waiting for {text:?} from {}: it did not come within {:.1} s\n{scene}", scene.guest, after.as_secs_f64())]
    Silence { text: String, after: Duration, scene: Box<Scene> },
    /// QEMU ended by itself, or was killed, before the guest reported a status.
    #[error("running {}: QEMU ended before the guest was done ({how})\n{scene}\n  {}", scene.guest, died_hint(*how))]
    GuestDied { how: ExitStatus, scene: Box<Scene> },
    /// The guest's kernel panicked.
    #[error("running {}: the guest panicked: {line}\n{scene}", scene.guest)]
    GuestPanic { line: String, scene: Box<Scene> },
    /// The guest reported a failure status.
    #[error("running {}: the guest reports {status}{}\n{scene}", scene.guest, error_text(error_line.as_deref()))]
    GuestFailed { status: GuestStatus, error_line: Option<String>, scene: Box<Scene> },
    /// The user asked to stop.
    #[error("the run of {guest} was stopped, and QEMU with it")]
    Interrupted {
        guest: String,
        /// The reason, as one link in the chain of causes.
        #[source]
        source: Interrupted,
    },
    /// The guest's data file could not be prepared.
    #[error("preparing the data file {} of {guest}: {why}", path.display())]
    DataPort {
        guest: String,
        path: PathBuf,
        /// The problem and the remedy.
        why: String,
    },

    #[error("writing the console log {} of {guest}: {error}\n  Check the free space and the permissions there.", path.display())]
    Log { guest: String, path: PathBuf, error: io::Error },
    /// The sockets of a guest that takes commands cannot be made, or are not connected.
    #[error("connecting the ports of {guest} to sockets in {}: {error}\n  Set TMPDIR to a folder that can be written and has a short name.", folder.display())]
    Sockets { guest: String, folder: PathBuf, error: io::Error },
    /// The machine could not be stopped, saved, restored or resumed.
    #[error("{doing} {}: {error}\n{scene}", scene.guest)]
    Monitor { doing: &'static str, error: QmpError, scene: Box<Scene> },
    /// The guest wrote too much to its console.
    #[error("running {}: it wrote more than {} MiB to its console, so it was killed\n{scene}", scene.guest, crate::console::MOST_BYTES >> 20)]
    Flood { scene: Box<Scene> },
    /// The probe's image could not be written.
    #[error("probing the accelerators: writing a guest's image to {}: {error}\n  Free some space there, or set TMPDIR to another folder.", folder.display())]
    ProbeImage { folder: PathBuf, error: io::Error },
    /// Not even TCG runs the probe's guest.
    #[error(
        "probing the accelerators: QEMU does not run a guest of a few bytes: {why}\n  Try the command by hand, or install QEMU again"
    )]
    ProbeFailed { why: String },
}

impl RunError {
    /// Rewrites paths below the folder `from` to their place below `to`.
    pub fn moved(&mut self, from: &Path, to: &Path) {
        let Some(scene) = self.scene_mut() else { return };
        if let Some(log) = &mut scene.console_log
            && let Ok(rest) = log.strip_prefix(from)
        {
            *log = to.join(rest);
        }
        let (from, to) = (from.display().to_string(), to.display().to_string());
        scene.command = scene.command.replace(&from, &to);
    }

    /// Names another command to repeat the run by, where the one that was run works only once.
    pub fn repeat_by(&mut self, command: String) {
        if let Some(scene) = self.scene_mut() {
            scene.command = command;
        }
    }

    fn scene_mut(&mut self) -> Option<&mut Scene> {
        match self {
            Self::Start { scene, .. }
            | Self::Deadline { scene, .. }
            | Self::NoOutput { scene, .. }
            | Self::KvmRefuses { scene, .. }
            | Self::Silence { scene, .. }
            | Self::GuestDied { scene, .. }
            | Self::GuestPanic { scene, .. }
            | Self::GuestFailed { scene, .. }
            | Self::Flood { scene } => Some(scene),
            _ => None,
        }
    }
}

fn without_output(waited: Option<Duration>) -> String {
    match waited {
        Some(waited) => format!(
            "the guest has written nothing for {:.1} s, so it was killed",
            waited.as_secs_f64()
        ),
        None => "the guest ended without writing anything".to_owned(),
    }
}

fn died_hint(how: ExitStatus) -> &'static str {
    use std::os::unix::process::ExitStatusExt as _;
    match (how.signal(), how.code()) {
        (Some(9), _) => {
            "It was killed from outside: by a user, or by the kernel for lack of memory (see `dmesg`). Run it again."
        }
        (Some(_), _) => {
            "QEMU itself crashed or was killed: try another version of QEMU, or run it again."
        }
        (None, Some(0)) => {
            "A guest that resets itself (a triple fault, for example) ends QEMU in this way, as does a manual quit."
        }
        _ => "QEMU rejected its command line, or a file is missing: its message is above.",
    }
}

fn error_text(line: Option<&str>) -> String {
    line.map(|line| format!(": {line}")).unwrap_or_default()
}
