// SPDX-License-Identifier: GPL-2.0-or-later
//! Guests of a few bytes: a PVH kernel assembled here from a few instructions. The probe runs one to see whether
//! an accelerator makes progress, and tests run others to see a guest loop, write, listen or end.
//!
//! PVH enters in 32-bit protected mode with paging off and flat segments, so the code is 32-bit code.

use chaos_wire::DEBUG_EXIT_PORT;

/// The first serial port, COM1.
const COM1: u16 = 0x3f8;
/// Where the image is loaded: above the first megabyte, where no firmware is.
const LOAD_ADDRESS: u64 = 0x10_0000;
/// The ELF note that holds the address of a PVH entry (`XEN_ELFNOTE_PHYS32_ENTRY`).
const NOTE_PHYS32_ENTRY: u32 = 18;

const FILE_HEADER_BYTES: usize = 64;
const PROGRAM_HEADER_BYTES: usize = 56;
const NOTE_BYTES: usize = 24;
const NOTE_OFFSET: usize = FILE_HEADER_BYTES + 2 * PROGRAM_HEADER_BYTES;
const CODE_OFFSET: usize = NOTE_OFFSET + NOTE_BYTES;

/// Instructions of a tiny guest, in their order.
#[derive(Debug, Clone, Default)]
pub struct TinyGuest {
    code: Vec<u8>,
}

impl TinyGuest {
    /// A guest without instructions yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes text to COM1 without waiting: QEMU's port accepts bytes at any rate.
    #[must_use]
    pub fn print(mut self, text: &str) -> Self {
        self.load_port(COM1);
        for byte in text.bytes() {
            // mov al, byte; out dx, al
            self.code.extend([0xb0, byte, 0xee]);
        }
        self
    }

    /// Waits for a byte from COM1 and writes it back, as many times as asked.
    #[must_use]
    pub fn echo(mut self, bytes: u8) -> Self {
        for _ in 0..bytes {
            self.load_port(COM1 + 5);
            // 1: in al, dx; test al, 1 (data ready); jz 1b
            self.code.extend([0xec, 0xa8, 0x01, 0x74, 0xfb]);
            self.load_port(COM1);
            // in al, dx; out dx, al
            self.code.extend([0xec, 0xee]);
        }
        self
    }

    /// Ends QEMU through its debug exit device with status `2 * value + 1`.
    #[must_use]
    pub fn exit(mut self, value: u32) -> Self {
        self.load_port(DEBUG_EXIT_PORT);
        // mov eax, value; out dx, eax
        self.code.push(0xb8);
        self.code.extend(value.to_le_bytes());
        self.code.push(0xef);
        self
    }

    /// Loops forever.
    #[must_use]
    pub fn spin(mut self) -> Self {
        // 1: jmp 1b
        self.code.extend([0xeb, 0xfe]);
        self
    }

    /// Writes text to COM1 forever.
    #[must_use]
    pub fn print_for_ever(self, text: &str) -> Self {
        let begin = self.code.len();
        let mut guest = self.print(text);
        // jmp rel32, back to where the printing begins
        guest.code.push(0xe9);
        let back = begin as i64 - (guest.code.len() as i64 + 4);
        guest.code.extend((back as i32).to_le_bytes());
        guest
    }

    /// Resets the machine by an unhandled fault.
    #[must_use]
    pub fn triple_fault(mut self) -> Self {
        // push 0; push 0; lidt [esp] (an empty table); int3
        self.code.extend([0x6a, 0x00, 0x6a, 0x00, 0x0f, 0x01, 0x1c, 0x24, 0xcc]);
        self
    }

    /// The guest as an ELF file with a PVH entry.
    #[must_use]
    pub fn elf(&self) -> Vec<u8> {
        let file_bytes = (CODE_OFFSET + self.code.len()) as u64;
        let entry = LOAD_ADDRESS + CODE_OFFSET as u64;
        let mut elf = Vec::with_capacity(CODE_OFFSET + self.code.len());
        // e_ident: 64 bits, little-endian, version 1.
        elf.extend(*b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
        // e_type: executable; e_machine: x86-64; e_version.
        elf.extend([2, 0, 62, 0, 1, 0, 0, 0]);
        elf.extend(entry.to_le_bytes());
        // e_phoff; e_shoff: no sections.
        elf.extend((FILE_HEADER_BYTES as u64).to_le_bytes());
        elf.extend(0u64.to_le_bytes());
        // e_flags; e_ehsize, e_phentsize, e_phnum, e_shentsize, e_shnum, e_shstrndx.
        elf.extend(0u32.to_le_bytes());
        for field in [FILE_HEADER_BYTES as u16, PROGRAM_HEADER_BYTES as u16, 2, 0, 0, 0] {
            elf.extend(field.to_le_bytes());
        }
        // The whole file is loaded as it is.
        program_header(&mut elf, 1, 0, file_bytes, 4096);
        program_header(&mut elf, 4, NOTE_OFFSET as u64, NOTE_BYTES as u64, 4);
        // The note: bytes of its name, bytes of its descriptor, its type, its name, its descriptor.
        for field in [4, 8, NOTE_PHYS32_ENTRY] {
            elf.extend(field.to_le_bytes());
        }
        elf.extend(*b"Xen\0");
        elf.extend(entry.to_le_bytes());
        elf.extend(&self.code);
        elf
    }

    /// mov dx, port
    fn load_port(&mut self, port: u16) {
        self.code.extend([0x66, 0xba]);
        self.code.extend(port.to_le_bytes());
    }
}

/// A program header: type, flags (all), offset, virtual and physical address, bytes in the file and in memory, alignment.
fn program_header(elf: &mut Vec<u8>, kind: u32, offset: u64, len_bytes: u64, align: u64) {
    elf.extend(kind.to_le_bytes());
    elf.extend(7u32.to_le_bytes());
    let address = LOAD_ADDRESS + offset;
    for field in [offset, address, address, len_bytes, len_bytes, align] {
        elf.extend(field.to_le_bytes());
    }
}
