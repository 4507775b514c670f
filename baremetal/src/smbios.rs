// SPDX-License-Identifier: GPL-2.0-or-later
//! SMBIOS tables, as far as a capture names them: who made the firmware, its version, and the computer's maker and model
//! (DMTF DSP0134, 6.1 to 7.3). Serial numbers, the UUID and asset tags, which the same structures hold, are not read.

use core::fmt::{self, Write};

use chaos_stick::{MachineFact, named, write_fact};

/// Bytes of the 64-bit entry point.
pub const ENTRY_POINT_BYTES: usize = 24;
/// Bytes of the 32-bit entry point, which older firmware has.
pub const ENTRY_POINT_32_BYTES: usize = 31;

/// The address and the largest length of the tables, from a 64-bit entry point (DSP0134, 5.2.2).
#[must_use]
pub fn tables(entry_point: &[u8; ENTRY_POINT_BYTES]) -> Option<(u64, usize)> {
    let (head, rest) = entry_point.split_at(16);
    let length = head[12..16].try_into().map(u32::from_le_bytes).ok()?;
    let address = rest.try_into().map(u64::from_le_bytes).ok()?;
    (head.starts_with(b"_SM3_") && sum(entry_point) == 0).then_some((address, length as usize))
}

/// The same from a 32-bit entry point (5.2.1).
#[must_use]
pub fn tables_32(entry_point: &[u8; ENTRY_POINT_32_BYTES]) -> Option<(u64, usize)> {
    let length = entry_point[22..24].try_into().map(u16::from_le_bytes).ok()?;
    let address = entry_point[24..28].try_into().map(u32::from_le_bytes).ok()?;
    let valid = entry_point.starts_with(b"_SM_") && sum(entry_point) == 0;
    valid.then_some((address.into(), length.into()))
}

/// The same on a PC whose BIOS started it: the entry point is on a boundary of 16 bytes in the BIOS's part of memory,
/// 0xf0000 to 0xfffff (5.2).
#[must_use]
pub fn find(bios: &[u8]) -> Option<(u64, usize)> {
    let places = || (0..bios.len()).step_by(16).map(|at| &bios[at..]);
    let new = places().find_map(|place| tables(place.first_chunk()?));
    new.or_else(|| places().find_map(|place| tables_32(place.first_chunk()?)))
}

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// The names in the tables; a field that is not there is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Names<'a> {
    pub firmware_vendor: &'a str,
    pub firmware_version: &'a str,
    pub board_vendor: &'a str,
    pub board_model: &'a str,
}

const FIRMWARE: u8 = 0;
const SYSTEM: u8 = 1;
const BOARD: u8 = 2;
const END: u8 = 127;
const HEADER_BYTES: usize = 4;

impl<'a> Names<'a> {
    /// Reads the tables. What is damaged ends them.
    #[must_use]
    pub fn read(tables: &'a [u8]) -> Self {
        let mut names = Self::default();
        let (mut system_vendor, mut system_model) = ("", "");
        for structure in structures(tables) {
            match structure.kind {
                FIRMWARE => {
                    names.firmware_vendor = structure.text(0x04);
                    names.firmware_version = structure.text(0x05);
                }
                SYSTEM => {
                    system_vendor = structure.text(0x04);
                    system_model = structure.text(0x05);
                }
                // A machine may have several; the first is the main one.
                BOARD if names.board_model.is_empty() => {
                    names.board_vendor = structure.text(0x04);
                    names.board_model = structure.text(0x05);
                }
                _ => {}
            }
        }
        names.board_vendor = named([system_vendor, names.board_vendor]);
        names.board_model = named([system_model, names.board_model]);
        names
    }

    /// Writes a line for each.
    ///
    /// # Errors
    /// Returns an error if `lines` takes no more.
    pub fn write(&self, lines: &mut dyn Write) -> fmt::Result {
        write_fact(lines, MachineFact::FirmwareVendor, self.firmware_vendor)?;
        write_fact(lines, MachineFact::FirmwareVersion, self.firmware_version)?;
        write_fact(lines, MachineFact::BoardVendor, self.board_vendor)?;
        write_fact(lines, MachineFact::BoardModel, self.board_model)
    }
}

struct Structure<'a> {
    kind: u8,
    /// With its header.
    fields: &'a [u8],
    /// The texts, each ended by a NUL.
    texts: &'a [u8],
}

impl<'a> Structure<'a> {
    /// The text whose number is in the field at `offset`; numbers begin with 1.
    fn text(&self, offset: usize) -> &'a str {
        let number = self.fields.get(offset).copied().map_or(0, usize::from);
        let text =
            number.checked_sub(1).and_then(|index| self.texts.split(|byte| *byte == 0).nth(index));
        text.and_then(|text| core::str::from_utf8(text).ok()).unwrap_or_default().trim()
    }
}

