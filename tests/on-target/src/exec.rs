// SPDX-License-Identifier: GPL-2.0-or-later
//! `run-linux --share DIR --exec COMMAND`: a program of the host's in the guest, as its author runs it.

use std::fs::{self, File};
use std::io;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;

use super::Rig;
use super::command::{Ended, Running, ended, is_gone, xtask};

checks! {
    what_cannot_be_shared_or_run_is_refused;
    long:
    a_program_of_the_hosts_runs_in_the_guest,
    its_output_comes_byte_for_byte,
    each_way_to_fail_has_its_message,
    ctrl_c_deadline_and_a_closed_output_end_it,
    output_tests_run_in_the_guest
}

/// A program with a thread, which waits by a futex.
const PROGRAM: &str = r#"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
static int product;
static void *multiply(void *of) { char **texts = of; product = atoi(texts[1]) * atoi(texts[2]); return NULL; }
int main(int count, char **texts) {
    pthread_t thread;
    if (count != 3 || pthread_create(&thread, NULL, multiply, texts) || pthread_join(thread, NULL)) return 7;
    printf("product %d\n", product);
    return 0;
}
"#;
/// The guest's line before a command.
const BEGIN: &str = "[uchaos] exec begin";

fn what_cannot_be_shared_or_run_is_refused(rig: &Rig) -> Result<()> {
    let file = rig.scratch().join("file");
    fs::write(&file, "")?;
    let file = file.to_str().context("the scratch folder's name")?;
    let run = |words: &[&str]| ended(&mut xtask(rig, &[&["run-linux"], words].concat())?);
    run(&["--share", "/nowhere"])?.expect(2, &["--share /nowhere: there is no such folder"])?;
    run(&["--share", file])?.expect(2, &["not a folder"])?;
    run(&["--share", "/", "--isolated"])?.expect(2, &["cannot be used with"])?;
    run(&["--share", "/"])?
        .expect(2, &["--share: the profile uchaos cannot read a folder", "lab"])?;
    run(&["--exec", "true"])?
        .expect(2, &["--exec: the profile uchaos cannot run a command", "lab"])?;
    run(&["--exec", ""])?.expect(2, &["--exec"])?;
    run(&["--exec", "true", "--append", "uchaos.job=raw:10"])?.expect(2, &["omit one"])
}

fn a_program_of_the_hosts_runs_in_the_guest(rig: &Rig) -> Result<()> {
    let folder = rig.scratch().join("a folder, of: mine");
    fs::create_dir(&folder)?;
    fs::write(folder.join("product.c"), PROGRAM)?;
    let mut compile = Command::new("gcc");
    compile.args(["-static", "-pthread", "-o", "product", "product.c"]).current_dir(&folder);
    ensure!(compile.status().context("running gcc")?.success(), "the program is not compiled");
    let share = folder.to_str().context("the scratch folder's name")?;
    let run = |command: &str| lab(rig, &["--share", share, "--exec", command]);

    let multiplied = run("./product 6 7; touch new")?;
    multiplied.expect(3, &["failed with status 1", "ONLINE", "Read-only file system"])?;
    ensure!(multiplied.stdout == "product 42\n", "{}", multiplied.stdout);
    ensure!(!folder.join("new").exists(), "the guest wrote to the host's folder");
    run("./product")?
        .expect(3, &["running `./product` in the Linux guest: it failed with status 7"])?;
    run("/share/product 1 1 | tee /tmp/x >/dev/null; [ \"$(cat /tmp/x)\" = 'product 1' ]")?
        .expect(0, &[])
}

fn its_output_comes_byte_for_byte(rig: &Rig) -> Result<()> {
    let bytes: Vec<u8> =
        (0..1_000_000_u32).map(|number| (number ^ (number >> 8)).to_le_bytes()[0]).collect();
    fs::write(rig.scratch().join("bytes"), &bytes)?;
    let share = rig.scratch().to_str().context("the scratch folder's name")?;
    let out = rig.scratch().join("out");
    for isolated in
        [&["--share", share, "--exec", "cat bytes"][..], &["--isolated", "--exec", "seq 1 100000"]]
    {
        let mut command =
            xtask(rig, &[&["run-linux", "--profile", "lab", "--accel", "tcg"], isolated].concat())?;
        Running::start_into(&mut command, File::create(&out)?)?.finish()?.expect(0, &[])?;
        let expected = if isolated[0] == "--share" {
            bytes.clone()
        } else {
            (1..=100_000).map(|number| format!("{number}\n")).collect::<String>().into_bytes()
        };
        ensure!(fs::read(&out)? == expected, "{isolated:?}: other bytes came out");
    }
    Ok(())
}

