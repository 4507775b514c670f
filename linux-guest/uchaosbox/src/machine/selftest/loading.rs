// SPDX-License-Identifier: GPL-2.0-or-later
//! What the module does while it is loaded and unloaded, and what it refuses.

use core::ffi::CStr;

use chaos_wire::Request;
use rustix::io::Errno;

use super::kernel_log::KernelLog;
use super::{Verdict, Wrong, during, expect};
use crate::machine::loader::{MODULE_PATH, load, load_with, unload};
use crate::machine::module::{STATUS_BYTES, STATUS_PATH};
use crate::run::file::{open, read_full, read_text};

/// Times that the module comes and goes.
const ROUNDS: u32 = 20;
/// What may go missing in [`ROUNDS`] rounds: less than one round's buffer for the memory workload each.
const LEAK_KIB: u64 = 1024;

pub(super) fn seeds_first(_: &Request) -> Verdict {
    let mut credited = false;
    let mut ready_after = false;
    let log = KernelLog::from_start()?;
    let ready = log.find(|record| {
        credited |= record.contains("uchaos: credited 256 bits");
        ready_after |= credited && record.contains("crng init done");
        record.contains("crng init done")
    })?;
    expect(ready, "the kernel's generator is not ready")?;
    expect(ready_after, "the kernel's generator was ready before the module seeded it")
}

pub(super) fn stays_while_open(request: &Request) -> Verdict {
    let node = open("/dev/uchaos").map_err(during("opening /dev/uchaos"))?;
    expect(matches!(unload(), Err(Errno::AGAIN | Errno::BUSY)), "it went while a node was open")?;
    let mut bytes = [0; 64];
    read_full(&node, &mut bytes).map_err(during("reading after an attempt to unload"))?;
    drop(node);
    unload().map_err(during("unloading"))?;
    expect(matches!(open("/dev/uchaos"), Err(Errno::NOENT)), "the node stayed behind")?;
    load(MODULE_PATH, request).map_err(during("loading it again"))
}

/// Parameters that must be refused, and what the log must say.
const REFUSED: &[(&CStr, &str)] = &[
    (c"turns=0", "uchaos: turns=0 is not allowed: it must be 1 to 7"),
    (c"turns=8", "uchaos: turns=8 is not allowed: it must be 1 to 7"),
    (c"turns=many", "uchaos: turns=many is not allowed: it must be 1 to 7"),
    (c"turns=-1", "uchaos: turns=-1 is not allowed: it must be 1 to 7"),
    (c"init_turns=64", "uchaos: init_turns=64 is not allowed: it must be 1 to 63"),
    (c"min_delta=256", "uchaos: min_delta=256 is not allowed: it must be 1 to 255"),
    (c"claim=126", "uchaos: claim=126 is not allowed: it must be 31, 62, 125,"),
    (c"workload=coffee", "uchaos: workload=coffee is not allowed"),
    (c"health=maybe", "uchaos: health=maybe is not allowed"),
    (c"seed_crng=Y", "uchaos: seed_crng=Y is not allowed: it must be off, mix or credit"),
];

pub(super) fn refuses(request: &Request) -> Verdict {
    unload().map_err(during("unloading"))?;
    for (parameters, reason) in REFUSED {
        let log = KernelLog::from_now()?;
        expect(
            load_with(MODULE_PATH, parameters) == Err(Errno::INVAL),
            "a parameter out of range was taken",
        )?;
        expect(
            log.find(|record| record.contains(reason))?,
            "the reason is not in the kernel's log",
        )?;
    }
    load(MODULE_PATH, request).map_err(during("loading it again"))
}

pub(super) fn accepts(request: &Request) -> Verdict {
    unload().map_err(during("unloading"))?;
    load_with(
        MODULE_PATH,
        c"turns=7 init_turns=63 min_delta=1 workload=flush claim=62 health=observe",
    )
    .map_err(during("loading it with the largest values"))?;
    let mut place = [0; STATUS_BYTES];
    let status = read_text(STATUS_PATH, &mut place).map_err(during("reading /proc/uchaos"))?;
    expect(
        status.starts_with(
            "workload=flush\nturns=7\ninit_turns=63\nmin_delta=1\nclaim_millibits=62\nhealth=observe\n",
        ),
        "/proc/uchaos shows other parameters",
    )?;
    unload().map_err(during("unloading"))?;
    load(MODULE_PATH, request).map_err(during("loading it again"))
}

/// Files of the parameters, and what each must read back when only `turns=7` was given.
const IN_FORCE: &[(&str, &str)] = &[
    ("/sys/module/uchaos/parameters/turns", "7\n"),
    ("/sys/module/uchaos/parameters/workload", "dram\n"),
    ("/sys/module/uchaos/parameters/claim", "125\n"),
    ("/sys/module/uchaos/parameters/seed_crng", "mix\n"),
];

pub(super) fn credits_on_request_only(request: &Request) -> Verdict {
    unload().map_err(during("unloading"))?;
    let log = KernelLog::from_now()?;
    load_with(MODULE_PATH, c"turns=7").map_err(during("loading it with one parameter"))?;
    expect(
        log.find(|record| record.contains("credited 0 bits (seed_crng=mix)"))?,
        "the log does not report that nothing was credited",
    )?;
    for (path, wanted) in IN_FORCE {
        let mut place = [0; 64];
        let value = read_text(path, &mut place).map_err(during("reading a parameter back"))?;
        expect(value == *wanted, "a parameter does not read back the value in force")?;
    }
    let mut place = [0; STATUS_BYTES];
    let status =
        read_text("/proc/uchaos.json", &mut place).map_err(during("reading /proc/uchaos.json"))?;
    expect(
        status.starts_with("{\"instance\": \"")
            && status.contains("\"turns\": 7")
            && status.contains("\"seed_crng\": \"mix\", \"crng_seeds\": 1")
            && status.ends_with("}\n]}\n"),
        "/proc/uchaos.json shows something else",
    )?;
    unload().map_err(during("unloading"))?;
    load(MODULE_PATH, request).map_err(during("loading it again"))
}

pub(super) fn comes_and_goes(request: &Request) -> Verdict {
    let log = KernelLog::from_now()?;
    // Once before counting: the kernel fills its own caches.
    unload().map_err(during("unloading"))?;
    load(MODULE_PATH, request).map_err(during("loading"))?;
    let before_kib = available_kib()?;
    for _ in 0..ROUNDS {
        unload().map_err(during("unloading"))?;
        load(MODULE_PATH, request).map_err(during("loading"))?;
    }
    expect(before_kib.saturating_sub(available_kib()?) < LEAK_KIB, "memory went missing")?;
    let complaint = |record: &str| {
        ["WARNING:", "BUG:", "Oops", "Call Trace"].iter().any(|word| record.contains(word))
    };
    expect(!log.find(complaint)?, "the kernel complained in its log")
}

fn available_kib() -> Result<u64, Wrong> {
    let mut place = [0; 4096];
    let text = read_text("/proc/meminfo", &mut place).map_err(during("reading /proc/meminfo"))?;
    uchaosbox::field(text, ':', "MemAvailable")
        .and_then(|value| value.strip_suffix(" kB")?.parse().ok())
        .ok_or_else(|| "/proc/meminfo has no MemAvailable".into())
}
