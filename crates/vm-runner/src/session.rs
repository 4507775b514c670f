// SPDX-License-Identifier: GPL-2.0-or-later
//! A guest under way: what it writes, what it is told, and how it ends.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use chaos_wire::{GuestStatus, Marker};

use crate::child::{DRAIN, Event, Process, Wiring};
use crate::console::{Console, ConsoleLine, Cursor};
use crate::disk;
use crate::error::{RunError, Scene};
use crate::interrupt::{self, Interrupted};
use crate::machine::{Guest, Machine};
use crate::qemu::Qemu;
use crate::shell;

/// Console lines that an error shows.
const LAST_LINES: usize = 12;
/// After a panic line the guest may still write its reasons and end by itself.
const PANIC_GRACE: Duration = Duration::from_secs(1);

/// What a run may take, and where it is logged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// The guest is killed when it has run for so long; `None` is for people only.
    pub deadline: Option<Duration>,
    /// The console's log, which is made anew.
    pub console_log: Option<PathBuf>,
}

/// A guest that came to its end.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// How QEMU ended.
    pub exit: ExitStatus,
    /// The guest's verdict on its own work; `None` where it gave none.
    pub guest_status: Option<GuestStatus>,
    /// What it wrote to its console.
    pub lines: Vec<ConsoleLine>,
    /// How long QEMU ran.
    pub wall: Duration,
    /// What was run, for errors and for the record.
    pub scene: Scene,
}

impl Outcome {
    /// Nothing, if the guest itself says that it did all that it was asked to do.
    ///
    /// # Errors
    /// [`RunError::GuestFailed`] when it says otherwise, [`RunError::GuestDied`] when it says nothing.
    pub fn verdict(&self) -> Result<(), RunError> {
        let scene = Box::new(self.scene.clone());
        match self.guest_status {
            Some(GuestStatus::Success) => Ok(()),
            Some(status) => {
                Err(RunError::GuestFailed { status, error_line: self.error_line(), scene })
            }
            None => Err(RunError::GuestDied { how: self.exit, scene }),
        }
    }

    /// The last `[uchaos] error:` line of the console.
    #[must_use]
    pub fn error_line(&self) -> Option<String> {
        self.lines.iter().rev().find_map(|line| match Marker::parse(&line.text) {
            Some(Marker::Error { text }) => Some(text.to_owned()),
            _ => None,
        })
    }
}

/// Runs a guest to its end.
///
/// # Errors
/// Every way to fail but the guest's own verdict, which is in the [`Outcome`].
pub fn run(
    qemu: &Qemu,
    machine: &Machine,
    guest: &Guest,
    limits: &Limits,
) -> Result<Outcome, RunError> {
    Session::start(qemu, machine, guest, limits)?.finish()
}

/// A guest that runs. It is killed when this is dropped.
#[derive(Debug)]
pub struct Session {
    guest: String,
    command: String,
    console_log: Option<PathBuf>,
    process: Process,
    console: Console,
    deadline: Option<Instant>,
    /// How far [`Session::expect`] has read.
    cursor: Cursor,
    /// How many lines [`Session::next_line`] has given.
    given_lines: usize,
    /// How many lines were looked at for a panic.
    checked_lines: usize,
    panic: Option<(String, Instant)>,
    forward: bool,
    ended: bool,
}

/// What one turn of waiting came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Something happened.
    News,
    /// The guest has ended and all has been read.
    Ended,
    /// Nothing happened for as long as the caller wanted to wait.
    Nothing,
}

impl Session {
    /// Starts a guest.
    ///
    /// # Errors
    /// When QEMU cannot be started, or there is no place for the data or the log.
    pub fn start(
        qemu: &Qemu,
        machine: &Machine,
        guest: &Guest,
        limits: &Limits,
    ) -> Result<Self, RunError> {
        if interrupt::requested() {
            return Err(RunError::Interrupted { guest: guest.name.clone(), source: Interrupted });
        }
        let command = machine.command(qemu, guest);
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
        Ok(Self {
            guest: guest.name.clone(),
            command: shown,
            console_log: limits.console_log.clone(),
            process,
            console,
            deadline,
            cursor: Cursor::default(),
            given_lines: 0,
            checked_lines: 0,
            panic: None,
            forward: false,
            ended: false,
        })
    }

    /// The command, as one would type it.
    #[must_use]
    pub fn command(&self) -> &str {
        &self.command
    }

    /// QEMU's process number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Types a line on the guest's console.
    pub fn send(&self, line: &str) {
        // A guest that does not listen any more ends soon, and that is the news then.
        drop(self.process.input().send(format!("{line}\n").into_bytes()));
    }

    /// Where bytes go that are typed on the guest's console.
    pub(crate) fn input(&self) -> Sender<Vec<u8>> {
        self.process.input()
    }

    /// From now on, what the guest writes also goes to our own standard output.
    pub(crate) fn forward_output(&mut self) {
        self.forward = true;
    }

