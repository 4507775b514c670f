// SPDX-License-Identifier: GPL-2.0-or-later
//! Guests of a few bytes under the real QEMU: how they end, and how the runner reports it.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{PATIENCE, folder, guest, is_alive, limits, machine};
use chaos_wire::GuestStatus;
use guest_run::tiny_guest::TinyGuest;
use guest_run::{
    DataPort, Limits, Machine, Model, Network, PortKind, Qemu, RunError, Session, run,
};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

fn success() -> TinyGuest {
    TinyGuest::new().print("[uchaos] ready\n").exit(GuestStatus::Success.debug_exit_value())
}

pub(super) fn every_model_runs_a_guest_and_returns_its_status(qemu: &Qemu) {
    let folder = folder();
    for model in [Model::Q35, Model::Pc, Model::Microvm] {
        for isolated in [false, true] {
            let machine = Machine { model, isolated, ..machine() };
            let outcome =
                run(qemu, &machine, &guest(folder.path(), &success()), &limits(PATIENCE)).unwrap();
            assert_eq!(outcome.guest_status, Some(GuestStatus::Success), "{model} {isolated}");
            outcome.verdict().unwrap();
            let texts: Vec<_> = outcome.lines.iter().map(|line| line.text.as_str()).collect();
            assert_eq!(texts, ["[uchaos] ready"], "{model}");
            assert!(outcome.lines[0].at > Duration::ZERO && outcome.lines[0].at <= outcome.wall);
        }
    }
}

pub(super) fn every_guest_status_comes_through(qemu: &Qemu) {
    let folder = folder();
    for status in GuestStatus::ALL {
        let code =
            TinyGuest::new().print("[uchaos] error: so it is\n").exit(status.debug_exit_value());
        let outcome =
            run(qemu, &machine(), &guest(folder.path(), &code), &limits(PATIENCE)).unwrap();
        assert_eq!(outcome.guest_status, Some(status));
        match outcome.verdict() {
            Ok(()) => assert_eq!(status, GuestStatus::Success),
            Err(error) => assert!(
                error.to_string().contains(&format!("reports {status}: so it is")),
                "{error}"
            ),
        }
    }
}

pub(super) fn a_failure_on_the_console_beats_a_success_through_the_exit_device(qemu: &Qemu) {
    let folder = folder();
    let code = TinyGuest::new()
        .print("[uchaos] done status=1\n")
        .exit(GuestStatus::Success.debug_exit_value());
    let outcome = run(qemu, &machine(), &guest(folder.path(), &code), &limits(PATIENCE)).unwrap();
    assert_eq!(outcome.guest_status, Some(GuestStatus::JobFailed));
}

pub(super) fn a_guest_that_resets_itself_in_silence_has_failed(qemu: &Qemu) {
    let folder = folder();
    let code = TinyGuest::new().print("before\n").triple_fault().spin();
    let outcome = run(qemu, &machine(), &guest(folder.path(), &code), &limits(PATIENCE)).unwrap();
    assert_eq!(outcome.guest_status, None);
    let error = outcome.verdict().unwrap_err();
    assert!(
        matches!(error, RunError::GuestDied { .. }) && error.to_string().contains("| before"),
        "{error}"
    );
    let code = TinyGuest::new().print("[uchaos] done status=0\n").triple_fault().spin();
    let outcome = run(qemu, &machine(), &guest(folder.path(), &code), &limits(PATIENCE)).unwrap();
    outcome.verdict().unwrap();
}

pub(super) fn a_deadline_ends_a_guest_that_loops(qemu: &Qemu) {
    let folder = folder();
    let log = folder.path().join("console.log");
    let code = TinyGuest::new().print("first\nsecond\n").spin();
    let limits = Limits {
        deadline: Some(Duration::from_secs(3)),
        console_log: Some(log.clone()),
        ..Limits::default()
    };
    let begun = Instant::now();
    let error = run(qemu, &machine(), &guest(folder.path(), &code), &limits).unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(20), "it took {:?}", begun.elapsed());
    let text = error.to_string();
    assert!(matches!(error, RunError::Deadline { after, .. } if after >= Duration::from_secs(3)));
    assert!(text.contains("running a tiny guest: no end within 3."), "{text}");
    assert!(text.contains("  | first\n  | second\n"), "{text}");
    assert!(text.contains(&format!("console log: {}", log.display())), "{text}");
    assert!(
        text.contains("to repeat it: ") && text.contains("'microvm,acpi=off'")
            || text.contains("microvm,acpi=off")
    );
    assert!(fs::read_to_string(&log).unwrap().contains("  second\n"));
}

