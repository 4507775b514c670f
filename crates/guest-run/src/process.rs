// SPDX-License-Identifier: GPL-2.0-or-later
//! The one way to run a process: it cannot outlive this program, its output and its end
//! arrive as events, and it is killed with its children when it is dropped, passes its deadline, or the user
//! interrupts. Nothing polls.

mod finish;
mod spawn;

pub use finish::{Finished, OnInterrupt, ProcessError, run};

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

use crate::interrupt::{self, Subscription};
use crate::shell;

/// How long to wait for the rest of a dead process's output, which is already in the pipe.
pub(crate) const DRAIN: Duration = Duration::from_secs(2);

/// Something that happened to a process.
#[derive(Debug)]
pub enum Event {
    /// It wrote to its standard output (or, with [`Wiring::OnePipe`], to either).
    Output(Duration, Vec<u8>),
    Complaint(Vec<u8>),
    Closed,
    /// It ended and has not been reaped yet.
    Ended,
    /// The user asked this program to stop.
    Interrupted,
}

/// How a process is connected. Except on the terminal it leads its own process group: Ctrl-C then reaches
/// this program alone, and all children of the process can be killed with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wiring {
    /// Each of its three streams is a pipe.
    Pipes,
    /// Standard output and standard error share a pipe, so that their lines stay in order; the input is as
    /// the command has set it.
    OnePipe,
    /// Its streams are as the command has set them.
    AsSet,
    /// This program's own terminal, for interactive use.
    Terminal,
}

/// A process. It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    shown: String,
    leads_group: bool,
    status: Option<ExitStatus>,
    begun: Instant,
    events: Receiver<Event>,
    /// For events that come from elsewhere in this program.
    sender: Sender<Event>,
    input: Sender<Vec<u8>>,
    /// The same pipe, for input that must be in it before the next step.
    input_pipe: Option<File>,
    open_pipes: usize,
    _subscription: Subscription,
}

impl Process {
    /// Starts a command.
    pub fn start(mut command: Command, wiring: Wiring) -> io::Result<Self> {
        let mut one_pipe = None;
        match wiring {
            Wiring::Pipes => {
                command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            }
            Wiring::OnePipe => {
                let (reader, writer) = io::pipe()?;
                command.stdout(writer.try_clone()?).stderr(writer);
                one_pipe = Some(reader);
            }
            Wiring::AsSet | Wiring::Terminal => {}
        }
        let leads_group = wiring != Wiring::Terminal;
        if leads_group {
            command.process_group(0);
        }
        let shown = shell::quoted(&command);
        let begun = Instant::now();
        // This drops the command, and with it our ends of its pipe: the pipe ends with the process.
        let child = spawn::spawn(command)?;
        let (sender, events) = channel();
        let (input, to_feed) = channel();
        let interrupted = sender.clone();
        let mut process = Self {
            child,
            shown,
            leads_group,
            status: None,
            begun,
            events,
            sender: sender.clone(),
            input,
            input_pipe: None,
            open_pipes: 0,
            // The receiver may be gone; ignore the send error.
            _subscription: interrupt::subscribe(move || drop(interrupted.send(Event::Interrupted))),
        };
        // From here on an error kills the process, as `process` is dropped.
        if let Some(reader) = one_pipe {
            process.listen(reader, Event::Output, sender.clone())?;
        }
        process.connect(&sender, to_feed)?;
        Ok(process)
    }

    fn connect(&mut self, sender: &Sender<Event>, input: Receiver<Vec<u8>>) -> io::Result<()> {
        if let Some(pipe) = self.child.stdout.take() {
            self.listen(pipe, Event::Output, sender.clone())?;
        }
        if let Some(pipe) = self.child.stderr.take() {
            self.listen(pipe, |_, bytes| Event::Complaint(bytes), sender.clone())?;
        }
        if let Some(pipe) = self.child.stdin.take() {
            self.input_pipe = Some(pipe.as_fd().try_clone_to_owned()?.into());
            feed(pipe, input)?;
        }
        let pid = self.pid()?;
        let sender = sender.clone();
        thread::Builder::new().name("wait".to_owned()).spawn(move || {
            // Not reaped here, so that its process ID stays valid until it is killed or reaped below.
            let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
            while waitid(Id::Pid(pid), flags) == Err(Errno::EINTR) {}
            sender.send(Event::Ended)
        })?;
        Ok(())
    }

