// SPDX-License-Identifier: GPL-2.0-or-later
//! A guest that takes commands while it runs: its data port and its control port as sockets.

use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

use chaos_wire::Marker;
use tempfile::TempDir;

use crate::error::RunError;
use crate::limits::Limits;
use crate::machine::{Guest, LivePorts, Machine, PortKind};
use crate::qemu::Qemu;
use crate::session::Session;

/// A guest that is ready for commands. It is killed when this is dropped.
#[derive(Debug)]
pub struct Live {
    pub session: Session,
    /// The guest's answers. A console (bare metal) drops what does not fit the socket: a caller that requests over
    /// 100 KiB at once must keep reading.
    pub data: UnixStream,
    pub control: UnixStream,
    /// The sockets' folder, kept while the guest runs.
    pub folder: TempDir,
}

impl Live {
    /// Starts `guest` with live ports of the given kind, and waits until it is ready for commands.
    pub fn start(
        qemu: &Qemu,
        machine: &Machine,
        guest: &Guest,
        kind: PortKind,
        limits: &Limits,
        patience: Duration,
    ) -> Result<Self, RunError> {
        let sockets = |folder: &Path| {
            let (guest, folder) = (guest.name.clone(), folder.to_owned());
            move |error| RunError::Sockets { guest, folder, error }
        };
        let folder = tempfile::Builder::new().prefix("uchaos-").tempdir();
        let folder = folder.map_err(sockets(&std::env::temp_dir()))?;
        let failed = |error| sockets(folder.path())(error);
        let listen = |name| UnixListener::bind(folder.path().join(name)).map_err(failed);
        let (data, control) = (listen("data")?, listen("control")?);
        let live = LivePorts { kind, folder: folder.path().to_owned() };
        let guest = Guest { data: None, live: Some(live), ..guest.clone() };
        let mut session = Session::start(qemu, machine, &guest, limits)?;
        session.expect(&Marker::Ready.to_string(), patience)?;
        // QEMU connects before the guest's first instruction, so no waiting is needed here.
        let accept = |listener: UnixListener| {
            listener.set_nonblocking(true)?;
            let (stream, _) = listener.accept()?;
            stream.set_nonblocking(false)?;
            Ok(stream)
        };
        let (data, control) = (accept(data).map_err(failed)?, accept(control).map_err(failed)?);
        Ok(Self { session, data, control, folder })
    }
}