    /// Waits until the guest has written `text`, whether or not its line has ended. What was waited for before is not
    /// looked at again.
    ///
    /// # Errors
    /// [`RunError::Silence`] after `patience`, and every way in which a guest can end before.
    pub fn expect(&mut self, text: &str, patience: Duration) -> Result<(), RunError> {
        let until = Instant::now() + patience;
        loop {
            if self.console.find(text, &mut self.cursor) {
                return Ok(());
            }
            match self.turn(Some(until))? {
                Turn::News => {}
                // What came with the end has not been looked at yet.
                Turn::Ended if self.console.find(text, &mut self.cursor) => return Ok(()),
                Turn::Ended => {
                    let how = self.collect()?;
                    return Err(RunError::GuestDied { how, scene: self.scene() });
                }
                Turn::Nothing => {
                    self.kill();
                    let (text, scene) = (text.to_owned(), self.scene());
                    return Err(RunError::Silence { text, after: patience, scene });
                }
            }
        }
    }

    /// Waits for the guest's next line; `None` when it has ended.
    ///
    /// # Errors
    /// As [`Session::finish`].
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
    ///
    /// # Errors
    /// When QEMU dies, the guest panics, its deadline passes, or the user asks to stop; the guest is killed then.
    pub fn finish(mut self) -> Result<Outcome, RunError> {
        while self.turn(None)? != Turn::Ended {}
        let exit = self.collect()?;
        let scene = self.scene();
        let guest_status = self.guest_status(exit);
        if guest_status.is_none() && !exit.success() {
            return Err(RunError::GuestDied { how: exit, scene });
        }
        let (wall, lines) = (self.process.age(), self.console.take_lines());
        Ok(Outcome { exit, guest_status, lines, wall, scene: *scene })
    }

    /// The guest's verdict: through QEMU's exit status, else from its `done` line. Failure beats success.
    fn guest_status(&self, exit: ExitStatus) -> Option<GuestStatus> {
        let by_exit = exit.code().and_then(GuestStatus::from_qemu_exit_status);
        let by_line =
            self.console.lines().iter().rev().find_map(|line| match Marker::parse(&line.text) {
                Some(Marker::Done { status }) => GuestStatus::from_number(status),
                _ => None,
            });
        match (by_exit, by_line) {
            (Some(GuestStatus::Success), Some(by_line)) => Some(by_line),
            (by_exit, by_line) => by_exit.or(by_line),
        }
    }

    /// Waits for one event, and no longer than `until`.
    fn turn(&mut self, until: Option<Instant>) -> Result<Turn, RunError> {
        if self.ended {
            return Ok(Turn::Ended);
        }
        let grace = self.panic.as_ref().map(|(_, until)| *until);
        let wake = [until, self.deadline, grace].into_iter().flatten().min();
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
        self.look_for_panic();
        if self.console.is_flooded() {
            self.kill();
            return Err(RunError::Flood { scene: self.scene() });
        }
        if !self.ended {
            return Ok(Turn::News);
        }
        match self.panic.take() {
            Some((line, _)) => Err(RunError::GuestPanic { line, scene: self.scene() }),
            None => Ok(Turn::Ended),
        }
    }

    fn timed_out(&mut self) -> Result<Turn, RunError> {
        let now = Instant::now();
        if let Some((line, _)) = self.panic.take_if(|(_, until)| *until <= now) {
            self.kill();
            return Err(RunError::GuestPanic { line, scene: self.scene() });
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
                if self.forward {
                    // Whoever reads our output may have gone; the guest goes on.
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

    /// Reads what an ended QEMU has left in its pipes.
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

    fn look_for_panic(&mut self) {
        let new = self.console.lines().iter().skip(self.checked_lines);
        let found = new.map(|line| &line.text).find(|text| is_panic(text)).cloned();
        self.checked_lines = self.console.lines().len();
        if let (None, Some(line)) = (&self.panic, found) {
            self.panic = Some((line, Instant::now() + PANIC_GRACE));
        }
    }

    /// Kills the guest and keeps its last words. The caller has an error to report already.
    fn kill(&mut self) {
        let _ = self.process.end();
        let _ = self.drain();
    }

    fn collect(&mut self) -> Result<ExitStatus, RunError> {
        self.process.collect().map_err(|error| RunError::Start { error, scene: self.scene() })
    }

    fn scene(&self) -> Box<Scene> {
        Box::new(Scene {
            guest: self.guest.clone(),
            command: self.command.clone(),
            console_log: self.console_log.clone(),
            last_lines: self.console.last(LAST_LINES),
        })
    }
}

/// Whether a console line says that the guest's kernel has given up.
fn is_panic(line: &str) -> bool {
    line.contains("Kernel panic - not syncing")
        || matches!(Marker::parse(line), Some(Marker::Error { text }) if text.starts_with("panic"))
}
