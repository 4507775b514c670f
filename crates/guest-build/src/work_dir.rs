// SPDX-License-Identifier: GPL-2.0-or-later
//! Folders for the kernel's make, which rejects paths with spaces or colons: if the checkout or the cache has
//! such a path, a private folder under `/var/tmp` is used.

use fs_err as fs;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use guest_run::CommandContext;

/// A folder for build output; removed by `cargo clean` if possible.
pub fn for_builds(context: &CommandContext, name: &str) -> Result<PathBuf> {
    let folder = first_plain(&[&context.out, &context.cache], name)?;
    create(context, folder)
}

/// A folder for unpacked sources, which are kept.
pub fn for_trees(context: &CommandContext) -> Result<PathBuf> {
    let folder = first_plain(&[&context.cache], "trees")?;
    create(context, folder)
}

/// Whether the kernel's make works in there.
pub fn is_plain(path: &Path) -> bool {
    path.to_str()
        .is_some_and(|text| !text.contains([' ', ':', '\t', '\n', '\'', '"', '#', '$', '%', '\\']))
}

fn create(context: &CommandContext, folder: PathBuf) -> Result<PathBuf> {
    if !context.dry_run {
        fs::create_dir_all(&folder)?;
    }
    Ok(folder)
}

fn first_plain(candidates: &[&PathBuf], name: &str) -> Result<PathBuf> {
    match candidates.iter().find(|candidate| is_plain(candidate)) {
        Some(candidate) => Ok(candidate.join(name)),
        None => Ok(own_folder_in(Path::new("/var/tmp"))?.join(name)),
    }
}

/// `<parent>/uchaos-<uid>`, ours alone.
fn own_folder_in(parent: &Path) -> Result<PathBuf> {
    let uid = nix::unistd::getuid().as_raw();
    let folder = parent.join(format!("uchaos-{uid}"));
    match std::fs::DirBuilder::new().mode(0o700).create(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(error).with_context(|| format!("creating {}", folder.display()));
        }
        _ => {}
    }
    // Anyone may create names in /var/tmp; do not build in another user's folder.
    let found = fs::symlink_metadata(&folder)?;
    if !found.is_dir() || found.uid() != uid || found.mode() & 0o022 != 0 {
        bail!(
            "{} is not a folder of yours alone; set UCHAOS_CACHE to a folder without spaces",
            folder.display()
        );
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_make_would_break_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let spaced = folder.path().join("my checkout");
        let plain = folder.path().join("cache");
        assert_eq!(first_plain(&[&spaced, &plain], "kernel").unwrap(), plain.join("kernel"));
    }

    #[test]
    fn a_folder_that_others_may_write_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let parent = tempfile::tempdir().unwrap();
        let own = own_folder_in(parent.path()).unwrap();
        assert_eq!(own_folder_in(parent.path()).unwrap(), own);
        fs::set_permissions(&own, std::fs::Permissions::from_mode(0o777)).unwrap();
        assert!(own_folder_in(parent.path()).is_err());
    }
}
