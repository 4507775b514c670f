// SPDX-License-Identifier: GPL-2.0-or-later
//! Bad input and bad luck, as a user meets them: one clear error, a non-zero status, nothing half-written, no QEMU
//! left behind.

use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, kill};

use super::command::{Ended, Running, ended, is_gone, xtask};
use super::{Rig, Skip};

checks! {
    killed_qemu_is_an_error_without_output,
    ctrl_c_ends_the_run_and_qemu,
    guest_past_its_deadline_is_killed,
    bad_arguments_name_the_nearest,
    compiler_of_the_environment_is_rejected,
    missing_qemu_is_named,
    full_disk_is_seen_before_the_guest_starts,
    unwritable_folder_is_seen_before_the_build,
    wrong_sha256_is_set_aside,
    changed_source_is_found_and_offline_fetches_nothing,
    existing_output_is_not_overwritten,
    folder_for_temporary_files_is_named_when_it_is_not_there,
    steps_are_counted_to_their_number,
    without_home_the_cache_is_the_users,
    killed_boot_of_a_compare_names_the_log_where_it_is,
    closed_standard_output_ends_command_and_guest
}

/// A run of the microkernel that would take minutes, once its job has begun.
fn long_run(rig: &Rig, output: &str) -> Result<Running> {
    let output = rig.scratch().join(output).display().to_string();
    let words = ["run-bare", "--accel", "tcg", "--job", "stream:512M", "--output", &output];
    let mut running = Running::start(&mut xtask(rig, &words)?)?;
    running.wait_for("[uchaos] begin baremetal")?;
    Ok(running)
}

fn killed_qemu_is_an_error_without_output(rig: &Rig) -> Result<()> {
    let running = long_run(rig, "killed")?;
    kill(running.qemu()?, Signal::SIGKILL).context("killing QEMU")?;
    running.finish()?.expect(3, &["QEMU ended before the guest was done", "qemu-system-x86_64"])?;
    ensure!(!rig.scratch().join("killed").exists(), "a run whose QEMU was killed left its output");
    Ok(())
}

fn ctrl_c_ends_the_run_and_qemu(rig: &Rig) -> Result<()> {
    let running = long_run(rig, "interrupted")?;
    let qemu = running.qemu()?;
    running.signal(Signal::SIGINT)?;
    running.finish()?.expect(130, &["stopped"])?;
    ensure!(is_gone(qemu), "QEMU ({qemu}) outlived the interrupted run");
    ensure!(!rig.scratch().join("interrupted").exists(), "an interrupted run left its output");
    Ok(())
}

fn guest_past_its_deadline_is_killed(rig: &Rig) -> Result<()> {
    let words = ["run-bare", "--accel", "tcg", "--job", "stream:512M", "--deadline", "1"];
    ended(&mut xtask(rig, &words)?)?.expect(4, &["no end within 1.0 s", "killed"])
}

fn bad_arguments_name_the_nearest(rig: &Rig) -> Result<()> {
    let run = |words: &[&str]| -> Result<Ended> { ended(&mut xtask(rig, words)?) };
    run(&["run-bare", "--job", "row:10"])?.expect(2, &["row", "raw"])?;
    run(&["run-linux", "--append", "uchaos.turn=3"])?
        .expect(2, &["uchaos.turn", "uchaos.turns"])?;
    run(&["compare", "--turns", "8"])?.expect(2, &["--turns", "must be 1 to 7"])?;
    run(&["compare", "--workload", "pauze"])?.expect(2, &["pauze", "pause"])?;
    run(&["compare", "--restarts", "1000"])?.expect(2, &["restart"])?;
    run(&["run-bare", "--job", "raw:10", "--target", "linux-user"])?
        .expect(2, &["the bare-metal guest has no target linux-user; it has baremetal"])?;
    run(&["run-linux", "--job", "selftest"])?.expect(2, &["test --filter module::self_test"])?;
    for words in [
        ["compare", "--samples", "0"],
        ["compare", "--turns", "8"],
        ["run-bare", "--job", ""],
        ["run-bare", "--job", "raw:0"],
    ] {
        let refused = run(&words)?;
        refused.expect(2, &["for '--"])?;
        ensure!(!refused.stderr.contains("kernel command line"), "{words:?}: {}", refused.stderr);
    }
    run(&["test", "--filter", "no check has this"])?.expect(2, &["no check has this"])?;
    run(&["comprae"])?.expect(2, &["compare"])
}

