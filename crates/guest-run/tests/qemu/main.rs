// SPDX-License-Identifier: GPL-2.0-or-later
//! The runner with the real QEMU, without which each of these tests is skipped.

#![allow(clippy::unwrap_used, reason = "tests, with their own harness")]

mod full_disk;
mod guests;
mod probe;
mod snapshots;
mod terminal;
mod ways_out;

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use guest_run::tiny_guest::TinyGuest;
use guest_run::{Guest, Limits, Machine, Model, Qemu};
use tempfile::TempDir;
use test_support::{Found, trials};

/// Time enough for a guest of a few bytes, however busy the host is.
const PATIENCE: Duration = Duration::from_secs(60);
/// With this in its environment this program is the helper of that name, and runs no test.
const HELPER: &str = "UCHAOS_TEST_HELPER";
const HELPERS: [(&str, fn()); 4] = [
    ("helper_fills_the_disk_of_a_guest", full_disk::helper_fills_the_disk_of_a_guest),
    ("helper_gives_the_terminal_to_a_guest", terminal::helper_gives_the_terminal_to_a_guest),
    ("helper_runs_a_guest_until_it_is_stopped", ways_out::helper_runs_a_guest_until_it_is_stopped),
    ("helper_notes_an_interrupt_and_goes_on", ways_out::helper_notes_an_interrupt_and_goes_on),
];

fn main() -> ExitCode {
    if let Some(name) = std::env::var_os(HELPER) {
        let (_, run) = HELPERS.iter().find(|(known, _)| name == *known).expect("a known helper");
        run();
        return ExitCode::SUCCESS;
    }
    let mut tests = trials![qemu =>
        guests::every_model_runs_a_guest_and_returns_its_status,
        guests::every_guest_status_comes_through,
        guests::a_failure_on_the_console_beats_a_success_through_the_exit_device,
        guests::a_guest_that_resets_itself_in_silence_has_failed,
        guests::a_deadline_ends_a_guest_that_loops,
        guests::no_guest_outlives_its_session,
        guests::a_qemu_that_is_killed_is_a_guest_that_died,
        guests::a_panic_line_ends_the_run_at_once_with_its_reason,
        guests::a_guest_is_talked_to_in_turns,
        guests::text_that_does_not_come_is_an_error_that_names_it,
        guests::lines_come_one_by_one_while_the_guest_runs,
        guests::a_guest_that_floods_its_console_is_stopped,
        guests::a_qemu_that_refuses_its_command_line_is_quoted,
        guests::both_kinds_of_data_port_are_there_and_the_file_is_made,
        guests::no_room_for_the_data_is_said_before_the_run,
        guests::the_network_card_is_there_when_asked_for,
        guests::every_model_takes_the_hosts_generator,
        ways_out::a_signal_stops_the_guest_and_is_reported,
        ways_out::a_killed_runner_takes_its_guest_with_it,
        ways_out::a_second_interrupt_ends_a_program_that_does_not_listen,
        ways_out::a_guest_outlives_the_thread_that_started_it,
        ways_out::a_panic_in_the_runner_takes_the_guest_down,
        ways_out::a_guest_that_never_pauses_cannot_talk_past_its_deadline,
        ways_out::a_guest_that_writes_nothing_is_ended_with_what_is_likely,
        terminal::a_terminal_is_left_as_it_was_found,
        terminal::a_person_leaves_with_ctrl_a_x,
        terminal::a_signal_gives_the_terminal_back,
        terminal::without_a_terminal_lines_are_typed_once_the_guest_is_ready,
        snapshots::what_was_typed_while_it_stood_still_is_read_by_every_restored_machine,
        snapshots::a_state_that_is_cut_is_refused_with_what_qemu_said,
        snapshots::a_state_that_cannot_be_written_is_an_error_and_leaves_no_guest,
        snapshots::a_qemu_that_refuses_its_machine_is_noticed_at_once,
        probe::the_probe_ends_within_five_seconds_and_chooses_what_runs
    ];
    tests.extend(trials![full_disk::qemu_and_namespaces =>
        full_disk::a_disk_that_runs_full_is_seen_though_the_guest_reports_success
    ]);
    test_support::run(tests)
}

/// This program again, as a helper.
fn helper(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the path of this program"));
    command.env(HELPER, name);
    command
}

fn qemu() -> Found<Qemu> {
    Qemu::find().map_err(|error| error.to_string())
}

/// A machine of 8 MiB without firmware to speak of: the quickest to start.
fn machine() -> Machine {
    Machine::tcg(Model::Microvm, 8)
}

/// A guest made of `code`, whose image is in `folder`.
fn guest(folder: &Path, code: &TinyGuest) -> Guest {
    let kernel = folder.join("tiny, guest.elf");
    fs::write(&kernel, code.elf()).expect("an image in a new folder");
    Guest {
        name: "a tiny guest".to_owned(),
        kernel,
        initrd: None,
        command_line: String::new(),
        least_memory_mib: None,
        data: None,
        live: None,
        attached: guest_run::Attached::default(),
    }
}

fn folder() -> TempDir {
    tempfile::Builder::new().prefix("guest run, ").tempdir().expect("a new folder")
}

fn limits(deadline: Duration) -> Limits {
    Limits { deadline: Some(deadline), ..Limits::default() }
}

/// Whether a process with this ID exists and is not dead.
fn is_alive(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The state follows the name, which is in parentheses and may contain anything.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}
