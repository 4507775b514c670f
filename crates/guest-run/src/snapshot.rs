// SPDX-License-Identifier: GPL-2.0-or-later
//! A machine that is stopped, saved to a file, restored from it any number of times, and resumed.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde_json::json;
use tempfile::TempDir;

use crate::attached::option_with_path;
use crate::error::RunError;
use crate::interrupt::{self, Interrupted};
use crate::limits::Limits;
use crate::machine::{Guest, Machine};
use crate::qemu::Qemu;
use crate::qmp::{Qmp, QmpError};
use crate::session::Session;
use crate::shell::quoted_word;

/// Size of a stopped machine's serial port buffer.
pub const PAUSED_INPUT_BYTES: usize = 16;
/// Limit for QEMU to connect, which it does first of all.
const CONNECT_PATIENCE: Duration = Duration::from_secs(30);
/// Limit for an answer of the monitor or a transfer of the state.
const PATIENCE: Duration = Duration::from_secs(60);

/// A guest with QEMU's monitor. It is killed when this is dropped.
#[derive(Debug)]
pub struct Monitored {
    pub session: Session,
    qmp: Qmp,
    /// The folder of its sockets.
    folder: TempDir,
}

impl Monitored {
    /// Starts a guest.
    pub fn start(
        qemu: &Qemu,
        machine: &Machine,
        guest: &Guest,
        limits: &Limits,
    ) -> Result<Self, RunError> {
        Self::launch(qemu, machine, guest, limits, &[])
    }

    /// Restores a guest from the file written by [`Monitored::save`]. It is stopped.
    pub fn restore(
        qemu: &Qemu,
        machine: &Machine,
        guest: &Guest,
        limits: &Limits,
        state: &Path,
    ) -> Result<Self, RunError> {
        let mut restored = Self::launch(qemu, machine, guest, limits, &["-incoming", "defer"])?;
        let uri = format!("exec:cat {}", quoted_word(state.as_os_str()));
        restored
            .begin_transfer("migrate-incoming", &uri)
            .and_then(|()| restored.qmp.transferred("migrate-incoming"))
            .map_err(|error| restored.failed("restoring", error))?;
        Ok(restored)
    }

    fn launch(
        qemu: &Qemu,
        machine: &Machine,
        guest: &Guest,
        limits: &Limits,
        more: &[&str],
    ) -> Result<Self, RunError> {
        let sockets = |folder: &Path, error| RunError::Sockets {
            guest: guest.name.clone(),
            folder: folder.to_owned(),
            error,
        };
        let folder = tempfile::Builder::new().prefix("uchaos-").tempdir();
        let folder = folder.map_err(|error| sockets(&std::env::temp_dir(), error))?;
        let socket = folder.path().join("monitor");
        let listener =
            UnixListener::bind(&socket).map_err(|error| sockets(folder.path(), error))?;
        let chardev: OsString = option_with_path("socket,id=monitor,server=off,path=", &socket);
        let mut command = machine.command(qemu, guest);
        command.arg("-chardev").arg(chardev).args(["-mon", "chardev=monitor,mode=control"]);
        command.args(more);
        let mut session = Session::launch(command, machine, guest, limits)?;
        let greeted = accept(&listener, session.process.input_pipe())
            .and_then(|stream| Qmp::greet(stream, PATIENCE));
        match greeted {
            Ok(qmp) => Ok(Self { session, qmp, folder }),
            Err(error) => Err(failed(&mut session, "connecting to the monitor of", error)),
        }
    }

    /// Stops the machine between two of its instructions.
    pub fn stop(&mut self) -> Result<(), RunError> {
        self.command("stop").map_err(|error| self.failed("stopping", error))
    }

    /// Types on the console of a stopped machine, up to [`PAUSED_INPUT_BYTES`]: they are in its serial port when this
    /// returns, and so in its saved state. Every machine that is restored from it reads them at the same instruction.
    pub fn type_while_stopped(&mut self, text: &str) -> Result<(), RunError> {
        let typed = self
            .session
            .process
            .write_input(text.as_bytes())
            .map_err(|error| QmpError::Io { command: "typing on its console".to_owned(), error })
            // QEMU's main loop handles earlier input in the same round as this, or in the previous one.
            .and_then(|()| self.command("query-status"))
            .and_then(|()| self.command("query-status"));
        typed.map_err(|error| self.failed("typing on the console of", error))
    }