fn structures(mut tables: &[u8]) -> impl Iterator<Item = Structure<'_>> {
    core::iter::from_fn(move || {
        let (kind, len) = (*tables.first()?, usize::from(*tables.get(1)?));
        if kind == END || len < HEADER_BYTES {
            return None;
        }
        let (fields, rest) = tables.split_at_checked(len)?;
        // Two NULs end the texts, also where there are none.
        let end = rest.windows(2).position(|pair| pair == [0, 0])?;
        tables = &rest[end + 2..];
        Some(Structure { kind, fields, texts: &rest[..end] })
    })
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn structure(kind: u8, fields: &[u8], texts: &[&str]) -> Vec<u8> {
        let mut bytes = std::vec![kind, fields.len() as u8 + 4, 0, 0];
        bytes.extend(fields);
        for text in texts {
            bytes.extend(text.bytes());
            bytes.push(0);
        }
        if texts.is_empty() {
            bytes.push(0);
        }
        bytes.push(0);
        bytes
    }

    fn laptop(board: &[&str]) -> Vec<u8> {
        let mut tables = structure(FIRMWARE, &[1, 2, 0, 0], &["Maker of firmware ", "1.42"]);
        tables.extend(structure(SYSTEM, &[1, 2, 3, 4], &["Maker", "Laptop 7", "v1", "SERIAL"]));
        tables.extend(structure(BOARD, if board.is_empty() { &[0, 0] } else { &[1, 2] }, board));
        tables.extend(structure(BOARD, &[1, 2], &["Other", "riser"]));
        tables.extend(structure(END, &[], &[]));
        tables.extend(b"what lies behind");
        tables
    }

    #[test]
    fn names_come_from_their_structures() {
        let tables = laptop(&["Boards Inc", "B-1"]);
        assert_eq!(
            Names::read(&tables),
            Names {
                firmware_vendor: "Maker of firmware",
                firmware_version: "1.42",
                board_vendor: "Maker",
                board_model: "Laptop 7"
            }
        );
    }

    #[test]
    fn a_system_without_a_name_is_named_by_its_board() {
        let mut tables =
            structure(SYSTEM, &[1, 2], &["To be filled by O.E.M.", "System Product Name"]);
        tables.extend(structure(BOARD, &[1, 2], &["Boards Inc", "B-1"]));
        tables.extend(structure(END, &[], &[]));
        let names = Names::read(&tables);
        assert_eq!((names.board_vendor, names.board_model), ("Boards Inc", "B-1"));
    }

    #[test]
    fn a_bios_is_searched_for_an_entry_point_on_a_boundary() {
        let mut entry = *b"_SM3_\0\x18\x03\x02\0\x01\0\x00\x10\0\0\x00\x20\0\0\0\0\0\0";
        entry[5] = 0_u8.wrapping_sub(sum(&entry));
        let bios = |place: usize| {
            let mut bios = std::vec![0xff; 4096];
            bios[place..place + entry.len()].copy_from_slice(&entry);
            find(&bios)
        };
        assert_eq!(bios(0x520), Some((0x2000, 0x1000)));
        assert_eq!(bios(4096 - 32), Some((0x2000, 0x1000)));
        assert_eq!(bios(0x521), None);
        assert_eq!(find(b"_SM3_"), None);
    }

    #[test]
    fn cut_or_damaged_tables_end_quietly() {
        let tables = laptop(&["Boards Inc", "B-1"]);
        for len in 0..tables.len() {
            let _ = Names::read(&tables[..len]);
            let mut damaged = tables.clone();
            damaged[len] ^= 0xff;
            let _ = Names::read(&damaged);
        }
        assert_eq!(Names::read(&[0, 0, 0, 0, 0, 0]), Names::default());
    }

    #[test]
    fn an_entry_point_needs_its_anchor_and_sum() {
        let mut bytes = *b"_SM3_\0\x18\x03\x02\0\x01\0\x00\x10\0\0\x00\x20\0\0\x01\0\0\0";
        bytes[5] = 0_u8.wrapping_sub(sum(&bytes));
        assert_eq!(tables(&bytes), Some((0x1_0000_2000, 0x1000)));
        bytes[20] ^= 1;
        assert_eq!(tables(&bytes), None);

        let mut bytes = [0; ENTRY_POINT_32_BYTES];
        bytes[..4].copy_from_slice(b"_SM_");
        bytes[22..28].copy_from_slice(&[0x34, 0x12, 0, 0, 0x0f, 0x7f]);
        bytes[4] = 0_u8.wrapping_sub(sum(&bytes));
        assert_eq!(tables_32(&bytes), Some((0x7f0f_0000, 0x1234)));
        bytes[0] = b'-';
        bytes[4] = bytes[4].wrapping_add(b'_' - b'-');
        assert_eq!((sum(&bytes), tables_32(&bytes)), (0, None));
    }
}
