// SPDX-License-Identifier: GPL-2.0-or-later
//! Machines that are saved and restored by the real QEMU.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{PATIENCE, folder, guest, is_alive, limits, machine};
use guest_run::tiny_guest::TinyGuest;
use guest_run::{Guest, Machine, Model, Monitored, Qemu, QmpError, RunError};

/// A guest that echoes two bytes.
fn echo(folder: &Path) -> Guest {
    guest(folder, &TinyGuest::new().print("ready ").echo(2).print(" end\n").exit(0).spin())
}

fn saved(qemu: &Qemu, folder: &Path, state: &Path) -> Result<(), RunError> {
    let mut original =
        Monitored::start(qemu, &machine(), &echo(folder), &limits(PATIENCE)).unwrap();
    original.session.expect("ready ", PATIENCE).unwrap();
    original.stop().unwrap();
    original.type_while_stopped("a").unwrap();
    original.save(state)
}

pub(super) fn what_was_typed_while_it_stood_still_is_read_by_every_restored_machine(qemu: &Qemu) {
    let folder = folder();
    let state = folder.path().join("it's a state");
    saved(qemu, folder.path(), &state).unwrap();
    for second in ["b", "c"] {
        let guest = echo(folder.path());
        let mut restored =
            Monitored::restore(qemu, &machine(), &guest, &limits(PATIENCE), &state).unwrap();
        restored.resume().unwrap();
        restored.session.expect("a", PATIENCE).unwrap();
        restored.session.send(second);
        restored.session.expect(second, PATIENCE).unwrap();
        restored.session.expect(" end", PATIENCE).unwrap();
    }
}

pub(super) fn a_state_that_is_cut_is_refused_with_what_qemu_said(qemu: &Qemu) {
    let folder = folder();
    let state = folder.path().join("state");
    saved(qemu, folder.path(), &state).unwrap();
    let whole = fs::read(&state).unwrap();
    fs::write(&state, &whole[..whole.len() / 2]).unwrap();
    let guest = echo(folder.path());
    let error = Monitored::restore(qemu, &machine(), &guest, &limits(PATIENCE), &state);
    let error = error.unwrap_err();
    assert!(matches!(&error, RunError::Monitor { doing: "restoring", .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("migration failed") && text.contains("to repeat it"), "{text}");
}

pub(super) fn a_state_that_cannot_be_written_is_an_error_and_leaves_no_guest(qemu: &Qemu) {
    let folder = folder();
    let mut original =
        Monitored::start(qemu, &machine(), &echo(folder.path()), &limits(PATIENCE)).unwrap();
    let id = original.session.id();
    original.session.expect("ready ", PATIENCE).unwrap();
    original.stop().unwrap();
    let error = original.save(&folder.path().join("absent/state")).unwrap_err();
    assert!(
        matches!(&error, RunError::Monitor { doing: "saving", error: QmpError::State { .. }, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("absent/state: No such file"), "{error}");
    assert!(!is_alive(id));
}

pub(super) fn a_qemu_that_refuses_its_machine_is_noticed_at_once(qemu: &Qemu) {
    let folder = folder();
    let microvm = Machine { model: Model::Microvm, generation_id: true, ..machine() };
    let cpu = Machine { cpu: Some("no-such-processor".to_owned()), ..microvm };
    let begun = Instant::now();
    let error = Monitored::start(qemu, &cpu, &echo(folder.path()), &limits(PATIENCE)).unwrap_err();
    assert!(error.to_string().contains("no-such-processor"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(20), "noticed after {:?}", begun.elapsed());
}
