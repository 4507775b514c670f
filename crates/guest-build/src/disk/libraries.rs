// SPDX-License-Identifier: GPL-2.0-or-later
//! The libraries that a program needs, directly and indirectly, by the names in dynamic sections: `ldd` for files that are
//! not installed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use fs_err as fs;
use object::elf;
use object::read::elf::{Dyn as _, ElfFile64, FileHeader as _};

/// Where Debian installs them.
const FOLDERS: [&str; 3] = ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "usr/lib"];

/// The libraries of `programs`, as paths below `root`. The dynamic linker is one, since the C library needs it.
pub(super) fn needed_by(programs: &[PathBuf], root: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<PathBuf> = programs.to_vec();
    while let Some(file) = waiting.pop() {
        let bytes = fs::read(root.join(&file))?;
        let names =
            names_in(&bytes).with_context(|| format!("reading what {} needs", file.display()))?;
        for name in names {
            let Some(library) = FOLDERS
                .iter()
                .map(|folder| Path::new(folder).join(&name))
                .find(|path| root.join(path).exists())
            else {
                bail!(
                    "{} needs {name}, which none of the packages has: name its package in the profile's [disk]",
                    file.display()
                );
            };
            if found.insert(library.clone()) {
                waiting.push(library);
            }
        }
    }
    Ok(found)
}

fn names_in(bytes: &[u8]) -> Result<Vec<String>> {
    let file: ElfFile64<'_> = ElfFile64::parse(bytes)?;
    let endian = file.endian();
    let sections = file.elf_header().sections(endian, bytes)?;
    let Some((entries, link)) = sections.dynamic(endian, bytes)? else { return Ok(Vec::new()) };
    let strings = sections.strings(endian, bytes, link)?;
    entries
        .iter()
        .filter(|entry| entry.d_tag(endian) == elf::DT_NEEDED)
        .map(|entry| Ok(String::from_utf8_lossy(entry.string(endian, strings)?).into_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// The C library and its linker are where Debian has them on every machine that compiled this.
    #[test]
    fn a_program_needs_its_libraries_and_theirs() {
        let program = std::env::current_exe().unwrap();
        let root = tempfile::tempdir().unwrap();
        fs::copy(&program, root.path().join("program")).unwrap();
        let programs = [PathBuf::from("program")];
        let error = needed_by(&programs, root.path()).unwrap_err().to_string();
        assert!(error.contains("none of the packages has"), "{error}");

        // An answer that does not come from here: the dynamic linker's.
        let listed = std::process::Command::new("ldd").arg(&program).output().unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        let expected: BTreeMap<String, PathBuf> = listed
            .lines()
            .filter_map(|line| line.split_whitespace().find(|text| text.starts_with('/')))
            .map(|path| (path.rsplit('/').next().unwrap().to_owned(), PathBuf::from(path)))
            .collect();
        assert!(expected.len() >= 2, "{listed}");
        let folder = root.path().join(FOLDERS[0]);
        fs::create_dir_all(&folder).unwrap();
        for (name, path) in &expected {
            fs::copy(path, folder.join(name)).unwrap();
        }
        let found = needed_by(&programs, root.path()).unwrap();
        let names: Vec<_> =
            found.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        let expected: Vec<_> = expected.keys().map(String::as_str).collect();
        assert_eq!(names, expected);
    }
}
