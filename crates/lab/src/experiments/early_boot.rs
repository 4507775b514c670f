// SPDX-License-Identifier: GPL-2.0-or-later
//! 10: how long the first reader of /dev/random waits, with and without a seed from the engine.

use anyhow::{Context, Result};
use guest_run::archive::Archive;
use guest_run::{FIRST_OUTPUT, Limits, Session};
use measure::guest::GuestKind;

use crate::{Found, Guests};

/// The first process, instead of the image's. `LOAD` is replaced.
const INIT: &str = "#!/bin/sh
mount -t proc proc /proc
mount -t devtmpfs devtmpfs /dev
LOAD
read -r before _ </proc/uptime
dd if=/dev/random bs=32 count=1 of=/key 2>/dev/null
read -r after _ </proc/uptime
dmesg -n 1
echo \"[lab] asked $before\"
echo \"[lab] answered $after\"
echo \"[lab] ready $(dmesg | grep 'crng init done' | cut -d']' -f1 | tr -d '[ ')\"
echo '[lab] done'
reboot -f
";

pub(super) fn run(guests: &Guests<'_>) -> Result<Found> {
    let mut found = Found::default();
    let mut rows = Vec::new();
    let mut waits = Vec::new();
    for (name, load) in [("nothing", ":"), ("the engine, by uchaos.ko", "uchaosbox load")] {
        let times = boot(guests, &mut found, load).with_context(|| format!("seeded by {name}"))?;
        let waited = times.answered_s - times.asked_s;
        rows.push(vec![
            name.to_owned(),
            format!("{:.2}", times.asked_s),
            format!("{:.2}", times.answered_s),
            format!("{waited:.2}"),
            format!("{:.2}", times.ready_s),
        ]);
        waits.push(waited);
    }
    let heads =
        ["seeded by", "asked at (s)", "answered at (s)", "waited (s)", "\"crng init done\" at (s)"];
    found.table("The first 32 bytes of /dev/random, by the guest's clock", &heads, rows);
    let [without, with] = waits[..] else { anyhow::bail!("there must be two boots") };
    found.conclusion = format!(
        "Without a seed the first reader waited {without:.2} s, and with the engine's seed {with:.2} s. What ended the wait \
         without a seed was the kernel's own loop, which times its own timer interrupts, and credits each with a bit."
    );
    Ok(found)
}

struct Times {
    asked_s: f64,
    answered_s: f64,
    ready_s: f64,
}

/// Boots Linux with the experiment's init.
fn boot(guests: &Guests<'_>, found: &mut Found, load: &str) -> Result<Times> {
    let image = guests.images.context("this experiment has no guests")?.linux()?;
    let host = guests.host.context("this experiment has no QEMU")?;
    let init = Archive::new().file("/init", 0o755, INIT.replace("LOAD", load)).to_cpio_gz()?;
    let initramfs = guests.scratch.join("initramfs-with-init.cpio.gz");
    let original = std::fs::read(&image.initramfs)
        .with_context(|| format!("reading {}", image.initramfs.display()))?;
    // The kernel unpacks the archives in order, and a later file replaces an earlier one.
    std::fs::write(&initramfs, [original, init].concat())
        .with_context(|| format!("writing {}", initramfs.display()))?;
    let machine = guests.machine.machine(host, false);
    let files = GuestKind::Linux.boot_files(image.kernel(), &initramfs, &image.command_line);
    let limits = Limits {
        deadline: Some(guests.deadline()),
        first_output: Some(FIRST_OUTPUT),
        console_log: Some(guests.scratch.join("early-boot.console.log")),
    };
    let guest = files.guest(&machine, "", None);
    let mut session = Session::start(&host.qemu, &machine, &guest, &limits)?;
    found.commands.push(session.command().to_owned());
    let mut lines = Vec::new();
    while let Some(line) = session.next_line()? {
        let done = line.text == "[lab] done";
        lines.push(line.text);
        if done {
            return times(&lines);
        }
    }
    anyhow::bail!("the guest ended before it reported its times")
}

fn times(lines: &[String]) -> Result<Times> {
    let of = |what: &str| -> Result<f64> {
        let prefix = format!("[lab] {what} ");
        let text = lines.iter().find_map(|line| line.strip_prefix(&prefix));
        let text = text.with_context(|| format!("the guest did not report `{what}`"))?;
        text.trim().parse().with_context(|| format!("reading the time in `{prefix}{text}`"))
    };
    Ok(Times { asked_s: of("asked")?, answered_s: of("answered")?, ready_s: of("ready")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_a_missing_one_is_named() {
        let lines = ["x", "[lab] asked 0.31", "[lab] answered 2.50", "[lab] ready 2.490000"];
        let lines = lines.map(str::to_owned);
        let read = times(&lines).unwrap();
        assert_eq!((read.asked_s, read.answered_s, read.ready_s), (0.31, 2.5, 2.49));
        let error = times(&lines[..3]).err().unwrap().to_string();
        assert!(error.contains("did not report `ready`"), "{error}");
    }
}
