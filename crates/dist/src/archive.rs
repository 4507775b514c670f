// SPDX-License-Identifier: GPL-2.0-or-later
//! Packs a folder as a `.tar.zst` that depends only on the folder's contents.

use std::io::BufWriter;
use std::path::Path;

use anyhow::{Context, Result};
use fs_err as fs;
use fs_err::File;
use tar::{Builder, EntryType, Header};

/// Higher levels take minutes for less than a percent.
const LEVEL: i32 = 19;
const EXECUTABLE: u32 = 0o755;
const PLAIN: u32 = 0o644;

/// Packs `files`, relative to `folder`, under the name of the folder, atomically.
///
/// # Errors
/// Returns an error if a file cannot be read or the archive cannot be written.
pub(crate) fn pack(folder: &Path, files: &[String], archive: &Path) -> Result<()> {
    let partial = archive.with_extension("partial");
    let written = write(folder, files, &partial);
    written
        .and_then(|()| Ok(fs::rename(&partial, archive)?))
        .inspect_err(|_| drop(fs::remove_file(&partial)))
        .with_context(|| format!("packing {} into {}", folder.display(), archive.display()))
}

fn write(folder: &Path, files: &[String], archive: &Path) -> Result<()> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let mut packer = zstd::Encoder::new(BufWriter::new(File::create(archive)?), LEVEL)?;
    packer.include_checksum(true)?;
    let mut tar = Builder::new(packer);
    for file in files {
        let path = folder.join(file);
        let data = fs::metadata(&path)?;
        let executable = std::os::unix::fs::PermissionsExt::mode(&data.permissions()) & 0o100 != 0;
        // Owner, group and times stay zero.
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_size(data.len());
        header.set_mode(if executable { EXECUTABLE } else { PLAIN });
        tar.append_data(&mut header, format!("{name}/{file}"), File::open(&path)?)?;
    }
    let packer = tar.into_inner()?;
    let file = packer.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    Ok(file.sync_all()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_depends_on_contents_and_execution_bits_alone() {
        let place = tempfile::tempdir().unwrap();
        let pack_in = |parent: &str| {
            let folder = place.path().join(parent).join("bundle");
            fs::create_dir_all(folder.join("part")).unwrap();
            fs::write(folder.join("a"), "text").unwrap();
            fs::write(folder.join("part/b"), vec![7; 100_000]).unwrap();
            let archive = place.path().join(parent).join("bundle.tar.zst");
            pack(&folder, &["a".to_owned(), "part/b".to_owned()], &archive).unwrap();
            fs::read(archive).unwrap()
        };
        let one = pack_in("one");
        assert_eq!(one, pack_in("two"));
        let tar = zstd::decode_all(one.as_slice()).unwrap();
        let mut archive = tar::Archive::new(tar.as_slice());
        let names: Vec<String> = archive
            .entries()
            .unwrap()
            .map(|entry| entry.unwrap().path().unwrap().display().to_string())
            .collect();
        assert_eq!(names, ["bundle/a", "bundle/part/b"]);
    }

    #[test]
    fn a_missing_file_leaves_no_archive() {
        let place = tempfile::tempdir().unwrap();
        let archive = place.path().join("x.tar.zst");
        let error = pack(place.path(), &["missing".to_owned()], &archive).unwrap_err();
        assert!(format!("{error:#}").contains("missing"), "{error:#}");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }
}