    /// Turns what comes out of a pipe into events.
    fn listen(
        &mut self,
        mut pipe: impl Read + Send + 'static,
        event: fn(Duration, Vec<u8>) -> Event,
        sender: Sender<Event>,
    ) -> io::Result<()> {
        let begun = self.begun;
        thread::Builder::new().name("console".to_owned()).spawn(move || {
            let mut bytes = vec![0; 1 << 16];
            loop {
                match pipe.read(&mut bytes) {
                    Ok(count @ 1..) => {
                        let piece = bytes.get(..count).unwrap_or_default().to_vec();
                        if sender.send(event(begun.elapsed(), piece)).is_err() {
                            return;
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    _ => break,
                }
            }
            drop(sender.send(Event::Closed));
        })?;
        self.open_pipes += 1;
        Ok(())
    }

    /// The next event, or `None` at `deadline`.
    pub fn next_event(&mut self, deadline: Option<Instant>) -> Option<Event> {
        let event = match deadline {
            None => self.events.recv().ok(),
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                match self.events.recv_timeout(left) {
                    Ok(event) => Some(event),
                    Err(RecvTimeoutError::Timeout) => None,
                    // Not while `sender` is held.
                    Err(RecvTimeoutError::Disconnected) => Some(Event::Ended),
                }
            }
        };
        if matches!(event, Some(Event::Closed)) {
            self.open_pipes -= 1;
        }
        event
    }

    /// The remaining output of an ended process; `None` when all has been read, or at `until`.
    pub(crate) fn rest(&mut self, until: Instant) -> Option<Event> {
        if self.open_pipes == 0 {
            return self.events.try_recv().ok();
        }
        self.next_event(Some(until))
    }

    /// Ends the wait for the process from another thread, as Ctrl-C does.
    pub(crate) fn stopper(&self) -> impl Fn() + Send + 'static {
        let sender = self.sender.clone();
        // The receiver may be gone; ignore the send error.
        move || drop(sender.send(Event::Interrupted))
    }

    /// A sender whose data is written to the process's standard input as fast as it is read there.
    pub fn input(&self) -> Sender<Vec<u8>> {
        self.input.clone()
    }

    /// Writes to the process's standard input, and returns when the bytes are in its pipe. Data for [`Process::input`]
    /// must already have been read.
    pub(crate) fn write_input(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.input_pipe {
            Some(pipe) => pipe.write_all(bytes),
            None => Err(io::Error::other("its standard input is not a pipe")),
        }
    }

    /// The pipe to its standard input, which reports an error to `poll` once the process has gone.
    pub(crate) fn input_pipe(&self) -> Option<&File> {
        self.input_pipe.as_ref()
    }

    /// Since the process was started.
    pub(crate) fn age(&self) -> Duration {
        self.begun.elapsed()
    }

    /// When it was started.
    pub(crate) fn begun(&self) -> Instant {
        self.begun
    }

    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills the process if it still runs, and reaps it.
    pub(crate) fn end(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.status {
            return Ok(status);
        }
        // It may have ended by itself; then its own status is kept.
        let _ = match self.pid() {
            Ok(group) if self.leads_group => {
                killpg(group, Signal::SIGKILL).map_err(io::Error::from)
            }
            _ => self.child.kill(),
        };
        self.collect()
    }

    fn pid(&self) -> io::Result<Pid> {
        i32::try_from(self.child.id()).map(Pid::from_raw).map_err(io::Error::other)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        Ok(kill(self.pid()?, signal)?)
    }

    /// Reaps a process that has ended.
    pub(crate) fn collect(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait()?;
        self.status = Some(status);
        Ok(status)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A process that its parent cannot kill is left; there is no one to report it to.
        let _ = self.end();
    }
}

/// Writes from another thread, so that a process that does not read blocks nothing.
fn feed(mut pipe: ChildStdin, input: Receiver<Vec<u8>>) -> io::Result<()> {
    thread::Builder::new().name("input".to_owned()).spawn(move || {
        for bytes in input {
            if pipe.write_all(&bytes).and_then(|()| pipe.flush()).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}
