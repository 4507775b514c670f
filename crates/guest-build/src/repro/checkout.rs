// SPDX-License-Identifier: GPL-2.0-or-later
//! A copy of the checkout as another user would have it: the same files with that user's modes, at another path,
//! without build output and results.

use fs_err as fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use anyhow::{Context, Result};

/// Folders of the checkout that no build reads.
const LEFT_OUT: [&str; 3] = [".git", "runs", "target"];

/// Copies the checkout `from` into the new folder `to`, with the modes that `umask` leaves.
pub fn copy_checkout(from: &Path, to: &Path, umask: u32) -> Result<()> {
    fs::create_dir_all(to)?;
    set_mode(to, 0o777 & !umask)?;
    for entry in fs::read_dir(from)? {
        let entry = entry.with_context(|| format!("listing {}", from.display()))?;
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().with_context(|| format!("looking at {}", path.display()))?;
        if kind.is_symlink() {
            let target = fs::read_link(&path)
                .with_context(|| format!("reading the link {}", path.display()))?;
            symlink(target, &copy).with_context(|| format!("creating {}", copy.display()))?;
        } else if kind.is_dir() {
            // The mark of caches (bford.info/cachedir), including cargo's target folders.
            let is_left_out = LEFT_OUT.iter().any(|name| path.ends_with(name))
                || path.join("CACHEDIR.TAG").exists()
                || to.starts_with(&path);
            if !is_left_out {
                copy_checkout(&path, &copy, umask)?;
            }
        } else {
            let bytes = fs::read(&path)?;
            fs::write(&copy, bytes)?;
            let data = entry.metadata().with_context(|| format!("reading {}", path.display()))?;
            let runs = data.permissions().mode() & 0o100 != 0;
            set_mode(&copy, if runs { 0o777 } else { 0o666 } & !umask)?;
        }
    }
    Ok(())
}

fn set_mode(path: &Path, mode: u32) -> Result<()> {
    fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
        .with_context(|| format!("setting the mode of {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_copied_and_what_was_built_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["from/a", "from/.git", "from/b/target", "from/elsewhere"] {
            fs::create_dir_all(at(name)).unwrap();
            fs::write(at(name).join("file"), name).unwrap();
        }
        fs::write(at("from/elsewhere/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55")
            .unwrap();
        set_mode(&at("from/a/file"), 0o755).unwrap();
        // The copy may be inside the checkout itself.
        let to = at("from/tmp/copy");
        copy_checkout(&at("from"), &to, 0o027).unwrap();
        let mode = |name: &str| to.join(name).metadata().unwrap().permissions().mode() & 0o7777;
        assert_eq!(fs::read(to.join("a/file")).unwrap(), b"from/a");
        assert_eq!((mode("a"), mode("a/file")), (0o750, 0o750));
        let mut names: Vec<_> =
            fs::read_dir(&to).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(fs::read_dir(to.join("b")).unwrap().count(), 0);
    }
}
