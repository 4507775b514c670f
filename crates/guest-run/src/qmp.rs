// SPDX-License-Identifier: GPL-2.0-or-later
//! QMP, the protocol of QEMU's monitor: one JSON object per line. Replies come in the order of the commands. Events come
//! between them, and are kept until a caller waits for them.

use std::collections::VecDeque;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A monitor that is ready for commands.
#[derive(Debug)]
pub(crate) struct Qmp {
    replies: BufReader<UnixStream>,
    commands: UnixStream,
    events: VecDeque<Value>,
    patience: Duration,
}

/// Why a monitor command failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QmpError {
    #[error("QEMU did not connect to its monitor's socket within {:.0} s", after.as_secs_f64())]
    NotConnected { after: Duration },
    #[error("talking to QEMU's monitor about `{command}`: {error}")]
    Io { command: String, error: io::Error },
    #[error("QEMU ended before it answered `{command}`")]
    Closed { command: String },
    #[error(
        "QEMU did not answer `{command}` within {:.0} s; give it more time with --deadline",
        after.as_secs_f64()
    )]
    Late { command: String, after: Duration },
    #[error("QEMU refused `{command}`: {why}")]
    Refused { command: String, why: String },
    #[error("after `{command}` QEMU's monitor sent a line that is not QMP: {line:?}")]
    Garbled { command: String, line: String },
    #[error("writing the machine's state to {}: {error}", path.display())]
    State { path: PathBuf, error: io::Error },
    #[error(
        "the state was not transferred (migration status: {status}); check the free space of the temporary folder"
    )]
    NotTransferred { status: String },
}

impl Qmp {
    /// Performs the handshake with the monitor at the other end of `stream`. Each answer may take `patience`.
    pub(crate) fn greet(stream: UnixStream, patience: Duration) -> Result<Self, QmpError> {
        const GREETING: &str = "qmp_capabilities";
        let failed = |error| QmpError::Io { command: GREETING.to_owned(), error };
        let replies = BufReader::new(stream.try_clone().map_err(failed)?);
        let mut qmp = Self { replies, commands: stream, events: VecDeque::new(), patience };
        let until = Instant::now() + patience;
        let greeting = qmp.line(GREETING, until)?;
        if greeting.get("QMP").is_none() {
            let (command, line) = (GREETING.to_owned(), greeting.to_string());
            return Err(QmpError::Garbled { command, line });
        }
        qmp.execute(GREETING, &json!({}))?;
        Ok(qmp)
    }

