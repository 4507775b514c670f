// SPDX-License-Identifier: GPL-2.0-or-later
//! The partitions of a disk: the master boot record's four, or a GUID partition table's (UEFI specification 2.10,
//! §5.2 and §5.3). Their contents are not examined here.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

const SECTOR_BYTES: u64 = 512;
const MBR_SIGNATURE: [u8; 2] = [0x55, 0xaa];
const PROTECTIVE: u8 = 0xee;
/// More entries than any partitioning tool creates.
const ENTRIES_MAX: u32 = 1_024;

/// Byte range of each partition within the first `disk_bytes` of the disk; empty if there is no table.
pub(crate) fn partitions(
    disk: &mut (impl Read + Seek),
    disk_bytes: u64,
) -> io::Result<Vec<Range<u64>>> {
    let mut sector = [0; SECTOR_BYTES as usize];
    disk.seek(SeekFrom::Start(0))?;
    if disk_bytes < SECTOR_BYTES {
        return Ok(Vec::new());
    }
    disk.read_exact(&mut sector)?;
    if sector[510..] != MBR_SIGNATURE {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in sector[446..510].chunks_exact(16) {
        match entry[4] {
            0 => {}
            PROTECTIVE => found.extend(from_gpt(disk)?),
            _ => {
                let (first, count) = (u64::from(u32_at(entry, 8)), u64::from(u32_at(entry, 12)));
                found.push(first..first + count);
            }
        }
    }
    let in_bytes = |sectors: Range<u64>| {
        let bytes =
            sectors.start.checked_mul(SECTOR_BYTES)?..sectors.end.checked_mul(SECTOR_BYTES)?;
        (bytes.start < bytes.end && bytes.start > 0 && bytes.end <= disk_bytes).then_some(bytes)
    };
    Ok(found.into_iter().filter_map(in_bytes).collect())
}

fn from_gpt(disk: &mut (impl Read + Seek)) -> io::Result<Vec<Range<u64>>> {
    let mut header = [0; 92];
    disk.seek(SeekFrom::Start(SECTOR_BYTES))?;
    disk.read_exact(&mut header)?;
    let entry_bytes = u32_at(&header, 84);
    let at = u64_at(&header, 72).checked_mul(SECTOR_BYTES);
    let (true, Some(at), true) =
        (&header[..8] == b"EFI PART", at, (128..=4_096).contains(&entry_bytes))
    else {
        return Ok(Vec::new());
    };
    disk.seek(SeekFrom::Start(at))?;
    let mut found = Vec::new();
    let mut entry = vec![0; entry_bytes as usize];
    for _ in 0..u32_at(&header, 80).min(ENTRIES_MAX) {
        disk.read_exact(&mut entry)?;
        let used = entry[..16].iter().any(|byte| *byte != 0);
        let (first, last) = (u64_at(&entry, 32), u64_at(&entry, 40));
        if let (true, Some(end)) = (used, last.checked_add(1)) {
            found.push(first..end);
        }
    }
    Ok(found)
}

fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes([0, 1, 2, 3].map(|index| bytes[offset + index]))
}

fn u64_at(bytes: &[u8], offset: usize) -> u64 {
    u64::from(u32_at(bytes, offset)) | u64::from(u32_at(bytes, offset + 4)) << 32
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn mbr(entries: &[(u8, u32, u32)]) -> Vec<u8> {
        let mut disk = vec![0; 64 * 512];
        disk[510..512].copy_from_slice(&MBR_SIGNATURE);
        for (index, (kind, first, count)) in entries.iter().enumerate() {
            let entry = &mut disk[446 + index * 16..][..16];
            entry[4] = *kind;
            entry[8..12].copy_from_slice(&first.to_le_bytes());
            entry[12..].copy_from_slice(&count.to_le_bytes());
        }
        disk
    }

    fn found(disk: Vec<u8>) -> Vec<Range<u64>> {
        let len = disk.len() as u64;
        partitions(&mut Cursor::new(disk), len).unwrap()
    }

    #[test]
    fn partitions_of_a_boot_record_lie_on_the_disk_or_are_ignored() {
        let disk = mbr(&[(0xef, 1, 3), (0, 9, 9), (0x0c, 60, 5), (0x0c, 0, 9)]);
        assert_eq!(found(disk), vec![512..2_048; 1]);
        assert!(found(vec![0; 512]).is_empty());
        assert!(found(vec![0; 100]).is_empty());
    }

    #[test]
    fn partitions_of_a_guid_table_are_found_and_damage_is_no_panic() {
        let mut disk = mbr(&[(PROTECTIVE, 1, 63)]);
        disk[512..520].copy_from_slice(b"EFI PART");
        disk[512 + 72..][..8].copy_from_slice(&2_u64.to_le_bytes());
        disk[512 + 80..][..4].copy_from_slice(&4_u32.to_le_bytes());
        disk[512 + 84..][..4].copy_from_slice(&128_u32.to_le_bytes());
        let entry = &mut disk[1_024 + 128..][..128];
        entry[0] = 7;
        entry[32..40].copy_from_slice(&10_u64.to_le_bytes());
        entry[40..48].copy_from_slice(&19_u64.to_le_bytes());
        assert_eq!(found(disk.clone()), vec![5_120..10_240; 1]);
        disk[512 + 84..][..4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(found(disk.clone()).is_empty());
        disk[512 + 84..][..4].copy_from_slice(&128_u32.to_le_bytes());
        disk[512 + 72..][..8].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(found(disk).is_empty());
    }
}
