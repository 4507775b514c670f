// SPDX-License-Identifier: GPL-2.0-or-later
//! The kernel source tree to build: one of the profile's sources, or the user's tree or tarball.

use fs_err as fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result, bail};
use sha2::{Digest as _, Sha256};

use super::kconfig::Version;
use super::profile::Profile;
use super::sources::{self, unpack};
use super::work_dir;
use crate::inputs::Inputs;
use crate::log::StepLog;
use guest_run::CommandContext;
use guest_run::{file_sha256, hex};

/// The oldest kernel that the fragments and the module support.
const OLDEST: Version = Version { major: 5, minor: 15 };
/// The newest.
const NEWEST: Version = Version { major: 6, minor: 18 };

/// Most of a tarball, and not built by any profile: other architectures, graphics, media, sound, manuals.
/// Kconfig reads every `Kconfig`, so those stay.
const LEFT_OUT: &[&str] = &[
    "*/Documentation/*/*",
    "*/arch/[!x]*/*.[chS]",
    "*/arch/[!x]*/*.dts*",
    "*/arch/xtensa/*.[chS]",
    "*/drivers/gpu/*.[ch]",
    "*/drivers/media/*.[ch]",
    "*/sound/*.[ch]",
    "*/tools/testing/*",
    "*/tools/perf/*",
];

/// A kernel source tree.
#[derive(Debug, Clone)]
pub struct KernelSource {
    pub dir: PathBuf,
    /// `5.15.200`, `6.1.192`.
    pub release: String,
    pub version: Version,
    /// Changes when anything in the tree does.
    pub identity: String,
    /// Its origin, for the provenance of results.
    pub from: String,
    /// A note to the user if this is not the profile's preferred source.
    pub banner: Option<String>,
}

/// The user's tree or tarball, else the first of the profile's sources that is available; unpacked.
pub fn prepare(
    context: &CommandContext,
    profile: &Profile,
    own: Option<&Path>,
) -> Result<KernelSource> {
    match own {
        Some(path) => {
            prepare_own(context, path).with_context(|| format!("--linux-src {}", path.display()))
        }
        None => prepare_listed(context, profile),
    }
}

fn prepare_listed(context: &CommandContext, profile: &Profile) -> Result<KernelSource> {
    let obtained = sources::first_available(context, &profile.kernel.sources)?;
    let preferred = &profile.kernel.sources[0];
    let banner = (obtained.name != *preferred).then(|| {
        format!(
            "{preferred} could not be fetched; using {} {} instead (figures are of that kernel). \
             `cargo xtask setup` tries again",
            obtained.name, obtained.version
        )
    });
    let tree = tree_of(context, &obtained.name, &obtained.sha256)?;
    if !tree.exists() {
        if context.dry_run {
            let version = Version::parse(&obtained.version).unwrap_or(OLDEST);
            let identity = obtained.sha256.clone();
            return Ok(KernelSource {
                dir: tree,
                release: obtained.version,
                version,
                identity,
                from: obtained.from,
                banner,
            });
        }
        unpack_as_step(context, |log| {
            obtained.verify()?;
            unpack::unpack(&obtained.path, &tree, LEFT_OUT, log)
        })?;
    }
    let (release, version) = read_version(&tree)?;
    let from = obtained.described();
    Ok(KernelSource { dir: tree, release, version, identity: obtained.sha256, from, banner })
}

fn prepare_own(context: &CommandContext, path: &Path) -> Result<KernelSource> {
    let path = fs::canonicalize(path).context("no such file or folder")?;
    let (dir, identity) = if path.is_dir() {
        if !work_dir::is_plain(&path) {
            bail!(
                "the kernel's make refuses paths with spaces, colons or quotes: link or move it to another"
            );
        }
        if path.join(".config").exists() || path.join("include/config").exists() {
            bail!(
                "this tree was built in, which building outside of it cannot have: run `make mrproper` in it"
            );
        }
        let identity = tree_identity(&path)?;
        (path.clone(), identity)
    } else {
        let sha256 = file_sha256(&path)?;
        let tree = tree_of(context, "own", &sha256)?;
        if !tree.exists() {
            unpack_as_step(context, |log| unpack::unpack(&path, &tree, LEFT_OUT, log))?;
        }
        (tree, sha256)
    };
    let (release, version) = read_version(&dir)?;
    if version < OLDEST || version > NEWEST {
        bail!("this is Linux {release}; kernels from {OLDEST} to {NEWEST} can be built");
    }
    let from = format!("--linux-src {}", path.display());
    Ok(KernelSource { dir, release, version, identity, from, banner: None })
}

