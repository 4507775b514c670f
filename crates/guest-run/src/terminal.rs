// SPDX-License-Identifier: GPL-2.0-or-later
//! An interactive guest: its console is the terminal or, without one, standard input and output.

use std::fs;
use std::io::{self, BufRead as _, IsTerminal as _, Stdin, Write as _};
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Instant;

use nix::sys::termios::{self, OutputFlags, SetArg, Termios};

use chaos_wire::{GuestStatus, Marker};

use crate::console::Console;
use crate::error::{RunError, Scene};
use crate::first_output::FirstOutput;
use crate::interrupt::Interrupted;
use crate::kvm::is_kvm_refusal;
use crate::limits::Limits;
use crate::machine::{Accelerator, ConsoleTo, Guest, Machine};
use crate::process::{DRAIN, Event, Process, Wiring};
use crate::qemu::Qemu;
use crate::session::{LAST_LINES, Session};
use crate::shell;

/// A terminal's end-of-input character. The end of a pipe is seen by every reader; on a terminal, one
/// reader consumes it. So it is sent more often than there can be readers: a shell and the commands it started.
const CTRL_D: u8 = 0x04;
const LEAST_ENDS: usize = 16;

/// Runs a guest with its console on the terminal, until it ends or the user leaves with Ctrl-A X (Ctrl-A H shows
/// the other escapes; Ctrl-C goes to the guest). The terminal's state is restored.
///
/// Returns the guest's verdict, if it reported one before its end.
///
/// Unless [`is_terminal`], lines of standard input are typed on the guest's console once it
/// has printed `[uchaos] ready`, and the end of input follows the last of them.
pub fn interactive(
    qemu: &Qemu,
    machine: &Machine,
    guest: &Guest,
    limits: &Limits,
) -> Result<Option<GuestStatus>, RunError> {
    if is_terminal() {
        on_terminal(qemu, machine, guest, limits)
    } else {
        on_pipes(qemu, machine, guest, limits)
    }
}

/// Whether standard input and output are terminals.
#[must_use]
pub fn is_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

fn on_terminal(
    qemu: &Qemu,
    machine: &Machine,
    guest: &Guest,
    limits: &Limits,
) -> Result<Option<GuestStatus>, RunError> {
    let console = ConsoleTo::Terminal(limits.console_log.as_deref());
    let mut command = machine.command_with(qemu, guest, console);
    // QEMU's own messages are shown too; one of them may mean that the guest never ends.
    command.stderr(Stdio::piped());
    let mut scene = Box::new(Scene {
        guest: guest.name.clone(),
        command: shell::quoted(&command),
        console_log: limits.console_log.clone(),
        last_lines: Vec::new(),
    });
    // Restored when this is dropped: a killed QEMU leaves the terminal raw.
    let _found = TerminalState::save(io::stdin());
    let mut process = match Process::start(command, Wiring::Terminal) {
        Ok(process) => process,
        Err(error) => return Err(RunError::Start { error, scene }),
    };
    let deadline = limits.deadline.map(|deadline| process.begun() + deadline);
    let mut first_output = FirstOutput::expected(&process, machine, guest, limits);
    let mut qemu_says = Console::default();
    loop {
        let until = first_output.as_ref().map(|first| first.until);
        match process.next_event([deadline, until].into_iter().flatten().min()) {
            Some(Event::Ended) => break,
            Some(Event::Interrupted) => {
                return Err(RunError::Interrupted {
                    guest: guest.name.clone(),
                    source: Interrupted,
                });
            }
            Some(Event::Complaint(bytes)) => {
                // Only this user can read the file.
                let _ = io::stderr().write_all(&bytes);
                let _ = qemu_says.complain(&bytes);
            }
            Some(_) => {}
            None if deadline.is_some_and(|at| at <= Instant::now()) => {
                return Err(RunError::Deadline { after: process.age(), scene });
            }
            None => {
                if let Some(first) = first_output.take()
                    && is_empty(limits.console_log.as_deref())
                {
                    return Err(first.missing(Some(process.age()), scene));
                }
            }
        }
        if machine.runs_on() == Accelerator::Kvm
            && let Some(line) = qemu_says.complaints().iter().find(|line| is_kvm_refusal(line))
        {
            let line = line.clone();
            scene.last_lines = qemu_says.last(LAST_LINES);
            return Err(RunError::KvmRefuses { line, scene });
        }
    }
    let until = Instant::now() + DRAIN;
    while let Some(event) = process.rest(until) {
        if let Event::Complaint(bytes) = event {
            let _ = io::stderr().write_all(&bytes);
            let _ = qemu_says.complain(&bytes);
        }
    }
    scene.last_lines = qemu_says.last(LAST_LINES);
    match process.collect() {
        // Status 0: the user left.
        Ok(how) => match how.code().and_then(GuestStatus::from_qemu_exit_status) {
            None if !how.success() => Err(RunError::GuestDied { how, scene }),
            None => match first_output {
                // The user may leave before the guest has printed anything; a guest that resets itself looks the same.
                Some(first) if is_empty(limits.console_log.as_deref()) => {
                    Err(first.missing(None, scene))
                }
                _ => Ok(None),
            },
            status => Ok(status),
        },
        Err(error) => Err(RunError::Start { error, scene }),
    }
}

/// Whether QEMU's console log exists but is empty: the guest has written nothing.
fn is_empty(console_log: Option<&Path>) -> bool {
    console_log.and_then(|log| fs::metadata(log).ok()).is_some_and(|log| log.len() == 0)
}

fn on_pipes(
    qemu: &Qemu,
    machine: &Machine,
    guest: &Guest,
    limits: &Limits,
) -> Result<Option<GuestStatus>, RunError> {
    let mut session = Session::start(qemu, machine, guest, limits)?;
    session.forward_output();
    let mut is_ready = false;
    while let Some(line) = session.next_line()? {
        if !is_ready && Marker::parse(&line.text) == Some(Marker::Ready) {
            is_ready = true;
            type_lines(session.process.input());
        }
    }
    session.finish().map(|outcome| outcome.guest_status)
}

/// Types the lines of standard input, and the end of input after the last. The thread waits for standard input,
/// which cannot be interrupted, so it ends with the program at the latest.
fn type_lines(guest: Sender<Vec<u8>>) {
    let lines = move || {
        let mut count = 0;
        for line in io::stdin().lock().split(b'\n') {
            let Ok(mut line) = line else { break };
            line.push(b'\n');
            count += 1;
            if guest.send(line).is_err() {
                return;
            }
        }
        // A guest that has ended needs no end of input.
        drop(guest.send(vec![CTRL_D; LEAST_ENDS.max(2 * count)]));
    };
    // Without the thread the guest gets no input, which the user notices at once.
    drop(thread::Builder::new().name("stdin".to_owned()).spawn(lines));
}

/// The saved state of a terminal.
struct TerminalState {
    terminal: Stdin,
    found: Option<Termios>,
}

impl TerminalState {
    fn save(terminal: Stdin) -> Self {
        let found = termios::tcgetattr(&terminal).ok();
        if let Some(mut plain) = found.clone() {
            // A guest's line ends already have a carriage return. QEMU sets the other modes but not this one.
            plain.output_flags.remove(OutputFlags::ONLCR);
            let _ = termios::tcsetattr(&terminal, SetArg::TCSANOW, &plain);
        }
        Self { terminal, found }
    }
}

impl Drop for TerminalState {
    fn drop(&mut self) {
        if let Some(found) = &self.found {
            // A closed terminal needs nothing.
            let _ = termios::tcsetattr(&self.terminal, SetArg::TCSANOW, found);
        }
    }
}
