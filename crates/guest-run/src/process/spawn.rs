// SPDX-License-Identifier: GPL-2.0-or-later
//! Starts processes that cannot outlive this one. Linux signals a process at the death of the *thread* that started
//! it, so one thread that lives as long as this process starts them all.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use nix::errno::Errno;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::getppid;

type Task = Box<dyn FnOnce() + Send>;

static STARTER: Mutex<Option<Sender<Task>>> = Mutex::new(None);

/// Starts a command whose process the kernel kills when this process ends, however that happens.
pub(super) fn spawn(mut command: Command) -> io::Result<Child> {
    die_with_parent(&mut command);
    let (sender, receiver) = channel();
    let task: Task = Box::new(move || {
        // The receiver waits for this, below.
        let _ = sender.send(command.spawn());
    });
    starter()?.send(task).map_err(|_| gone())?;
    receiver.recv().map_err(|_| gone())?
}

fn starter() -> io::Result<Sender<Task>> {
    let mut starter = STARTER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(sender) = &*starter {
        return Ok(sender.clone());
    }
    let (sender, receiver) = channel::<Task>();
    thread::Builder::new().name("starter".to_owned()).spawn(move || {
        for task in receiver {
            task();
        }
    })?;
    Ok(starter.insert(sender).clone())
}

fn gone() -> io::Error {
    io::Error::other("the thread that starts processes is gone")
}

#[allow(unsafe_code, reason = "the standard library has no safe way to run code before exec")]
fn die_with_parent(command: &mut Command) {
    let parent = std::process::id();
    let before_exec = move || {
        set_pdeathsig(Signal::SIGKILL)?;
        // If the parent died before the line above, no signal will come.
        if u32::try_from(getppid().as_raw()) == Ok(parent) {
            Ok(())
        } else {
            Err(Errno::ESRCH.into())
        }
    };
    // SAFETY: between fork and exec a process may only do what is async-signal-safe. The closure calls prctl(2) and
    // getppid(2), compares two numbers that it owns, and makes errors without heap memory; changes
    // must preserve this.
    unsafe {
        command.pre_exec(before_exec);
    }
}
