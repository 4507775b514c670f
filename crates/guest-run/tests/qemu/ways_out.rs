// SPDX-License-Identifier: GPL-2.0-or-later
//! However the program that runs a guest ends, the guest ends with it. The program is this test's own
//! executable, started again as one of the helpers below.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use super::{PATIENCE, folder, guest, helper, is_alive, limits, machine, qemu};
use guest_run::tiny_guest::TinyGuest;
use guest_run::{Limits, Qemu, RunError, Session, interrupt, run};
use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

/// Starts this program again as one of the helpers below.
fn start(name: &str) -> (Child, BufReader<ChildStdout>) {
    let mut child = helper(name)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("this program, again");
    let output = BufReader::new(child.stdout.take().expect("its output"));
    (child, output)
}

/// Waits for the line `qemu N`, and returns N.
fn qemu_id(output: &mut impl BufRead) -> u32 {
    let lines = output.lines().map(|line| line.expect("a line"));
    let id = lines.filter_map(|line| line.split_once("qemu ")?.1.parse().ok()).next();
    id.expect("the helper prints the process ID of its QEMU")
}

fn pid(id: u32) -> Pid {
    Pid::from_raw(i32::try_from(id).expect("a process number"))
}

/// Waits for the end of an orphan that this process has inherited. One that does not end is killed, and is a
/// failure.
fn end_of_orphan(id: u32) -> WaitStatus {
    let (sender, receiver) = channel();
    std::thread::spawn(move || sender.send(waitpid(pid(id), None).expect("an orphan of ours")));
    receiver.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        kill(pid(id), Signal::SIGKILL).expect("a process of ours");
        panic!("the process {id} outlived the one that started it")
    })
}

/// A guest that is up and will not end by itself.
fn spinning() -> TinyGuest {
    TinyGuest::new().print("up\n").spin()
}

pub(super) fn helper_runs_a_guest_until_it_is_stopped() {
    let (qemu, folder) = (qemu().expect("QEMU"), folder());
    interrupt::install().unwrap();
    let guest = guest(folder.path(), &spinning());
    let mut session = Session::start(&qemu, &machine(), &guest, &limits(PATIENCE)).unwrap();
    session.expect("up", PATIENCE).unwrap();
    println!("\nqemu {}", session.id());
    let error = session.finish().unwrap_err();
    assert!(interrupt::requested());
    println!("\nended: {error}");
    std::process::exit(interrupt::EXIT_STATUS.into());
}

pub(super) fn helper_notes_an_interrupt_and_goes_on() {
    let (qemu, folder) = (qemu().expect("QEMU"), folder());
    interrupt::install().unwrap();
    let guest = guest(folder.path(), &spinning());
    let mut session = Session::start(&qemu, &machine(), &guest, &limits(PATIENCE)).unwrap();
    session.expect("up", PATIENCE).unwrap();
    let (sender, receiver) = channel();
    let _subscription = interrupt::subscribe(move || sender.send(()).expect("the receiver below"));
    println!("\nqemu {}", session.id());
    receiver.recv_timeout(PATIENCE).unwrap();
    println!("\nnoted");
    // Nothing more comes: only a second signal ends this.
    let _ = receiver.recv_timeout(PATIENCE);
}

pub(super) fn a_signal_stops_the_guest_and_is_reported(_: &Qemu) {
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let (mut child, mut output) = start("helper_runs_a_guest_until_it_is_stopped");
        let qemu = qemu_id(&mut output);
        assert!(is_alive(qemu));
        kill(pid(child.id()), signal).unwrap();
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{signal}: {rest}");
        assert!(rest.contains("ended: the run of a tiny guest was stopped"), "{rest}");
        assert!(!is_alive(qemu));
    }
}

pub(super) fn a_killed_runner_takes_its_guest_with_it(_: &Qemu) {
    // Orphans come to this process, so that their end can be waited for.
    set_child_subreaper(true).unwrap();
    let (mut child, mut output) = start("helper_runs_a_guest_until_it_is_stopped");
    let qemu = qemu_id(&mut output);
    assert!(is_alive(qemu));
    kill(pid(child.id()), Signal::SIGKILL).unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    let how = end_of_orphan(qemu);
    assert!(matches!(how, WaitStatus::Signaled(_, Signal::SIGKILL, _)), "{how:?}");
}

