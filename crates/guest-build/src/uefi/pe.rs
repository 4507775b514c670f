// SPDX-License-Identifier: GPL-2.0-or-later
//! Converts a linked position-independent ELF to PE: its three sections at their addresses, and its relocations,
//! so that the firmware's loader applies them and the program needs no start-up code for that.

use anyhow::{Context, Result, bail, ensure};
use object::pe;
use object::write::pe::{NtHeaders, Writer};
use object::{Object as _, ObjectSection as _, RelocationFlags, elf};

const PAGE: u32 = 4096;
const FILE_ALIGNMENT: u32 = 512;
/// Data directories; the sixth is the one of relocations.
const DIRECTORIES: usize = 16;

struct Part {
    address: u32,
    /// In memory.
    size: u32,
    /// In the file: shorter if zeros follow.
    bytes: Vec<u8>,
}

pub(super) fn of_elf(elf: &[u8]) -> Result<Vec<u8>> {
    let file = object::File::parse(elf).context("reading it as ELF")?;
    let mut parts = [".text", ".rodata", ".data"]
        .into_iter()
        .map(|name| part(&file, name))
        .collect::<Result<Vec<_>>>()?;
    let places = relocate(&file, &mut parts)?;
    let [text, constants, data] = &parts[..] else { bail!("it has other sections than three") };

    let mut made = Vec::new();
    let mut writer = Writer::new(true, PAGE, FILE_ALIGNMENT, &mut made);
    writer.reserve_dos_header_and_stub();
    writer.reserve_nt_headers(DIRECTORIES);
    writer.reserve_section_headers(4);
    let text_range = writer.reserve_text_section(text.size);
    let constants_range = writer.reserve_rdata_section(constants.size);
    let data_range = writer.reserve_data_section(data.size, data.bytes.len() as u32);
    for place in places {
        writer.add_reloc(place, pe::IMAGE_REL_BASED_DIR64);
    }
    writer.reserve_reloc_section();
    for (part, range) in parts.iter().zip([text_range, constants_range, data_range]) {
        ensure!(
            part.address == range.virtual_address,
            "a section linked at {:#x} would be loaded at {:#x}: see uefi/linker.ld",
            part.address,
            range.virtual_address
        );
    }

    writer.write_dos_header_and_stub()?;
    writer.write_nt_headers(NtHeaders {
        machine: pe::IMAGE_FILE_MACHINE_AMD64,
        // The same sources give the same file.
        time_date_stamp: 0,
        characteristics: pe::IMAGE_FILE_EXECUTABLE_IMAGE
            | pe::IMAGE_FILE_LARGE_ADDRESS_AWARE
            | pe::IMAGE_FILE_LINE_NUMS_STRIPPED,
        major_linker_version: 0,
        minor_linker_version: 0,
        address_of_entry_point: u32::try_from(file.entry()).context("its entry")?,
        image_base: 0,
        major_operating_system_version: 0,
        minor_operating_system_version: 0,
        major_image_version: 0,
        minor_image_version: 0,
        major_subsystem_version: 0,
        minor_subsystem_version: 0,
        subsystem: pe::IMAGE_SUBSYSTEM_EFI_APPLICATION,
        dll_characteristics: pe::IMAGE_DLLCHARACTERISTICS_NX_COMPAT
            | pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE,
        size_of_stack_reserve: 0,
        size_of_stack_commit: 0,
        size_of_heap_reserve: 0,
        size_of_heap_commit: 0,
    });
    writer.write_section_headers();
    writer.write_section(text_range.file_offset, &text.bytes);
    writer.write_section(constants_range.file_offset, &constants.bytes);
    writer.write_section(data_range.file_offset, &data.bytes);
    writer.write_reloc_section();
    Ok(made)
}

fn part(file: &object::File<'_>, name: &str) -> Result<Part> {
    let section = file.section_by_name(name).with_context(|| format!("it has no {name}"))?;
    let mut bytes = section.uncompressed_data()?.into_owned();
    let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    // Data ends in zeros, which the loader adds by itself; relocated words are before them or are written below.
    if name == ".data" {
        bytes.truncate(used.next_multiple_of(8));
    }
    Ok(Part {
        address: u32::try_from(section.address()).context("its address")?,
        size: u32::try_from(section.size()).context("its size")?,
        bytes,
    })
}

/// Writes each relocated word's value for a load address of 0; returns their addresses, sorted.
fn relocate(file: &object::File<'_>, parts: &mut [Part]) -> Result<Vec<u32>> {
    let mut places = Vec::new();
    for (address, relocation) in file.dynamic_relocations().into_iter().flatten() {
        let RelocationFlags::Elf { r_type } = relocation.flags() else { continue };
        ensure!(
            r_type == elf::R_X86_64_RELATIVE,
            "relocation {r_type:?} at {address:#x}: a symbol is not defined in the program"
        );
        let address = u32::try_from(address).context("the place of a relocation")?;
        let part = parts
            .iter_mut()
            .find(|part| (part.address..part.address + part.size).contains(&address))
            .with_context(|| format!("a relocation at {address:#x} is in no section"))?;
        let offset = (address - part.address) as usize;
        if part.bytes.len() < offset + 8 {
            part.bytes.resize(offset + 8, 0);
        }
        part.bytes[offset..offset + 8].copy_from_slice(&relocation.addend().to_le_bytes());
        places.push(address);
    }
    ensure!(!places.is_empty(), "it has no relocations: is it linked at a fixed place?");
    places.sort_unstable();
    Ok(places)
}
