// SPDX-License-Identifier: GPL-2.0-or-later
//! One command in a guest: what it writes to standard output comes out of ours, and how it ends decides how we end.

use anyhow::Result;
use guest_run::{
    ExitKind, Forwarding, Guest, Limits, Machine, OutputPort, Qemu, RunError, Scene, Session,
    quoted,
};
use nix::sys::signal::Signal;

/// The guest's line before the command starts. What follows on the console is the command's standard error.
const BEGIN: &str = "[uchaos] exec begin";
/// The guest's line after it, with the exit status as its shell has it.
const STATUS: &str = "[uchaos] exec status=";

/// What a shell reports for a command that it cannot execute, for one that it does not find, and, with the signal's number added,
/// for one that a signal ended.
const NOT_EXECUTABLE: u8 = 126;
const NOT_FOUND: u8 = 127;
const BY_SIGNAL: u8 = 128;

/// Boots the guest, and shows what its command writes.
///
/// # Errors
/// Returns [`ExitKind::Guest`] if the command fails or the guest ends before it, and an error if the guest does not run or
/// standard output takes no more.
pub(crate) fn exec(
    qemu: &Qemu,
    machine: &Machine,
    mut guest: Guest,
    limits: &Limits,
) -> Result<()> {
    // Without the port, whose socket is gone after this run: then the output goes to the console.
    let repeat = quoted(&machine.command(qemu, &guest));
    let port = OutputPort::attach(&mut guest)?;
    let mut session = Session::start(qemu, machine, &guest, limits)?;
    let mut run = Run { port: Some(port), forwarding: None, status: None };
    let followed = run.follow(&mut session);
    // With the guest the port ends, too.
    let outcome = match followed {
        Ok(()) => session.finish().map_err(anyhow::Error::from),
        Err(error) => {
            drop(session);
            Err(error)
        }
    };
    // A closed standard output is why a guest was stopped.
    run.forwarding.map_or(Ok(()), Forwarding::finish)?;
    let scene = match outcome {
        Ok(outcome) => Scene { command: repeat, ..outcome.scene },
        Err(mut error) => {
            if let Some(run) = error.downcast_mut::<RunError>() {
                run.repeat_by(repeat);
            }
            return Err(error);
        }
    };
    let text = match run.status {
        Some(0) => return Ok(()),
        Some(status) => format!(
            "running `{}` in {}: {}",
            guest.attached.command.unwrap_or_default(),
            scene.guest,
            failure(status)
        ),
        None => format!(
            "running a command in {}: the guest ended before the command did\n{scene}",
            scene.guest
        ),
    };
    Err(ExitKind::Guest(text).into())
}

/// A command on its way.
struct Run {
    /// Until the command begins.
    port: Option<OutputPort>,
    forwarding: Option<Forwarding>,
    status: Option<u8>,
}

impl Run {
    /// Follows the guest's console to its end: first what its programs write as it starts, then the command's standard error.
    /// The kernel's lines are in the console's log.
    fn follow(&mut self, session: &mut Session) -> Result<()> {
        while let Some(line) = session.next_line()? {
            if let Some(port) = self.port.take_if(|_| line.text == BEGIN) {
                self.forwarding = Some(port.forward(session)?);
            }
            if self.forwarding.is_none() || line.text == BEGIN {
                if !is_of_kernel(&line.text) {
                    eprintln!("{:>9.3} {}", line.at.as_secs_f64(), line.text);
                }
            } else if let Some((rest, status)) = status_in(&line.text) {
                if !rest.is_empty() {
                    eprintln!("{rest}");
                }
                self.status = Some(status);
            } else if self.status.is_none() {
                eprintln!("{}", line.text);
            }
        }
        Ok(())
    }
}

/// Whether a line is the kernel's, which begin with a time: `[    0.288000] `.
fn is_of_kernel(line: &str) -> bool {
    line.strip_prefix('[')
        .and_then(|rest| rest.split_once("] "))
        .is_some_and(|(time, _)| time.trim_start().parse::<f64>().is_ok())
}

/// The command's exit status, and what it wrote last if that has no line end.
fn status_in(line: &str) -> Option<(&str, u8)> {
    let (rest, status) = line.rsplit_once(STATUS)?;
    Some((rest, status.parse().ok()?))
}

/// How a command with this exit status ended, and what to do.
fn failure(status: u8) -> String {
    let signal =
        status.checked_sub(BY_SIGNAL).and_then(|number| Signal::try_from(i32::from(number)).ok());
    match (status, signal) {
        (NOT_EXECUTABLE, _) => "it cannot be executed (status 126)\n  Make it executable, and build it for x86-64 Linux, static: the guest has no libraries.".to_owned(),
        (NOT_FOUND, _) => "it was not found (status 127)\n  What --share gives is in /share. A program that needs a dynamic linker is not found either: link it with -static.".to_owned(),
        (_, Some(Signal::SIGKILL)) => "it was killed by SIGKILL\n  The guest's kernel does so when memory is full: --memory MIB gives it more.".to_owned(),
        (_, Some(signal)) => format!("it was ended by {signal}\n  Run it on this machine to see whether it fails there, too."),
        _ => format!("it failed with status {status}\n  What it wrote to standard error is above."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_read_behind_text_without_a_line_end() {
        assert_eq!(status_in("[uchaos] exec status=0"), Some(("", 0)));
        assert_eq!(status_in("no end[uchaos] exec status=139"), Some(("no end", 139)));
        assert_eq!(status_in("[uchaos] exec status="), None);
        assert_eq!(status_in("[uchaos] exec status=256"), None);
        assert_eq!(status_in("text"), None);
    }

    #[test]
    fn a_kernels_line_has_a_time() {
        assert!(is_of_kernel("[    0.288000] Linux version 6.1.192-uchaos"));
        assert!(is_of_kernel("[12345.678901] panic"));
        assert!(!is_of_kernel(BEGIN));
        assert!(!is_of_kernel("ONLINE: 10.0.2.15/24 by way of 10.0.2.2"));
    }

    #[test]
    fn each_way_to_fail_has_its_text() {
        assert!(failure(7).contains("status 7"));
        assert!(failure(126).contains("executable"));
        assert!(failure(127).contains("-static"));
        assert!(failure(139).contains("SIGSEGV"));
        assert!(failure(137).contains("--memory"));
        assert!(failure(255).contains("status 255"));
    }
}
