// SPDX-License-Identifier: GPL-2.0-or-later
//! Claims on cells: a write lock on a file, held while the cell is measured. The lock belongs to the open file (fcntl(2),
//! "Open file description locks"), so the kernel releases it however its holder ends; NFS and the cluster file systems
//! carry it between hosts.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread;

use anyhow::{Context, Result};
use guest_run::interrupt::{self, Interrupted};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

/// A claim. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    _file: File,
}

/// Claims a cell for `holder`; `None` if it is claimed.
pub(crate) fn take(path: &Path, holder: &str) -> Result<Option<Claim>> {
    let file = open(path)?;
    match fcntl(&file, FcntlArg::F_OFD_SETLK(&write_lock())) {
        Ok(_) => claimed(file, path, holder).map(Some),
        Err(Errno::EAGAIN | Errno::EACCES) => Ok(None),
        Err(error) => Err(error).with_context(|| cannot_lock(path)),
    }
}

/// The same, but waits for a holder to release it.
///
/// # Errors
/// Returns [`Interrupted`] if the user asks to stop first, or an error if the file system does not lock.
pub(crate) fn wait(path: &Path, holder: &str) -> Result<Claim> {
    let file = open(path)?;
    let to_lock = file.try_clone().with_context(|| cannot_lock(path))?;
    let (sender, ended) = channel();
    let interrupted = sender.clone();
    // The receiver may be gone; ignore the send errors.
    let _subscription = interrupt::subscribe(move || {
        let _ = interrupted.send(None);
    });
    thread::Builder::new().name("claim".to_owned()).spawn(move || {
        let locked = loop {
            match fcntl(&to_lock, FcntlArg::F_OFD_SETLKW(&write_lock())) {
                Err(Errno::EINTR) => {}
                locked => break locked,
            }
        };
        let _ = sender.send(Some(locked));
    })?;
    match ended.recv() {
        Ok(Some(Ok(_))) => claimed(file, path, holder),
        Ok(Some(Err(error))) => Err(error).with_context(|| cannot_lock(path)),
        Ok(None) | Err(_) => Err(Interrupted.into()),
    }
}

/// Who holds the claim; `None` if it is free.
pub(crate) fn holder(path: &Path) -> Option<String> {
    let file = OpenOptions::new().read(true).open(path).ok()?;
    let mut found = write_lock();
    fcntl(&file, FcntlArg::F_OFD_GETLK(&mut found)).ok()?;
    if i32::from(found.l_type) == libc::F_UNLCK {
        return None;
    }
    Some(io::read_to_string(file).unwrap_or_default().trim().to_owned())
}

fn open(path: &Path) -> Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .with_context(|| format!("opening the claim {}", path.display()))
}

/// Records the holder. On a full disk the note is lost, but the claim stays valid.
fn claimed(mut file: File, path: &Path, holder: &str) -> Result<Claim> {
    file.set_len(0).with_context(|| format!("writing the claim {}", path.display()))?;
    let _ = writeln!(file, "{holder}");
    Ok(Claim { _file: file })
}

fn write_lock() -> libc::flock {
    libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

fn cannot_lock(path: &Path) -> String {
    format!(
        "locking {}: the file system of a campaign must have POSIX locks (mount NFS without `nolock`, Lustre with `flock`)",
        path.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_held_once_shows_its_holder_and_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("00017");
        assert_eq!(holder(&path), None);
        let claim = take(&path, "host a, process 1").unwrap().unwrap();
        assert!(take(&path, "host b, process 2").unwrap().is_none());
        assert_eq!(holder(&path).as_deref(), Some("host a, process 1"));
        let waiting = thread::spawn({
            let path = path.clone();
            move || wait(&path, "host b, process 2")
        });
        drop(claim);
        let second = waiting.join().unwrap().unwrap();
        assert_eq!(holder(&path).as_deref(), Some("host b, process 2"));
        drop(second);
        assert_eq!(holder(&path), None);
    }
}