pub(super) fn no_guest_outlives_its_session(qemu: &Qemu) {
    let folder = folder();
    let code = TinyGuest::new().print("up\n").spin();
    let mut session =
        Session::start(qemu, &machine(), &guest(folder.path(), &code), &limits(PATIENCE)).unwrap();
    session.expect("up", PATIENCE).unwrap();
    let id = session.id();
    assert!(is_alive(id));
    drop(session);
    assert!(!is_alive(id));
}

pub(super) fn a_qemu_that_is_killed_is_a_guest_that_died(qemu: &Qemu) {
    let folder = folder();
    let code = TinyGuest::new().print("[uchaos] begin baremetal raw:1\n").spin();
    let mut session =
        Session::start(qemu, &machine(), &guest(folder.path(), &code), &limits(PATIENCE)).unwrap();
    session.next_line().unwrap().unwrap();
    kill(Pid::from_raw(i32::try_from(session.id()).unwrap()), Signal::SIGKILL).unwrap();
    let error = session.finish().unwrap_err();
    assert!(matches!(error, RunError::GuestDied { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("signal: 9") && text.contains("killed from outside"), "{text}");
    assert!(text.contains("| [uchaos] begin baremetal raw:1"), "{text}");
}

pub(super) fn a_panic_line_ends_the_run_at_once_with_its_reason(qemu: &Qemu) {
    let folder = folder();
    for line in [
        "[    1.0] Kernel panic - not syncing: No working init found",
        "[uchaos] error: panic: index out of bounds (src/main.rs:1)",
    ] {
        let code = TinyGuest::new().print(line).print("\nand a trace\n").spin();
        let begun = Instant::now();
        let error =
            run(qemu, &machine(), &guest(folder.path(), &code), &limits(PATIENCE)).unwrap_err();
        assert!(begun.elapsed() < PATIENCE / 2);
        assert!(
            matches!(&error, RunError::GuestPanic { line: said, .. } if said == line),
            "{error}"
        );
        assert!(error.to_string().contains("| and a trace"), "{error}");
        let code =
            TinyGuest::new().print(line).print("\n").exit(GuestStatus::Panic.debug_exit_value());
        let error =
            run(qemu, &machine(), &guest(folder.path(), &code), &limits(PATIENCE)).unwrap_err();
        assert!(matches!(error, RunError::GuestPanic { .. }), "{error}");
    }
}

pub(super) fn a_guest_is_talked_to_in_turns(qemu: &Qemu) {
    let folder = folder();
    let code = TinyGuest::new()
        .print("> ")
        .echo(6)
        .print("again\n> ")
        .echo(3)
        .print("bye\n")
        .exit(GuestStatus::Success.debug_exit_value());
    let mut session =
        Session::start(qemu, &machine(), &guest(folder.path(), &code), &limits(PATIENCE)).unwrap();
    session.expect("> ", PATIENCE).unwrap();
    session.send("raw 1");
    session.expect("raw 1", PATIENCE).unwrap();
    session.expect("> ", PATIENCE).unwrap();
    session.send("ok");
    session.expect("bye", PATIENCE).unwrap();
    let outcome = session.finish().unwrap();
    let texts: Vec<_> = outcome.lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["> raw 1", "again", "> ok", "bye"]);
}

pub(super) fn text_that_does_not_come_is_an_error_that_names_it(qemu: &Qemu) {
    let folder = folder();
    let code = TinyGuest::new().print("> ").spin();
    let start = || {
        Session::start(qemu, &machine(), &guest(folder.path(), &code), &limits(PATIENCE)).unwrap()
    };
    let mut session = start();
    session.expect("> ", PATIENCE).unwrap();
    let id = session.id();
    let error = session.expect("histogram", Duration::from_millis(300)).unwrap_err();
    assert!(error.to_string().contains("waiting for \"histogram\" from a tiny guest"), "{error}");
    assert!(!is_alive(id));
    let code = success();
    let mut session =
        Session::start(qemu, &machine(), &guest(folder.path(), &code), &limits(PATIENCE)).unwrap();
    let error = session.expect("histogram", PATIENCE).unwrap_err();
    assert!(matches!(error, RunError::GuestDied { .. }), "{error}");
}

pub(super) fn lines_come_one_by_one_while_the_guest_runs(qemu: &Qemu) {
    let folder = folder();
    let code = TinyGuest::new().print("one\n").echo(1).print("two\nthree").exit(0x10);
    let mut session =
        Session::start(qemu, &machine(), &guest(folder.path(), &code), &limits(PATIENCE)).unwrap();
    let one = session.next_line().unwrap().unwrap();
    assert_eq!(one.text, "one");
    session.send("");
    let rest: Vec<_> = std::iter::from_fn(|| session.next_line().unwrap()).collect();
    assert_eq!(
        rest.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(),
        ["", "two", "three"]
    );
    assert!(rest.iter().all(|line| line.at >= one.at));
}

pub(super) fn a_guest_that_floods_its_console_is_stopped(qemu: &Qemu) {
    let folder = folder();
    let code = TinyGuest::new().print_for_ever(&"x".repeat(500));
    // COM1 takes about a megabyte each second under TCG, so the deadline comes first here.
    let error =
        run(qemu, &machine(), &guest(folder.path(), &code), &limits(Duration::from_secs(2)))
            .unwrap_err();
    assert!(matches!(error, RunError::Deadline { .. } | RunError::Flood { .. }), "{error}");
}

pub(super) fn a_qemu_that_refuses_its_command_line_is_quoted(qemu: &Qemu) {
    let folder = folder();
    let mut guest = guest(folder.path(), &success());
    guest.kernel = PathBuf::from("/no such kernel");
    let error = run(qemu, &machine(), &guest, &limits(PATIENCE)).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, RunError::GuestDied { .. }), "{text}");
    assert!(text.contains("| qemu: ") && text.contains("rejected its command line"), "{text}");
}

