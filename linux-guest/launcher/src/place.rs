// SPDX-License-Identifier: GPL-2.0-or-later
//! The place of the unpacked program: a memory file, else an unlinked file.

use core::ffi::CStr;

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, MemfdFlags, Mode, OFlags, memfd_create, open, openat, unlinkat};
use rustix::io::{Errno, retry_on_intr, write};
use rustix::rand::{GetRandomFlags, getrandom};

/// A place for the program.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    Memory,
    Folder(&'static CStr),
}

impl Place {
    /// Writes the program there. The returned file is open for reading only, or in memory: the kernel does not run a
    /// file that is open for writing.
    pub(crate) fn put(self, name: &CStr, program: &[u8]) -> Result<OwnedFd, Errno> {
        match self {
            Self::Memory => {
                let file = memory_file(name)?;
                write_all(&file, program)?;
                Ok(file)
            }
            Self::Folder(folder) => file_in(folder, program),
        }
    }

    /// Its name in an error.
    pub(crate) fn shown(self) -> &'static CStr {
        match self {
            Self::Memory => c"memory (memfd_create)",
            Self::Folder(folder) => folder,
        }
    }
}

fn memory_file(name: &CStr) -> Result<OwnedFd, Errno> {
    match memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::EXEC) {
        // Before Linux 6.3 the flag does not exist, and memory files are executable.
        Err(Errno::INVAL) => memfd_create(name, MemfdFlags::CLOEXEC),
        result => result,
    }
}

/// A file in `folder` that is unlinked before anything is written.
fn file_in(folder: &CStr, program: &[u8]) -> Result<OwnedFd, Errno> {
    let path_only = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = open(folder, path_only, Mode::empty())?;
    let mut name = *b".unpacking-________________\0";
    let mut random = [0; 8];
    getrandom(&mut random, GetRandomFlags::INSECURE).or_else(|_| {
        // GRND_INSECURE is from Linux 5.6.
        getrandom(&mut random, GetRandomFlags::NONBLOCK)
    })?;
    for (pair, byte) in name[11..27].chunks_exact_mut(2).zip(random) {
        pair.copy_from_slice(&[b'a' + (byte >> 4), b'a' + (byte & 15)]);
    }
    let name = CStr::from_bytes_with_nul(&name).map_err(|_| Errno::INVAL)?;
    let create = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let to_write = openat(&folder, name, create, Mode::RWXU)?;
    let to_run =
        openat(&folder, name, OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty());
    unlinkat(&folder, name, AtFlags::empty())?;
    write_all(&to_write, program)?;
    to_run
}

fn write_all(file: impl AsFd, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        let written = retry_on_intr(|| write(&file, bytes))?;
        bytes = &bytes[written..];
    }
    Ok(())
}
