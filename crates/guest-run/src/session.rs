// SPDX-License-Identifier: GPL-2.0-or-later
//! A running guest: its output, input and outcome.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::console::{Console, ConsoleLine, Cursor};
use crate::disk;
use crate::error::{RunError, Scene};
use crate::first_output::FirstOutput;
use crate::interrupt::{self, Interrupted};
use crate::kvm::is_kvm_refusal;
use crate::limits::Limits;
use crate::machine::{Accelerator, DataPort, Guest, Machine};
use crate::outcome::{self, Outcome};
use crate::panic_watch::PanicWatch;
use crate::process::{DRAIN, Event, Process, Wiring};
use crate::qemu::Qemu;
use crate::shell;

/// Console lines that an error shows.
pub(crate) const LAST_LINES: usize = 12;

/// Runs a guest to its end.
pub fn run(
    qemu: &Qemu,
    machine: &Machine,
    guest: &Guest,
    limits: &Limits,
) -> Result<Outcome, RunError> {
    Session::start(qemu, machine, guest, limits)?.finish()
}

/// A running guest. It is killed when this is dropped.
#[derive(Debug)]
pub struct Session {
    guest: String,
    command: String,
    console_log: Option<PathBuf>,
    data: Option<DataPort>,
    pub(crate) process: Process,
    console: Console,
    deadline: Option<Instant>,
    first_output: Option<FirstOutput>,
    accelerator: Accelerator,
    /// How far [`Session::expect`] has read.
    cursor: Cursor,
    /// How many lines [`Session::next_line`] has given.
    given_lines: usize,
    panic: PanicWatch,
    forward: bool,
    ended: bool,
}

/// The result of one wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    News,
    /// The guest has ended and all has been read.
    Ended,
    /// Nothing happened within the caller's waiting time.
    Nothing,
}

impl Session {
    /// Starts a guest.
    pub fn start(
        qemu: &Qemu,
        machine: &Machine,
        guest: &Guest,
        limits: &Limits,
    ) -> Result<Self, RunError> {
        Self::launch(machine.command(qemu, guest), machine, guest, limits)
    }

    /// As [`Session::start`], with the command given.
    pub(crate) fn launch(
        command: Command,
        machine: &Machine,
        guest: &Guest,
        limits: &Limits,
    ) -> Result<Self, RunError> {
        if interrupt::requested() {
            return Err(RunError::Interrupted { guest: guest.name.clone(), source: Interrupted });
        }
        let shown = shell::quoted(&command);
        if let Some(data) = &guest.data {
            disk::prepare(data).map_err(|why| RunError::DataPort {
                guest: guest.name.clone(),
                path: data.path.clone(),
                why,
            })?;
        }
        let log_path = limits.console_log.as_deref();
        let console = Console::logged(log_path, &shown).map_err(|error| RunError::Log {
            guest: guest.name.clone(),
            path: limits.console_log.clone().unwrap_or_default(),
            error,
        })?;
        let process = Process::start(command, Wiring::Pipes).map_err(|error| RunError::Start {
            error,
            scene: Box::new(Scene {
                guest: guest.name.clone(),
                command: shown.clone(),
                console_log: limits.console_log.clone(),
                last_lines: Vec::new(),
            }),
        })?;
        let deadline = limits.deadline.map(|deadline| process.begun() + deadline);
        let first_output = FirstOutput::expected(&process, machine, guest, limits);
        Ok(Self {
            guest: guest.name.clone(),
            command: shown,
            console_log: limits.console_log.clone(),
            data: guest.data.clone(),
            process,
            console,
            deadline,
            first_output,
            accelerator: machine.runs_on(),
            cursor: Cursor::default(),
            given_lines: 0,
            panic: PanicWatch::default(),
            forward: false,
            ended: false,
        })
    }

    /// The command, as one would type it.
    #[must_use]
    pub fn command(&self) -> &str {
        &self.command
    }

    /// QEMU's process ID.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Types a line on the guest's console.
    pub fn send(&self, line: &str) {
        // A guest that no longer reads ends soon; its end is then reported.
        drop(self.process.input().send(format!("{line}\n").into_bytes()));
    }

    /// From now on, copies the guest's output to our standard output.
    pub(crate) fn forward_output(&mut self) {
        self.forward = true;
    }

    /// Waits until the guest has written `text`, even in an unfinished line. Output matched by earlier calls is not
    /// searched again.
    ///
    /// # Errors
    /// Returns an error if the text did not come within `patience` ([`RunError::Silence`]) or the guest ended before.
    pub fn expect(&mut self, text: &str, patience: Duration) -> Result<(), RunError> {
        let until = Instant::now() + patience;
        loop {
            if self.console.find(text, &mut self.cursor) {
                return Ok(());
            }
            match self.turn(Some(until))? {
                // A guest that writes other text gets no more time than a silent one.
                Turn::News if Instant::now() < until => {}
                // The latest output has not been searched yet.
                Turn::News | Turn::Ended if self.console.find(text, &mut self.cursor) => {
                    return Ok(());
                }
                Turn::Ended => {
                    let how = self.collect()?;
                    return Err(RunError::GuestDied { how, scene: self.scene() });
                }
                Turn::News | Turn::Nothing => {
                    self.kill();
                    let (text, scene) = (text.to_owned(), self.scene());
                    return Err(RunError::Silence { text, after: patience, scene });
                }
            }
        }
    }

