// SPDX-License-Identifier: GPL-2.0-or-later
//! Bad input and bad luck, as a user meets them: one clear error, a non-zero status, nothing half-written, no QEMU
//! left behind.

use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, kill};

use super::command::{Ended, Running, ended, is_gone, xtask};
use super::{Bench, Check};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "a QEMU killed in mid-run is an error and leaves no output",
        long: false,
        run: qemu_killed,
    },
    Check { name: "Ctrl-C ends the run and QEMU with it", long: false, run: interrupted },
    Check { name: "a guest that passes its deadline is killed", long: false, run: deadline },
    Check {
        name: "an unknown job, key or value is bad usage and names the nearest",
        long: false,
        run: bad_words,
    },
    Check { name: "a QEMU that is not there is named, with what to do", long: false, run: no_qemu },
    Check { name: "a full disk is an error before the guest starts", long: false, run: full_disk },
    Check {
        name: "a place that cannot be written is an error before anything is built",
        long: false,
        run: read_only,
    },
    Check {
        name: "a source with a wrong SHA-256 is set aside and named",
        long: false,
        run: wrong_sha256,
    },
    Check {
        name: "sources --verify finds a file that changed, and --offline fetches none",
        long: false,
        run: changed_source,
    },
    Check {
        name: "an output folder that is there is not overwritten",
        long: false,
        run: no_overwriting,
    },
    Check {
        name: "a command whose reader leaves, as head does, ends without a word and with its guest",
        long: false,
        run: reader_leaves,
    },
];

/// A run of the microkernel that would take minutes, once its job has begun.
fn long_run(bench: &Bench, output: &str) -> Result<Running> {
    let output = bench.scratch().join(output).display().to_string();
    let words = ["run-bare", "--accel", "tcg", "--job", "stream:512M", "--output", &output];
    let mut running = Running::start(&mut xtask(bench, &words)?)?;
    running.wait_for("[uchaos] begin baremetal")?;
    Ok(running)
}

fn qemu_killed(bench: &Bench) -> Result<()> {
    let running = long_run(bench, "killed")?;
    kill(running.qemu()?, Signal::SIGKILL).context("killing QEMU")?;
    running.finish()?.expect(3, &["QEMU ended before the guest was done", "qemu-system-x86_64"])?;
    ensure!(
        !bench.scratch().join("killed").exists(),
        "a run whose QEMU was killed left its output"
    );
    Ok(())
}

fn interrupted(bench: &Bench) -> Result<()> {
    let running = long_run(bench, "interrupted")?;
    let qemu = running.qemu()?;
    running.signal(Signal::SIGINT)?;
    running.finish()?.expect(130, &["stopped"])?;
    ensure!(is_gone(qemu), "QEMU ({qemu}) outlived the interrupted run");
    ensure!(!bench.scratch().join("interrupted").exists(), "an interrupted run left its output");
    Ok(())
}

fn deadline(bench: &Bench) -> Result<()> {
    let words = ["run-bare", "--accel", "tcg", "--job", "stream:512M", "--deadline", "1"];
    ended(&mut xtask(bench, &words)?)?.expect(4, &["no end within 1.0 s", "killed"])
}

fn bad_words(bench: &Bench) -> Result<()> {
    let run = |words: &[&str]| -> Result<Ended> { ended(&mut xtask(bench, words)?) };
    run(&["run-bare", "--job", "row:10"])?.expect(2, &["row", "raw"])?;
    run(&["run-linux", "--append", "uchaos.turn=3"])?
        .expect(2, &["uchaos.turn", "uchaos.turns"])?;
    run(&["compare", "--turns", "8"])?.expect(2, &["--turns", "must be 1 to 7"])?;
    run(&["compare", "--workload", "pauze"])?.expect(2, &["pauze", "pause"])?;
    run(&["compare", "--restarts", "1000"])?.expect(2, &["restart"])?;
    run(&["test", "--filter", "no check has this"])?.expect(2, &["no check has this"])?;
    run(&["comprae"])?.expect(2, &["compare"])
}

fn no_qemu(bench: &Bench) -> Result<()> {
    let mut command = xtask(bench, &["run-bare", "--job", "raw:10"])?;
    ended(command.env("UCHAOS_QEMU", "/nowhere/qemu-system-x86_64"))?
        .expect(5, &["/nowhere/qemu-system-x86_64"])
}