pub(super) fn both_kinds_of_data_port_are_there_and_the_file_is_made(qemu: &Qemu) {
    let folder = folder();
    for kind in [PortKind::VirtConsole, PortKind::VirtSerialPort] {
        for model in [Model::Q35, Model::Pc, Model::Microvm] {
            let path = folder.path().join("data, of it");
            fs::write(&path, "from before").unwrap();
            let mut guest = guest(folder.path(), &success());
            guest.data = Some(DataPort { kind, path: path.clone(), expected_bytes: 1 << 20 });
            let machine = Machine { model, ..machine() };
            run(qemu, &machine, &guest, &limits(PATIENCE)).unwrap().verdict().unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"");
        }
    }
}

pub(super) fn no_room_for_the_data_is_said_before_the_run(qemu: &Qemu) {
    let folder = folder();
    let mut guest = guest(folder.path(), &success());
    let path = folder.path().join("data");
    guest.data = Some(DataPort { kind: PortKind::VirtConsole, path, expected_bytes: 1 << 60 });
    let error = run(qemu, &machine(), &guest, &limits(PATIENCE)).unwrap_err();
    assert!(
        error.to_string().contains("MiB free") && matches!(error, RunError::DataPort { .. }),
        "{error}"
    );
}

pub(super) fn the_network_card_is_there_when_asked_for(qemu: &Qemu) {
    let folder = folder();
    for model in [Model::Q35, Model::Pc, Model::Microvm] {
        for network in [Network::User, Network::Silent] {
            let machine = Machine { model, network: Some(network), ..machine() };
            run(qemu, &machine, &guest(folder.path(), &success()), &limits(PATIENCE))
                .unwrap()
                .verdict()
                .unwrap();
        }
    }
}

pub(super) fn every_model_takes_the_hosts_generator(qemu: &Qemu) {
    let folder = folder();
    let attached = guest_run::Attached { host_rng: true, ..guest_run::Attached::default() };
    let guest = guest_run::Guest { attached, ..guest(folder.path(), &success()) };
    for model in [Model::Q35, Model::Pc, Model::Microvm] {
        for isolated in [false, true] {
            let machine = Machine { model, isolated, ..machine() };
            let command = guest_run::quoted(&machine.command(qemu, &guest));
            assert!(command.contains("filename=/dev/urandom"), "{command}");
            assert!(command.contains("rng=host-rng"), "{command}");
            run(qemu, &machine, &guest, &limits(PATIENCE)).unwrap().verdict().unwrap();
        }
    }
}
