// SPDX-License-Identifier: GPL-2.0-or-later
//! The size of each part of the kernel, from the objects that vmlinux was linked from.

use fs_err as fs;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use object::read::archive::ArchiveFile;
use object::{Object as _, ObjectSection as _, SectionFlags, SectionKind, elf};
use serde::Serialize;

/// A folder of the kernel's source, and the bytes of its objects. The linker merges equal strings and drops code
/// only for loadable modules, so the sum is somewhat more than vmlinux.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Subsystem {
    /// `mm`, `drivers/tty`, `arch/x86/events`.
    pub folder: String,
    pub text_bytes: u64,
    pub data_bytes: u64,
    /// Data without one (.bss), which takes no space in the image.
    pub bss_bytes: u64,
}

/// The parts of the kernel whose vmlinux is given, in its build folder; the largest first.
pub(super) fn subsystems(vmlinux: &Path) -> Result<Vec<Subsystem>> {
    let build_dir = vmlinux.parent().context("the path of vmlinux has no folder")?;
    let mut parts: BTreeMap<String, Subsystem> = BTreeMap::new();
    for archive in archives(build_dir)? {
        for path in members(&archive)? {
            let folder = part_of(path.strip_prefix(build_dir).unwrap_or(&path));
            let part = parts.entry(folder.clone()).or_default();
            part.folder = folder;
            let bytes = fs::read(&path)?;
            add(part, &bytes).with_context(|| format!("reading {} as ELF", path.display()))?;
        }
    }
    let mut parts: Vec<Subsystem> = parts.into_values().collect();
    parts.retain(|part| part.text_bytes + part.data_bytes + part.bss_bytes > 0);
    ensure!(!parts.is_empty(), "there are no objects in {}", build_dir.display());
    parts.sort_by_key(|part| std::cmp::Reverse(part.text_bytes + part.data_bytes));
    Ok(parts)
}

/// `built-in.a` and `lib.a` of the top folders and of arch/x86: each lists all objects below it.
fn archives(build_dir: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = vec![build_dir.join("arch/x86"), build_dir.join("arch/x86/lib")];
    for entry in fs::read_dir(build_dir)? {
        folders.push(entry.with_context(|| format!("listing {}", build_dir.display()))?.path());
    }
    let mut archives = Vec::new();
    for folder in folders {
        // arch/x86/built-in.a already includes the objects of arch/x86/lib.
        let below = folder.ends_with("arch/x86/lib");
        let names: &[&str] = if below { &["lib.a"] } else { &["built-in.a", "lib.a"] };
        archives.extend(names.iter().map(|name| folder.join(name)).filter(|path| path.exists()));
    }
    archives.sort();
    Ok(archives)
}

/// The paths of a thin archive's members; empty for an archive that has none.
fn members(archive: &Path) -> Result<Vec<PathBuf>> {
    let bytes = fs::read(archive)?;
    let parsed = ArchiveFile::parse(&*bytes)
        .with_context(|| format!("reading {} as an archive", archive.display()))?;
    let folder = archive.parent().unwrap_or(Path::new("."));
    parsed
        .members()
        .map(|member| {
            let member = member.with_context(|| format!("in {}", archive.display()))?;
            Ok(folder.join(String::from_utf8_lossy(member.name()).as_ref()))
        })
        .collect()
}

/// The first folder of an object's path; the first two below `drivers`, `fs` and `net`, the first three below `arch`.
fn part_of(path: &Path) -> String {
    let folders: Vec<String> = path
        .parent()
        .into_iter()
        .flat_map(Path::iter)
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    let depth = match folders.first().map(String::as_str) {
        Some("arch") => 3,
        Some("drivers" | "fs" | "net" | "kernel") => 2,
        _ => 1,
    };
    folders[..depth.min(folders.len())].join("/")
}

fn add(part: &mut Subsystem, object: &[u8]) -> Result<()> {
    for section in object::File::parse(object)?.sections() {
        let SectionFlags::Elf { sh_flags, .. } = section.flags() else { continue };
        if !sh_flags.contains(elf::SHF_ALLOC) {
            continue;
        }
        let bytes = match section.kind() {
            SectionKind::UninitializedData => &mut part.bss_bytes,
            _ if sh_flags.contains(elf::SHF_WRITE) => &mut part.data_bytes,
            _ => &mut part.text_bytes,
        };
        *bytes += section.size();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn objects_are_counted_by_folder_through_thin_archives() {
        let build = tempfile::tempdir().unwrap();
        for (folder, name, source) in [
            ("mm", "slob.s", "\t.text\n\t.zero 100\n\t.bss\n\t.zero 30\n"),
            ("drivers/tty", "tty.s", "\t.data\n\t.zero 70\n\t.section .rodata\n\t.zero 5\n"),
            (
                "drivers/tty/serial",
                "8250.s",
                "\t.text\n\t.zero 11\n\t.section .note.x\n\t.zero 9\n",
            ),
        ] {
            let folder = build.path().join(folder);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(name), source).unwrap();
            let status = Command::new("cc").arg("-c").arg(name).current_dir(&folder).status();
            assert!(status.unwrap().success());
        }
        for (archive, members) in [
            ("mm/built-in.a", &["mm/slob.o"][..]),
            ("drivers/built-in.a", &["drivers/tty/tty.o", "drivers/tty/serial/8250.o"]),
            ("sound/built-in.a", &[]),
        ] {
            fs::create_dir_all(build.path().join(archive).parent().unwrap()).unwrap();
            let mut ar = Command::new("ar");
            ar.arg("cDPrST").arg(archive).args(members).current_dir(build.path());
            assert!(ar.status().unwrap().success());
        }
        let parts = subsystems(&build.path().join("vmlinux")).unwrap();
        let part = |folder: &str, text_bytes, data_bytes, bss_bytes| Subsystem {
            folder: folder.to_owned(),
            text_bytes,
            data_bytes,
            bss_bytes,
        };
        assert_eq!(parts, [part("mm", 100, 0, 30), part("drivers/tty", 16, 70, 0)]);
    }

    #[test]
    fn a_folder_without_a_kernel_is_an_error() {
        let empty = tempfile::tempdir().unwrap();
        assert!(subsystems(&empty.path().join("vmlinux")).is_err());
    }
}
