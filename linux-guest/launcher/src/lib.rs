// SPDX-License-Identifier: GPL-2.0-or-later
#![no_std]
#![forbid(unsafe_code)]
//! The format of a packed file, for the packer that writes it and the launcher that runs it:
//!
//! ```text
//! launcher | program, deflated | name, NUL | program's bytes u32 | deflated bytes u32 | name's bytes u32 | CRC-32 | magic
//! ```
//!
//! Numbers are little-endian. The CRC-32 is of everything before it, the launcher included.

#[cfg(test)]
extern crate std;

use core::ffi::CStr;

use crc::{CRC_32_ISO_HDLC, Crc, NoTable};

const MAGIC: &[u8; 8] = b"uChaosPk";

/// Maximum bytes of a program's name, the limit of a memory file's name.
pub const MOST_NAME_BYTES: usize = 200;

/// Bytes of a `#!` line that the kernel reads.
const SCRIPT_LINE_BYTES: usize = 255;

/// Without a table, which would be a fifth of the launcher.
const CRC: Crc<u32, NoTable> = Crc::<u32, NoTable>::new(&CRC_32_ISO_HDLC);

/// A packed file is truncated or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged;

/// A packed program, found in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packed<'a> {
    /// The program's file name, under which it is run.
    pub name: &'a CStr,
    pub program_bytes: usize,
    pub deflated: &'a [u8],
}

impl<'a> Packed<'a> {
    /// Finds the program in the bytes of a packed file.
    ///
    /// # Errors
    /// Returns an error if the file's end is missing or any byte differs from what was packed.
    pub fn find(file: &'a [u8]) -> Result<Self, Damaged> {
        let rest = file.strip_suffix(MAGIC).ok_or(Damaged)?;
        let (rest, crc) = rest.split_last_chunk().ok_or(Damaged)?;
        if u32::from_le_bytes(*crc) != CRC.checksum(rest) {
            return Err(Damaged);
        }
        let (rest, name_bytes) = split_number(rest)?;
        let (rest, deflated_bytes) = split_number(rest)?;
        let (rest, program_bytes) = split_number(rest)?;
        let (rest, name) = split_end(rest, name_bytes)?;
        let (_, deflated) = split_end(rest, deflated_bytes)?;
        let name = CStr::from_bytes_with_nul(name).map_err(|_| Damaged)?;
        Ok(Self { name, program_bytes, deflated })
    }
}

fn split_number(bytes: &[u8]) -> Result<(&[u8], usize), Damaged> {
    let (rest, number) = bytes.split_last_chunk().ok_or(Damaged)?;
    Ok((rest, usize::try_from(u32::from_le_bytes(*number)).map_err(|_| Damaged)?))
}

fn split_end(bytes: &[u8], len: usize) -> Result<(&[u8], &[u8]), Damaged> {
    let place = bytes.len().checked_sub(len).ok_or(Damaged)?;
    Ok(bytes.split_at(place))
}

/// Bytes of [`Trailer`].
pub const TRAILER_BYTES: usize = 4 * 4 + MAGIC.len();

/// The last bytes of a packed file.
pub type Trailer = [u8; TRAILER_BYTES];

/// The trailer of a file that consists of these parts, one after the other; the name ends with NUL. `None` for lengths
/// that a u32 cannot hold.
#[must_use]
pub fn trailer(
    launcher: &[u8],
    deflated: &[u8],
    name: &CStr,
    program_bytes: usize,
) -> Option<Trailer> {
    let name = name.to_bytes_with_nul();
    let mut trailer = [0; TRAILER_BYTES];
    let (numbers, magic) = trailer.split_at_mut(16);
    magic.copy_from_slice(MAGIC);
    for (place, number) in
        numbers.chunks_exact_mut(4).zip([program_bytes, deflated.len(), name.len()])
    {
        place.copy_from_slice(&u32::try_from(number).ok()?.to_le_bytes());
    }
    let (numbers, crc) = numbers.split_at_mut(12);
    let mut digest = CRC.digest();
    for part in [launcher, deflated, name, numbers] {
        digest.update(part);
    }
    crc.copy_from_slice(&digest.finalize().to_le_bytes());
    Some(trailer)
}

/// A script's interpreter and its optional argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interpreter<'a> {
    pub path: &'a [u8],
    pub argument: Option<&'a [u8]>,
}

impl<'a> Interpreter<'a> {
    /// Parses the `#!` line of a script as the kernel does. `None` if it is missing or empty.
    #[must_use]
    pub fn of(program: &'a [u8]) -> Option<Self> {
        let line = program.strip_prefix(b"#!")?;
        let line = line.split(|byte| *byte == b'\n').next()?;
        let line = line[..line.len().min(SCRIPT_LINE_BYTES)].trim_ascii();
        let blank = line.iter().position(|byte| matches!(byte, b' ' | b'\t'));
        let (path, argument) = line.split_at(blank.unwrap_or(line.len()));
        let argument = argument.trim_ascii();
        (!path.is_empty())
            .then_some(Self { path, argument: (!argument.is_empty()).then_some(argument) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use std::vec::Vec;

    use super::*;

    fn file(launcher: &[u8], deflated: &[u8]) -> Vec<u8> {
        let trailer = trailer(launcher, deflated, c"tool", 1234).unwrap();
        [launcher, deflated, b"tool\0", &trailer].concat()
    }

    #[test]
    fn what_was_packed_is_found() {
        let file = file(b"launcher", b"deflated");
        let found = Packed { name: c"tool", program_bytes: 1234, deflated: b"deflated" };
        assert_eq!(Packed::find(&file), Ok(found));
        assert_eq!(Packed::find(b""), Err(Damaged));
        assert_eq!(Packed::find(MAGIC), Err(Damaged));
    }

    proptest! {
        #[test]
        fn each_cut_and_each_changed_bit_is_seen(
            launcher: Vec<u8>, deflated: Vec<u8>, place: prop::sample::Index, bit in 0..8_u8,
        ) {
            let mut file = file(&launcher, &deflated);
            let place = place.index(file.len());
            prop_assert_eq!(Packed::find(&file[..place]), Err(Damaged));
            prop_assert_eq!(Packed::find(&file[place + 1..]), Err(Damaged));
            file[place] ^= 1 << bit;
            prop_assert_eq!(Packed::find(&file), Err(Damaged));
        }
    }

    #[test]
    fn a_script_names_its_interpreter() {
        fn of(program: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
            Interpreter::of(program).map(|found| (found.path, found.argument))
        }
        assert_eq!(of(b"#!/bin/sh\necho"), Some((&b"/bin/sh"[..], None)));
        let with_argument = Some((&b"/usr/bin/env"[..], Some(&b"python3 -u"[..])));
        assert_eq!(of(b"#! /usr/bin/env  python3 -u \n"), with_argument);
        assert_eq!(of(b"#!/bin/sh"), Some((&b"/bin/sh"[..], None)));
        assert_eq!((of(b"#!\n/bin/sh"), of(b"#! \t"), of(b"\x7fELF")), (None, None, None));
    }
}
