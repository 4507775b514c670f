// SPDX-License-Identifier: GPL-2.0-or-later
//! A process of ours: what it writes and how it ends come as events, and it is killed when it is let go.

use std::io::{self, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

use crate::interrupt::{self, Subscription};
use crate::keeper;

/// How long the rest of a dead process's output is waited for; it is in the pipe already.
pub(crate) const DRAIN: Duration = Duration::from_secs(2);

/// Something that happened to a process.
#[derive(Debug)]
pub(crate) enum Event {
    /// It wrote to its standard output.
    Output(Duration, Vec<u8>),
    /// It wrote to its standard error.
    Complaint(Vec<u8>),
    /// One of these two was closed.
    Closed,
    /// It ended, and waits to be collected.
    Ended,
    /// The user asked this program to stop.
    Interrupted,
}

/// How a process is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wiring {
    /// Pipes; and a process group of its own, so that a Ctrl-C in the terminal comes to us alone.
    Pipes,
    /// Our own terminal, for a person to use.
    Terminal,
}

/// A process, killed on drop.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    status: Option<ExitStatus>,
    begun: Instant,
    events: Receiver<Event>,
    input: Sender<Vec<u8>>,
    open_pipes: usize,
    _subscription: Subscription,
}

impl Process {
    /// Starts a command. It dies with this process at the latest.
    pub(crate) fn start(mut command: Command, wiring: Wiring) -> io::Result<Self> {
        if wiring == Wiring::Pipes {
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            command.process_group(0);
        }
        let begun = Instant::now();
        let child = keeper::spawn(command)?;
        let (sender, events) = channel();
        let (input, to_feed) = channel();
        let interrupted = sender.clone();
        let mut process = Self {
            child,
            status: None,
            begun,
            events,
            input,
            open_pipes: 0,
            // Whoever waits no more needs no news.
            _subscription: interrupt::subscribe(move || drop(interrupted.send(Event::Interrupted))),
        };
        // From here on an error kills the process, as `process` is dropped.
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
            feed(pipe, input)?;
        }
        let pid = Pid::from_raw(i32::try_from(self.child.id()).map_err(io::Error::other)?);
        let sender = sender.clone();
        thread::Builder::new().name("wait".to_owned()).spawn(move || {
            // Not collected here, so that its number stays its own until it is killed or collected below.
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
    pub(crate) fn next_event(&mut self, deadline: Option<Instant>) -> Option<Event> {
        let event = match deadline {
            None => self.events.recv().ok(),
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                match self.events.recv_timeout(left) {
                    Ok(event) => Some(event),
                    Err(RecvTimeoutError::Timeout) => None,
                    // Not while `_subscription` holds a sender.
                    Err(RecvTimeoutError::Disconnected) => Some(Event::Ended),
                }
            }
        };
        if matches!(event, Some(Event::Closed)) {
            self.open_pipes -= 1;
        }
        event
    }

    /// What an ended process wrote before its end; `None` when all has been said, or at `until`.
    pub(crate) fn rest(&mut self, until: Instant) -> Option<Event> {
        if self.open_pipes == 0 {
            return self.events.try_recv().ok();
        }
        self.next_event(Some(until))
    }

    /// What is sent here is written to the process's standard input as soon as it is read there.
    pub(crate) fn input(&self) -> Sender<Vec<u8>> {
        self.input.clone()
    }

    /// Since the process was started.
    pub(crate) fn age(&self) -> Duration {
        self.begun.elapsed()
    }

    /// When it was started.
    pub(crate) fn begun(&self) -> Instant {
        self.begun
    }

    /// The process's number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills the process, if it still runs, and collects it.
    pub(crate) fn end(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.status {
            return Ok(status);
        }
        // It may have ended by itself; then its own status stands.
        let _ = self.child.kill();
        self.collect()
    }

    /// Collects a process that has ended.
    pub(crate) fn collect(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait()?;
        self.status = Some(status);
        Ok(status)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nobody is left to tell; a process that cannot be killed by its parent is beyond help.
        let _ = self.end();
    }
}

/// A thread of its own writes, so that a process that does not read holds nobody up.
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

/// Runs a short command to its end, and returns its status and standard output.
///
/// # Errors
/// [`io::ErrorKind::TimedOut`] after `deadline`, [`io::ErrorKind::Interrupted`] on Ctrl-C.
pub(crate) fn output(command: Command, deadline: Duration) -> io::Result<(ExitStatus, String)> {
    let mut process = Process::start(command, Wiring::Pipes)?;
    let deadline = process.begun + deadline;
    let mut text = Vec::new();
    loop {
        match process.next_event(Some(deadline)) {
            Some(Event::Output(_, bytes)) => text.extend(bytes),
            Some(Event::Ended) => break,
            Some(Event::Interrupted) => return Err(io::ErrorKind::Interrupted.into()),
            Some(_) => {}
            None => return Err(io::ErrorKind::TimedOut.into()),
        }
    }
    let until = Instant::now() + DRAIN;
    while let Some(event) = process.rest(until) {
        if let Event::Output(_, bytes) = event {
            text.extend(bytes);
        }
    }
    Ok((process.collect()?, String::from_utf8_lossy(&text).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn output_and_status_come_back() {
        let (status, text) =
            output(sh("echo one; echo two; exit 3"), Duration::from_secs(10)).unwrap();
        assert_eq!((status.code(), text.as_str()), (Some(3), "one\ntwo\n"));
    }

    #[test]
    fn a_process_that_does_not_end_is_ended() {
        let begun = Instant::now();
        let error = output(sh("exec sleep 60"), Duration::from_millis(200)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_at_once() {
        let error = output(Command::new("/no/such/program"), Duration::from_secs(10)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn input_reaches_the_process() {
        let mut process =
            Process::start(sh("read line; echo \"got $line\""), Wiring::Pipes).unwrap();
        process.input().send(b"this\n".to_vec()).unwrap();
        let deadline = Some(Instant::now() + Duration::from_secs(10));
        let mut text = Vec::new();
        while let Some(event) = process.next_event(deadline) {
            match event {
                Event::Output(_, bytes) => text.extend(bytes),
                Event::Ended => break,
                _ => {}
            }
        }
        let until = Instant::now() + DRAIN;
        while let Some(event) = process.rest(until) {
            if let Event::Output(_, bytes) = event {
                text.extend(bytes);
            }
        }
        assert_eq!(text, b"got this\n");
    }
}
