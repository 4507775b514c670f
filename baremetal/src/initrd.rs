// SPDX-License-Identifier: GPL-2.0-or-later
//! The initrd: a newc archive (the same tool packs both guests' archives) with the job's defaults in
//! `etc/uchaos.conf`. It is checked to its end: a cut archive must not pass for one with fewer files.

use core::fmt;

/// The file with the defaults.
pub const DEFAULTS_NAME: &str = "etc/uchaos.conf";

/// Bytes of a newc header (`070701` and 13 fields of 8 hexadecimal digits).
const NEWC_HEADER_BYTES: usize = 110;
const TRAILER_NAME: &[u8] = b"TRAILER!!!\0";

/// What is wrong with the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InitrdError {
    /// The boot protocol passed none.
    Missing,
    /// It does not begin as a newc archive does.
    Magic,
    /// An entry cannot be read, or the end marker is missing.
    Damaged {
        /// Where reading stopped.
        offset_bytes: usize,
        /// What there is in all.
        len_bytes: usize,
    },
    /// No [`DEFAULTS_NAME`] in it.
    NoDefaults,
    /// The defaults are not UTF-8.
    NotText,
}

impl fmt::Display for InitrdError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(out, "no initrd: start QEMU with -initrd"),
            Self::Magic => {
                write!(
                    out,
                    "the initrd is not a newc cpio archive (bad magic); pack it uncompressed"
                )
            }
            Self::Damaged { offset_bytes, len_bytes } => {
                write!(
                    out,
                    "the initrd is damaged or cut at byte {offset_bytes} of {len_bytes}; pack it again"
                )
            }
            Self::NoDefaults => write!(out, "the initrd has no {DEFAULTS_NAME}; pack it again"),
            Self::NotText => write!(out, "{DEFAULTS_NAME} in the initrd is not UTF-8 text"),
        }
    }
}

/// The text of [`DEFAULTS_NAME`], after the whole archive was found to be sound.
///
/// # Errors
/// Returns [`InitrdError`].
pub fn defaults(archive: &[u8]) -> Result<&str, InitrdError> {
    if archive.is_empty() {
        return Err(InitrdError::Missing);
    }
    if !archive.starts_with(b"070701") {
        return Err(InitrdError::Magic);
    }
    let mut found = None;
    let mut end = 0;
    for entry in cpio_reader::iter_files(archive) {
        end = end_of(archive, entry.file())
            .ok_or(InitrdError::Damaged { offset_bytes: end, len_bytes: archive.len() })?;
        if entry.name().trim_start_matches("./").trim_start_matches('/') == DEFAULTS_NAME {
            found = Some(entry.file());
        }
    }
    // The reader stops in the same way at the end marker and at an entry that it cannot read.
    if !is_trailer(archive.get(end..).unwrap_or_default()) {
        return Err(InitrdError::Damaged { offset_bytes: end, len_bytes: archive.len() });
    }
    core::str::from_utf8(found.ok_or(InitrdError::NoDefaults)?).map_err(|_| InitrdError::NotText)
}

/// The offset at which the entry after `file` begins, `None` where the reader ran off the archive.
fn end_of(archive: &[u8], file: &[u8]) -> Option<usize> {
    let offset = file.as_ptr().addr().checked_sub(archive.as_ptr().addr())?;
    let end = offset.checked_add(file.len())?.checked_next_multiple_of(4)?;
    (end <= archive.len()).then_some(end)
}

fn is_trailer(bytes: &[u8]) -> bool {
    bytes.starts_with(b"070701")
        && bytes.get(NEWC_HEADER_BYTES..).is_some_and(|name| name.starts_with(TRAILER_NAME))
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::vec::Vec;

    use super::*;

    fn entry(name: &str, content: &[u8], archive: &mut Vec<u8>) {
        let fields = [1, 0o100_644, 0, 0, 1, 0, content.len(), 0, 0, 0, 0, name.len() + 1, 0];
        archive.extend_from_slice(b"070701");
        for field in fields {
            archive.extend_from_slice(format!("{field:08x}").as_bytes());
        }
        archive.extend_from_slice(name.as_bytes());
        archive.push(0);
        archive.resize(archive.len().next_multiple_of(4), 0);
        archive.extend_from_slice(content);
        archive.resize(archive.len().next_multiple_of(4), 0);
    }

    fn archive() -> Vec<u8> {
        let mut archive = Vec::new();
        entry("etc", b"", &mut archive);
        entry(DEFAULTS_NAME, b"uchaos.turns=2\n", &mut archive);
        entry("readme", b"seven b", &mut archive);
        entry("TRAILER!!!", b"", &mut archive);
        archive
    }

    #[test]
    fn the_defaults_are_found_under_either_spelling() {
        assert_eq!(defaults(&archive()), Ok("uchaos.turns=2\n"));
        let mut dotted = Vec::new();
        entry("./etc/uchaos.conf", b"a", &mut dotted);
        entry("TRAILER!!!", b"", &mut dotted);
        dotted.resize(512, 0);
        assert_eq!(defaults(&dotted), Ok("a"), "cpio pads to 512 bytes");
    }

    #[test]
    fn every_cut_is_seen() {
        let whole = archive();
        let trailer_padding = 3;
        for len in 1..whole.len() - trailer_padding {
            let result = defaults(&whole[..len]);
            assert!(
                matches!(result, Err(InitrdError::Damaged { .. } | InitrdError::Magic)),
                "{len}: {result:?}"
            );
        }
        assert_eq!(defaults(&[]), Err(InitrdError::Missing));
    }

    #[test]
    fn a_changed_magic_is_seen_in_the_first_entry_and_in_a_later_one() {
        let mut bad = archive();
        bad[3] = b'9';
        assert_eq!(defaults(&bad), Err(InitrdError::Magic));
        let mut bad = archive();
        let second = bad.windows(6).skip(1).position(|window| window == b"070701").unwrap() + 1;
        bad[second] = b'x';
        assert_eq!(
            defaults(&bad),
            Err(InitrdError::Damaged { offset_bytes: second, len_bytes: bad.len() })
        );
    }

    #[test]
    fn no_damage_makes_it_panic() {
        let whole = archive();
        for position in 0..whole.len() {
            for flip in [1, 0x10, 0x80, 0xff] {
                let mut bad = whole.clone();
                bad[position] ^= flip;
                let _ = defaults(&bad);
            }
        }
    }

    #[test]
    fn an_archive_without_the_file_and_one_that_is_not_text_are_told_apart() {
        let mut empty = Vec::new();
        entry("TRAILER!!!", b"", &mut empty);
        assert_eq!(defaults(&empty), Err(InitrdError::NoDefaults));
        let mut binary = Vec::new();
        entry(DEFAULTS_NAME, &[0xff], &mut binary);
        entry("TRAILER!!!", b"", &mut binary);
        assert_eq!(defaults(&binary), Err(InitrdError::NotText));
    }
}