    /// Writes the state of the stopped machine to a file, and ends it.
    pub fn save(mut self, state: &Path) -> Result<(), RunError> {
        self.write_state(state).map_err(|error| self.failed("saving", error))
    }

    /// Through a socket, because its end shows that all data has arrived: QEMU reports the end of a transfer earlier.
    fn write_state(&mut self, state: &Path) -> Result<(), QmpError> {
        let failed = |error| QmpError::State { path: state.to_owned(), error };
        let mut file = File::create(state).map_err(failed)?;
        let socket = self.folder.path().join("state");
        let listener = UnixListener::bind(&socket).map_err(failed)?;
        self.begin_transfer("migrate", &format!("unix:{}", socket.display()))?;
        let mut stream = accept(&listener, self.session.process.input_pipe())?;
        let writer = thread::spawn(move || io::copy(&mut stream, &mut file));
        let transferred = self.qmp.transferred("migrate");
        match writer.join() {
            Ok(Ok(_)) => transferred,
            Ok(Err(error)) => Err(failed(error)),
            Err(_) => Err(failed(io::Error::other("the thread that writes it panicked"))),
        }
    }

    /// Lets the stopped machine run.
    pub fn resume(&mut self) -> Result<(), RunError> {
        self.command("cont").map_err(|error| self.failed("resuming", error))
    }

    /// Waits until the guest has suspended the machine to memory, and wakes it.
    pub fn wake_suspended(&mut self) -> Result<(), RunError> {
        let woken = self.qmp.suspended().and_then(|()| self.command("system_wakeup"));
        woken.map_err(|error| self.failed("waking", error))
    }

    fn command(&mut self, command: &str) -> Result<(), QmpError> {
        self.qmp.execute(command, &json!({})).map(drop)
    }

    fn begin_transfer(&mut self, command: &str, uri: &str) -> Result<(), QmpError> {
        let events = json!({ "capabilities": [{ "capability": "events", "state": true }] });
        self.qmp.execute("migrate-set-capabilities", &events)?;
        self.qmp.execute(command, &json!({ "uri": uri })).map(drop)
    }

    fn failed(&mut self, doing: &'static str, error: QmpError) -> RunError {
        failed(&mut self.session, doing, error)
    }
}

/// The error with QEMU's message. If the user asked to stop, that is the reason.
fn failed(session: &mut Session, doing: &'static str, error: QmpError) -> RunError {
    session.kill();
    let scene = session.scene();
    if interrupt::requested() {
        return RunError::Interrupted { guest: scene.guest, source: Interrupted };
    }
    RunError::Monitor { doing, error, scene }
}

/// The connection that QEMU makes. `life` is a pipe that breaks when QEMU ends.
fn accept(listener: &UnixListener, life: Option<&File>) -> Result<UnixStream, QmpError> {
    let failed = |error| QmpError::Io { command: "its greeting".to_owned(), error };
    let mut ready = vec![PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
    ready.extend(life.map(|pipe| PollFd::new(pipe.as_fd(), PollFlags::empty())));
    let patience = PollTimeout::try_from(CONNECT_PATIENCE).unwrap_or(PollTimeout::MAX);
    let polled = loop {
        match poll(&mut ready, patience) {
            // The next operation notices a signal.
            Err(Errno::EINTR) if !interrupt::requested() => {}
            polled => break polled,
        }
    };
    match polled {
        Ok(0) => Err(QmpError::NotConnected { after: CONNECT_PATIENCE }),
        Ok(_) if ready.first().and_then(PollFd::any) == Some(true) => {
            Ok(listener.accept().map_err(failed)?.0)
        }
        Ok(_) => Err(QmpError::Closed { command: "its greeting".to_owned() }),
        Err(error) => Err(failed(error.into())),
    }
}