    /// Waits for the guest's next line; `None` when it has ended.
    pub fn next_line(&mut self) -> Result<Option<ConsoleLine>, RunError> {
        loop {
            if let Some(line) = self.console.lines().get(self.given_lines) {
                self.given_lines += 1;
                return Ok(Some(line.clone()));
            }
            if self.turn(None)? == Turn::Ended && self.given_lines == self.console.lines().len() {
                return Ok(None);
            }
        }
    }

    /// Waits for the guest's end.
    pub fn finish(mut self) -> Result<Outcome, RunError> {
        while self.turn(None)? != Turn::Ended {}
        let exit = self.collect()?;
        let scene = self.scene();
        let guest_status = outcome::guest_status(exit, self.console.lines());
        if guest_status.is_none() && !exit.success() {
            return Err(RunError::GuestDied { how: exit, scene });
        }
        if let Some(first) = self.first_output.take().filter(|_| guest_status.is_none()) {
            return Err(first.missing(None, scene));
        }
        if let Some(data) = &self.data {
            let wrong = |why| RunError::DataPort {
                guest: self.guest.clone(),
                path: data.path.clone(),
                why,
            };
            disk::check_after(data).map_err(wrong)?;
        }
        let (wall, lines) = (self.process.age(), self.console.take_lines());
        Ok(Outcome { exit, guest_status, lines, wall, scene: *scene })
    }

    /// Waits for one event, at most until `until`.
    fn turn(&mut self, until: Option<Instant>) -> Result<Turn, RunError> {
        if self.ended {
            return Ok(Turn::Ended);
        }
        let first_output = self.first_output.as_ref().map(|first| first.until);
        let wake = [until, self.deadline, first_output, self.panic.deadline()];
        let wake = wake.into_iter().flatten().min();
        match self.process.next_event(wake) {
            Some(Event::Ended) => self.drain()?,
            Some(Event::Interrupted) => {
                self.kill();
                return Err(RunError::Interrupted {
                    guest: self.guest.clone(),
                    source: Interrupted,
                });
            }
            Some(event) => self.take(event)?,
            None => return self.timed_out(),
        }
        self.panic.look_at(self.console.lines());
        if let Some(line) = self.kvm_refusal() {
            self.kill();
            return Err(RunError::KvmRefuses { line, scene: self.scene() });
        }
        if self.console.is_flooded() {
            self.kill();
            return Err(RunError::Flood { scene: self.scene() });
        }
        if !self.ended {
            // With a guest that writes all the time, the wait never times out; so the deadline is checked here.
            let passed = [self.deadline, self.panic.deadline()].into_iter().flatten().min();
            return if passed.is_some_and(|at| at <= Instant::now()) {
                self.timed_out()
            } else {
                Ok(Turn::News)
            };
        }
        match self.panic.take() {
            Some(line) => Err(RunError::GuestPanic { line, scene: self.scene() }),
            None => Ok(Turn::Ended),
        }
    }

    fn timed_out(&mut self) -> Result<Turn, RunError> {
        let now = Instant::now();
        if self.panic.deadline().is_some_and(|until| until <= now)
            && let Some(line) = self.panic.take()
        {
            self.kill();
            return Err(RunError::GuestPanic { line, scene: self.scene() });
        }
        if let Some(first) = self.first_output.take_if(|first| first.until <= now) {
            let after = self.process.age();
            self.kill();
            return Err(first.missing(Some(after), self.scene()));
        }
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            let after = self.process.age();
            self.kill();
            return Err(RunError::Deadline { after, scene: self.scene() });
        }
        Ok(Turn::Nothing)
    }

    fn take(&mut self, event: Event) -> Result<(), RunError> {
        let taken = match event {
            Event::Output(at, bytes) => {
                self.first_output = None;
                if self.forward {
                    // Our standard output may be closed; the guest continues.
                    let _ = std::io::stdout()
                        .write_all(&bytes)
                        .and_then(|()| std::io::stdout().flush());
                }
                self.console.take(at, &bytes)
            }
            Event::Complaint(bytes) => self.console.complain(&bytes),
            Event::Closed | Event::Ended | Event::Interrupted => Ok(()),
        };
        self.logged(taken)
    }

    /// Reads the output that an ended QEMU left in its pipes.
    fn drain(&mut self) -> Result<(), RunError> {
        self.ended = true;
        let until = Instant::now() + DRAIN;
        while let Some(event) = self.process.rest(until) {
            self.take(event)?;
        }
        let finished = self.console.finish(self.process.age());
        self.logged(finished)
    }

    fn logged(&self, written: std::io::Result<()>) -> Result<(), RunError> {
        written.map_err(|error| RunError::Log {
            guest: self.guest.clone(),
            path: self.console_log.clone().unwrap_or_default(),
            error,
        })
    }

    /// QEMU's line saying that KVM does not run this guest; such a guest never ends by itself.
    fn kvm_refusal(&self) -> Option<String> {
        (self.accelerator == Accelerator::Kvm)
            .then(|| self.console.complaints().iter().find(|line| is_kvm_refusal(line)).cloned())
            .flatten()
    }

    /// Kills the guest and keeps its last output. The caller already has an error to report.
    pub(crate) fn kill(&mut self) {
        let _ = self.process.end();
        let _ = self.drain();
    }

    fn collect(&mut self) -> Result<ExitStatus, RunError> {
        self.process.collect().map_err(|error| RunError::Start { error, scene: self.scene() })
    }

    pub(crate) fn scene(&self) -> Box<Scene> {
        Box::new(Scene {
            guest: self.guest.clone(),
            command: self.command.clone(),
            console_log: self.console_log.clone(),
            last_lines: self.console.last(LAST_LINES),
        })
    }
}
