// SPDX-License-Identifier: GPL-2.0-or-later
//! Child processes: a second reader, or one without root's rights.

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, waitpid};

use super::{Verdict, Wrong, during};
use crate::run::syscall;

/// Exit status of a child whose work went wrong.
const WENT_WRONG: i32 = 1;

/// A running child. It is killed and collected when it is dropped.
pub(super) struct Child(Option<Pid>);

impl Child {
    /// Runs `work` in a child, which leaves with whether it went well.
    pub(super) fn start(work: impl FnOnce() -> bool) -> Result<Self, Wrong> {
        match syscall::fork().map_err(during("starting a child"))? {
            None => syscall::exit(if work() { 0 } else { WENT_WRONG }),
            pid => Ok(Self(pid)),
        }
    }

    pub(super) fn signal(&self, signal: Signal) -> Verdict {
        let pid = self.0.ok_or("the child is gone")?;
        kill_process(pid, signal).map_err(during("signalling a child"))
    }

    /// Whether it has not ended yet.
    pub(super) fn runs(&self) -> bool {
        self.0.is_some_and(|pid| matches!(waitpid(Some(pid), WaitOptions::NOHANG), Ok(None)))
    }

    /// Waits until it has stopped or ended.
    pub(super) fn wait(&self, options: WaitOptions) -> Result<WaitStatus, Wrong> {
        let pid = self.0.ok_or("the child is gone")?;
        let (_, status) = waitpid(Some(pid), options)
            .map_err(during("waiting for a child"))?
            .ok_or("the child cannot be waited for")?;
        Ok(status)
    }

    /// Waits for its end: good if its work went well.
    pub(super) fn finish(mut self, what: &'static str) -> Verdict {
        let status = self.wait(WaitOptions::empty())?;
        self.0 = None;
        super::expect(status.exit_status() == Some(0), what)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            // It may have ended already; that is as good.
            let _: Result<(), Errno> = kill_process(pid, Signal::KILL);
            let _ = waitpid(Some(pid), WaitOptions::empty());
        }
    }
}
