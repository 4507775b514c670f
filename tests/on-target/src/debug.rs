// SPDX-License-Identifier: GPL-2.0-or-later
//! The module on a kernel that checks its modules while they run (profile debug): locks, memory, sleeping, on two processors;
//! and the notice that a clone gets, which needs ACPI. All of it is one more kernel, so it is long.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use guest_build::linux_image::{self, LinuxOptions};
use guest_build::uchaosbox;
use guest_run::archive::Archive;
use guest_run::{Guest, Limits, Machine, Model, Monitored, Outcome, Qemu, Session};
use measure::guest::GuestKind;

use super::Rig;
use super::instance::{SHOW_INSTANCE, instances};
use super::linux::{PROMPT, line_after};

checks! {
    long:
    stress_suspend_and_unloading_bring_no_report,
    notified_clones_start_their_engines_over
}

const PROFILE: &str = "debug";
/// A kernel with these checks takes its time under TCG.
const DEADLINE: Duration = Duration::from_secs(600);
/// Of each of the two parts of the stress program.
const STRESS_SECONDS: u32 = 20;
/// What the kernel writes when it has found something.
const REPORTS: [&str; 8] = [
    "WARNING:",
    "BUG:",
    "[ BUG",
    "INFO: task",
    "INFO: possible",
    "INFO: trying to register",
    "Call Trace",
    "ODEBUG:",
];
/// The engine's code uses the frame pointer's register like any other. The kernel's unwinder reports that once for each boot, if
/// an interrupt of the engine stores its stack.
const EXPECTED: &str = "has bad 'bp' value";
/// Lines of a report that an error shows.
const REPORT_LINES: usize = 60;
/// In the kernel's build folder: a module that leaks, by which kmemleak shows that it works.
const LEAKING_MODULE: &str = "samples/kmemleak/kmemleak-test.ko";
/// An object is reported when two scans found nothing that points to it and it is older than 5 s.
const COUNT_LEAKS: &str = "for scan in 1 2; do sleep 6; echo scan >/sys/kernel/debug/kmemleak || echo kmemleak is off; done; \
                           cat /sys/kernel/debug/kmemleak; grep -c 'unreferenced object' /sys/kernel/debug/kmemleak";

