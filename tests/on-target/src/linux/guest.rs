// SPDX-License-Identifier: GPL-2.0-or-later
//! Starting the Linux guest for a check.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use guest_run::{Guest, Limits, Machine, Model, Network, Outcome, Qemu, Session};

use super::super::Rig;
use measure::guest::GuestKind;

/// What any of these boots may take on a busy machine.
pub(in super::super) const DEADLINE: Duration = Duration::from_secs(60);
/// What the shell shows when it waits.
pub(in super::super) const PROMPT: &str = "/ # ";

/// How a boot differs from the usual one.
pub(in super::super) struct Setting<'a> {
    pub(in super::super) model: Model,
    pub(in super::super) memory_mib: u32,
    pub(in super::super) cpus: u32,
    pub(in super::super) network: Option<Network>,
    pub(in super::super) words: &'a str,
    pub(in super::super) kernel: Option<&'a Path>,
    pub(in super::super) initramfs: Option<&'a Path>,
    pub(in super::super) command_line: Option<&'a str>,
    pub(in super::super) data: bool,
}

impl Default for Setting<'_> {
    fn default() -> Self {
        Self {
            model: Model::Q35,
            memory_mib: 64,
            cpus: 1,
            network: None,
            words: "",
            kernel: None,
            initramfs: None,
            command_line: None,
            data: false,
        }
    }
}

/// A guest under TCG, which every machine has; its console log is in the rig's folder.
pub(in super::super) fn interactive(
    rig: &Rig,
    name: &str,
    setting: &Setting<'_>,
) -> Result<Session> {
    let qemu = Qemu::find()?;
    let machine = Machine {
        network: setting.network,
        cpus: setting.cpus,
        ..Machine::tcg(setting.model, setting.memory_mib)
    };
    let file = |ending: &str| rig.scratch().join(format!("linux-{name}.{ending}"));
    let boots = GuestKind::Linux.boot_files(
        setting.kernel.unwrap_or(rig.linux()?.kernel()),
        setting.initramfs.unwrap_or(&rig.linux()?.initramfs),
        setting.command_line.unwrap_or(&rig.linux()?.command_line),
    );
    let data = setting.data.then(|| (file("frames"), 1 << 20));
    let guest = Guest {
        name: format!("the Linux guest ({name})"),
        ..boots.guest(&machine, setting.words, data)
    };
    let limits = Limits {
        deadline: Some(DEADLINE),
        console_log: Some(file("console.log")),
        ..Limits::default()
    };
    Ok(Session::start(&qemu, &machine, &guest, &limits)?)
}

/// Boots to the shell, gives it one line, and leaves.
pub(in super::super) fn shell_output(
    rig: &Rig,
    name: &str,
    setting: &Setting<'_>,
    line: &str,
) -> Result<Outcome> {
    let mut session = interactive(rig, name, setting)?;
    session.expect(PROMPT, DEADLINE)?;
    session.send(line);
    session.send("exit");
    Ok(session.finish()?)
}

/// What stands after `text` on the first console line that has it (the shell's echo of what was typed has not).
pub(in super::super) fn line_after<'a>(outcome: &'a Outcome, text: &str) -> Result<&'a str> {
    outcome
        .lines
        .iter()
        .find_map(|line| line.text.split_once(text).map(|(_, rest)| rest))
        .with_context(|| format!("'{text}' is not on the console\n{}", outcome.scene))
}