/// The folder of an unpacked tarball; its name depends on the list of omitted parts.
fn tree_of(context: &CommandContext, name: &str, sha256: &str) -> Result<PathBuf> {
    let key =
        Inputs::new().text("tarball", sha256).text("left out", LEFT_OUT.join("\n")).digest()?;
    Ok(work_dir::for_trees(context)?.join(format!("{name}-{}", short(&key))))
}

/// Unpacking is a separate step, with a line and a log.
fn unpack_as_step(
    context: &CommandContext,
    work: impl FnOnce(&mut StepLog) -> Result<()>,
) -> Result<()> {
    let label = context.next_label("unpack kernel");
    let begun = std::time::Instant::now();
    let mut log = StepLog::create(&context.out.join("logs"), "unpack-kernel", &label)?;
    let done = work(&mut log);
    log.finish();
    done?;
    eprintln!("{label} … {}", guest_run::progress::show_duration(begun.elapsed()));
    Ok(())
}

/// `VERSION`, `PATCHLEVEL` and `SUBLEVEL` of the top Makefile.
fn read_version(tree: &Path) -> Result<(String, Version)> {
    let path = tree.join("Makefile");
    let text = fs::read_to_string(&path)?;
    let value = |name: &str| {
        text.lines()
            .filter_map(|line| line.split_once('='))
            .find_map(|(key, value)| (key.trim() == name).then(|| value.trim().to_owned()))
            .with_context(|| format!("{} is not a kernel's: it sets no {name}", path.display()))
    };
    let release = format!("{}.{}.{}", value("VERSION")?, value("PATCHLEVEL")?, value("SUBLEVEL")?);
    let version = Version::parse(&release)?;
    Ok((release, version))
}

/// A digest over names, sizes and times of a tree: reading a million lines at each run would be too slow.
fn tree_identity(tree: &Path) -> Result<String> {
    let mut hasher = Sha256::new();
    let mut folders = vec![tree.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let mut entries = fs::read_dir(&folder)
            .and_then(Iterator::collect::<std::io::Result<Vec<_>>>)
            .with_context(|| format!("listing {}", folder.display()))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries.into_iter().filter(|entry| entry.file_name() != ".git") {
            let path = entry.path();
            let data =
                entry.metadata().with_context(|| format!("looking at {}", path.display()))?;
            if data.is_dir() {
                folders.push(path);
            } else {
                let changed =
                    data.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
                hasher.update(format!("{} {} {changed:?}\n", path.display(), data.len()));
            }
        }
    }
    Ok(hex(&hasher.finalize()))
}

/// A digest, shortened for a folder's name.
pub fn short(sha256: &str) -> &str {
    sha256.get(..12).unwrap_or(sha256)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(version: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let numbers: Vec<&str> = version.split('.').collect();
        let text = format!(
            "VERSION = {}\nPATCHLEVEL = {}\nSUBLEVEL = {}\n",
            numbers[0], numbers[1], numbers[2]
        );
        fs::write(folder.path().join("Makefile"), text).unwrap();
        folder
    }

    fn own(path: &Path) -> Result<KernelSource> {
        prepare_own(&CommandContext::open(true, true, false).unwrap(), path)
    }

    #[test]
    fn a_tree_of_ones_own_is_taken_by_its_version() {
        let good = tree("5.15.135");
        let source = own(good.path()).unwrap();
        assert_eq!((source.release.as_str(), source.version), ("5.15.135", OLDEST));
        for (version, part) in [("5.10.1", "5.10.1"), ("6.19.0", "from 5.15 to 6.18")] {
            let error = format!("{:#}", own(tree(version).path()).unwrap_err());
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_tree_that_was_built_in_and_a_folder_that_is_no_kernel_are_refused() {
        let built = tree("6.1.1");
        fs::write(built.path().join(".config"), "").unwrap();
        assert!(format!("{:#}", own(built.path()).unwrap_err()).contains("mrproper"));
        let other = tempfile::tempdir().unwrap();
        fs::write(other.path().join("Makefile"), "all:\n").unwrap();
        assert!(format!("{:#}", own(other.path()).unwrap_err()).contains("not a kernel's"));
        assert!(own(Path::new("/no/such/tree")).is_err());
    }

    #[test]
    fn a_change_in_the_tree_changes_its_identity() {
        let tree = tree("6.1.1");
        let before = tree_identity(tree.path()).unwrap();
        assert_eq!(before, tree_identity(tree.path()).unwrap());
        fs::write(tree.path().join("main.c"), "int x;").unwrap();
        assert_ne!(before, tree_identity(tree.path()).unwrap());
    }
}
