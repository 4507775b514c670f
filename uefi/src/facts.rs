// SPDX-License-Identifier: GPL-2.0-or-later
//! Facts about the computer, as `key=value` lines of the meta frame. Nothing that could identify a single machine or a
//! person is included: no serial number, UUID, asset tag or MAC.

use alloc::string::ToString as _;
use core::fmt::{self, Write};

use baremetal::cpu::{self, MICROCODE_REGISTER};
use baremetal::smbios::{self, Names};
use chaos_stick::{MachineFact, write_fact};
use uefi::runtime::{self, VariableVendor};
use uefi::table::cfg::ConfigTableEntry;
use uefi::{cstr16, system};
use x86_64::registers::model_specific::Msr;

pub(crate) fn write(counter_khz: Option<u64>, lines: &mut dyn Write) -> fmt::Result {
    writeln!(lines, "kernel=µChaos UEFI program {}", env!("CARGO_PKG_VERSION"))?;
    cpu::identify(lines)?;
    let mut microcode = Msr::new(MICROCODE_REGISTER);
    // SAFETY: the register is there since family 6, and holds nothing but the revision.
    let clear = || unsafe { microcode.write(0) };
    // SAFETY: reading has no effect.
    let read = || unsafe { Msr::new(MICROCODE_REGISTER).read() };
    cpu::write_microcode(lines, clear, read)?;
    let mut fact = |fact, value: &str| write_fact(lines, fact, value);
    let khz = counter_khz.map(|khz| khz.to_string());
    fact(MachineFact::CounterKhz, khz.as_deref().unwrap_or_default())?;
    fact(MachineFact::BootPath, "uefi")?;
    fact(MachineFact::SecureBoot, secure_boot())?;
    let vendor = system::firmware_vendor().to_string();
    let mut names = names();
    if names.firmware_vendor.is_empty() {
        names.firmware_vendor = &vendor;
    }
    names.write(lines)
}

/// The facts from SMBIOS.
fn names() -> Names<'static> {
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
    let Some((address, len)) = found else { return Names::default() };
    // SAFETY: the entry point, whose sum was right, says that the tables are there; firmware maps memory where it is.
    let tables = unsafe { core::slice::from_raw_parts(address as *const u8, len) };
    Names::read(tables)
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
        // Firmware without Secure Boot does not have this variable.
        Err(error) if error.status() == uefi::Status::NOT_FOUND => "no",
        Err(_) => "unknown",
    }
}
