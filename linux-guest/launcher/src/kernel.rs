// SPDX-License-Identifier: GPL-2.0-or-later
//! All unsafe code: the process's first instructions, its arguments, mapped memory, and exec.

use core::arch::{asm, naked_asm};
use core::convert::Infallible;
use core::ffi::{CStr, c_char, c_int, c_long};
use core::ptr;

use rustix::fd::{AsRawFd as _, OwnedFd};
use rustix::fs::{AtFlags, CWD, fstat};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, mmap_anonymous};

const EXIT_GROUP: c_long = 231;
const EXECVEAT: c_long = 322;
/// In the auxiliary vector: the path passed to execve.
const AT_EXECFN: usize = 31;

/// The entry point: the stack pointer is at the argument count.
#[unsafe(no_mangle)]
#[unsafe(naked)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!("xor ebp, ebp", "mov rdi, rsp", "and rsp, -16", "call {begin}", "ud2", begin = sym begin)
}

extern "C" fn begin(stack: *const usize) -> ! {
    // SAFETY: `_start` hands on the stack pointer as the kernel set it: the count, then that many pointers and a null
    // pointer, then the environment.
    let process = unsafe {
        let count = *stack;
        let arguments = stack.add(1).cast();
        Process { count, arguments, environment: stack.add(count + 2).cast() }
    };
    exit(crate::main(&process))
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    write_error(b"packed program: the launcher failed\n");
    exit(crate::NOT_RUN)
}

/// Arguments and environment as the kernel left them on the stack, where they stay for the life of the process.
#[derive(Debug)]
pub(crate) struct Process {
    count: usize,
    arguments: *const *const c_char,
    environment: *const *const c_char,
}

impl Process {
    /// The name by which this process was started.
    pub(crate) fn name(&self) -> &'static CStr {
        if self.count == 0 {
            return c"packed program";
        }
        // SAFETY: there is a first argument, a text of the kernel's that ends with NUL.
        unsafe { CStr::from_ptr(*self.arguments) }
    }

    /// The value of a variable of the environment.
    pub(crate) fn variable(&self, name: &[u8]) -> Option<&'static CStr> {
        let mut next = self.environment;
        loop {
            // SAFETY: the list ends with a null pointer, at which this loop ends; each other pointer is to a text that
            // ends with NUL.
            let text = unsafe {
                if (*next).is_null() {
                    return None;
                }
                CStr::from_ptr(*next)
            };
            // SAFETY: a null pointer follows at the latest.
            next = unsafe { next.add(1) };
            let value = text.to_bytes_with_nul().strip_prefix(name);
            if let Some(value) = value.and_then(|rest| rest.strip_prefix(b"=")) {
                return CStr::from_bytes_with_nul(value).ok();
            }
        }
    }

    /// The path passed to execve.
    pub(crate) fn executed_path(&self) -> Option<&'static CStr> {
        // SAFETY: after the environment's null pointer comes the auxiliary vector, pairs of key and value that end with
        // key 0; the value of AT_EXECFN points to a text that ends with NUL.
        unsafe {
            let mut next = self.environment;
            while !(*next).is_null() {
                next = next.add(1);
            }
            let mut pair = next.add(1).cast::<[usize; 2]>();
            while (*pair)[0] != 0 {
                if (*pair)[0] == AT_EXECFN {
                    return Some(CStr::from_ptr(ptr::with_exposed_provenance((*pair)[1])));
                }
                pair = pair.add(1);
            }
        }
        None
    }

    /// The arguments for a program: `first`, then this process's without its name.
    fn arguments_after(&self, first: &[&CStr]) -> Result<&'static [*const c_char], Errno> {
        let own = self.count.saturating_sub(1);
        let len_bytes = (first.len() + own + 1) * size_of::<*const c_char>();
        let list = map_bytes(len_bytes)?.as_mut_ptr().cast::<*const c_char>();
        // SAFETY: the mapping has room for these pointers, is aligned to a page, and is nowhere else in use; it is of
        // zeros, so that a null pointer ends the list. `own` arguments follow the process's name.
        unsafe {
            for (index, text) in first.iter().enumerate() {
                *list.add(index) = text.as_ptr();
            }
            if own > 0 {
                ptr::copy_nonoverlapping(self.arguments.add(1), list.add(first.len()), own);
            }
            Ok(core::slice::from_raw_parts(list, first.len() + own + 1))
        }
    }
}

