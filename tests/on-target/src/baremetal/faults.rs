// SPDX-License-Identifier: GPL-2.0-or-later
//! Exceptions raised on purpose, by the monitor's `fault`: each must be named, with registers, and end QEMU with the
//! guest's own status.

use anyhow::{Context, Result, bail, ensure};
use chaos_wire::GuestStatus;
use guest_run::{Machine, Model, RunError};

use super::super::Rig;
use super::guest::{PATIENCE, PROMPT, at_the_prompt, expect_refusal, without_port};

/// The word for `fault`, and what the report must say. TCG has no SIMD exceptions, so that #XM cannot be seen here.
const REPORTS: [(&str, &str, &str); 11] = [
    ("de", "#DE divide error (vector 0,", ""),
    ("ud", "#UD invalid opcode (vector 6,", ""),
    ("df", "#DF double fault (vector 8,", ""),
    ("np", "#NP segment not present (vector 11, error code 0x18)", ""),
    ("ss", "#SS stack segment fault (vector 12, error code 0x18)", ""),
    ("gp", "#GP general protection fault (vector 13,", ""),
    ("pf", "#PF page fault (vector 14, error code 0x0)", "reading 0x8: null pointer"),
    ("write", "#PF page fault (vector 14, error code 0x3)", "the page is protected"),
    ("nx", "#PF page fault (vector 14, error code 0x11)", "executing"),
    ("stack", "#PF page fault (vector 14, error code 0x2)", "ran over into its guard page"),
    ("mf", "#MF x87 floating-point error (vector 16,", ""),
];

pub(super) fn each_exception_is_reported_with_registers(rig: &Rig) -> Result<()> {
    for (word, report, detail) in REPORTS {
        let session = at_the_prompt(&Machine::tcg(Model::Microvm, 64), &without_port(rig, "")?)?;
        session.send(&format!("fault {word}"));
        let outcome = session.finish()?;
        expect_refusal(&outcome, GuestStatus::Panic, report)
            .with_context(|| format!("fault {word}"))?;
        let lines = outcome.lines.iter().map(|line| line.text.as_str());
        let text = lines.collect::<Vec<_>>().join("\n");
        ensure!(text.contains(detail), "fault {word} without {detail:?}:\n{text}");
        for register in ["rax", "r15", "rsp", "rfl", "cs", "cr2", "cr4"] {
            let shown = text.split_whitespace().skip_while(|word| *word != register).nth(1);
            let shown =
                shown.with_context(|| format!("fault {word} does not show {register}:\n{text}"))?;
            ensure!(
                u64::from_str_radix(shown, 16).is_ok(),
                "fault {word}: {register} is {shown:?}"
            );
        }
    }
    Ok(())
}

pub(super) fn panic_is_reported_with_its_place(rig: &Rig) -> Result<()> {
    let session = at_the_prompt(&Machine::tcg(Model::Microvm, 64), &without_port(rig, "")?)?;
    session.send("fault panic");
    match session.finish() {
        Err(RunError::GuestPanic { line, .. }) => {
            ensure!(
                line.contains("asked for by `fault panic`") && line.contains("fault.rs:"),
                "{line}"
            );
            Ok(())
        }
        Err(other) => Err(other.into()),
        Ok(outcome) => bail!("the runner saw no panic:\n{}", outcome.scene),
    }
}

pub(super) fn breakpoint_is_survived(rig: &Rig) -> Result<()> {
    let mut session = at_the_prompt(&Machine::tcg(Model::Pc, 64), &without_port(rig, "")?)?;
    for number in ["1", "2"] {
        session.send("fault bp");
        session.expect(&format!("breakpoint number {number}, back at 0x1"), PATIENCE)?;
        session.expect(PROMPT, PATIENCE)?;
    }
    session.send("exit");
    Ok(session.finish()?.verdict()?)
}
