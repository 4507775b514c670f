// SPDX-License-Identifier: GPL-2.0-or-later
//! The monitor over a pipe, as a script would use it.

use anyhow::{Context, Result, ensure};
use guest_run::{Machine, Model, Session};

use super::super::Rig;
use super::guest::{MODELS, PATIENCE, PROMPT, at_the_prompt, without_port};

pub(super) fn every_command_answers(rig: &Rig) -> Result<()> {
    for model in MODELS {
        let mut session = at_the_prompt(&Machine::tcg(model, 64), &without_port(rig, "")?)?;
        for (command, said) in [
            ("help", "histogram of N samples"),
            ("raw 20", "samples 20  ticks: min"),
            ("hist", "samples 20000  ticks: min"),
            ("health", "state=healthy"),
            ("clock", "MHz, against the timer"),
            ("cpu", "hypervisor=TCG"),
            ("mem", "heap"),
            ("bench", "hash-branchy"),
            ("settings", "uchaos.workload=dram"),
            ("nonsense", "no command `nonsense`"),
            ("raw", "usage: raw N"),
            ("selftest", "pass: a restart resets the counters"),
        ] {
            session.send(command);
            session.expect(said, PATIENCE).with_context(|| format!("`{command}` on {model}"))?;
        }
        session.expect(PROMPT, PATIENCE)?;
        let first = bytes_of(&mut session, "rng 32", 32)?;
        ensure!(first != bytes_of(&mut session, "rng 32", 32)?, "rng said the same twice");
        let first = bytes_of(&mut session, "seed 32", 32)?;
        ensure!(first != bytes_of(&mut session, "seed 32", 32)?, "seed said the same twice");
        session.send("exit");
        session.finish()?.verdict().with_context(|| format!("`exit` on {model}"))?;
    }
    Ok(())
}

pub(super) fn restart_resets_the_counters(rig: &Rig) -> Result<()> {
    let mut session = at_the_prompt(&Machine::tcg(Model::Microvm, 64), &without_port(rig, "")?)?;
    session.send("hist 20000");
    session.expect("samples 20000 ", PATIENCE)?;
    let before = health_number(&mut session, "samples=")?;
    session.send("restart");
    let after = health_number(&mut session, "samples=")?;
    // The startup test takes 1,024, and some start the mixer.
    ensure!(
        before > 20_000 && (1024..2000).contains(&after),
        "{before} samples before the restart and {after} after it"
    );
    session.send("exit");
    Ok(session.finish()?.verdict()?)
}

pub(super) fn line_is_edited(rig: &Rig) -> Result<()> {
    let mut session = at_the_prompt(&Machine::tcg(Model::Microvm, 64), &without_port(rig, "")?)?;
    // Backspace; the left arrow; Ctrl-U; the history.
    for (keys, said) in [
        ("rax\x7fw 3", "samples 3 "),
        ("aw 4\x1b[D\x1b[D\x1b[D\x1b[Dr", "samples 4 "),
        ("nonsense\x15raw 5", "samples 5 "),
        ("\x1b[A\x7f6", "samples 6 "),
        ("forget this\x03raw 7", "samples 7 "),
    ] {
        session.send(keys);
        session.expect(said, PATIENCE).with_context(|| format!("typing {keys:?}"))?;
    }
    session.send("exit");
    Ok(session.finish()?.verdict()?)
}

pub(super) fn settings_change_what_is_sampled(rig: &Rig) -> Result<()> {
    let mut session =
        at_the_prompt(&Machine::tcg(Model::Q35, 64), &without_port(rig, "uchaos.turns=2")?)?;
    for (command, said) in [
        ("settings", "uchaos.turns=2"),
        ("workload flush", PROMPT),
        ("timer 1000", PROMPT),
        ("settings", "uchaos.workload=flush uchaos.turns=2"),
        ("raw 2000", "samples 2000"),
        ("turns 9", "must be 1 to 7"),
        ("claim 126", "`uchaos.claim` must be 31, 62, 125"),
        ("health maybe", "unknown value `maybe`"),
        ("settings", "uchaos.timer=1000"),
    ] {
        session.send(command);
        session.expect(said, PATIENCE).with_context(|| format!("`{command}`"))?;
    }
    // How many samples one tick takes is the host's affair.
    let mut rounds = 0;
    while health_number(&mut session, "timer_interrupts=")? == 0 {
        rounds += 1;
        ensure!(rounds < 100, "2,000,000 samples with the timer at 1000 Hz, and no interrupt");
        session.send("hist 20000");
        session.expect("samples 20000 ", PATIENCE)?;
    }
    session.send("exit");
    Ok(session.finish()?.verdict()?)
}

/// Requests the health report and gives one number of it.
fn health_number(session: &mut Session, key: &str) -> Result<u64> {
    session.send("health");
    loop {
        let line = session.next_line()?.context("the guest ended")?.text;
        if let Some(number) = line.strip_prefix(key) {
            return number.parse().with_context(|| format!("reading `{line}`"));
        }
    }
}

pub(super) fn ctrl_c_ends_a_long_print(rig: &Rig) -> Result<()> {
    let mut session = at_the_prompt(&Machine::tcg(Model::Microvm, 64), &without_port(rig, "")?)?;
    session.send("raw 100000");
    wait_for_line(&mut session, |line| line.starts_with(' '))?;
    session.send("\x03");
    session.expect("interrupted", PATIENCE)?;
    // Typed in one go, the second while the first is being served.
    session.send("hist 50000\nraw 9");
    session.expect("samples 50000 ", PATIENCE)?;
    session.expect("samples 9 ", PATIENCE)?;
    session.send("exit");
    Ok(session.finish()?.verdict()?)
}

/// Under `-no-reboot` QEMU ends with status 0 when the machine resets.
pub(super) fn reboot_resets_the_machine(rig: &Rig) -> Result<()> {
    for model in MODELS {
        let session = at_the_prompt(&Machine::tcg(model, 64), &without_port(rig, "")?)?;
        session.send("reboot");
        let outcome = session.finish()?;
        ensure!(outcome.exit.code() == Some(0), "reboot on {model} ended with {}", outcome.exit);
    }
    Ok(())
}

/// What a command prints in hexadecimal.
fn bytes_of(session: &mut Session, command: &str, len: usize) -> Result<String> {
    session.send(command);
    wait_for_line(session, |line| line.ends_with(command))?;
    let hex = session.next_line()?.context("the guest ended")?.text;
    let right = hex.len() == 2 * len && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    ensure!(right, "`{command}` printed {hex:?}");
    Ok(hex)
}

fn wait_for_line(session: &mut Session, wanted: impl Fn(&str) -> bool) -> Result<()> {
    while !wanted(&session.next_line()?.context("the guest ended")?.text) {}
    Ok(())
}