/// Maps a file for reading.
pub(crate) fn map_file(file: &OwnedFd) -> Result<&'static [u8], Errno> {
    let len = usize::try_from(fstat(file)?.st_size).map_err(|_| Errno::NOMEM)?;
    // SAFETY: a fresh mapping at a place of the kernel's choosing touches nothing that exists.
    let start = unsafe { mmap(ptr::null_mut(), len, ProtFlags::READ, MapFlags::PRIVATE, file, 0) }?;
    // SAFETY: the mapping has that many bytes, and is never unmapped. The kernel does not let a running program's file
    // be written.
    Ok(unsafe { core::slice::from_raw_parts(start.cast(), len) })
}

/// Maps zeroed bytes.
pub(crate) fn map_bytes(len: usize) -> Result<&'static mut [u8], Errno> {
    let access = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a fresh mapping at a place of the kernel's choosing touches nothing that exists.
    let start = unsafe { mmap_anonymous(ptr::null_mut(), len.max(1), access, MapFlags::PRIVATE) }?;
    // SAFETY: the mapping has that many zeroed bytes, is never unmapped, and is not shared.
    Ok(unsafe { core::slice::from_raw_parts_mut(start.cast(), len) })
}

/// Executes the program in `file` under the name `name`.
pub(crate) fn execute_file(
    process: &Process,
    file: &OwnedFd,
    name: &CStr,
) -> Result<Infallible, Errno> {
    let arguments = process.arguments_after(&[name])?;
    execute(process, file.as_raw_fd(), c"", arguments, AtFlags::EMPTY_PATH)
}

/// Executes a script's interpreter.
pub(crate) fn execute_interpreter(
    process: &Process,
    path: &CStr,
    argument: Option<&CStr>,
    script: &CStr,
) -> Result<Infallible, Errno> {
    let arguments = match argument {
        Some(argument) => process.arguments_after(&[path, argument, script]),
        None => process.arguments_after(&[path, script]),
    };
    execute(process, CWD.as_raw_fd(), path, arguments?, AtFlags::empty())
}

fn execute(
    process: &Process,
    folder: c_int,
    path: &CStr,
    arguments: &[*const c_char],
    flags: AtFlags,
) -> Result<Infallible, Errno> {
    let result: c_long;
    // SAFETY: the instruction takes its arguments in these registers and destroys rcx and r11. The call reads a text that
    // ends with NUL and two lists of such texts that end with a null pointer; it returns only with an error.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") EXECVEAT => result,
            in("rdi") c_long::from(folder),
            in("rsi") path.as_ptr(),
            in("rdx") arguments.as_ptr(),
            in("r10") process.environment,
            in("r8") u64::from(flags.bits()),
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack)
        );
    }
    Err(Errno::from_raw_os_error(-result as i32))
}

/// Writes to standard error. If that is closed, the text is lost.
pub(crate) fn write_error(text: &[u8]) {
    // SAFETY: nothing in this program closes standard error; where it was never open, writing fails with EBADF.
    let _ = rustix::io::write(unsafe { rustix::stdio::stderr() }, text);
}

/// Ends the process.
fn exit(status: c_int) -> ! {
    // SAFETY: the call takes a number and does not return.
    unsafe {
        asm!("syscall", in("rax") EXIT_GROUP, in("rdi") c_long::from(status), options(nostack, noreturn))
    }
}
