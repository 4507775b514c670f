// SPDX-License-Identifier: GPL-2.0-or-later
//! The one way to run a process: it is started so that it cannot outlive this program, what it writes and how it ends
//! come as events, and it is killed with all that it started when it is dropped, passes its deadline, or the user
//! interrupts. Nothing polls.

mod spawn;

use std::io::{self, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

use crate::console::{Console, ConsoleLine};
use crate::interrupt::{self, Interrupted, Subscription};
use crate::shell;

/// How long the rest of a dead process's output is waited for; it is in the pipe already.
pub(crate) const DRAIN: Duration = Duration::from_secs(2);

/// Something that happened to a process.
#[derive(Debug)]
pub enum Event {
    /// It wrote to its standard output (or, with [`Wiring::OnePipe`], to either).
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

/// How a process is connected. Except on the terminal it leads a process group, so that a Ctrl-C in the terminal reaches
/// this program alone, and whatever the process starts can be ended with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wiring {
    /// Each of its three streams is a pipe.
    Pipes,
    /// Standard output and standard error share a pipe, so that their lines stay in order; no input.
    OnePipe,
    /// Its streams are as the command has set them.
    AsSet,
    /// This program's own terminal, for a person to use.
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
    input: Sender<Vec<u8>>,
    open_pipes: usize,
    _subscription: Subscription,
}

/// What a process left that ran to its end.
#[derive(Debug)]
pub struct Finished {
    pub status: ExitStatus,
    /// With the time since its start.
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

/// Why a process was not waited for to its end.
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
    /// Starts a command.
    ///
    /// # Errors
    /// Returns an error if it cannot be started, or connected to this program.
    pub fn start(mut command: Command, wiring: Wiring) -> io::Result<Self> {
        let mut one_pipe = None;
        match wiring {
            Wiring::Pipes => {
                command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            }
            Wiring::OnePipe => {
                let (reader, writer) = io::pipe()?;
                command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
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
            input,
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
            feed(pipe, input)?;
        }
        let pid = self.pid()?;
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
    pub fn next_event(&mut self, deadline: Option<Instant>) -> Option<Event> {
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

    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills the process, if it still runs, and collects it.
    pub(crate) fn end(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.status {
            return Ok(status);
        }
        // It may have ended by itself; then its own status stands.
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
    ///
    /// # Errors
    /// Returns an error if it has ended.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        Ok(kill(self.pid()?, signal)?)
    }

    /// Waits for its end, and for all that it wrote.
    ///
    /// # Errors
    /// Returns an error if it has not ended after `deadline`, or the user interrupts; it has been killed then, or has
    /// ended as it chose, by `on_interrupt`.
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

/// Runs a command to its end.
///
/// # Errors
/// Returns an error if it cannot be started; as [`Process::finish`]. The status is the caller's to look at.
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
    /// All that it wrote to its standard output.
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

    /// All that it wrote to its standard error.
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
