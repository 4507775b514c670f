// SPDX-License-Identifier: GPL-2.0-or-later
//! Facts about the machine, in a capture's meta frame. Nothing that could identify a person or a single machine is
//! included: no serial number, MAC, UUID or asset tag.

use core::fmt::{self, Write};

/// The longest value, in bytes.
pub const FACT_BYTES: usize = 64;

chaos_vocab::words! {
    /// A fact; its word is its key.
    MachineFact {
        /// the processor's own name for itself
        Cpu = 0 "cpu",
        /// the processor's vendor
        CpuVendor = 1 "cpu_vendor",
        /// family, with the extended family added
        CpuFamily = 2 "cpu_family",
        /// model, with the extended model
        CpuModel = 3 "cpu_model",
        /// stepping
        CpuStepping = 4 "cpu_stepping",
        /// revision of the microcode, hexadecimal
        Microcode = 5 "microcode",
        /// the counter's frequency in kHz
        CounterKhz = 6 "counter_khz",
        /// whether the counter's rate depends on the power state
        InvariantCounter = 7 "invariant_counter",
        /// `none`, or the hypervisor's name for itself
        Hypervisor = 8 "hypervisor",
        /// who made the firmware
        FirmwareVendor = 9 "firmware_vendor",
        /// the firmware's version
        FirmwareVersion = 10 "firmware_version",
        /// who made the board or the computer
        BoardVendor = 11 "board_vendor",
        /// the board's or the computer's model
        BoardModel = 12 "board_model",
        /// how the machine was started: `uefi` or `bios`
        BootPath = 13 "boot_path",
        /// whether Secure Boot was on: `yes`, `no` or `unknown`
        SecureBoot = 14 "secure_boot",
    }
}

/// Writes the line of one fact: printable ASCII only, blanks trimmed, at most [`FACT_BYTES`]; an empty value is
/// `unknown`.
///
/// # Errors
/// Returns an error if writing to `lines` fails.
pub fn write_fact(lines: &mut dyn Write, fact: MachineFact, value: &str) -> fmt::Result {
    write!(lines, "{}=", fact.word())?;
    let value = value.trim_matches(|c: char| c.is_ascii_whitespace() || c.is_control());
    let printable = value.chars().map(|c| if matches!(c, ' '..='~') { c } else { '?' });
    if value.is_empty() {
        lines.write_str("unknown")?;
    }
    printable.take(FACT_BYTES).try_for_each(|c| lines.write_char(c))?;
    lines.write_char('\n')
}

/// The first meaningful text: the system's field, or the board's if the maker left only a
/// placeholder in the first. Laptops have their name in the system's fields, and only a number as their board.
/// Both machines on the stick use this, so that they name a computer identically.
#[must_use]
pub fn named([system, board]: [&str; 2]) -> &str {
    let names = |text: &&str| {
        let text = text.trim();
        !text.is_empty() && !text.starts_with("To be filled") && !text.starts_with("System ")
    };
    [system, board].into_iter().find(names).unwrap_or_default()
}

/// Family, model and stepping of a processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    pub family: u32,
    pub model: u32,
    pub stepping: u32,
}

impl Signature {
    /// From EAX of CPUID leaf 1: the extended fields count as Intel's and AMD's manuals say (family 15 adds the
    /// extended family; families 6 and 15 prepend the extended model).
    #[must_use]
    pub const fn of_leaf_1(eax: u32) -> Self {
        let base_family = eax >> 8 & 0xf;
        let family =
            if base_family == 0xf { base_family + (eax >> 20 & 0xff) } else { base_family };
        let base_model = eax >> 4 & 0xf;
        let extended = matches!(base_family, 0x6 | 0xf);
        let model = if extended { (eax >> 16 & 0xf) << 4 | base_model } else { base_model };
        Self { family, model, stepping: eax & 0xf }
    }

    /// Writes its three facts.
    ///
    /// # Errors
    /// Returns an error if writing to `lines` fails.
    pub fn write(self, lines: &mut dyn Write) -> fmt::Result {
        let facts = [
            (MachineFact::CpuFamily, self.family),
            (MachineFact::CpuModel, self.model),
            (MachineFact::CpuStepping, self.stepping),
        ];
        facts.iter().try_for_each(|(fact, number)| writeln!(lines, "{}={number}", fact.word()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(value: &str) -> String {
        let mut lines = String::new();
        write_fact(&mut lines, MachineFact::BoardModel, value).unwrap();
        lines
    }

    #[test]
    fn firmware_texts_become_one_clean_line() {
        assert_eq!(line("  ThinkPad T480s \0"), "board_model=ThinkPad T480s\n");
        assert_eq!(line("a\nb=c\u{1b}[2J"), "board_model=a?b=c?[2J\n");
        assert_eq!(line(" \0"), "board_model=unknown\n");
        assert_eq!(line(&"x".repeat(100)).len(), "board_model=\n".len() + FACT_BYTES);
    }

    #[test]
    fn placeholders_do_not_name_a_computer() {
        assert_eq!(named(["Laptop 7", "0A1B2C"]), "Laptop 7");
        assert_eq!(named(["To be filled by O.E.M.", "B450"]), "B450");
        assert_eq!(named([" ", "B450"]), "B450");
        assert_eq!(named(["System Product Name", ""]), "");
    }

    /// Signatures from the vendors' tables: Skylake-SP, Zen 3 (Vermeer), Pentium III.
    #[test]
    fn signatures_are_those_of_known_processors() {
        let of = |eax| {
            let Signature { family, model, stepping } = Signature::of_leaf_1(eax);
            (family, model, stepping)
        };
        assert_eq!(of(0x0005_0654), (6, 85, 4));
        assert_eq!(of(0x00a2_0f10), (25, 33, 0));
        assert_eq!(of(0x0000_0673), (6, 7, 3));
        let mut lines = String::new();
        Signature::of_leaf_1(0x0005_0654).write(&mut lines).unwrap();
        assert_eq!(lines, "cpu_family=6\ncpu_model=85\ncpu_stepping=4\n");
    }
}
