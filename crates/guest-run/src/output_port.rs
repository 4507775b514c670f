// SPDX-License-Identifier: GPL-2.0-or-later
//! The port by which a command in a guest writes to this program's standard output, byte for byte and only as fast as it
//! is read there.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixListener;
use std::thread::{self, JoinHandle};

use anyhow::{Context as _, Result, anyhow};
use tempfile::TempDir;

use crate::error::RunError;
use crate::exit::ExitKind;
use crate::machine::Guest;
use crate::session::Session;

/// A socket that waits for QEMU.
#[derive(Debug)]
pub struct OutputPort {
    guest: String,
    listener: UnixListener,
    folder: TempDir,
}

/// What comes out of the port is on its way to standard output.
#[derive(Debug)]
pub struct Forwarding {
    thread: JoinHandle<io::Result<()>>,
    /// The place of the socket, for as long as the guest runs.
    _folder: TempDir,
}

impl OutputPort {
    /// Attaches a port to `guest`.
    pub fn attach(guest: &mut Guest) -> Result<Self, RunError> {
        let failed = |folder, error| {
            let guest = guest.name.clone();
            RunError::Sockets { guest, folder, error }
        };
        let folder = tempfile::Builder::new().prefix("uchaos-").tempdir();
        let folder = folder.map_err(|error| failed(std::env::temp_dir(), error))?;
        let socket = folder.path().join("output");
        let listener = UnixListener::bind(&socket)
            .map_err(|error| failed(folder.path().to_path_buf(), error))?;
        guest.attached.output = Some(socket);
        Ok(Self { guest: guest.name.clone(), listener, folder })
    }

    /// From now on, what the guest writes to the port goes to standard output. `session` has come so far that QEMU has
    /// connected, and is stopped where standard output takes no more.
    pub fn forward(self, session: &Session) -> Result<Forwarding, RunError> {
        let Self { guest, listener, folder } = self;
        let stop = session.process.stopper();
        let start = || {
            listener.set_nonblocking(true)?;
            let (mut stream, _) = listener.accept()?;
            stream.set_nonblocking(false)?;
            thread::Builder::new().name("output".to_owned()).spawn(move || {
                let copied = copy(&mut stream, &mut io::stdout());
                if copied.is_err() {
                    stop();
                }
                copied
            })
        };
        let thread = start().map_err(|error| {
            let folder = folder.path().to_path_buf();
            RunError::Sockets { guest, folder, error }
        })?;
        Ok(Forwarding { thread, _folder: folder })
    }
}

impl Forwarding {
    /// Waits until all has been written. The guest has ended.
    ///
    /// # Errors
    /// Returns an error if standard output was closed ([`ExitKind::OutputClosed`]) or could not be written.
    pub fn finish(self) -> Result<()> {
        let copied =
            self.thread.join().map_err(|_| anyhow!("the thread of the output panicked"))?;
        match copied {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                Err(ExitKind::OutputClosed.into())
            }
            copied => copied.context("writing the command's output to standard output"),
        }
    }
}

/// Copies to the end, and flushes each piece: it may end in the middle of a line.
fn copy(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut bytes = vec![0; 1 << 16];
    loop {
        match from.read(&mut bytes) {
            // A QEMU that is killed resets the connection.
            Ok(0) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            Ok(count) => {
                to.write_all(bytes.get(..count).unwrap_or_default())?;
                to.flush()?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_arrive_as_they_are_and_without_a_line_end() {
        let mut to = io::LineWriter::new(Vec::new());
        copy(&mut b"binary \xff\0\r\nno line end".as_slice(), &mut to).unwrap();
        assert_eq!(to.get_ref(), b"binary \xff\0\r\nno line end");
    }

    #[test]
    fn a_reader_that_has_gone_ends_the_copy() {
        let (reader, mut writer) = io::pipe().unwrap();
        drop(reader);
        let error = copy(&mut io::repeat(b'y'), &mut writer).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    }
}