pub(super) fn a_second_interrupt_ends_a_program_that_does_not_listen(_: &Qemu) {
    set_child_subreaper(true).unwrap();
    let (mut child, mut output) = start("helper_notes_an_interrupt_and_goes_on");
    let qemu = qemu_id(&mut output);
    kill(pid(child.id()), Signal::SIGINT).unwrap();
    assert!((&mut output).lines().map_while(Result::ok).any(|line| line == "noted"));
    assert!(is_alive(qemu), "the first one only asks");
    kill(pid(child.id()), Signal::SIGINT).unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(2));
    end_of_orphan(qemu);
    assert!(!is_alive(qemu));
}

pub(super) fn a_guest_outlives_the_thread_that_started_it(qemu: &Qemu) {
    let folder = folder();
    let code = TinyGuest::new().print("up\n").echo(3).exit(0x10);
    let guest = guest(folder.path(), &code);
    let start = || Session::start(qemu, &machine(), &guest, &limits(PATIENCE)).unwrap();
    let mut session = std::thread::scope(|scope| scope.spawn(start).join().unwrap());
    session.expect("up", PATIENCE).unwrap();
    session.send("hi");
    session.expect("hi", PATIENCE).unwrap();
    session.finish().unwrap().verdict().unwrap();
}

pub(super) fn a_panic_in_the_runner_takes_the_guest_down(qemu: &Qemu) {
    let folder = folder();
    let guest = guest(folder.path(), &spinning());
    let (sender, receiver) = channel();
    let ended = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                let mut session =
                    Session::start(qemu, &machine(), &guest, &limits(PATIENCE)).unwrap();
                session.expect("up", PATIENCE).unwrap();
                sender.send(session.id()).unwrap();
                panic!("on purpose");
            })
            .join()
    });
    assert!(ended.is_err());
    assert!(!is_alive(receiver.recv().unwrap()));
}

pub(super) fn a_guest_that_never_pauses_cannot_talk_past_its_deadline(qemu: &Qemu) {
    let folder = folder();
    let code = TinyGuest::new().print_for_ever("a line that comes again and again\n");
    let guest = guest(folder.path(), &code);
    let error = run(qemu, &machine(), &guest, &limits(Duration::from_secs(1))).unwrap_err();
    let RunError::Deadline { after, .. } = error else { panic!("{error}") };
    assert!(after < Duration::from_secs(10), "{after:?}");
    let mut session = Session::start(qemu, &machine(), &guest, &limits(PATIENCE)).unwrap();
    let error = session.expect("something else", Duration::from_secs(1)).unwrap_err();
    assert!(matches!(error, RunError::Silence { .. }), "{error}");
}

pub(super) fn a_guest_that_writes_nothing_is_ended_with_what_is_likely(qemu: &Qemu) {
    let folder = folder();
    let guest = guest(folder.path(), &TinyGuest::new().spin());
    let first_output = Some(Duration::from_millis(300));
    let limits = Limits { first_output, ..limits(PATIENCE) };
    let error = run(qemu, &machine(), &guest, &limits).unwrap_err();
    assert!(matches!(error, RunError::NoOutput { .. }), "{error}");
    assert!(error.to_string().contains("too little memory (it has 8 MiB)"), "{error}");
    // One that resets itself ends QEMU with a status of success.
    let resets = super::guest(folder.path(), &TinyGuest::new().triple_fault());
    let error = run(qemu, &machine(), &resets, &limits).unwrap_err();
    assert!(error.to_string().contains("ended without writing"), "{error}");
    // One that has written may be silent from then on.
    let guest = super::guest(folder.path(), &spinning());
    let limits = Limits { first_output: Some(Duration::from_secs(5)), ..limits };
    let mut session = Session::start(qemu, &machine(), &guest, &limits).unwrap();
    session.expect("up", PATIENCE).unwrap();
    let error = session.expect("more", Duration::from_secs(6)).unwrap_err();
    assert!(matches!(error, RunError::Silence { .. }), "{error}");
}
