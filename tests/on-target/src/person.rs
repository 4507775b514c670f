// SPDX-License-Identifier: GPL-2.0-or-later
//! A person at a terminal who runs this very program, for checks on what they see.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};

use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use nix::poll::{PollFd, PollFlags, poll};
use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{LocalFlags, Termios, tcgetattr};
use nix::unistd::Pid;

use super::command::qemu_of;

/// What a terminal is told to leave its alternate screen.
const LEAVE_ALTERNATE_SCREEN: &str = "\u{1b}[?1049l";
/// What is written on the terminal once the program has ended, so that nobody reads on.
const ENDED: &str = "[the program has ended]";

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
    /// What has come since it was last looked at.
    seen: Vec<u8>,
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
        for (name, value) in command.get_envs() {
            session.env(name, value.unwrap_or_default());
        }
        session.current_dir(command.get_current_dir().context("a folder to run it in")?);
        session.env("TERM", "xterm-256color").stdin(end()?).stdout(end()?).stderr(end()?);
        let mut child = session.spawn().context("starting it with setsid")?;
        drop(session);
        let process = Pid::from_raw(i32::try_from(child.id()).context("a process number")?);
        let mut terminal = slave.try_clone().context("the terminal, again")?;
        let waiter = thread::spawn(move || {
            let status = child.wait();
            terminal.write_all(ENDED.as_bytes())?;
            status
        });
        Ok(Self {
            process,
            waiter: Some(waiter),
            master: master.into(),
            slave,
            found,
            begun: Instant::now(),
            seen: Vec::new(),
        })
    }

    /// Reads what the program writes up to `text`.
    pub(super) fn wait_for(&mut self, text: &str) -> Result<()> {
        self.read_to(text)?;
        self.seen.clear();
        Ok(())
    }

    /// Reads up to `text`, and keeps what was read.
    fn read_to(&mut self, text: &str) -> Result<()> {
        let mut bytes = [0; 4096];
        let longest = text.len().max(ENDED.len());
        let mut looked_at = 0;
        loop {
            let new = self.seen.get(looked_at..).unwrap_or_default();
            let has = |text: &str| new.windows(text.len()).any(|part| part == text.as_bytes());
            if has(text) {
                return Ok(());
            }
            ensure!(!has(ENDED), "it ended without {text:?}; the terminal has:\n{}", self.words());
            looked_at = self.seen.len().saturating_sub(longest);
            let mut wanted = [PollFd::new(self.master.as_fd(), PollFlags::POLLIN)];
            let ready = poll(&mut wanted, PATIENCE_MS).context("waiting for the terminal")?;
            let last = String::from_utf8_lossy(self.seen.get(looked_at..).unwrap_or_default());
            ensure!(ready > 0, "no {text:?} and nothing else on the terminal; it ends in {last:?}");
            let count = self.master.read(&mut bytes).context("more of the terminal")?;
            self.seen.extend_from_slice(&bytes[..count]);
            let in_time = self.begun.elapsed() < DEADLINE;
            ensure!(in_time, "no {text:?} on the terminal:\n{}", self.words());
        }
    }

    /// The last of what has come.
    fn words(&self) -> String {
        let last = self.seen.len().saturating_sub(4000);
        String::from_utf8_lossy(self.seen.get(last..).unwrap_or_default()).into_owned()
    }

    /// Presses keys.
    pub(super) fn type_in(&mut self, keys: &[u8]) -> Result<()> {
        self.master.write_all(keys).context("typing")
    }

    /// Gives the terminal another size; the kernel tells the program.
    pub(super) fn resize(&self, columns: u16, rows: u16) -> Result<()> {
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

    /// The QEMU that the program has started.
    pub(super) fn qemu(&self) -> Result<Pid> {
        qemu_of(self.process)
    }

    /// Waits for the program's end, and holds it to its exit status and the terminal to how it was found.
    pub(super) fn expect_end(mut self, status: i32) -> Result<()> {
        self.read_to(ENDED)?;
        let words = self.words();
        let waiter = self.waiter.take().context("it has ended before")?;
        let ended = waiter.join().map_err(|_| anyhow!("waiting for it failed"))??;
        ensure!(ended.code() == Some(status), "it ended with {ended}, not {status}:\n{words}");
        ensure!(words.contains(LEAVE_ALTERNATE_SCREEN), "it stays on the other screen:\n{words}");
        let now = tcgetattr(&self.slave).context("the terminal's state")?;
        ensure!(now == self.found, "the terminal was {:?} and is {now:?}", self.found);
        Ok(())
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        if self.waiter.as_ref().is_some_and(|waiter| !waiter.is_finished()) {
            // It may end just now by itself.
            let _ = kill(self.process, Signal::SIGKILL);
        }
    }
}
