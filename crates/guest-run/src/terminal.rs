// SPDX-License-Identifier: GPL-2.0-or-later
//! A guest for a person: its console is the terminal, or, without one, standard input and output.

use std::io::{self, BufRead as _, IsTerminal as _, Stdin};
use std::sync::mpsc::Sender;
use std::thread;

use nix::sys::termios::{self, SetArg, Termios};

use chaos_wire::{GuestStatus, Marker};

use crate::error::{RunError, Scene};
use crate::interrupt::Interrupted;
use crate::machine::{ConsoleTo, Guest, Machine};
use crate::process::{Event, Process, Wiring};
use crate::qemu::Qemu;
use crate::session::{Limits, Session};
use crate::shell;

/// What a terminal sends at the end of input.
const CTRL_D: u8 = 0x04;

/// Runs a guest with its console on the terminal, until it ends or the user leaves with Ctrl-A X (Ctrl-A H shows
/// the other escapes; Ctrl-C goes to the guest). The terminal is left as it was found.
///
/// Returns the guest's verdict, where it gave one before its end.
///
/// Where standard input or output is no terminal, lines of standard input are typed on the guest's console once it
/// has said `[uchaos] ready`, and a Ctrl-D follows the last of them.
pub fn interactive(
    qemu: &Qemu,
    machine: &Machine,
    guest: &Guest,
    limits: &Limits,
) -> Result<Option<GuestStatus>, RunError> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        on_terminal(qemu, machine, guest, limits)
    } else {
        on_pipes(qemu, machine, guest, limits)
    }
}

fn on_terminal(
    qemu: &Qemu,
    machine: &Machine,
    guest: &Guest,
    limits: &Limits,
) -> Result<Option<GuestStatus>, RunError> {
    let console = ConsoleTo::Terminal(limits.console_log.as_deref());
    let command = machine.command_with(qemu, guest, console);
    let scene = Box::new(Scene {
        guest: guest.name.clone(),
        command: shell::quoted(&command),
        console_log: limits.console_log.clone(),
        last_lines: Vec::new(),
    });
    // Put back when this is dropped: a QEMU that is killed leaves the terminal raw.
    let _found = TerminalState::save(io::stdin());
    let mut process = match Process::start(command, Wiring::Terminal) {
        Ok(process) => process,
        Err(error) => return Err(RunError::Start { error, scene }),
    };
    let deadline = limits.deadline.map(|deadline| process.begun() + deadline);
    loop {
        match process.next_event(deadline) {
            Some(Event::Ended) => break,
            Some(Event::Interrupted) => {
                return Err(RunError::Interrupted {
                    guest: guest.name.clone(),
                    source: Interrupted,
                });
            }
            Some(_) => {}
            None => return Err(RunError::Deadline { after: process.age(), scene }),
        }
    }
    match process.collect() {
        // Status 0 is a person who leaves.
        Ok(how) => match how.code().and_then(GuestStatus::from_qemu_exit_status) {
            None if !how.success() => Err(RunError::GuestDied { how, scene }),
            status => Ok(status),
        },
        Err(error) => Err(RunError::Start { error, scene }),
    }
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
            type_lines(session.input());
        }
    }
    session.finish().map(|outcome| outcome.guest_status)
}

/// Types the lines of standard input, and a Ctrl-D after the last. The thread waits for standard input, which
/// nothing can hurry, so it ends with the program at the latest.
fn type_lines(guest: Sender<Vec<u8>>) {
    let lines = move || {
        for line in io::stdin().lock().split(b'\n') {
            let Ok(mut line) = line else { break };
            line.push(b'\n');
            if guest.send(line).is_err() {
                return;
            }
        }
        // A guest that has gone needs no end of input.
        drop(guest.send(vec![CTRL_D]));
    };
    // Without the thread the guest gets no input, which its user sees at once.
    drop(thread::Builder::new().name("stdin".to_owned()).spawn(lines));
}

/// How a terminal was found.
struct TerminalState {
    terminal: Stdin,
    found: Option<Termios>,
}

impl TerminalState {
    fn save(terminal: Stdin) -> Self {
        let found = termios::tcgetattr(&terminal).ok();
        Self { terminal, found }
    }
}

impl Drop for TerminalState {
    fn drop(&mut self) {
        if let Some(found) = &self.found {
            // A terminal that has gone needs no mending.
            let _ = termios::tcsetattr(&self.terminal, SetArg::TCSANOW, found);
        }
    }
}
