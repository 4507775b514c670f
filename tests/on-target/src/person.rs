// SPDX-License-Identifier: GPL-2.0-or-later
//! A person at a terminal who runs `cargo xtask`, for checks on what they see.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::os::fd::AsFd as _;
use std::process::{Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use nix::poll::{PollFd, PollFlags, poll};
use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{LocalFlags, Termios, tcgetattr};
use nix::unistd::Pid;

use super::command::qemu_of;

/// What is written on the terminal after the program has ended, so that nothing waits for more.
const ENDED: &[u8] = b"[the program has ended]";

/// What a program may take on a busy machine, building what it needs included.
const DEADLINE: Duration = Duration::from_secs(300);
/// How long it may write nothing.
const PATIENCE_MS: u16 = 60_000;

/// A terminal, and the program that runs on it. The program is killed when this is dropped.
pub(super) struct Person {
    process: Pid,
    waiter: Option<JoinHandle<std::io::Result<ExitStatus>>>,
    master: File,
    slave: File,
    found: Termios,
    begun: Instant,
    /// What the terminal shows.
    terminal: vt100::Parser,
    /// As many of the last bytes as [`ENDED`] has.
    last: Vec<u8>,
}

impl Person {
    /// Runs a command on a new terminal of 100 columns and 30 rows, which is its controlling one.
    pub(super) fn sit_down(command: &Command) -> Result<Self> {
        let size = Winsize { ws_col: 100, ws_row: 30, ws_xpixel: 0, ws_ypixel: 0 };
        let OpenptyResult { master, slave } = openpty(&size, None).context("a terminal")?;
        let found = tcgetattr(&slave).context("the terminal's state")?;
        let slave = File::from(slave);
        let end = || slave.try_clone().map(Stdio::from).context("the terminal, again");
        let mut session = Command::new("setsid");
        session.arg("--ctty").arg(command.get_program()).args(command.get_args());
        session.env("TERM", "xterm-256color");
        for (name, value) in command.get_envs() {
            session.env(name, value.unwrap_or_default());
        }
        session.current_dir(command.get_current_dir().context("a folder to run it in")?);
        session.stdin(end()?).stdout(end()?).stderr(end()?);
        let mut child = session.spawn().context("starting it with setsid")?;
        drop(session);
        let process = Pid::from_raw(i32::try_from(child.id()).context("a process number")?);
        let mut terminal = slave.try_clone().context("the terminal, again")?;
        let waiter = thread::spawn(move || {
            let status = child.wait();
            terminal.write_all(ENDED)?;
            status
        });
        Ok(Self {
            process,
            waiter: Some(waiter),
            master: master.into(),
            slave,
            found,
            begun: Instant::now(),
            terminal: vt100::Parser::new(cells(size.ws_row)?, cells(size.ws_col)?, 0),
            last: Vec::new(),
        })
    }

    /// Waits until a row of the screen contains `text`.
    pub(super) fn wait_for(&mut self, text: &str) -> Result<()> {
        while !self.screen().contains(text) {
            ensure!(!self.has_ended(), "it ended without {text:?}; the screen:\n{}", self.screen());
            self.read_more().with_context(|| format!("waiting for {text:?}"))?;
        }
        Ok(())
    }

    /// Waits until row number `row` is the last one with text on it, and contains `text`.
    pub(super) fn wait_for_last_row(&mut self, row: usize, text: &str) -> Result<()> {
        let is_last = |screen: &str| {
            screen.lines().count() == row
                && screen.lines().last().is_some_and(|last| last.contains(text))
        };
        while !is_last(&self.screen()) {
            ensure!(!self.has_ended(), "it ended without {text:?}; the screen:\n{}", self.screen());
            self.read_more().with_context(|| format!("waiting for {text:?} on row {row}"))?;
        }
        Ok(())
    }

    /// What the screen shows, row by row.
    fn screen(&self) -> String {
        self.terminal.screen().contents()
    }

    fn has_ended(&self) -> bool {
        self.last == ENDED
    }

    fn read_more(&mut self) -> Result<()> {
        let mut bytes = [0; 4096];
        let in_time = self.begun.elapsed() < DEADLINE;
        ensure!(in_time, "it takes longer than {DEADLINE:?}; the screen:\n{}", self.screen());
        let mut wanted = [PollFd::new(self.master.as_fd(), PollFlags::POLLIN)];
        let ready = poll(&mut wanted, PATIENCE_MS).context("waiting for the terminal")?;
        ensure!(ready > 0, "nothing more is written; the screen:\n{}", self.screen());
        let count = self.master.read(&mut bytes).context("reading from the terminal")?;
        self.terminal.process(&bytes[..count]);
        self.last.extend_from_slice(&bytes[..count]);
        self.last.drain(..self.last.len().saturating_sub(ENDED.len()));
        Ok(())
    }

    /// Presses keys.
    pub(super) fn type_in(&mut self, keys: &[u8]) -> Result<()> {
        self.master.write_all(keys).context("typing")
    }

    /// Resizes the terminal; the kernel notifies the program.
    pub(super) fn resize(&mut self, columns: u16, rows: u16) -> Result<()> {
        self.terminal.screen_mut().set_size(cells(rows)?, cells(columns)?);
        let terminal = self.slave.try_clone().context("the terminal, again")?;
        let (columns, rows) = (columns.to_string(), rows.to_string());
        let mut stty = Command::new("stty");
        stty.args(["cols", &columns, "rows", &rows]).stdin(terminal);
        let status = stty.status().context("running stty")?;
        ensure!(status.success(), "stty ended with {status}");
        Ok(())
    }

    /// Sends the program a signal.
    pub(super) fn signal(&self, signal: Signal) -> Result<()> {
        kill(self.process, signal).context("sending it a signal")
    }

    /// Whether the terminal gives lines and echoes them.
    pub(super) fn is_cooked(&self) -> Result<bool> {
        let now = tcgetattr(&self.slave).context("the terminal's state")?;
        Ok(now.local_flags.contains(LocalFlags::ICANON | LocalFlags::ECHO))
    }

    /// Whether the program draws on the alternate screen, which leaves the other as it was.
    pub(super) fn is_on_alternate_screen(&self) -> bool {
        self.terminal.screen().alternate_screen()
    }

    /// The QEMU that the program has started.
    pub(super) fn qemu(&self) -> Result<Pid> {
        qemu_of(self.process)
    }

    /// Waits for the program's end, and checks its exit status and that the terminal is as it was found. Returns what the
    /// screen shows then.
    pub(super) fn expect_end(mut self, status: i32) -> Result<String> {
        while !self.has_ended() {
            self.read_more().context("waiting for its end")?;
        }
        let screen = self.screen();
        let waiter = self.waiter.take().context("it has ended before")?;
        let ended = waiter.join().map_err(|_| anyhow!("waiting for it failed"))??;
        ensure!(ended.code() == Some(status), "it ended with {ended}, not {status}:\n{screen}");
        ensure!(!self.is_on_alternate_screen(), "it stays on the alternate screen:\n{screen}");
        let now = tcgetattr(&self.slave).context("the terminal's state")?;
        ensure!(now == self.found, "the terminal was {:?} and is {now:?}", self.found);
        Ok(screen)
    }
}

fn cells(count: u16) -> Result<NonZero<u16>> {
    NonZero::new(count).context("a terminal without rows or columns")
}

impl Drop for Person {
    fn drop(&mut self) {
        if self.waiter.as_ref().is_some_and(|waiter| !waiter.is_finished()) {
            // It may be exiting already.
            let _ = kill(self.process, Signal::SIGKILL);
        }
    }
}
