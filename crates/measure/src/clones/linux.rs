// SPDX-License-Identifier: GPL-2.0-or-later
//! The Linux guest as a clone: a script does everything, so that nothing is typed after the restore.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use fs_err as fs;
use guest_run::archive::Archive;
use guest_run::{Guest, LinuxImage, Machine, Session};

use super::{Answers, Asked, RAW_SAMPLES, SAMPLE_BYTES, SEED_BYTES, STREAM_BYTES, from_hex};
use crate::guest::GuestKind;

/// The script that /init runs first.
const SCRIPT: &str = include_str!("guest.sh");
const SCRIPT_PATH: &str = "/etc/rc";
const INITRAMFS: &str = "initramfs-with-script.cpio.gz";
/// The prefix of each line of the script's output.
const MARK: &str = "[clone] ";
/// The requested outputs, in order. The last one is left out in isolation, where the script does not wait.
pub(super) const ASKED: &[Asked] = &[
    ("getrandom", 32, 1),
    ("private key", 32, 1),
    ("stream", STREAM_BYTES, 1),
    ("seed", SEED_BYTES, 1),
    ("raw noise", RAW_SAMPLES * SAMPLE_BYTES, SAMPLE_BYTES),
    ("getrandom, later", 32, 1),
];

/// The guest of the images, with the initramfs that [`prepare`] writes.
pub(super) fn guest(
    image: &LinuxImage,
    machine: &Machine,
    arguments: &str,
    scratch: &Path,
) -> Guest {
    let initramfs = scratch.join(INITRAMFS);
    let files = GuestKind::Linux.boot_files(image.kernel(), &initramfs, &image.command_line);
    files.guest(machine, arguments, None)
}

/// Writes the initramfs of the images with the script in it.
pub(super) fn prepare(image: &LinuxImage, scratch: &Path) -> Result<()> {
    let script = Archive::new().dir("/etc", 0o755).file(SCRIPT_PATH, 0o755, SCRIPT).to_cpio_gz()?;
    // The kernel unpacks one archive after the other, and a later file replaces an earlier one.
    let initramfs = [fs::read(&image.initramfs)?, script].concat();
    Ok(fs::write(scratch.join(INITRAMFS), initramfs)?)
}

/// Waits until the machine can be saved; returns the input to type then.
pub(super) fn wait(session: &mut Session, patience: Duration) -> Result<&'static str> {
    session.expect(&format!("{MARK}ready"), patience)?;
    Ok("\n")
}

pub(super) fn answers(session: &mut Session) -> Result<Answers> {
    parse(|| Ok(session.next_line()?.context("Linux ended before it answered")?.text))
}

/// Parses the script's output, line by line, up to its last line.
fn parse(mut next: impl FnMut() -> Result<String>) -> Result<Answers> {
    let mut answers = Answers::default();
    loop {
        let line = next()?;
        let Some(text) = line.strip_prefix(MARK) else { continue };
        if text == "done" {
            return Ok(answers);
        }
        if let Some(refusal) = text.strip_prefix("refused ") {
            let (name, why) = refusal.split_once(": ").unwrap_or((refusal, "no reason given"));
            expect_turn(name, answers.given.len())?;
            answers.given.push(Err(why.to_owned()));
        } else if let Some(lines) = text.strip_prefix("reseedings ") {
            answers.reseedings = Some(lines.parse().with_context(|| format!("reading `{line}`"))?);
        } else if let Some(acpi) = text.strip_prefix("acpi ") {
            answers.acpi = Some(acpi == "yes");
        } else {
            expect_turn(text, answers.given.len())?;
            let mut bytes = Vec::new();
            loop {
                let line = next()?;
                if line == format!("{MARK}end") {
                    break;
                }
                let more = from_hex(&line);
                bytes.extend(more.with_context(|| format!("{text}: `{line}` is not hexadecimal"))?);
            }
            answers.given.push(Ok(bytes));
        }
    }
}

/// Checks that this is the next expected output.
fn expect_turn(name: &str, turn: usize) -> Result<()> {
    match ASKED.get(turn) {
        Some((expected, ..)) if *expected == name => Ok(()),
        expected => bail!(
            "the guest sent `{name}`, but `{}` was expected",
            expected.map_or("nothing", |(name, ..)| name)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Answers> {
        let mut lines = text.lines();
        parse(|| lines.next().map(str::to_owned).context("Linux ended before it answered"))
    }

    #[test]
    fn outputs_refusals_and_facts_are_read_among_other_lines() {
        let answers = parsed(
            "\n[clone] getrandom\n0aff\n01\n[clone] end\nnoise\n[clone] private key\n02\n[clone] end\n\
             [clone] stream\n03\n[clone] end\n[clone] refused seed: dd: /dev/uchaos-seed: I/O error\n\
             [clone] reseedings 2\n[clone] acpi yes\n[clone] done\n[clone] stream\n",
        )
        .unwrap();
        let refusal = "dd: /dev/uchaos-seed: I/O error".to_owned();
        assert_eq!(answers.given, [Ok(vec![10, 255, 1]), Ok(vec![2]), Ok(vec![3]), Err(refusal)]);
        assert_eq!((answers.acpi, answers.reseedings), (Some(true), Some(2)));
    }

    #[test]
    fn what_is_out_of_turn_damaged_or_cut_is_an_error() {
        let error = |text: &str| format!("{:#}", parsed(text).unwrap_err());
        assert!(error("[clone] seed\n").contains("sent `seed`, but `getrandom` was expected"));
        assert!(error("[clone] getrandom\nxy\n").contains("`xy` is not hexadecimal"));
        assert!(error("[clone] getrandom\n0a\n").contains("ended before it answered"));
        assert!(error("[clone] reseedings two\n").contains("reseedings two"));
    }

    #[test]
    fn the_script_asks_for_what_is_expected() {
        for (name, bytes, _) in ASKED {
            let quoted =
                if name.contains(' ') { format!("\"{name}\"") } else { (*name).to_owned() };
            let line = SCRIPT.lines().find(|line| line.starts_with(&format!("take {quoted} ")));
            match line {
                Some(line) => assert!(line.ends_with(&format!(" {bytes}")), "{line}"),
                None => assert!(
                    SCRIPT.contains(&format!("[clone] {name}\\n"))
                        || SCRIPT.contains(&format!("show {quoted} </"))
                        || SCRIPT.contains(&format!("take {quoted} /dev/urandom {bytes}\n")),
                    "{name}"
                ),
            }
        }
    }
}