    /// Sends a command and waits for its reply.
    pub(crate) fn execute(&mut self, command: &str, arguments: &Value) -> Result<Value, QmpError> {
        let text = json!({ "execute": command, "arguments": arguments });
        writeln!(self.commands, "{text}").map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => QmpError::Closed { command: command.to_owned() },
            _ => QmpError::Io { command: command.to_owned(), error },
        })?;
        let until = Instant::now() + self.patience;
        loop {
            let mut reply = self.line(command, until)?;
            if let Some(value) = reply.get_mut("return") {
                return Ok(value.take());
            }
            if let Some(error) = reply.get("error") {
                let why = error["desc"].as_str().unwrap_or("without a reason").to_owned();
                return Err(QmpError::Refused { command: command.to_owned(), why });
            }
            self.events.push_back(reply);
        }
    }

    /// Waits for the end of a started transfer of the machine's state.
    pub(crate) fn transferred(&mut self, command: &str) -> Result<(), QmpError> {
        let until = Instant::now() + self.patience;
        loop {
            let event = self.next_event(command, until)?;
            if event["event"] != "MIGRATION" {
                continue;
            }
            match event["data"]["status"].as_str() {
                Some("completed") => return Ok(()),
                Some(status @ ("failed" | "cancelled")) => {
                    return Err(QmpError::NotTransferred { status: status.to_owned() });
                }
                _ => {}
            }
        }
    }

    /// Waits until the machine has suspended itself.
    pub(crate) fn suspended(&mut self) -> Result<(), QmpError> {
        let until = Instant::now() + self.patience;
        while self.next_event("waiting for a suspend", until)?["event"] != "SUSPEND" {}
        Ok(())
    }

    fn next_event(&mut self, command: &str, until: Instant) -> Result<Value, QmpError> {
        match self.events.pop_front() {
            Some(event) => Ok(event),
            None => self.line(command, until),
        }
    }

    /// The next line; it must arrive before `until`.
    fn line(&mut self, command: &str, until: Instant) -> Result<Value, QmpError> {
        let failed = |error| QmpError::Io { command: command.to_owned(), error };
        let late = || QmpError::Late { command: command.to_owned(), after: self.patience };
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(late());
        }
        self.replies.get_ref().set_read_timeout(Some(left)).map_err(failed)?;
        let mut line = String::new();
        match self.replies.read_line(&mut line) {
            Ok(0) => Err(QmpError::Closed { command: command.to_owned() }),
            Ok(_) => serde_json::from_str(&line)
                .ok()
                .filter(Value::is_object)
                .ok_or_else(|| QmpError::Garbled { command: command.to_owned(), line }),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Err(late()),
                io::ErrorKind::ConnectionReset => {
                    Err(QmpError::Closed { command: command.to_owned() })
                }
                _ => Err(failed(error)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const GREETING: &str = r#"{"QMP": {"version": {}, "capabilities": []}}"#;
    const DONE: &str = r#"{"return": {}}"#;

    /// A monitor that greets, and then answers each command with the next of `answers`; it closes after the last.
    fn monitor(answers: &'static [&'static str]) -> Result<Qmp, QmpError> {
        let (ours, theirs) = UnixStream::pair().unwrap();
        thread::spawn(move || {
            let mut commands = BufReader::new(theirs.try_clone().unwrap());
            let mut to = theirs;
            writeln!(to, "{GREETING}").unwrap();
            for answer in [DONE].iter().chain(answers) {
                commands.read_line(&mut String::new()).unwrap();
                writeln!(to, "{answer}").unwrap();
            }
        });
        Qmp::greet(ours, Duration::from_secs(10))
    }

    #[test]
    fn a_reply_is_found_among_events_and_events_are_kept() {
        let mut qmp = monitor(&[
            "{\"event\": \"STOP\"}\n{\"event\": \"MIGRATION\", \"data\": {\"status\": \"completed\"}}\n{\"return\": 7}",
        ])
        .unwrap();
        assert_eq!(qmp.execute("stop", &json!({})).unwrap(), 7);
        qmp.transferred("migrate").unwrap();
        assert!(matches!(qmp.transferred("migrate"), Err(QmpError::Closed { .. })));
    }

    #[test]
    fn a_suspend_is_waited_for_among_other_events() {
        let mut qmp =
            monitor(&["{\"event\": \"STOP\"}\n{\"event\": \"SUSPEND\"}\n{\"return\": {}}"])
                .unwrap();
        qmp.execute("cont", &json!({})).unwrap();
        qmp.suspended().unwrap();
        assert!(matches!(qmp.suspended(), Err(QmpError::Closed { .. })));
    }

    #[test]
    fn each_way_to_fail_has_its_error() {
        let mut qmp = monitor(&[]).unwrap();
        let error = qmp.execute("cont", &json!({})).unwrap_err();
        assert!(error.to_string().contains("QEMU ended before it answered `cont`"), "{error}");
        let mut qmp =
            monitor(&[r#"{"error": {"class": "GenericError", "desc": "no such thing"}}"#]).unwrap();
        let error = qmp.execute("migrate", &json!({})).unwrap_err();
        assert_eq!(error.to_string(), "QEMU refused `migrate`: no such thing");
        let mut qmp = monitor(&["hello"]).unwrap();
        let error = qmp.execute("stop", &json!({})).unwrap_err();
        assert!(matches!(&error, QmpError::Garbled { line, .. } if line == "hello\n"), "{error}");
        let mut qmp = monitor(&[
            "{\"return\": {}}\n{\"event\": \"MIGRATION\", \"data\": {\"status\": \"active\"}}\n{\"event\": \"MIGRATION\", \"data\": {\"status\": \"failed\"}}",
        ])
        .unwrap();
        qmp.execute("migrate", &json!({})).unwrap();
        let error = qmp.transferred("migrate").unwrap_err();
        assert!(error.to_string().contains("migration status: failed"), "{error}");
    }

    #[test]
    fn a_monitor_that_is_silent_is_not_waited_for_without_end() {
        let (ours, _theirs) = UnixStream::pair().unwrap();
        let error = Qmp::greet(ours, Duration::from_millis(50)).unwrap_err();
        assert!(matches!(error, QmpError::Late { .. }), "{error}");
    }
}