fn compiler_of_the_environment_is_rejected(rig: &Rig) -> Result<()> {
    for (name, value) in [("CC", "clang"), ("HOSTCC", "gcc-14"), ("KCFLAGS", "-O3")] {
        let remedy = format!("Unset {name}");
        for command in ["image", "run-bare"] {
            let mut command = xtask(rig, &[command, "--dry-run"])?;
            ended(command.env(name, value))?.expect(2, &[&format!("{name}={value}"), &remedy])?;
        }
    }
    // What is used anyway changes nothing.
    ended(xtask(rig, &["image", "--dry-run"])?.env("CC", "gcc").env("HOSTCC", "gcc"))?
        .expect(0, &[])
}

fn missing_qemu_is_named(rig: &Rig) -> Result<()> {
    let mut command = xtask(rig, &["run-bare", "--job", "raw:10"])?;
    ended(command.env("UCHAOS_QEMU", "/nowhere/qemu-system-x86_64"))?
        .expect(5, &["/nowhere/qemu-system-x86_64"])
}

/// Runs a command with a folder that holds 1 MiB, in its own mount namespace.
fn full_disk_is_seen_before_the_guest_starts(rig: &Rig) -> Result<()> {
    // Where a capture is written, in a separate namespace.
    let small = rig.context()?.out.join("logs");
    fs::create_dir_all(&small).context("creating a mount point")?;
    let inner = xtask(rig, &["run-bare", "--accel", "tcg", "--job", "stream:64M"])?;
    let mut outer = std::process::Command::new("unshare");
    outer
        .args(["--map-root-user", "--mount", "sh", "-c"])
        .arg(r#"mount -t tmpfs -o size=1M tmpfs "$1" || exit 77; shift; echo mounted; exec "$@""#)
        .arg("sh")
        .arg(&small)
        .arg(inner.get_program())
        .args(inner.get_args())
        .current_dir(rig.root())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let ended = ended(&mut outer)?;
    if !ended.stdout.starts_with("mounted") {
        return Err(Skip(format!("needs mount namespaces: {}", ended.stderr.trim())).into());
    }
    ended.expect(1, &["free"])
}

fn unwritable_folder_is_seen_before_the_build(rig: &Rig) -> Result<()> {
    ended(&mut xtask(rig, &["compare", "--runs", "/proc/runs"])?)?
        .expect(1, &["/proc/runs", "--runs DIR"])
}

fn wrong_sha256_is_set_aside(rig: &Rig) -> Result<()> {
    let cache = rig.scratch().join("cache");
    let name = "linux-5.15.200.tar.xz";
    let sources = cache.join("sources");
    fs::create_dir_all(&sources).context("creating a cache")?;
    let file = sources.join(name);
    fs::write(&file, "not a kernel").context("writing a false source")?;
    let mut command = xtask(rig, &["setup", "--offline"])?;
    command.env("UCHAOS_CACHE", &cache).env_remove("UCHAOS_LINUX_SRC");
    ended(&mut command)?.expect(1, &[name, "fce4b1c8", "set aside"])?;
    ensure!(!file.exists(), "the false source still stands under its name");
    Ok(())
}

fn changed_source_is_found_and_offline_fetches_nothing(rig: &Rig) -> Result<()> {
    let cache = rig.scratch().join("changed");
    let sources = cache.join("sources");
    fs::create_dir_all(&sources).context("creating a cache")?;
    let file = sources.join("linux-source-6.1.tar.xz");
    fs::write(&file, "changed since").context("writing a source")?;
    let origin = r#"{ "version": "6.1.1-1", "sha256": "5f70bf18", "from": "Debian" }"#;
    fs::write(sources.join("linux-source-6.1.tar.xz.origin.json"), origin)
        .context("writing where it came from")?;
    let run =
        |words: &[&str]| -> Result<Ended> { ended(xtask(rig, words)?.env("UCHAOS_CACHE", &cache)) };
    run(&["sources", "--verify"])?.expect(1, &["5f70bf18", "set aside", "linux-6.1-debian"])?;
    ensure!(!file.exists(), "the changed source still stands under its name");
    let fetch = ["sources", "--fetch", "--offline", "--json", "linux-6.1-debian"];
    let offline = run(&fetch)?;
    offline.expect(5, &["1 of 1", "linux-source-6.1.tar.xz"])?;
    let rows: serde_json::Value = serde_json::from_str(&offline.stdout).context("its JSON")?;
    ensure!(rows[0]["state"] == "missing", "the row says {}", rows[0]);
    run(&["sources", "linux-5.14"])?.expect(2, &["linux-5.14", "linux-5.15"])
}

fn existing_output_is_not_overwritten(rig: &Rig) -> Result<()> {
    let there = rig.scratch().join("there");
    fs::create_dir_all(&there).context("creating a folder")?;
    let there = there.display().to_string();
    ended(&mut xtask(rig, &["run-bare", "--job", "raw:10", "--output", &there])?)?
        .expect(2, &["already exists"])
}

fn folder_for_temporary_files_is_named_when_it_is_not_there(rig: &Rig) -> Result<()> {
    for command in ["run-bare", "watch"] {
        let left = ended(xtask(rig, &[command])?.env("TMPDIR", "/nowhere"))?;
        left.expect(1, &["writing a guest's image to /nowhere", "set TMPDIR to another folder"])?;
        let times = left.stderr.matches("No such file or directory").count();
        ensure!(times == 1, "{command} gives the cause {times} times:\n{}", left.stderr);
    }
    Ok(())
}

fn steps_are_counted_to_their_number(rig: &Rig) -> Result<()> {
    let left = ended(&mut xtask(rig, &["setup", "--dry-run", "--offline"])?)?;
    let steps: Vec<&str> = left.stderr.lines().filter(|line| line.starts_with('[')).collect();
    let counted = steps
        .iter()
        .zip(1..)
        .all(|(step, number)| step.starts_with(&format!("[{number}/{}]", steps.len())));
    ensure!(!steps.is_empty() && counted, "the steps are {steps:?}");
    Ok(())
}

fn without_home_the_cache_is_the_users(rig: &Rig) -> Result<()> {
    let mut command = xtask(rig, &["sources"])?;
    for name in ["HOME", "UCHAOS_CACHE", "XDG_CACHE_HOME"] {
        command.env_remove(name);
    }
    ended(&mut command)?.expect(0, &[])
}

fn killed_boot_of_a_compare_names_the_log_where_it_is(rig: &Rig) -> Result<()> {
    let words = ["compare", "--accel", "tcg", "--samples", "100000000", "--boots", "2"];
    let mut running = Running::start(&mut xtask(rig, &words)?)?;
    running.wait_for("bare metal, ordinary, boot 1")?;
    // The line comes before QEMU does.
    let begun = Instant::now();
    let qemu = loop {
        match running.qemu() {
            Ok(qemu) => break qemu,
            Err(error) if begun.elapsed() > Duration::from_secs(60) => return Err(error),
            Err(_) => thread::yield_now(),
        }
    };
    kill(qemu, Signal::SIGKILL).context("killing QEMU")?;
    let left = running.finish()?;
    left.expect(3, &["measuring bare metal", "console log: "])?;
    let log = left.stderr.split("console log: ").nth(1).and_then(|rest| rest.lines().next());
    let log = log.context("no console log is named")?;
    ensure!(log.contains("failed-"), "the log is named {log}");
    ensure!(fs::metadata(log).is_ok(), "there is no {log}");
    Ok(())
}

fn closed_standard_output_ends_command_and_guest(rig: &Rig) -> Result<()> {
    let (reader, writer) = io::pipe().context("making a pipe")?;
    drop(reader);
    for words in [["lab"].as_slice(), &["lab", "--json"]] {
        let writer = writer.try_clone().context("one more end of a pipe")?;
        let left = ended(xtask(rig, words)?.stdout(writer))?;
        left.expect(141, &[]).with_context(|| words.join(" "))?;
        ensure!(left.stderr.is_empty(), "`{}` said:\n{}", words.join(" "), left.stderr);
    }
    drop(writer);
    // Here a guest runs when the reader leaves.
    let (reader, writer) = io::pipe().context("making a pipe")?;
    let mut watch = xtask(rig, &["watch", "--accel", "tcg", "--seconds", "120"])?;
    let running = Running::start_into(&mut watch, writer)?;
    // The command keeps its copy of the writing end, and with it the pipe would never end.
    drop(watch);
    let mut line = String::new();
    BufReader::new(reader).read_line(&mut line).context("reading the first line of the view")?;
    ensure!(line.starts_with("samples "), "the first line of the view is {line:?}");
    let qemu = running.qemu()?;
    let left = running.finish()?;
    left.expect(141, &[])?;
    ensure!(!left.stderr.contains("error"), "it said:\n{}", left.stderr);
    ensure!(is_gone(qemu), "QEMU ({qemu}) outlived the view");
    Ok(())
}
