// SPDX-License-Identifier: GPL-2.0-or-later
//! Writes a capture atomically: under a temporary name, flushed, read back, and then renamed.

use alloc::boxed::Box;
use alloc::vec::Vec;
use alloc::{format, vec};

use chaos_stick::{CAPTURES_PATH, CaptureName};
use chaos_wire::{Port, PortError};
use uefi::Status;
use uefi::proto::media::file::{File as _, FileAttribute, FileInfo, FileMode, RegularFile};

use super::{Result, captures_folder, firmware_path, space};
use crate::failure::Failure;

/// Bytes of a piece, and of one firmware write or read.
const PIECE_BYTES: usize = 256 * 1024;
/// Reserve: the folder may need another cluster.
const SPARE_BYTES: u64 = 128 * 1024;

/// A capture in memory, in pieces, so that growing never copies data.
#[derive(Debug, Default)]
pub(crate) struct Pieces(Vec<Vec<u8>>);

impl Pieces {
    pub(crate) fn len_bytes(&self) -> u64 {
        self.0.iter().map(|piece| piece.len() as u64).sum()
    }
}

impl Port for Pieces {
    fn write(&mut self, mut bytes: &[u8]) -> core::result::Result<(), PortError> {
        let full = PortError { code: 0, text: "too little memory for the capture" };
        while !bytes.is_empty() {
            let room = self.0.last().map_or(0, |piece| piece.capacity() - piece.len());
            if room == 0 {
                let mut piece = Vec::new();
                piece.try_reserve_exact(PIECE_BYTES).map_err(|_| full)?;
                self.0.try_reserve(1).map_err(|_| full)?;
                self.0.push(piece);
                continue;
            }
            let (now, later) = bytes.split_at(bytes.len().min(room));
            if let Some(piece) = self.0.last_mut() {
                piece.extend_from_slice(now);
            }
            bytes = later;
        }
        Ok(())
    }
}

/// A capture being written; its temporary file exists.
pub(crate) struct NewCapture {
    name: CaptureName,
    file: RegularFile,
}

impl NewCapture {
    /// Creates the temporary file, so that an unwritable stick is detected before the measurement. One left by a power
    /// cut is overwritten.
    pub(crate) fn begin(name: CaptureName, expected_bytes: u64) -> Result<Self> {
        let (writable, free_bytes) = space()?;
        let doing = format!("making room for {CAPTURES_PATH}/{name}");
        if !writable {
            return Err(Failure::of_stick(doing, Status::WRITE_PROTECTED));
        }
        if free_bytes < expected_bytes.saturating_add(SPARE_BYTES) {
            let why = format!(
                "the stick is full: {} KiB are needed, {} KiB are free",
                (expected_bytes + SPARE_BYTES).div_ceil(1024),
                free_bytes / 1024
            );
            let next =
                "Copy the captures to a computer and delete them from the stick, or ask for less.";
            return Err(Failure::new(doing, why, next));
        }
        let failure = |error: uefi::Error| Failure::of_stick(&*doing, error.status());
        let mut folder = captures_folder(FileMode::CreateReadWrite)?
            .ok_or_else(|| Failure::of_stick(&*doing, Status::NOT_FOUND))?;
        if folder
            .open(&firmware_path(&format!("{name}")), FileMode::Read, FileAttribute::empty())
            .is_ok()
        {
            return Err(Failure::new(doing, "it exists already", "Restart the program."));
        }
        let temporary = firmware_path(&format!("{}", name.temporary()));
        if let Ok(old) = folder.open(&temporary, FileMode::ReadWrite, FileAttribute::empty()) {
            old.delete().map_err(failure)?;
        }
        let file = folder
            .open(&temporary, FileMode::CreateReadWrite, FileAttribute::empty())
            .map_err(failure)?
            .into_regular_file()
            .ok_or_else(|| Failure::of_stick(&*doing, Status::VOLUME_CORRUPTED))?;
        Ok(Self { name, file })
    }

    /// Writes the capture and calls `stage` before each step. If a step fails, the file is deleted.
    pub(crate) fn keep(mut self, capture: &Pieces, stage: &mut dyn FnMut(&str)) -> Result<()> {
        let kept = self.steps(capture, stage);
        if kept.is_err() {
            self.discard();
        }
        kept
    }

    /// Deletes the temporary file.
    pub(crate) fn discard(self) {
        // If the stick does not answer, the file remains, and the next measurement overwrites it.
        let _ = self.file.delete();
    }

    fn steps(&mut self, capture: &Pieces, stage: &mut dyn FnMut(&str)) -> Result<()> {
        let name = self.name;
        let path = format!("{CAPTURES_PATH}/{name}");
        let failure = |doing: &str, status| Failure::of_stick(format!("{doing} {path}"), status);
        stage("writing");
        for piece in &capture.0 {
            self.file.write(piece).map_err(|error| failure("writing", error.status()))?;
        }
        stage("flushing");
        self.file.flush().map_err(|error| failure("writing", error.status()))?;
        stage("checking");
        self.check(capture).map_err(|status| match status {
            Status::CRC_ERROR => Failure::new(
                format!("checking {path}"),
                "the stick returns other data than was written",
                "Use another stick.",
            ),
            status => failure("checking", status),
        })?;
        stage("renaming");
        self.rename().map_err(|error| failure("renaming", error.status()))?;
        stage("settling");
        self.file.flush().map_err(|error| failure("renaming", error.status()))
    }

    /// Reads the file and compares it; [`Status::CRC_ERROR`] when it differs.
    fn check(&mut self, capture: &Pieces) -> core::result::Result<(), Status> {
        self.file.set_position(0).map_err(|error| error.status())?;
        let mut read = vec![0; PIECE_BYTES];
        for piece in &capture.0 {
            let read = &mut read[..piece.len()];
            let mut done = 0;
            while done < read.len() {
                match self.file.read(&mut read[done..]).map_err(|error| error.status())? {
                    0 => return Err(Status::CRC_ERROR),
                    count => done += count,
                }
            }
            if read != piece.as_slice() {
                return Err(Status::CRC_ERROR);
            }
        }
        match self.file.read(&mut read[..1]).map_err(|error| error.status())? {
            0 => Ok(()),
            _ => Err(Status::CRC_ERROR),
        }
    }

    fn rename(&mut self) -> uefi::Result {
        let now: Box<FileInfo> = self.file.get_boxed_info()?;
        let name = firmware_path(&format!("{}", self.name));
        let mut place = [0; 512];
        let info = FileInfo::new(
            &mut place,
            now.file_size(),
            now.physical_size(),
            *now.create_time(),
            *now.last_access_time(),
            *now.modification_time(),
            now.attribute(),
            &name,
        )
        .map_err(|_| Status::BUFFER_TOO_SMALL)?;
        self.file.set_info(info)
    }
}
