// SPDX-License-Identifier: GPL-2.0-or-later
//! Commands that talk to a person, where there is none: input from a pipe is used and ends with it, closed input ends
//! at once, and a silent guest is not waited for.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::Rig;
use super::command::{Ended, ended, xtask};

checks! {
    lines_from_a_pipe_are_run_in_linux,
    lines_from_a_pipe_are_run_in_the_microkernel,
    closed_input_ends_both_guests,
    guest_that_ends_silently_is_an_error;
    long:
    guest_that_stays_silent_is_ended
}

/// Runs a command with `lines` as its standard input.
fn fed(rig: &Rig, words: &[&str], lines: &str) -> Result<Ended> {
    let path = rig.scratch().join("lines");
    fs::File::create(&path)
        .and_then(|mut file| file.write_all(lines.as_bytes()))
        .context("writing the lines")?;
    // A pipe, as a user has it: a file would do for most, and not for all.
    let mut feeder = Command::new("cat")
        .arg(&path)
        .stdout(Stdio::piped())
        .spawn()
        .context("starting what feeds the pipe")?;
    let pipe = feeder.stdout.take().context("the pipe")?;
    let left = ended(xtask(rig, words)?.stdin(pipe));
    feeder.wait().context("waiting for what feeds the pipe")?;
    left
}

fn lines_from_a_pipe_are_run_in_linux(rig: &Rig) -> Result<()> {
    // The second line reads the third, and the last one reads to the end.
    let lines = "uchaosbox raw 3 --text | wc -l\nread word; echo got-$word\nstraw\necho end-$((6 * 7))\ncat | wc -l";
    let left = fed(rig, &["run-linux", "--accel", "tcg"], lines)?;
    left.expect(0, &[])?;
    let said: Vec<&str> = left.stdout.lines().map(str::trim).collect();
    for line in ["3", "got-straw", "end-42", "0"] {
        ensure!(said.contains(&line), "no line {line:?} in:\n{}", left.stdout);
    }
    Ok(())
}

fn lines_from_a_pipe_are_run_in_the_microkernel(rig: &Rig) -> Result<()> {
    let left = fed(rig, &["run-bare", "--accel", "tcg"], "raw 3\nrng 4\n")?;
    left.expect(0, &[])?;
    ensure!(left.stdout.contains("> raw 3"), "`raw 3` was not typed:\n{}", left.stdout);
    Ok(())
}

fn closed_input_ends_both_guests(rig: &Rig) -> Result<()> {
    for command in ["run-linux", "run-bare"] {
        let open = ended(&mut xtask(rig, &[command, "--accel", "tcg"])?)?;
        open.expect(0, &[]).with_context(|| format!("{command} </dev/null"))?;
        let inner = xtask(rig, &[command, "--accel", "tcg"])?;
        let mut closed = Command::new("sh");
        closed.args(["-c", r#"exec "$@" <&-"#, "sh"]).arg(inner.get_program());
        closed.args(inner.get_args()).current_dir(rig.root());
        closed.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let closed = ended(closed.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
        closed.expect(0, &[]).with_context(|| format!("{command} <&-"))?;
    }
    Ok(())
}

/// With 4 MiB the kernel resets the machine before its first line.
fn guest_that_ends_silently_is_an_error(rig: &Rig) -> Result<()> {
    silent(rig, "4", "ended without writing")
}

/// With 8 MiB it stands still.
fn guest_that_stays_silent_is_ended(rig: &Rig) -> Result<()> {
    silent(rig, "8", "has written nothing for 30.0 s")
}

fn silent(rig: &Rig, memory: &str, what: &str) -> Result<()> {
    for job in [[].as_slice(), &["--job", "raw:10"]] {
        let words = ["run-linux", "--accel", "tcg", "--memory", memory];
        let left = ended(&mut xtask(rig, &[words.as_slice(), job].concat())?)?;
        left.expect(4, &[what, &format!("It has {memory} MiB"), "11 MiB or more"])?;
    }
    Ok(())
}
