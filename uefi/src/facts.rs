// SPDX-License-Identifier: GPL-2.0-or-later
//! Facts about the computer, as `key=value` lines of the meta frame. What could name one single machine or a person is
//! not among them: no serial number, no UUID, no asset tag, no MAC.

use alloc::string::{String, ToString as _};
use core::arch::x86_64::__cpuid;
use core::fmt::{self, Write};

use baremetal::cpu;
use chaos_stick::{MachineFact, write_fact};
use uchaos_uefi::smbios::{self, Names};
use uefi::runtime::{self, VariableVendor};
use uefi::table::cfg::ConfigTableEntry;
use uefi::{cstr16, system};
use x86_64::registers::model_specific::Msr;

/// `IA32_BIOS_SIGN_ID` of Intel, the patch level of AMD: the revision of the microcode.
const MICROCODE: u32 = 0x8b;
const INTEL: &str = "GenuineIntel";
const WITH_MICROCODE: [&str; 3] = [INTEL, "AuthenticAMD", "HygonGenuine"];

pub(crate) fn write(counter_khz: Option<u64>, lines: &mut dyn Write) -> fmt::Result {
    writeln!(lines, "kernel=µChaos UEFI program {}", env!("CARGO_PKG_VERSION"))?;
    cpu::identify(lines)?;
    let mut fact = |fact, value: &str| write_fact(lines, fact, value);
    let microcode = microcode().map(|revision| alloc::format!("{revision:#x}"));
    fact(MachineFact::Microcode, microcode.as_deref().unwrap_or_default())?;
    let khz = counter_khz.map(|khz| khz.to_string());
    fact(MachineFact::CounterKhz, khz.as_deref().unwrap_or_default())?;
    let names = names();
    let vendor = system::firmware_vendor().to_string();
    let [firmware_vendor, firmware_version, board_vendor, board_model] = names;
    fact(
        MachineFact::FirmwareVendor,
        if firmware_vendor.is_empty() { &vendor } else { &firmware_vendor },
    )?;
    fact(MachineFact::FirmwareVersion, &firmware_version)?;
    fact(MachineFact::BoardVendor, &board_vendor)?;
    fact(MachineFact::BoardModel, &board_model)?;
    fact(MachineFact::BootPath, "uefi")?;
    fact(MachineFact::SecureBoot, secure_boot())
}

/// On a virtual machine the register is only read: its host need not know what a write to it is for.
fn microcode() -> Option<u32> {
    let vendor = cpu::vendor();
    if !WITH_MICROCODE.contains(&vendor.as_str()) {
        return None;
    }
    if vendor.as_str() == INTEL && !cpu::has_hypervisor() {
        // SAFETY: the register is there since family 6, and holds nothing but the revision; Intel's manual (vol. 3, 11.11.7)
        // asks for a write of 0 and CPUID leaf 1 before it is read.
        unsafe { Msr::new(MICROCODE).write(0) };
        let _ = __cpuid(1);
    }
    // SAFETY: reading has no effect.
    let value = unsafe { Msr::new(MICROCODE).read() };
    let revision = if vendor.as_str() == INTEL { value >> 32 } else { value & 0xffff_ffff };
    Some(revision as u32)
}

/// Firmware's vendor and version, board's vendor and model.
fn names() -> [String; 4] {
    let found = system::with_config_table(|tables| {
        let address =
            |guid| tables.iter().find(|table| table.guid == guid).map(|table| table.address);
        let new = address(ConfigTableEntry::SMBIOS3_GUID).and_then(|place| {
            // SAFETY: the firmware's table points at an entry point, which nothing writes.
            smbios::tables(unsafe { &*place.cast::<[u8; smbios::ENTRY_POINT_BYTES]>() })
        });
        let old = || {
            let place = address(ConfigTableEntry::SMBIOS_GUID)?;
            // SAFETY: as above.
            smbios::tables_32(unsafe { &*place.cast::<[u8; smbios::ENTRY_POINT_32_BYTES]>() })
        };
        new.or_else(old)
    });
    let Some((address, len)) = found else { return Default::default() };
    // SAFETY: the entry point, whose sum was right, says that the tables are there; firmware maps memory where it is.
    let tables = unsafe { core::slice::from_raw_parts(address as *const u8, len) };
    let Names { firmware_vendor, firmware_version, board_vendor, board_model } =
        Names::read(tables);
    [firmware_vendor, firmware_version, board_vendor, board_model].map(str::to_string)
}

fn secure_boot() -> &'static str {
    let mut value = [0];
    match runtime::get_variable(cstr16!("SecureBoot"), &VariableVendor::GLOBAL_VARIABLE, &mut value)
    {
        Ok(_) => {
            if value == [1] {
                "yes"
            } else {
                "no"
            }
        }
        // A firmware without Secure Boot has no such variable.
        Err(error) if error.status() == uefi::Status::NOT_FOUND => "no",
        Err(_) => "unknown",
    }
}
