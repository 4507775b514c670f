// SPDX-License-Identifier: GPL-2.0-or-later
//! Sticks to collect from: captures as machines write them, in folders and in images.

use std::io::{Cursor, Write as _};

use chaos_wire::frame::Kind;
use chaos_wire::{FrameWriter, GuestStatus, Port, PortError, Target};
use fatfs::{FileSystem, FormatVolumeOptions, FsOptions, format_volume};

struct Bytes<'a>(&'a mut Vec<u8>);

impl Port for Bytes<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// A capture of one raw job on the microkernel, with these facts.
pub(crate) fn capture(request: &str, facts: &str, raw: &[u64]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut frames = FrameWriter::new(Bytes(&mut bytes));
    let samples = raw.len();
    let meta = format!("kernel=test\n{facts}request=uchaos.job=raw:{samples} {request}\n");
    let report = format!(
        "job=raw:{samples}\nbegin_ticks=1\nend_ticks=2\nfill_ticks=1\nchunks=1\nfailed=no\n"
    );
    let words: Vec<u8> = raw.iter().flat_map(|word| word.to_le_bytes()).collect();
    let parts: [(Kind, &[u8]); 4] = [
        (Kind::Meta, meta.as_bytes()),
        (Kind::Raw, &words),
        (Kind::Health, b"state=healthy\n"),
        (Kind::Report, report.as_bytes()),
    ];
    for (kind, payload) in parts {
        frames.frame(kind, Target::BareMetal, payload).expect("memory takes every frame");
    }
    frames.done(GuestStatus::Success).expect("memory takes every frame");
    bytes
}

/// The image of a stick with one partition at sector 64 that holds `files` in the folder of captures.
pub(crate) fn image(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut volume = Cursor::new(vec![0; 4 << 20]);
    let options = FormatVolumeOptions::new().volume_label(*b"UCHAOS     ");
    format_volume(&mut volume, options).expect("formatting");
    {
        let system = FileSystem::new(&mut volume, FsOptions::new()).expect("mounting");
        system.root_dir().create_dir("uchaos").expect("a folder");
        let folder = system.root_dir().create_dir("uchaos/captures").expect("a folder");
        for (name, bytes) in files {
            folder.create_file(name).expect("a file").write_all(bytes).expect("writing");
        }
    }
    let volume = volume.into_inner();
    let mut disk = vec![0; 64 * 512];
    disk[510..512].copy_from_slice(&[0x55, 0xaa]);
    disk[446 + 4] = 0x0c;
    disk[446 + 8..][..4].copy_from_slice(&64_u32.to_le_bytes());
    let sectors = u32::try_from(volume.len() / 512).expect("a small volume");
    disk[446 + 12..][..4].copy_from_slice(&sectors.to_le_bytes());
    disk.extend(volume);
    disk
}