/// Runs a command with a folder that holds 1 MiB, in a mount namespace of its own.
fn full_disk(bench: &Bench) -> Result<()> {
    let small = bench.scratch().join("small");
    fs::create_dir_all(&small).context("creating a mount point")?;
    let inner = xtask(bench, &["run-bare", "--accel", "tcg", "--job", "stream:64M"])?;
    let mut outer = std::process::Command::new("unshare");
    outer
        .args(["--map-root-user", "--mount", "sh", "-c"])
        .arg(r#"mount -t tmpfs -o size=1M tmpfs "$1" || exit 77; shift; exec "$@""#)
        .arg("sh")
        .arg(&small)
        .arg(inner.get_program())
        .args(inner.get_args())
        .current_dir(&bench.root)
        .env("TMPDIR", &small)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let ended = ended(&mut outer)?;
    ended.expect(1, &["free"])
}

fn read_only(bench: &Bench) -> Result<()> {
    ended(&mut xtask(bench, &["compare", "--runs", "/proc/runs"])?)?
        .expect(1, &["/proc/runs", "--runs DIR"])
}

fn wrong_sha256(bench: &Bench) -> Result<()> {
    let cache = bench.scratch().join("cache");
    let name = "linux-5.15.200.tar.xz";
    let sources = cache.join("sources");
    fs::create_dir_all(&sources).context("creating a cache")?;
    let file = sources.join(name);
    fs::write(&file, "not a kernel").context("writing a false source")?;
    let mut command = xtask(bench, &["setup", "--offline"])?;
    command.env("UCHAOS_CACHE", &cache).env_remove("UCHAOS_LINUX_SRC");
    ended(&mut command)?.expect(1, &[name, "fce4b1c8", "set aside"])?;
    ensure!(!file.exists(), "the false source still stands under its name");
    Ok(())
}

fn changed_source(bench: &Bench) -> Result<()> {
    let cache = bench.scratch().join("changed");
    let sources = cache.join("sources");
    fs::create_dir_all(&sources).context("creating a cache")?;
    let file = sources.join("linux-source-6.1.tar.xz");
    fs::write(&file, "changed since").context("writing a source")?;
    let origin = r#"{ "version": "6.1.1-1", "sha256": "5f70bf18", "from": "Debian" }"#;
    fs::write(sources.join("linux-source-6.1.tar.xz.origin.json"), origin)
        .context("writing where it came from")?;
    let run = |words: &[&str]| -> Result<Ended> {
        ended(xtask(bench, words)?.env("UCHAOS_CACHE", &cache))
    };
    run(&["sources", "--verify"])?.expect(1, &["5f70bf18", "set aside", "linux-6.1-debian"])?;
    ensure!(!file.exists(), "the changed source still stands under its name");
    let fetch = ["sources", "--fetch", "--offline", "--json", "linux-6.1-debian"];
    let offline = run(&fetch)?;
    offline.expect(5, &["1 of 1", "linux-source-6.1.tar.xz"])?;
    let rows: serde_json::Value = serde_json::from_str(&offline.stdout).context("its JSON")?;
    ensure!(rows[0]["state"] == "missing", "the row says {}", rows[0]);
    run(&["sources", "linux-5.14"])?.expect(2, &["linux-5.14", "linux-5.15"])
}

fn no_overwriting(bench: &Bench) -> Result<()> {
    let there = bench.scratch().join("there");
    fs::create_dir_all(&there).context("creating a folder")?;
    let there = there.display().to_string();
    ended(&mut xtask(bench, &["run-bare", "--job", "raw:10", "--output", &there])?)?
        .expect(2, &["there already"])
}

fn reader_leaves(bench: &Bench) -> Result<()> {
    let (reader, writer) = io::pipe().context("making a pipe")?;
    drop(reader);
    for words in [["lab"].as_slice(), &["lab", "--json"]] {
        let writer = writer.try_clone().context("one more end of a pipe")?;
        let left = ended(xtask(bench, words)?.stdout(writer))?;
        left.expect(141, &[]).with_context(|| words.join(" "))?;
        ensure!(left.stderr.is_empty(), "`{}` said:\n{}", words.join(" "), left.stderr);
    }
    drop(writer);
    // Here a guest runs when the reader leaves.
    let (reader, writer) = io::pipe().context("making a pipe")?;
    let mut watch = xtask(bench, &["watch", "--accel", "tcg", "--seconds", "120"])?;
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