/// The stress program, and a suspend under a reader; then nothing of the module may be left.
fn stress_suspend_and_unloading_bring_no_report(rig: &Rig) -> Result<()> {
    let machine = machine(2);
    let guest = guest(rig, &machine)?;
    let mut session = Session::start(&Qemu::find()?, &machine, &guest, &limits(rig, "stress"))?;
    session.expect(PROMPT, DEADLINE)?;
    for line in [
        "mount -t debugfs debugfs /sys/kernel/debug",
        &format!("uchaosbox stress {STRESS_SECONDS} && echo stress-$((6 * 7))"),
        // Everything but the last step of a suspend to memory, then 5 s later a resume.
        &format!(
            "{SHOW_INSTANCE}; cat /dev/uchaos >/dev/null & echo core >/sys/power/pm_test; \
             echo mem >/sys/power/state && echo resume-$((6 * 7)); kill $!; wait; {SHOW_INSTANCE}"
        ),
        &format!("rmmod uchaos; echo of-uchaos-$((6 * 7)) $({COUNT_LEAKS})"),
        &format!("insmod /leaking.ko; echo of-sample-$((6 * 7)) $({COUNT_LEAKS})"),
        "echo locks-$((6 * 7)) $(grep debug_locks /proc/lockdep_stats)",
    ] {
        session.send(line);
        session.expect(PROMPT, DEADLINE)?;
    }
    session.send("exit");
    let outcome = session.finish()?;
    no_report(&outcome)?;
    for passed in ["stress-42", "resume-42", "testcases passed"] {
        line_after(&outcome, passed)?;
    }
    let (removed, in_use) =
        (number(&outcome, "[stress] removed ")?, number(&outcome, "[stress] in use ")?);
    ensure!(removed > 0 && in_use > 0, "unloaded {removed} times, and in use {in_use} times");
    line_after(&outcome, "uchaos: this machine was resumed: the engines start over")?;
    let shown = instances(&outcome);
    let [(before, before_number), (after, after_number)] = shown[..] else {
        bail!("instances and generations: {shown:?}\n{}", outcome.scene)
    };
    ensure!(
        before != after && before_number == "0" && after_number == "1",
        "before the resume and after it: {shown:?}"
    );
    let (leaks, of_sample) =
        (line_after(&outcome, "of-uchaos-42 ")?, line_after(&outcome, "of-sample-42 ")?);
    ensure!(leaks == "0", "kmemleak reports: {leaks}");
    ensure!(of_sample.contains("unreferenced object"), "kmemleak does not see a leak: {of_sample}");
    let locks = line_after(&outcome, "locks-42 ")?;
    ensure!(locks.ends_with(" 1"), "lockdep has switched itself off: {locks}");
    let figures = outcome.lines.iter().filter(|line| line.text.starts_with("[stress]"));
    eprintln!("{}", figures.map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n"));
    Ok(())
}

/// A machine with a vmgenid device is saved once and restored twice; and as a control one without the device, whose clones do
/// not learn that they are two.
fn notified_clones_start_their_engines_over(rig: &Rig) -> Result<()> {
    let [first, second] = clones(rig, true)?;
    for clone in [&first, &second] {
        line_after(clone, "crng reseeded due to virtual machine fork")?;
        let [(saved, "0"), (own, "1")] = instances(clone)[..] else {
            bail!("a notified clone is of generation 1\n{}", clone.scene)
        };
        ensure!(saved != own, "a notified clone still is instance {own}");
        // The engine counts from its start, which takes 1,024 samples for its own test at least.
        let [before, after] = samples(clone)?;
        ensure!(
            before >= READ_BEFORE && (1024..before).contains(&after),
            "the engine did not start over: {before} samples when it was saved, {after} in the clone"
        );
    }
    ensure!(instances(&first).last() != instances(&second).last(), "both clones are one instance");
    let [one, other] = [first_bytes(&first)?, first_bytes(&second)?];
    ensure!(one != other, "both clones gave {one}");
    eprintln!(
        "samples when saved, and after 32 bytes: {:?} {:?}",
        samples(&first)?,
        samples(&second)?
    );

    for clone in clones(rig, false)? {
        let [(saved, "0"), (own, "0")] = instances(&clone)[..] else {
            bail!("a clone without a notice is of generation 0\n{}", clone.scene)
        };
        ensure!(saved == own, "without a notice instance {saved} became {own}");
        let [before, after] = samples(&clone)?;
        ensure!(after >= before, "without a notice the engine started over: {before}, {after}");
    }
    Ok(())
}

/// Samples that the engine has taken at least when it is saved.
const READ_BEFORE: u64 = 100_000;

/// Samples of a clone's engine: when the machine was saved, and after the clone's first bytes.
fn samples(clone: &Outcome) -> Result<[u64; 2]> {
    Ok([number(clone, "before-42 samples=")?, number(clone, "after-42 samples=")?])
}

/// The first bytes that a clone gave.
fn first_bytes(clone: &Outcome) -> Result<&str> {
    let bytes = line_after(clone, "bytes-42 ")?;
    ensure!(bytes.len() == 64, "32 bytes were asked for: {bytes}");
    Ok(bytes)
}

/// Two clones of one machine with one processor, and so one engine.
fn clones(rig: &Rig, generation_id: bool) -> Result<[Outcome; 2]> {
    let qemu = Qemu::find()?;
    let machine = Machine { generation_id, ..machine(1) };
    let guest = guest(rig, &machine)?;
    let limits = |name: &str| limits(rig, &format!("{name}-{generation_id}"));
    let state = rig.scratch().join("machine.state");
    let mut original = Monitored::start(&qemu, &machine, &guest, &limits("original"))?;
    original.session.expect(PROMPT, DEADLINE)?;
    original.session.send(&format!(
        "head -c {} /dev/uchaos >/dev/null; saved=$({SHOW_INSTANCE}); before=$(grep ^samples= /proc/uchaos)",
        8 * READ_BEFORE
    ));
    original.session.expect(PROMPT, DEADLINE)?;
    original.stop()?;
    original.save(&state)?;
    let clone = |name| -> Result<Outcome> {
        let mut clone = Monitored::restore(&qemu, &machine, &guest, &limits(name), &state)?;
        clone.resume()?;
        if generation_id {
            let notice = "uchaos: this machine is a clone: the engines start over";
            clone.session.expect(notice, DEADLINE)?;
        }
        clone.session.send(&format!(
            "first=$(head -c 32 /dev/uchaos | hexdump -v -e '1/1 \"%02x\"'); echo bytes-$((6 * 7)) $first; \
             echo before-$((6 * 7)) $before; echo after-$((6 * 7)) $(grep ^samples= /proc/uchaos); \
             echo \"$saved\"; {SHOW_INSTANCE}; exit"
        ));
        let outcome = clone.session.finish()?;
        no_report(&outcome)?;
        Ok(outcome)
    };
    Ok([clone("first")?, clone("second")?])
}

fn number(outcome: &Outcome, text: &str) -> Result<u64> {
    line_after(outcome, text)?.parse().with_context(|| format!("the number after '{text}'"))
}

fn no_report(outcome: &Outcome) -> Result<()> {
    let reports =
        |text: &str| REPORTS.iter().any(|report| text.contains(report)) && !text.contains(EXPECTED);
    let report = outcome.lines.iter().position(|line| reports(&line.text));
    let Some(at) = report else { return Ok(()) };
    let lines = outcome.lines.iter().skip(at).take(REPORT_LINES);
    let text: Vec<&str> = lines.map(|line| line.text.as_str()).collect();
    bail!("the kernel reports:\n{}", text.join("\n"))
}

fn machine(cpus: u32) -> Machine {
    Machine { cpus, ..Machine::tcg(Model::Q35, 512) }
}

/// The debug kernel with the stress program, and a module that leaks.
fn guest(rig: &Rig, machine: &Machine) -> Result<Guest> {
    let (context, engine) = (rig.context()?, &rig.images()?.engine.object);
    let options = LinuxOptions { profile: PROFILE.to_owned(), ..rig.linux_options().clone() };
    let image = linux_image::build(&context, &options, engine)?;
    let program = uchaosbox::build_self_test(&context, engine)?;
    let leaking = image.unstripped.with_file_name(LEAKING_MODULE);
    let read = |path: &Path| fs::read(path).with_context(|| format!("reading {}", path.display()));
    let overlay = Archive::new()
        .dir("/bin", 0o755)
        .file("/bin/uchaosbox", 0o755, read(&program)?)
        .file("/leaking.ko", 0o644, read(&leaking)?)
        .to_cpio_gz()?;
    let initramfs = rig.scratch().join("debug.cpio.gz");
    let whole = [read(&image.initramfs)?, overlay].concat();
    fs::write(&initramfs, whole).with_context(|| format!("writing {}", initramfs.display()))?;
    let boots = GuestKind::Linux.boot_files(image.kernel(), &initramfs, &image.command_line);
    Ok(Guest { name: "the debug kernel".to_owned(), ..boots.guest(machine, "", None) })
}

fn limits(rig: &Rig, name: &str) -> Limits {
    Limits {
        deadline: Some(DEADLINE),
        console_log: Some(rig.scratch().join(format!("debug-{name}.console.log"))),
        ..Limits::default()
    }
}
