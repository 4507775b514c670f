// SPDX-License-Identifier: GPL-2.0-or-later
//! The microkernel on the machines that it is for: what it does there, and how it says what it cannot do.

mod boots;
mod faults;
mod guest;
mod monitor;
mod refusals;

pub(super) use self::guest::capture;

checks! {
    boots::engine_begins_a_page_and_no_loop_crosses_one,
    boots::self_tests_pass_on_every_machine,
    boots::jobs_are_done_in_8_mb,
    boots::a_million_samples_in_one_piece_in_64_mb,
    boots::timer_interrupts_only_when_asked_for,
    boots::each_workload_gives_samples_in_2_mb,
    boots::real_time_clock_is_timed_tick_by_tick,
    refusals::missing_cut_or_damaged_initrd,
    refusals::wrong_command_line,
    refusals::too_little_memory,
    refusals::job_without_a_data_port,
    refusals::processor_without_64_bits,
    faults::each_exception_is_reported_with_registers,
    faults::panic_is_reported_with_its_place,
    faults::breakpoint_is_survived,
    monitor::every_command_answers,
    monitor::restart_resets_the_counters,
    monitor::line_is_edited,
    monitor::settings_change_what_is_sampled,
    monitor::ctrl_c_ends_a_long_print,
    monitor::reboot_resets_the_machine
}
