// SPDX-License-Identifier: GPL-2.0-or-later
//! The structures that a PVH boot leaves in memory (Xen, `public/arch-x86/hvm/start_info.h`), read from bytes.
//! Callers know how to read physical memory; nothing here does.

/// `XEN_HVM_START_MAGIC_VALUE`.
pub const START_INFO_MAGIC: u32 = 0x336e_c578;
/// Bytes of a version 1 start info, the first version with a memory map.
pub const START_INFO_BYTES: usize = 56;
/// Bytes of one module list entry.
pub const MODULE_BYTES: usize = 32;
/// Bytes of one memory map entry.
pub const MEMORY_MAP_ENTRY_BYTES: usize = 24;

/// `struct hvm_start_info`; addresses are physical, 0 where there is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartInfo {
    /// Modules passed; the first is the initrd.
    pub modules: u32,
    /// Where the module list is.
    pub module_list_addr: u64,
    /// Where the NUL-terminated command line is.
    pub command_line_addr: u64,
    /// ACPI's root pointer.
    pub rsdp_addr: u64,
    /// Where the memory map is.
    pub memory_map_addr: u64,
    pub memory_map_entries: u32,
}

/// What the boot protocol handed over is not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PvhError {
    /// No start info where `ebx` pointed: the kernel was not started by PVH.
    Magic(u32),
    /// Version 0 has no memory map.
    Version(u32),
}

impl core::fmt::Display for PvhError {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Magic(found) => {
                write!(
                    out,
                    "no PVH start info (magic {found:#x}): boot this kernel with QEMU's -kernel"
                )
            }
            Self::Version(found) => {
                write!(
                    out,
                    "PVH start info version {found} has no memory map; QEMU 4.0 or later passes one"
                )
            }
        }
    }
}

impl StartInfo {
    /// Reads the structure.
    ///
    /// # Errors
    /// Returns an error if the magic is wrong, or the version has no memory map.
    pub fn parse(bytes: &[u8; START_INFO_BYTES]) -> Result<Self, PvhError> {
        let magic = u32_at(bytes, 0);
        if magic != START_INFO_MAGIC {
            return Err(PvhError::Magic(magic));
        }
        let version = u32_at(bytes, 4);
        if version < 1 {
            return Err(PvhError::Version(version));
        }
        Ok(Self {
            modules: u32_at(bytes, 12),
            module_list_addr: u64_at(bytes, 16),
            command_line_addr: u64_at(bytes, 24),
            rsdp_addr: u64_at(bytes, 32),
            memory_map_addr: u64_at(bytes, 40),
            memory_map_entries: u32_at(bytes, 48),
        })
    }
}

/// `struct hvm_modlist_entry`: where a module's bytes are. Its own command line is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Module {
    pub addr: u64,
    pub len_bytes: u64,
}

impl Module {
    #[must_use]
    pub fn parse(bytes: &[u8; MODULE_BYTES]) -> Self {
        Self { addr: u64_at(bytes, 0), len_bytes: u64_at(bytes, 8) }
    }
}

/// `struct hvm_memmap_table_entry`; kinds are those of E820, 1 is RAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryMapEntry {
    pub addr: u64,
    pub len_bytes: u64,
    /// E820 type.
    pub kind: u32,
}

/// E820's "usable RAM".
pub const E820_RAM: u32 = 1;

impl MemoryMapEntry {
    #[must_use]
    pub fn parse(bytes: &[u8; MEMORY_MAP_ENTRY_BYTES]) -> Self {
        Self { addr: u64_at(bytes, 0), len_bytes: u64_at(bytes, 8), kind: u32_at(bytes, 16) }
    }
}

fn u32_at<const N: usize>(bytes: &[u8; N], offset: usize) -> u32 {
    bytes[offset..].first_chunk().map_or(0, |chunk| u32::from_le_bytes(*chunk))
}

fn u64_at<const N: usize>(bytes: &[u8; N], offset: usize) -> u64 {
    bytes[offset..].first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start_info() -> [u8; START_INFO_BYTES] {
        let mut bytes = [0; START_INFO_BYTES];
        bytes[0..4].copy_from_slice(&START_INFO_MAGIC.to_le_bytes());
        bytes[4] = 1;
        bytes[12] = 1;
        for (field, value) in [(16, 0x6000_u64), (24, 0x7000), (32, 0x8000), (40, 0x9000)] {
            bytes[field..field + 8].copy_from_slice(&value.to_le_bytes());
        }
        bytes[48] = 7;
        bytes
    }

    #[test]
    fn every_field_is_read_from_its_place() {
        let info = StartInfo::parse(&start_info()).unwrap();
        let expected = StartInfo {
            modules: 1,
            module_list_addr: 0x6000,
            command_line_addr: 0x7000,
            rsdp_addr: 0x8000,
            memory_map_addr: 0x9000,
            memory_map_entries: 7,
        };
        assert_eq!(info, expected);
    }

    #[test]
    fn another_magic_and_the_version_without_a_memory_map_are_refused() {
        let mut bytes = start_info();
        bytes[4] = 0;
        assert_eq!(StartInfo::parse(&bytes), Err(PvhError::Version(0)));
        bytes[0] ^= 1;
        assert_eq!(StartInfo::parse(&bytes), Err(PvhError::Magic(START_INFO_MAGIC ^ 1)));
    }

    #[test]
    fn list_entries_are_read_from_their_places() {
        let mut module = [0; MODULE_BYTES];
        module[0] = 5;
        module[8] = 9;
        assert_eq!(Module::parse(&module), Module { addr: 5, len_bytes: 9 });
        let mut entry = [0; MEMORY_MAP_ENTRY_BYTES];
        entry[3] = 1;
        entry[8] = 2;
        entry[16] = 3;
        assert_eq!(
            MemoryMapEntry::parse(&entry),
            MemoryMapEntry { addr: 1 << 24, len_bytes: 2, kind: 3 }
        );
    }
}
