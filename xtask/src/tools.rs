// SPDX-License-Identifier: GPL-2.0-or-later
//! What this machine must have, why, and which Debian package brings it. A tool is looked up on PATH, a header
//! by its path; nothing is guessed from package names alone.

use std::path::{Path, PathBuf};

/// One thing that is needed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    /// The program, or the absolute path of a file.
    pub(crate) name: &'static str,
    /// The Debian package that has it.
    pub(crate) package: &'static str,
    /// What for.
    pub(crate) why: &'static str,
}

const fn need(name: &'static str, package: &'static str, why: &'static str) -> Need {
    Need { name, package, why }
}

/// What booting a guest needs.
pub(crate) const TO_RUN: &[Need] =
    &[need("qemu-system-x86_64", "qemu-system-x86", "boots both guests")];

/// What looking at the report as a browser shows it needs.
pub(crate) const TO_LOOK: &[Need] =
    &[need("chromium", "chromium", "opens the report in its own test")];

/// What building the images needs.
pub(crate) const TO_BUILD: &[Need] = &[
    need("gcc", "gcc", "compiles the Linux kernel and the module's C shim"),
    need("make", "make", "drives the kernel's and busybox's builds"),
    need("ld", "binutils", "links both kernels"),
    need("objcopy", "binutils", "prepares the engine object"),
    need("flex", "flex", "the kernel's configuration parser"),
    need("bison", "bison", "the kernel's configuration parser"),
    need("bc", "bc", "the kernel's time constants"),
    need("perl", "perl", "scripts of the kernel's build"),
    need("xz", "xz-utils", "unpacks and compresses the kernel"),
    need("bzip2", "bzip2", "unpacks busybox"),
    need("tar", "tar", "unpacks the sources"),
    need("patch", "patch", "scripts of the kernel's build"),
    need("cpio", "cpio", "the kernel's header archive, and tests of ours"),
    need("rsync", "rsync", "the kernel's header installation"),
    need("/usr/include/libelf.h", "libelf-dev", "the kernel's object checker"),
    need("/usr/include/stdio.h", "libc6-dev", "the C library's headers, for the builds' own tools"),
    need("musl-gcc", "musl-tools", "links busybox statically and small"),
    need("depmod", "kmod", "the kernel's module installation"),
    need(
        "dpkg-source",
        "dpkg-dev",
        "fetches Debian's source packages where upstream is out of reach",
    ),
];

/// What building QEMU for the guest needs.
pub(crate) const TO_NEST: &[Need] = &[
    need("ninja", "ninja-build", "drives QEMU's build"),
    need("meson", "meson", "configures QEMU"),
    need("python3", "python3", "scripts of QEMU's build"),
    need("pkg-config", "pkg-config", "finds QEMU's libraries"),
    need("/usr/include/glib-2.0/glib.h", "libglib2.0-dev", "QEMU's base library"),
    need("/usr/include/zlib.h", "zlib1g-dev", "QEMU's compression"),
    need(
        "/usr/include/pixman-1/pixman.h",
        "libpixman-1-dev",
        "QEMU's pictures, which it insists on",
    ),
    need("/usr/include/libfdt.h", "libfdt-dev", "QEMU's device trees"),
];

/// What the checks on packages and signed modules need.
pub(crate) const TO_PACKAGE: &[Need] = &[
    need("dkms", "dkms", "builds the module from its package"),
    need("openssl", "openssl", "makes a key to sign a module with"),
];

impl Need {
    /// Where it is on this machine, if it is.
    pub(crate) fn found(&self) -> Option<PathBuf> {
        if self.name.starts_with('/') {
            return Some(PathBuf::from(self.name)).filter(|path| path.exists());
        }
        find(self.name)
    }
}

/// Where a program is on this machine, if it is.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    // The administrator's folders are not on every user's PATH, and depmod lives there.
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|candidate| is_executable(candidate))
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// Those of `needs` that are not on this machine.
pub(crate) fn missing(needs: &[Need]) -> Vec<Need> {
    needs.iter().filter(|need| need.found().is_none()).copied().collect()
}

/// The packages that bring `needs`, each once, in order.
pub(crate) fn packages(needs: &[Need]) -> Vec<&'static str> {
    let mut packages: Vec<&str> = needs.iter().map(|need| need.package).collect();
    packages.sort_unstable();
    packages.dedup();
    packages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_is_not_there_is_missing_and_one_that_is_has_a_path() {
        let shell = need("sh", "dash", "a test");
        let ghost = need("no-such-tool-on-any-machine", "ghost", "a test");
        assert!(shell.found().is_some_and(|path| path.is_absolute()));
        assert_eq!(packages(&missing(&[shell, ghost, ghost])), ["ghost"]);
    }
}
