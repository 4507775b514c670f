// SPDX-License-Identifier: GPL-2.0-or-later
//! A check's own copy of the image, as a person has it: written to a stick, with an edited configuration.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use chaos_wire::Capture;
use guest_build::usb;

use crate::Rig;
use crate::pc::Pc;

/// Where the volume begins.
const VOLUME_START: u64 = 1 << 20;

#[derive(Debug)]
pub(super) struct Stick {
    path: PathBuf,
}

impl Stick {
    /// A stick with this configuration.
    pub(super) fn new(rig: &Rig, conf: &str) -> Result<Self> {
        let image = usb::build(&rig.context()?, rig.linux_options().linux_src.as_deref())?;
        let stick = Self { path: rig.scratch().join("stick.img") };
        fs::copy(&image, &stick.path).context("copying the image")?;
        stick.put(rig, "uchaos.conf", conf.as_bytes())?;
        Ok(stick)
    }

    /// A copy of a stick.
    pub(super) fn at(path: &Path) -> Self {
        Self { path: path.to_path_buf() }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts a file into the folder `uchaos` of the stick.
    pub(super) fn put(&self, rig: &Rig, name: &str, bytes: &[u8]) -> Result<()> {
        let staged = rig.scratch().join("staged");
        fs::write(&staged, bytes).context("staging a file for the stick")?;
        let mut copy = self.mtool("mcopy");
        copy.arg("-o").arg(&staged).arg(format!("::/uchaos/{name}"));
        done(&mut copy).map(drop)
    }

    /// A file of the folder `uchaos`.
    pub(super) fn get(&self, name: &str) -> Result<Vec<u8>> {
        let mut copy = self.mtool("mcopy");
        copy.arg(format!("::/uchaos/{name}")).arg("-");
        Ok(done(&mut copy)?.stdout)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_ok()
    }

    /// A capture of the stick, checked.
    pub(super) fn capture(&self, rig: &Rig, name: &str) -> Result<Capture> {
        let file = rig.scratch().join(name);
        let bytes = self.get(&format!("captures/{name}"))?;
        fs::write(&file, bytes).with_context(|| format!("keeping {name}"))?;
        Ok(Capture::read(&file)?)
    }

    /// The names in the folder of the captures.
    pub(super) fn names(&self) -> Result<String> {
        let mut list = self.mtool("mdir");
        list.args(["-b", "::/uchaos/captures/"]);
        Ok(String::from_utf8_lossy(&done(&mut list)?.stdout).into_owned())
    }

    /// Whether the volume is one that a PC would call clean.
    pub(super) fn is_sound(&self) -> Result<()> {
        let volume = self.path.with_extension("volume");
        let bytes = fs::read(&self.path).context("reading the stick")?;
        let part = bytes.get(VOLUME_START as usize..).context("the volume")?;
        fs::write(&volume, part).context("writing the volume")?;
        done(Command::new("fsck.fat").arg("-n").arg(&volume)).map(drop)
    }

    /// A disk with the same files on a volume of another name.
    pub(super) fn under_another_name(&self, rig: &Rig) -> Result<PathBuf> {
        let other = Self { path: rig.scratch().join("internal.img") };
        fs::copy(&self.path, &other.path).context("copying the stick")?;
        done(other.mtool("mlabel").arg("::WINDOWS"))?;
        Ok(other.path)
    }

    fn mtool(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.env("MTOOLSRC", "/dev/null").arg("-i");
        command.arg(format!("{}@@{VOLUME_START}", self.path.display()));
        command
    }
}

/// Chooses `Linux: measure`, the third entry of the boot menu, which is on the screen.
pub(super) fn choose_linux(pc: &mut Pc) -> Result<()> {
    pc.press(&["down", "down", "ret"])
}

fn done(command: &mut Command) -> Result<Output> {
    let output = command.output().with_context(|| format!("running {command:?}"))?;
    ensure!(
        output.status.success(),
        "{command:?} ended with {}: {}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output)
}
