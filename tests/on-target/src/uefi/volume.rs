// SPDX-License-Identifier: GPL-2.0-or-later
//! A check's own stick: a FAT volume with the program where firmware looks for it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use chaos_stick::VOLUME_LABEL;
use chaos_wire::Capture;
use guest_build::tools::TO_TEST_STICK;
use guest_build::{engine, preflight, uefi};

use crate::Rig;

/// Enough for FAT32, which sticks have.
const BYTES: u64 = 40 << 20;

#[derive(Debug)]
pub(super) struct Volume {
    path: PathBuf,
}

impl Volume {
    /// A stick with this configuration, and a folder for captures.
    pub(super) fn new(rig: &Rig, conf: Option<&str>) -> Result<Self> {
        let context = rig.context()?;
        preflight::ensure(&context, TO_TEST_STICK)?;
        let engine = engine::build(&context)?;
        let program = uefi::build(&context, &engine.object)?;
        let volume = Self { path: rig.scratch().join("stick.img") };
        File::create(&volume.path)
            .and_then(|file| file.set_len(BYTES))
            .context("making a file for the stick")?;
        let mut format = Command::new("mkfs.fat");
        done(format.args(["-F", "32", "-n", VOLUME_LABEL]).arg(&volume.path))?;
        done(volume.mtool("mmd").args([
            "::/EFI",
            "::/EFI/BOOT",
            "::/uchaos",
            "::/uchaos/captures",
        ]))?;
        done(volume.mtool("mcopy").arg(program).arg("::/EFI/BOOT/BOOTX64.EFI"))?;
        if let Some(conf) = conf {
            volume.put(rig, "uchaos.conf", conf.as_bytes())?;
        }
        Ok(volume)
    }

    /// A stick that is there already.
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts a file into the folder `uchaos` of the stick.
    pub(super) fn put(&self, rig: &Rig, name: &str, bytes: &[u8]) -> Result<()> {
        let staged = rig.scratch().join("staged");
        fs::write(&staged, bytes).context("staging a file for the stick")?;
        let mut copy = self.mtool("mcopy");
        done(copy.arg("-o").arg(&staged).arg(format!("::/uchaos/{name}"))).map(drop)
    }

    /// A file of the folder `uchaos`.
    pub(super) fn get(&self, name: &str) -> Result<Vec<u8>> {
        let mut copy = self.mtool("mcopy");
        Ok(done(copy.arg(format!("::/uchaos/{name}")).arg("-"))?.stdout)
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
    pub(super) fn names(&self) -> Result<Vec<String>> {
        let output = done(self.mtool("mdir").args(["-b", "::/uchaos/captures/"]))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let names = text.lines().filter_map(|line| line.rsplit('/').next());
        Ok(names.filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }

    /// Whether the volume is one that a PC would call clean.
    pub(super) fn is_sound(&self) -> Result<()> {
        done(Command::new("fsck.fat").arg("-n").arg(&self.path)).map(drop)
    }

    fn mtool(&self, program: &str) -> Command {
        let mut tool = Command::new(program);
        tool.arg("-i").arg(&self.path);
        tool
    }
}

fn done(command: &mut Command) -> Result<Output> {
    let output = command.output().with_context(|| format!("starting {command:?}"))?;
    ensure!(
        output.status.success(),
        "{command:?} ended with {}: {}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output)
}
