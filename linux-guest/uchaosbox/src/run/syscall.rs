// SPDX-License-Identifier: GPL-2.0-or-later
//! The few system calls and instructions that rustix does not offer.

use core::arch::asm;
use core::ffi::c_long;

#[cfg(feature = "selftest")]
use rustix::{
    fd::{AsRawFd as _, BorrowedFd},
    io::Errno,
    process::Pid,
};

#[cfg(feature = "selftest")]
const READ: c_long = 0;
#[cfg(feature = "selftest")]
const WRITE: c_long = 1;
#[cfg(feature = "selftest")]
const FORK: c_long = 57;
const CLOCK_GETTIME: c_long = 228;
const EXIT_GROUP: c_long = 231;
const IOPERM: c_long = 173;
const CLOCK_MONOTONIC: usize = 1;

/// # Safety
/// As the system call's own contract says.
unsafe fn syscall3(number: c_long, first: usize, second: usize, third: usize) -> c_long {
    let result;
    // SAFETY: the instruction takes its arguments in these registers and destroys rcx and r11; what the call does
    // with them is the caller's responsibility.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number => result,
            in("rdi") first,
            in("rsi") second,
            in("rdx") third,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack)
        );
    }
    result
}

/// Ends the process.
pub(crate) fn exit(status: i32) -> ! {
    loop {
        // SAFETY: the call takes a number and does not return.
        unsafe { syscall3(EXIT_GROUP, status as usize, 0, 0) };
    }
}

/// Time since some moment, in nanoseconds.
pub(crate) fn monotonic_ns() -> u64 {
    let mut time = [0_u64; 2];
    // SAFETY: the call writes seconds and nanoseconds to the two words.
    unsafe { syscall3(CLOCK_GETTIME, CLOCK_MONOTONIC, time.as_mut_ptr() as usize, 0) };
    time[0] * 1_000_000_000 + time[1]
}

/// Makes a copy of the process, which has one thread: `None` in the copy.
#[cfg(feature = "selftest")]
pub(crate) fn fork() -> Result<Option<Pid>, Errno> {
    // SAFETY: there is one thread, so that the copy's memory is as consistent as this process's own.
    let result = unsafe { syscall3(FORK, 0, 0, 0) };
    checked(result).map(|pid| Pid::from_raw(pid as i32))
}

/// Reads to an address that may be bad.
///
/// # Safety
/// What memory there is, is the caller's to overwrite, for any bytes.
#[cfg(feature = "selftest")]
pub(crate) unsafe fn read_at(
    file: BorrowedFd<'_>,
    address: usize,
    len: usize,
) -> Result<usize, Errno> {
    // SAFETY: the kernel checks the address, and the caller gives what memory there is.
    checked(unsafe { syscall3(READ, file.as_raw_fd() as usize, address, len) })
}

/// Reads to an address of the kernel's, where a program has no memory.
#[cfg(feature = "selftest")]
pub(crate) fn read_to_the_kernel(file: BorrowedFd<'_>, len: usize) -> Result<usize, Errno> {
    const KERNEL: usize = 0xffff_8880_0000_0000;
    // SAFETY: no memory of this process lies in the upper half of the addresses.
    unsafe { read_at(file, KERNEL, len) }
}

/// Writes from an address that may be bad.
#[cfg(feature = "selftest")]
pub(crate) fn write_at(file: BorrowedFd<'_>, address: usize, len: usize) -> Result<usize, Errno> {
    // SAFETY: the kernel checks the address, and only reads.
    checked(unsafe { syscall3(WRITE, file.as_raw_fd() as usize, address, len) })
}

#[cfg(feature = "selftest")]
fn checked(result: c_long) -> Result<usize, Errno> {
    usize::try_from(result).map_err(|_| Errno::from_raw_os_error(-result as i32))
}

/// Writes a value to an I/O port of the machine. Where the kernel does not allow that, nothing happens: also where
/// no device listens nothing does.
pub(crate) fn write_io_port(port: u16, value: u32) {
    // SAFETY: the call takes numbers only.
    if unsafe { syscall3(IOPERM, port.into(), size_of::<u32>(), 1) } == 0 {
        // SAFETY: the kernel has just given this process the four ports; the instruction touches no memory.
        unsafe { asm!("out dx, eax", in("dx") port, in("eax") value, options(nomem, nostack)) };
    }
}
