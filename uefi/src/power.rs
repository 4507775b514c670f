// SPDX-License-Identifier: GPL-2.0-or-later
//! Power-off and restart.

use uefi::runtime::{self, ResetType, VariableAttributes, VariableVendor};
use uefi::{Status, cstr16};

pub(crate) fn off() -> ! {
    runtime::reset(ResetType::SHUTDOWN, Status::SUCCESS, None)
}

pub(crate) fn restart() -> ! {
    runtime::reset(ResetType::COLD, Status::SUCCESS, None)
}

/// Restarts, and requests the boot entry of this run from the firmware; without one it uses its default entry.
pub(crate) fn restart_to_same_entry() -> ! {
    let mut entry = [0; 2];
    let global = &VariableVendor::GLOBAL_VARIABLE;
    if runtime::get_variable(cstr16!("BootCurrent"), global, &mut entry).is_ok() {
        let kept = VariableAttributes::NON_VOLATILE
            | VariableAttributes::BOOTSERVICE_ACCESS
            | VariableAttributes::RUNTIME_ACCESS;
        // Firmware that refuses boots its default entry, which is the stick if the stick was booted by default.
        let _ = runtime::set_variable(cstr16!("BootNext"), global, kept, &entry);
    }
    restart()
}
