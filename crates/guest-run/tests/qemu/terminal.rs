// SPDX-License-Identifier: GPL-2.0-or-later
//! An interactive guest: on a terminal, whose state is restored, and on pipes. The program that has the terminal
//! is this test's own executable, started again as a helper.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Stdio};

use super::{PATIENCE, folder, guest, helper, machine, qemu};
use chaos_wire::GuestStatus;
use guest_run::tiny_guest::TinyGuest;
use guest_run::{Limits, Qemu, RunError, interactive, interrupt};
use nix::pty::{OpenptyResult, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{LocalFlags, tcgetattr};
use nix::unistd::Pid;

const LOG: &str = "UCHAOS_TEST_LOG";

pub(super) fn helper_gives_the_terminal_to_a_guest() {
    let log = std::env::var_os(LOG).expect("where to log");
    let (qemu, folder) = (qemu().expect("QEMU"), folder());
    interrupt::install().unwrap();
    let code = TinyGuest::new()
        .print("[uchaos] ready\nline\r\nname? ")
        .echo(5)
        .print("welcome\n")
        .echo(1)
        .print("left\n")
        .exit(GuestStatus::JobFailed.debug_exit_value());
    let limits =
        Limits { deadline: Some(PATIENCE), console_log: Some(log.into()), ..Limits::default() };
    let ended = interactive(&qemu, &machine(), &guest(folder.path(), &code), &limits);
    println!("\nended: {ended:?}");
    let code = match ended {
        Ok(Some(GuestStatus::JobFailed)) => 1,
        Ok(None) => 7,
        Err(RunError::Interrupted { .. }) => interrupt::EXIT_STATUS.into(),
        _ => 99,
    };
    std::process::exit(code);
}

/// A person at a terminal.
struct Person {
    child: Child,
    master: File,
    slave: File,
    seen: Vec<u8>,
}

impl Person {
    fn sit_down(log: &std::path::Path) -> Self {
        let OpenptyResult { master, slave } = openpty(None, None).expect("a terminal");
        let end = || Stdio::from(slave.try_clone().expect("the terminal, again"));
        let child = helper("helper_gives_the_terminal_to_a_guest")
            .env(LOG, log)
            .stdin(end())
            .stdout(end())
            .stderr(Stdio::null())
            .spawn()
            .expect("this program, again");
        Self { child, master: master.into(), slave: slave.into(), seen: Vec::new() }
    }

    /// Waits for `text`, and returns all that came since the last time.
    fn wait_for(&mut self, text: &str) -> String {
        let mut bytes = [0; 1000];
        while !String::from_utf8_lossy(&self.seen).contains(text) {
            let count = self.master.read(&mut bytes).expect("more of the terminal");
            self.seen.extend_from_slice(&bytes[..count]);
        }
        String::from_utf8_lossy(&std::mem::take(&mut self.seen)).into_owned()
    }

    fn type_in(&mut self, keys: &[u8]) {
        self.master.write_all(keys).expect("keys");
    }

    fn is_cooked(&self) -> bool {
        tcgetattr(&self.slave)
            .expect("the terminal's state")
            .local_flags
            .contains(LocalFlags::ICANON | LocalFlags::ECHO)
    }
}

pub(super) fn a_terminal_is_left_as_it_was_found(_: &Qemu) {
    let folder = folder();
    let log = folder.path().join("console, 1.log");
    let mut person = Person::sit_down(&log);
    assert!(person.is_cooked());
    let seen = person.wait_for("name? ");
    assert!(seen.contains("line\r\nname"), "line ends are as the guest writes them: {seen:?}");
    assert!(!person.is_cooked(), "keys go to the guest as they are");
    person.type_in(b"a\x03b\rc");
    person.wait_for("welcome");
    person.type_in(b".");
    person.wait_for("ended: Ok(Some(JobFailed))");
    assert_eq!(person.child.wait().unwrap().code(), Some(1));
    assert!(person.is_cooked());
    assert!(std::fs::read_to_string(&log).unwrap().contains("welcome"));
}

pub(super) fn a_person_leaves_with_ctrl_a_x(_: &Qemu) {
    let folder = folder();
    let mut person = Person::sit_down(&folder.path().join("log"));
    person.wait_for("name? ");
    person.type_in(b"\x01x");
    person.wait_for("ended: Ok(None)");
    assert_eq!(person.child.wait().unwrap().code(), Some(7));
    assert!(person.is_cooked());
}

pub(super) fn a_signal_gives_the_terminal_back(_: &Qemu) {
    let folder = folder();
    let mut person = Person::sit_down(&folder.path().join("log"));
    person.wait_for("name? ");
    assert!(!person.is_cooked());
    kill(Pid::from_raw(i32::try_from(person.child.id()).unwrap()), Signal::SIGTERM).unwrap();
    person.wait_for("ended: Err(Interrupted");
    assert_eq!(person.child.wait().unwrap().code(), Some(130));
    assert!(person.is_cooked());
}

pub(super) fn without_a_terminal_lines_are_typed_once_the_guest_is_ready(_: &Qemu) {
    let folder = folder();
    let mut child = helper("helper_gives_the_terminal_to_a_guest")
        .env(LOG, folder.path().join("log"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Five keys, and the end of input is the sixth that the guest waits for.
    child.stdin.take().unwrap().write_all(b"abcd\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("[uchaos] ready\nline\r\nname? abcd\nwelcome\n\u{4}left\n"), "{text:?}");
    assert_eq!(output.status.code(), Some(1));
}
