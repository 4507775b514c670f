// SPDX-License-Identifier: GPL-2.0-or-later
//! The label of a FAT volume, from its first sector and its root folder: the two places that hold it, of which some
//! systems keep only the second up to date.

/// Bytes of a label; shorter ones are padded with blanks.
const LABEL_BYTES: usize = 11;
const ENTRY_BYTES: usize = 32;
/// Attributes of the entry that names the volume, with and without the archive bit.
const IS_LABEL: [u8; 2] = [0x08, 0x28];

/// Where a FAT volume has its root folder, in bytes from its start; `None` if `sector`, its first, is not of such a volume.
#[must_use]
pub fn root_folder(sector: &[u8; 512]) -> Option<u64> {
    let byte = |at: usize| u64::from(sector[at]);
    let word = |at: usize| byte(at) | byte(at + 1) << 8;
    let is_fat16 = sector[0x36..].starts_with(b"FAT");
    let is_fat32 = sector[0x52..].starts_with(b"FAT32");
    if sector[510..] != [0x55, 0xaa] || !(is_fat16 || is_fat32) {
        return None;
    }
    let (sector_bytes, cluster_sectors) = (word(11), byte(13));
    let long = |at: usize| word(at) | word(at + 2) << 16;
    let table_sectors = if is_fat32 { long(36) } else { word(22) };
    let tables_end = word(14) + byte(16) * table_sectors;
    let clusters_before = if is_fat32 { long(44).checked_sub(2)? } else { 0 };
    let plausible = sector_bytes.is_power_of_two() && (512..=4096).contains(&sector_bytes);
    (plausible && cluster_sectors > 0)
        .then(|| (tables_end + clusters_before * cluster_sectors) * sector_bytes)
}

/// Whether the entries of a root folder name the volume so.
#[must_use]
pub fn is_called(entries: &[u8], label: &str) -> bool {
    entries
        .chunks_exact(ENTRY_BYTES)
        .take_while(|entry| entry[0] != 0)
        .filter(|entry| entry[0] != 0xe5 && IS_LABEL.contains(&entry[LABEL_BYTES]))
        .any(|entry| entry[..LABEL_BYTES].trim_ascii_end() == label.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &[u8; LABEL_BYTES], attributes: u8) -> [u8; ENTRY_BYTES] {
        let mut entry = [0; ENTRY_BYTES];
        entry[..LABEL_BYTES].copy_from_slice(name);
        entry[LABEL_BYTES] = attributes;
        entry
    }

    #[test]
    fn a_volume_is_known_by_the_entry_of_its_root_folder() {
        let file = entry(b"UCHAOS     ", 0x20);
        let deleted = entry(b"\xe5CHAOS     ", 0x08);
        let long_name = entry(b"Au\0c\0h\0a\0o\0", 0x0f);
        let label = entry(b"UCHAOS     ", 0x08);
        assert!(is_called(&[deleted, long_name, label].concat(), "UCHAOS"));
        assert!(!is_called(&[file, deleted, long_name].concat(), "UCHAOS"));
        assert!(!is_called(&[[0; ENTRY_BYTES], label].concat(), "UCHAOS"));
        assert!(!is_called(&label, "UCHA"));
        assert!(!is_called(&[], "UCHAOS"));
    }

    /// First sectors as mkfs.fat 4.2 writes them, field by field.
    #[test]
    fn the_root_folder_follows_the_tables() {
        let mut sector = [0; 512];
        sector[11..17].copy_from_slice(&[0, 2, 4, 4, 0, 2]); // 512, 4 sectors a cluster, 4 reserved, 2 tables
        sector[22] = 58;
        sector[0x36..0x3b].copy_from_slice(b"FAT16");
        assert_eq!(root_folder(&sector), None, "without its last two bytes");
        sector[510..].copy_from_slice(&[0x55, 0xaa]);
        assert_eq!(root_folder(&sector), Some((4 + 2 * 58) * 512));
        sector[0x36..0x3b].fill(0);
        assert_eq!(root_folder(&sector), None);
        sector[0x52..0x57].copy_from_slice(b"FAT32");
        sector[36..40].copy_from_slice(&[0, 1, 0, 0]);
        sector[44] = 3;
        assert_eq!(root_folder(&sector), Some((4 + 2 * 256 + 4) * 512));
        sector[44] = 1;
        assert_eq!(root_folder(&sector), None, "a cluster that there is not");
        (sector[44], sector[12]) = (2, 3);
        assert_eq!(root_folder(&sector), None, "sectors of 768 bytes");
    }
}
