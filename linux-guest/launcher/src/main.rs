// SPDX-License-Identifier: GPL-2.0-or-later
//! The program in front of a packed program. It finds the packed program at the end of its own file, checks it, unpacks it
//! into memory and executes it in the same process, so that signals, standard input, terminal and exit status
//! are the program's own.
//!
//! # Design principles
//! * Nothing is written to disk if the kernel provides a memory file. If it refuses, a file in the first folder that
//!   lets programs run is used; its name is removed before the first byte is written.
//! * An error is one line of ours on standard error, with status 126.
//! * No allocator and no formatting, to stay small. Unsafe is in `kernel.rs` and nowhere else.
#![no_std]
#![no_main]

mod kernel;
mod message;
mod place;

// Compiled code calls memcpy and its like.
use freestanding as _;

use core::convert::Infallible;
use core::ffi::CStr;

use launcher::{Interpreter, Packed};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};
use rustix::fd::{AsRawFd as _, OwnedFd};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;

use kernel::Process;
use message::Message;
use place::Place;

/// The exit status of a program that was found but could not be run, as in shells.
const NOT_RUN: i32 = 126;

/// Runs the packed program, or returns the exit status.
fn main(process: &Process) -> i32 {
    let mut message = Message::new(process.name());
    let Err(()) = run(process, &mut message);
    message.print();
    NOT_RUN
}

fn run(process: &Process, message: &mut Message) -> Result<Infallible, ()> {
    let file = own_file(process)
        .map_err(|errno| message.add("its own file cannot be read: ").add_errno(errno).end())?;
    let packed = Packed::find(file).map_err(|_| {
        message.add(
            "this packed program is truncated or changed, and was not run; copy or pack it again",
        );
    })?;
    message.set_name(packed.name);
    let program = unpack(&packed).map_err(|errno| {
        message.add("the packed program cannot be unpacked: ").add_errno(errno).end();
    })?;
    let places = [
        Some(Place::Memory),
        Some(Place::Folder(c"/dev/shm")),
        process.variable(b"TMPDIR").filter(|folder| !folder.is_empty()).map(Place::Folder),
        Some(Place::Folder(c"/tmp")),
        Some(Place::Folder(c".")),
    ];
    message.add("there is no place to run the packed program from");
    let mut separator = ": ";
    for place in places.into_iter().flatten() {
        let errno = match place.put(packed.name, program) {
            Ok(file) => match become_program(process, packed.name, program, &file) {
                // A script's interpreter is elsewhere, so another place makes no difference.
                Err(errno @ (Errno::ACCESS | Errno::PERM | Errno::NOSYS))
                    if Interpreter::of(program).is_none() =>
                {
                    errno
                }
                Err(errno) => {
                    message.restart().add("the packed program cannot be run: ").add_errno(errno);
                    return Err(());
                }
            },
            Err(errno) => errno,
        };
        message.add(separator).add_bytes(place.shown().to_bytes()).add(": ").add_errno(errno);
        separator = "; ";
    }
    message.add(". Set TMPDIR to a folder from which programs may run");
    Err(())
}

/// The launcher's file with the data after it. Without /proc, the path passed to execve is used.
fn own_file(process: &Process) -> Result<&'static [u8], Errno> {
    let read = |path: &CStr| open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    let file =
        read(c"/proc/self/exe").or_else(|errno| read(process.executed_path().ok_or(errno)?))?;
    kernel::map_file(&file)
}

fn unpack(packed: &Packed<'_>) -> Result<&'static [u8], Errno> {
    let program = kernel::map_bytes(packed.program_bytes)?;
    let mut state = DecompressorOxide::new();
    let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    match decompress(&mut state, packed.deflated, program, 0, flags) {
        (TINFLStatus::Done, _, len) if len == program.len() => Ok(program),
        _ => Err(Errno::ILSEQ),
    }
}

/// Executes the program in `file`; a script is read by its interpreter from the descriptor.
fn become_program(
    process: &Process,
    name: &CStr,
    program: &[u8],
    file: &OwnedFd,
) -> Result<Infallible, Errno> {
    let Some(interpreter) = Interpreter::of(program) else {
        return kernel::execute_file(process, file, name);
    };
    let mut places = [[0; 256]; 2];
    let [path, argument] = &mut places;
    let path = terminated(path, interpreter.path)?;
    let argument = interpreter.argument.map(|text| terminated(argument, text)).transpose()?;
    // If a standard stream is closed, the file may have its descriptor.
    let file = rustix::io::fcntl_dupfd_cloexec(file, 3)?;
    let mut script = *b"/proc/self/fd/\0\0\0\0\0\0\0\0\0\0\0";
    write_number(&mut script[14..24], file.as_raw_fd().unsigned_abs());
    let script = CStr::from_bytes_until_nul(&script).map_err(|_| Errno::INVAL)?;
    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty())?;
    kernel::execute_interpreter(process, path, argument, script)
}

/// `text` in `place`, followed by NUL.
fn terminated<'a>(place: &'a mut [u8; 256], text: &[u8]) -> Result<&'a CStr, Errno> {
    place.get_mut(..text.len()).ok_or(Errno::NAMETOOLONG)?.copy_from_slice(text);
    CStr::from_bytes_until_nul(place).map_err(|_| Errno::NAMETOOLONG)
}

/// Writes a number in decimal to the start of `place`, which holds ten digits.
fn write_number(place: &mut [u8], number: u32) {
    let (mut digits, mut len, mut rest) = ([0; 10], 0, number);
    loop {
        digits[len] = b'0' + (rest % 10) as u8;
        len += 1;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    for (to, from) in place.iter_mut().zip(digits[..len].iter().rev()) {
        *to = *from;
    }
}
