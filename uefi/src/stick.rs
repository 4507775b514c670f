// SPDX-License-Identifier: GPL-2.0-or-later
//! The stick: the volume that the program was loaded from, by the firmware's file system. No other volume is opened.

mod capture;

use alloc::string::ToString as _;
use alloc::vec::Vec;
use alloc::{format, string::String};

use chaos_stick::{CAPTURES_PATH, CaptureName};
use uefi::proto::media::file::{
    Directory, File as _, FileAttribute, FileHandle, FileInfo, FileMode, FileSystemInfo,
};
use uefi::{CString16, Status, boot};

pub(crate) use self::capture::{NewCapture, Pieces};
use crate::failure::Failure;

/// The largest file of text that is read.
const TEXT_BYTES: u64 = 64 * 1024;

type Result<T> = core::result::Result<T, Failure>;

/// An entry of the captures' folder.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recorded {
    pub(crate) name: CaptureName,
    pub(crate) bytes: u64,
}

fn root() -> Result<Directory> {
    let failure = |error: uefi::Error| Failure::of_stick("opening the stick", error.status());
    let mut volume = boot::get_image_file_system(boot::image_handle()).map_err(failure)?;
    volume.open_volume().map_err(failure)
}

/// A path of the stick as the firmware writes it.
fn firmware_path(path: &str) -> CString16 {
    // Every path is ASCII.
    CString16::try_from(path.replace('/', "\\").as_str()).unwrap_or_default()
}

fn open(path: &str, mode: FileMode, attribute: FileAttribute) -> uefi::Result<FileHandle> {
    let mut root = root().map_err(|_| Status::NO_MEDIA)?;
    root.open(&firmware_path(path), mode, attribute)
}

/// The bytes of a file; `None` where it does not exist.
pub(crate) fn read(path: &str) -> Result<Option<Vec<u8>>> {
    read_up_to(path, u64::MAX)
}

/// A file of text; `None` where it does not exist.
pub(crate) fn read_text(path: &str) -> Result<Option<String>> {
    let Some(bytes) = read_up_to(path, TEXT_BYTES)? else { return Ok(None) };
    let text = String::from_utf8(bytes).map_err(|_| {
        Failure::new(format!("reading {path}"), "it is not UTF-8 text", "Save it as plain text.")
    })?;
    Ok(Some(text))
}

fn read_up_to(path: &str, most: u64) -> Result<Option<Vec<u8>>> {
    let doing = || format!("reading {path}");
    let failure = |error: uefi::Error| Failure::of_stick(doing(), error.status());
    // Check that the stick is present: only then does "not found" mean that the file does not exist.
    root()?;
    let handle = match open(path, FileMode::Read, FileAttribute::empty()) {
        Ok(handle) => handle,
        Err(error) if error.status() == Status::NOT_FOUND => return Ok(None),
        Err(error) => return Err(failure(error)),
    };
    let mut file = handle
        .into_regular_file()
        .ok_or_else(|| Failure::new(doing(), "it is a folder", "Rename it and try again."))?;
    let len = file.get_boxed_info::<FileInfo>().map_err(failure)?.file_size();
    let too_large = || Failure::new(doing(), "it is too large", "Check it on another computer.");
    let mut bytes = Vec::new();
    let room = usize::try_from(len).ok().filter(|_| len <= most).ok_or_else(too_large)?;
    bytes.try_reserve_exact(room).map_err(|_| too_large())?;
    bytes.resize(room, 0);
    let mut read = 0;
    while read < room {
        match file.read(&mut bytes[read..]) {
            Ok(0) => break,
            Ok(count) => read += count,
            Err(error) => return Err(Failure::of_stick(doing(), error.status())),
        }
    }
    bytes.truncate(read);
    Ok(Some(bytes))
}

/// Replaces a small file of text.
pub(crate) fn write_text(path: &str, text: &str) -> Result<()> {
    let doing = || format!("writing {path}");
    remove(path)?;
    let failure = |status| Failure::of_stick(doing(), status);
    let handle = open(path, FileMode::CreateReadWrite, FileAttribute::empty());
    let mut file = handle
        .map_err(|error| failure(error.status()))?
        .into_regular_file()
        .ok_or_else(|| failure(Status::VOLUME_CORRUPTED))?;
    file.write(text.as_bytes()).map_err(|error| failure(error.status()))?;
    file.flush().map_err(|error| failure(error.status()))
}

/// Deletes a file, if it exists.
pub(crate) fn remove(path: &str) -> Result<()> {
    let failure =
        |error: uefi::Error| Failure::of_stick(format!("deleting {path}"), error.status());
    match open(path, FileMode::ReadWrite, FileAttribute::empty()) {
        Ok(file) => file.delete().map_err(failure),
        Err(error) if error.status() == Status::NOT_FOUND => Ok(()),
        Err(error) => Err(failure(error)),
    }
}

/// The captures, by number; the folder is created if it does not exist.
pub(crate) fn recorded() -> Result<Vec<Recorded>> {
    let failure =
        |error: uefi::Error| Failure::of_stick(format!("reading {CAPTURES_PATH}"), error.status());
    let Some(mut folder) = captures_folder(FileMode::Read)? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    while let Some(entry) = folder.read_entry_boxed().map_err(failure)? {
        if let Some(name) = CaptureName::parse(&entry.file_name().to_string())
            && entry.is_regular_file()
        {
            found.push(Recorded { name, bytes: entry.file_size() });
        }
    }
    found.sort_unstable_by_key(|recorded| recorded.name);
    Ok(found)
}

/// The captures' folder; with [`FileMode::CreateReadWrite`] it and its parent are created.
fn captures_folder(mode: FileMode) -> Result<Option<Directory>> {
    let doing = format!("opening {CAPTURES_PATH}");
    root()?;
    if mode == FileMode::CreateReadWrite {
        for (index, _) in CAPTURES_PATH.match_indices('/').skip(1) {
            let parent = &CAPTURES_PATH[..index];
            open(parent, mode, FileAttribute::DIRECTORY)
                .map_err(|error| Failure::of_stick(format!("making {parent}"), error.status()))?;
        }
    }
    let handle = match open(CAPTURES_PATH, mode, FileAttribute::DIRECTORY) {
        Ok(handle) => handle,
        Err(error) if error.status() == Status::NOT_FOUND && mode == FileMode::Read => {
            return Ok(None);
        }
        Err(error) => return Err(Failure::of_stick(doing, error.status())),
    };
    handle.into_directory().map(Some).ok_or_else(|| {
        Failure::new(doing, "it is a file and not a folder", "Rename it and try again.")
    })
}

/// Whether the stick can be written, and its free bytes.
fn space() -> Result<(bool, u64)> {
    let failure =
        |error: uefi::Error| Failure::of_stick("asking for the stick's free space", error.status());
    let info = root()?.get_boxed_info::<FileSystemInfo>().map_err(failure)?;
    Ok((!info.read_only(), info.free_space()))
}
