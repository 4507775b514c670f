// SPDX-License-Identifier: GPL-2.0-or-later
//! Waits for a process to end, and returns its output and status.

use std::io;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::{DRAIN, Event, Process, Wiring};
use crate::console::{Console, ConsoleLine};
use crate::interrupt::{self, Interrupted};
use crate::shell;

/// The output and status of a finished process.
#[derive(Debug)]
pub struct Finished {
    pub status: ExitStatus,
    output: Vec<(Duration, Vec<u8>)>,
    complaints: Vec<u8>,
}

/// What to do with a process when the user interrupts this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnInterrupt {
    Kill,
    /// Interrupt it as well and wait for it, so that it can end what it has started.
    PassOn,
}

/// Why a process was not awaited to its end.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    #[error("starting `{command}`: {error}")]
    Start {
        command: String,
        #[source]
        error: io::Error,
    },
    #[error("waiting for `{command}`: {error}")]
    Wait {
        command: String,
        #[source]
        error: io::Error,
    },
    #[error("`{command}` was stopped after {:.0} s", after.as_secs_f64())]
    Deadline { command: String, after: Duration },
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl Process {
    /// Waits for its end and for all its output.
    pub fn finish(
        mut self,
        deadline: Option<Duration>,
        on_interrupt: OnInterrupt,
    ) -> Result<Finished, ProcessError> {
        let until = deadline.map(|deadline| self.begun + deadline);
        let (mut output, mut complaints) = (Vec::new(), Vec::new());
        let mut interrupted = false;
        loop {
            match self.next_event(until) {
                Some(Event::Output(at, bytes)) => output.push((at, bytes)),
                Some(Event::Complaint(bytes)) => complaints.extend(bytes),
                Some(Event::Closed) => {}
                Some(Event::Ended) => break,
                Some(Event::Interrupted) if on_interrupt == OnInterrupt::PassOn => {
                    interrupted = true;
                    // It may have ended just now, and then that is the next event.
                    let _ = self.signal(Signal::SIGINT);
                }
                Some(Event::Interrupted) => return Err(Interrupted.into()),
                None => {
                    let (command, after) = (self.shown.clone(), self.begun.elapsed());
                    return Err(ProcessError::Deadline { command, after });
                }
            }
        }
        let until = Instant::now() + DRAIN;
        while let Some(event) = self.rest(until) {
            match event {
                Event::Output(at, bytes) => output.push((at, bytes)),
                Event::Complaint(bytes) => complaints.extend(bytes),
                Event::Closed | Event::Ended | Event::Interrupted => {}
            }
        }
        let wait = |error| ProcessError::Wait { command: self.shown.clone(), error };
        let status = self.child.wait().map_err(wait)?;
        self.status = Some(status);
        if interrupted {
            return Err(Interrupted.into());
        }
        Ok(Finished { status, output, complaints })
    }
}

/// Runs a command to its end.
pub fn run(
    command: Command,
    wiring: Wiring,
    deadline: Option<Duration>,
    on_interrupt: OnInterrupt,
) -> Result<Finished, ProcessError> {
    interrupt::check()?;
    let shown = shell::quoted(&command);
    Process::start(command, wiring)
        .map_err(|error| ProcessError::Start { command: shown, error })?
        .finish(deadline, on_interrupt)
}

impl Finished {
    /// Its whole standard output.
    #[must_use]
    pub fn output(&self) -> Vec<u8> {
        self.output.iter().flat_map(|(_, bytes)| bytes).copied().collect()
    }

    /// The same as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.output()).into_owned()
    }

    /// The same as lines, with the times at which they ended.
    #[must_use]
    pub fn lines(&self) -> Vec<ConsoleLine> {
        Console::lines_of(&self.output)
    }

    /// Its whole standard error.
    #[must_use]
    pub fn complaints(&self) -> String {
        String::from_utf8_lossy(&self.complaints).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    const DEADLINE: Option<Duration> = Some(Duration::from_secs(10));

    fn run_sh(script: &str, deadline: Duration) -> Result<Finished, ProcessError> {
        run(sh(script), Wiring::Pipes, Some(deadline), OnInterrupt::Kill)
    }

    #[test]
    fn output_and_status_come_back() {
        let script = "echo one; echo two; echo bad >&2; exit 3";
        let finished = run_sh(script, Duration::from_secs(10)).unwrap();
        assert_eq!(finished.status.code(), Some(3));
        assert_eq!((finished.text(), finished.complaints()), ("one\ntwo\n".into(), "bad\n".into()));
    }

    #[test]
    fn one_pipe_keeps_the_order_of_both_streams() {
        let script = sh("echo a; echo b >&2; echo c; echo d >&2");
        let finished = run(script, Wiring::OnePipe, DEADLINE, OnInterrupt::Kill).unwrap();
        let lines = finished.lines();
        assert_eq!(lines.iter().map(|line| &*line.text).collect::<String>(), "abcd");
        assert!(lines.is_sorted_by_key(|line| line.at));
    }

    #[test]
    fn a_process_that_does_not_end_is_ended_with_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let pid = folder.path().join("pid");
        let script = format!("sleep 60 & echo $! > {}; wait", pid.display());
        let begun = Instant::now();
        let error = run_sh(&script, Duration::from_millis(500)).unwrap_err();
        assert!(matches!(error, ProcessError::Deadline { .. }), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(10));
        let sleep: i32 = std::fs::read_to_string(pid).unwrap().trim().parse().unwrap();
        // A killed process stays a zombie until init collects it; it does not sleep any more.
        let stat = std::fs::read_to_string(format!("/proc/{sleep}/stat")).unwrap_or_default();
        assert!(!stat.contains(") S "), "{stat}");
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_at_once() {
        let program = Command::new("/no/such/program");
        let error = run(program, Wiring::Pipes, DEADLINE, OnInterrupt::Kill).unwrap_err();
        assert!(error.to_string().starts_with("starting `/no/such/program`: "), "{error}");
    }

    #[test]
    fn input_reaches_the_process() {
        let process = Process::start(sh("read line; echo \"got $line\""), Wiring::Pipes).unwrap();
        process.input().send(b"this\n".to_vec()).unwrap();
        let finished = process.finish(DEADLINE, OnInterrupt::Kill).unwrap();
        assert_eq!(finished.text(), "got this\n");
    }
}
