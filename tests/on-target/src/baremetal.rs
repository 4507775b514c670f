// SPDX-License-Identifier: GPL-2.0-or-later
//! The microkernel on the machines that it is for: what it does there, and how it says what it cannot do.

mod boots;
mod faults;
mod guest;
mod monitor;
mod refusals;

use super::Check;

/// The checks of this area.
pub(crate) const CHECKS: &[Check] = &[
    Check { name: "the image is at most 96 KiB", long: false, run: boots::image_is_small },
    Check {
        name: "the engine begins a page, and none of its loops crosses one",
        long: false,
        run: boots::engine_on_its_pages,
    },
    Check {
        name: "every self test passes on microvm, q35 and pc",
        long: false,
        run: boots::self_tests_pass,
    },
    Check {
        name: "jobs are done in 8 MB on microvm, q35 and pc",
        long: false,
        run: boots::jobs_in_8_mb,
    },
    Check {
        name: "a million samples are taken in one piece in 64 MB",
        long: false,
        run: boots::one_piece_in_64_mb,
    },
    Check {
        name: "timer interrupts strike only when asked for",
        long: false,
        run: boots::timer_interrupts,
    },
    Check {
        name: "each workload gives samples in 2 MB",
        long: false,
        run: boots::workloads_in_2_mb,
    },
    Check {
        name: "a missing, cut or spoilt initrd is refused in words",
        long: false,
        run: refusals::bad_initrds,
    },
    Check {
        name: "a wrong command line is refused in words",
        long: false,
        run: refusals::bad_command_lines,
    },
    Check {
        name: "too little memory is refused in words",
        long: false,
        run: refusals::too_little_memory,
    },
    Check {
        name: "a job without a data port is refused in words",
        long: false,
        run: refusals::no_data_port,
    },
    Check {
        name: "a CPU without 64 bits is refused in words",
        long: false,
        run: refusals::no_long_mode,
    },
    Check {
        name: "each exception is reported with its registers",
        long: false,
        run: faults::each_is_reported,
    },
    Check {
        name: "a panic is reported with its place",
        long: false,
        run: faults::panic_is_reported,
    },
    Check { name: "a breakpoint is survived", long: false, run: faults::breakpoint_is_survived },
    Check { name: "the monitor answers every command", long: false, run: monitor::commands_answer },
    Check { name: "the monitor's line can be edited", long: false, run: monitor::line_is_edited },
    Check { name: "settings change what is sampled", long: false, run: monitor::settings_hold },
    Check {
        name: "Ctrl-C ends a long print, and what was typed ahead is kept",
        long: false,
        run: monitor::interrupted,
    },
    Check { name: "reboot resets the machine", long: false, run: monitor::reboots },
];