fn each_way_to_fail_has_its_message(rig: &Rig) -> Result<()> {
    for (command, said) in [
        ("printf 'no line end' >&2; exit 3", ["no line end", "failed with status 3"]),
        ("./none", ["not found", "-static"]),
        ("echo >/tmp/plain; /tmp/plain", ["cannot be executed", "status 126"]),
        ("kill -SEGV $$", ["ended by SIGSEGV", "on this machine"]),
        ("kill -KILL $$", ["killed by SIGKILL", "--memory"]),
        ("reboot -f", ["the guest ended before the command did", "to repeat it"]),
    ] {
        let failed = lab(rig, &["--exec", command])?;
        failed.expect(3, &said).with_context(|| command.to_owned())?;
    }
    Ok(())
}

fn ctrl_c_deadline_and_a_closed_output_end_it(rig: &Rig) -> Result<()> {
    let late = lab(rig, &["--deadline", "20", "--exec", "sleep 1000"])?;
    late.expect(4, &["no end within 20.0 s", BEGIN])?;
    // The socket of its output is gone: a command that names it could not be repeated.
    ensure!(!late.stderr.contains("uchaos.output"), "{}", late.stderr);

    let arguments = ["run-linux", "--profile", "lab", "--accel", "tcg", "--exec"];
    let mut running =
        Running::start(&mut xtask(rig, &[&arguments[..], &["sleep 1000"]].concat())?)?;
    running.wait_for(BEGIN)?;
    let qemu = running.qemu()?;
    running.signal(Signal::SIGINT)?;
    running.finish()?.expect(130, &["stopped"])?;
    ensure!(is_gone(qemu), "QEMU ({qemu}) outlived Ctrl-C");

    let (reader, writer) = io::pipe().context("making a pipe")?;
    let mut command = xtask(rig, &[&arguments[..], &["cat /dev/zero"]].concat())?;
    let mut running = Running::start_into(&mut command, writer)?;
    drop(command);
    running.wait_for(BEGIN)?;
    let qemu = running.qemu()?;
    drop(reader);
    let left = running.finish()?;
    left.expect(141, &[])?;
    ensure!(!left.stderr.contains("error"), "it said:\n{}", left.stderr);
    ensure!(is_gone(qemu), "QEMU ({qemu}) outlived its reader");
    Ok(())
}

/// FIPS 140-2's tests reject 1 of 1,250 blocks of a good source; 3 of 200 is then one run in 300,000.
fn output_tests_run_in_the_guest(rig: &Rig) -> Result<()> {
    let run = |command: &str| {
        ended(&mut xtask(
            rig,
            &["run-linux", "--profile", "judge", "--accel", "tcg", "--exec", command],
        )?)
    };
    let good = run("rngtest --blockcount=200 </dev/uchaos")?;
    let failures: u32 = good
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix("rngtest: FIPS 140-2 failures: ")?.trim().parse().ok())
        .with_context(|| format!("no count of failures: {}", good.stderr))?;
    ensure!(failures < 4, "{failures} of 200 blocks of /dev/uchaos fail: {}", good.stderr);
    run("rngtest --blockcount=20 </dev/zero")?
        .expect(3, &["FIPS 140-2 failures: 20", "failed with status 1"])?;
    let birthdays = run("dieharder -g 200 -d 0 </dev/uchaos")?;
    birthdays.expect(0, &[])?;
    ensure!(birthdays.stdout.contains("diehard_birthdays"), "{}", birthdays.stdout);
    ensure!(!birthdays.stdout.contains("FAILED"), "{}", birthdays.stdout);
    Ok(())
}

fn lab(rig: &Rig, more: &[&str]) -> Result<Ended> {
    ended(&mut xtask(rig, &[&["run-linux", "--profile", "lab", "--accel", "tcg"], more].concat())?)
}
