// SPDX-License-Identifier: GPL-2.0-or-later
//! The archive of `dist`: unpacked in an empty folder, without a compiler, a checkout or this user's caches, its programs
//! do what they do here.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};

use super::Rig;
use super::command::{ended, xtask};

checks! {
    long:
    archive_works_without_a_compiler,
    archive_is_the_same_twice
}

/// What one download may weigh, for a class of 30.
const MOST_BYTES: u64 = 25 << 20;

fn archive(rig: &Rig) -> Result<PathBuf> {
    ended(&mut xtask(rig, &["dist"])?)?.expect(0, &[])?;
    let folder = rig.context()?.out.join("dist");
    let entries = std::fs::read_dir(&folder).context("listing the archives")?;
    let archives: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "zst"))
        .collect();
    let [archive] = archives.as_slice() else { anyhow::bail!("archives: {archives:?}") };
    Ok(archive.clone())
}

/// The archive's folder in the scratch folder.
fn unpacked(rig: &Rig, archive: &Path) -> Result<PathBuf> {
    let mut tar = Command::new("tar");
    tar.arg("--zstd").arg("-xf").arg(archive).arg("-C").arg(rig.scratch());
    ensure!(tar.status().context("starting tar")?.success(), "tar cannot unpack the archive");
    let entries = std::fs::read_dir(rig.scratch()).context("listing what was unpacked")?;
    let mut folders = entries.flatten().map(|entry| entry.path());
    folders.find(|path| path.join("SHA256SUMS").exists()).context("the archive's folder")
}

/// A program of the archive, in the archive's folder, with nothing of this user's surroundings: QEMU is in the path, the
/// compiler as well where it is in the same folder, and cargo is not.
fn run(folder: &Path, arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new(folder.join("uchaos"));
    command.current_dir(folder).args(arguments).env_clear();
    command.env("PATH", "/usr/bin:/bin").env("HOME", folder.join("home"));
    command.output().with_context(|| format!("starting ./uchaos {}", arguments.join(" ")))
}

fn archive_works_without_a_compiler(rig: &Rig) -> Result<()> {
    let archive = archive(rig)?;
    let bytes = std::fs::metadata(&archive).context("looking at the archive")?.len();
    ensure!(bytes <= MOST_BYTES, "the archive has {bytes} bytes, more than {MOST_BYTES}");
    let folder = unpacked(rig, &archive)?;
    for arguments in [
        &["verify", "SHA256SUMS"][..],
        &["lab", "7"],
        &["run-bare", "--job", "raw:1000"],
        &["run-linux", "--job", "raw:1000"],
        &["compare", "--quick"],
    ] {
        let output = run(&folder, arguments)?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "./uchaos {}: {errors}", arguments.join(" "));
    }
    let doctor = run(&folder, &["doctor"])?;
    let said = String::from_utf8_lossy(&doctor.stdout);
    ensure!(doctor.status.success(), "doctor: {}", String::from_utf8_lossy(&doctor.stderr));
    ensure!(said.contains("rustc "), "doctor names the compiler of the programs: {said}");
    let report = folder.join("runs/latest/report.html");
    ensure!(report.is_file(), "compare left no {}", report.display());
    let size = run(&folder, &["size"])?;
    let error = String::from_utf8_lossy(&size.stderr);
    ensure!(
        size.status.code() == Some(5) && error.contains("a checkout"),
        "size looks into a kernel build that the archive does not have, and says: {error}"
    );
    // A changed file is named.
    std::fs::write(folder.join("images/initrd.cpio"), "changed").context("changing a file")?;
    std::fs::remove_file(folder.join("START.md")).context("removing a file")?;
    let verify = run(&folder, &["verify", "SHA256SUMS"])?;
    let said = String::from_utf8_lossy(&verify.stdout);
    ensure!(
        verify.status.code() == Some(1)
            && said.contains("different  images/initrd.cpio")
            && said.contains("missing    START.md"),
        "verify said: {said}"
    );
    Ok(())
}

fn archive_is_the_same_twice(rig: &Rig) -> Result<()> {
    let path = archive(rig)?;
    let first = std::fs::read(&path).context("reading the archive")?;
    std::fs::remove_file(&path).context("removing the archive")?;
    let second = std::fs::read(archive(rig)?).context("reading the second archive")?;
    ensure!(first == second, "two archives of the same checkout differ");
    Ok(())
}
