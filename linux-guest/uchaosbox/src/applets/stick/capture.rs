// SPDX-License-Identifier: GPL-2.0-or-later
//! A capture on the stick: written under a temporary name, brought to the stick, read back from it, and only then
//! given its name. Whatever goes wrong before that leaves no capture behind, and never touches an older one.

use core::fmt::{self, Write as _};

use chaos_stick::{CaptureName, SERIES_PATH, Series};
use chaos_wire::frame::{HEADER_BYTES, Header, Kind, MAX_PAYLOAD_BYTES};
use chaos_wire::{FrameWriter, GuestStatus, Port, PortError, Request, TextBuffer};
use rustix::fd::OwnedFd;
use rustix::fs::{Advice, AtFlags, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::volume::Volume;
use crate::applets::{Stop, job, system};
use crate::machine::Linux;
use crate::run::file::{read_full, write_all};
use crate::run::map;

/// What frames, reports and folders take beyond the samples themselves.
const OVERHEAD_BYTES: u64 = 64 << 10;

/// A capture that is on the stick.
pub(super) struct Kept {
    pub(super) status: GuestStatus,
    pub(super) len_bytes: u64,
}

/// Refuses jobs whose samples would not fit.
pub(super) fn check_room(volume: &Volume, request: &Request) -> Result<(), Stop> {
    let free = volume.free_bytes().map_err(|error| volume.failed("looking for room", error))?;
    let mut wanted = OVERHEAD_BYTES;
    for target in job::targets(request).iter() {
        for job in request.jobs.iter().filter(|job| target.can(*job)) {
            wanted = wanted.saturating_add(job.len_bytes());
        }
    }
    if wanted <= free {
        return Ok(());
    }
    Err(Stop::new(
        GuestStatus::NoDataPort,
        format_args!(
            "the stick is full: this measurement takes {wanted} bytes, and {free} are free; move captures from /uchaos/captures to another disk"
        ),
    ))
}

/// Does the jobs, and keeps what they gave.
pub(super) fn record(
    volume: &Volume,
    name: CaptureName,
    request: &Request,
    machine: &mut Linux,
) -> Result<Kept, Stop> {
    let mut places = [[0; 32]; 2];
    let [temporary, last] = &mut places;
    let (temporary, last) = (text(temporary, &name.temporary()), text(last, &name));
    let folder = volume.folder().map_err(|error| volume.failed("opening the captures", error))?;
    let kept = write_and_rename(volume, &folder, temporary, last, |port| {
        Ok(job::run_request(request, machine, &mut FrameWriter::new(port)))
    });
    kept.inspect_err(|_| {
        // On a stick that is gone this fails as well; there is nothing left to take away then.
        let _ = rustix::fs::unlinkat(&folder, temporary, AtFlags::empty());
    })
}

/// Leaves the file that stands for a series.
pub(super) fn write_series(volume: &Volume, series: Series) -> Result<(), Stop> {
    let mut place = [0; 64];
    let bytes = text(&mut place, &series);
    volume
        .with_path(SERIES_PATH, |path| {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
            let file = rustix::fs::open(path, flags, Mode::from_raw_mode(0o644))?;
            write_all(&file, bytes.as_bytes())?;
            rustix::fs::fsync(&file)?;
            volume.sync()
        })
        .map_err(|error| volume.failed("beginning the series", error))
}

fn write_and_rename(
    volume: &Volume,
    folder: &OwnedFd,
    temporary: &str,
    last: &str,
    write: impl FnOnce(&mut StickPort<'_>) -> Result<GuestStatus, Stop>,
) -> Result<Kept, Stop> {
    let keeping = |error| volume.failed("keeping the capture", error);
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
    let file = rustix::fs::openat(folder, temporary, flags, Mode::from_raw_mode(0o644))
        .map_err(keeping)?;
    let mut port = StickPort { volume, file: &file, len_bytes: 0, failed: false };
    let status = write(&mut port)?;
    let (len_bytes, failed) = (port.len_bytes, port.failed);
    if failed {
        // The job loop has printed why.
        return Err(Stop::said(GuestStatus::NoDataPort));
    }
    rustix::fs::fsync(&file).map_err(keeping)?;
    read_back(volume, &file, len_bytes)?;
    // The file first: a FAT volume keeps its place and length in the entry that the rename has made, and syncing the folder
    // first would bring that entry to the stick without them.
    rustix::fs::renameat_with(folder, temporary, folder, last, RenameFlags::NOREPLACE)
        .and_then(|()| rustix::fs::fsync(&file))
        .and_then(|()| volume.sync())
        .map_err(keeping)?;
    Ok(Kept { status, len_bytes })
}

/// Reads what is on the stick, not what memory still holds of it, and checks each frame.
fn read_back(volume: &Volume, file: &OwnedFd, len_bytes: u64) -> Result<(), Stop> {
    let reading = |error| volume.failed("reading the capture back", error);
    rustix::fs::fadvise(file, 0, None, Advice::DontNeed).map_err(reading)?;
    rustix::fs::seek(file, rustix::fs::SeekFrom::Start(0)).map_err(reading)?;
    let place = map::bytes(MAX_PAYLOAD_BYTES).map_err(system("mapping a buffer"))?;
    let differs = || {
        Stop::new(
            GuestStatus::NoDataPort,
            "reading the capture back: the stick holds other bytes than were written; use another one",
        )
    };
    let (mut sequence, mut read_bytes) = (0, 0);
    loop {
        let mut header = [0; HEADER_BYTES];
        let (header_len, _) = read_full(file, &mut header).map_err(reading)?;
        let decoded = Header::decode(&header).ok().filter(|header| header.sequence == sequence);
        let Some(decoded) = decoded.filter(|_| header_len == HEADER_BYTES) else {
            return Err(differs());
        };
        let payload = place.get_mut(..decoded.len_bytes as usize).ok_or_else(differs)?;
        read_full(file, payload).map_err(reading)?;
        decoded.check(payload).map_err(|_| differs())?;
        read_bytes += HEADER_BYTES as u64 + u64::from(decoded.len_bytes);
        sequence += 1;
        if decoded.kind == Kind::Done {
            return if read_bytes == len_bytes { Ok(()) } else { Err(differs()) };
        }
    }
}

/// A file on the stick as the port of the job loop.
struct StickPort<'a> {
    volume: &'a Volume,
    file: &'a OwnedFd,
    len_bytes: u64,
    failed: bool,
}

impl Port for StickPort<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        write_all(self.file, bytes).map_err(|error: Errno| {
            self.failed = true;
            PortError { code: -error.raw_os_error(), text: self.volume.cause(error) }
        })?;
        self.len_bytes += bytes.len() as u64;
        Ok(())
    }
}

fn text<'a>(place: &'a mut [u8], value: &dyn fmt::Display) -> &'a str {
    let mut text = TextBuffer::new(place);
    // Both are far shorter than their places.
    let _ = write!(text, "{value}");
    let len = text.as_bytes().len();
    place.get(..len).and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or_default()
}
