// SPDX-License-Identifier: GPL-2.0-or-later
//! Whether a boot loader on a PC's BIOS started this kernel, and not QEMU. Then there is a screen with a keyboard, and no
//! device by which the machine could be ended.

use core::sync::atomic::{AtomicBool, Ordering};

use crate::devices::screen;

static BY_BIOS: AtomicBool = AtomicBool::new(false);

/// Notes it, and begins to use the screen if it shows characters.
pub(super) fn begin(has_text_screen: bool) {
    BY_BIOS.store(true, Ordering::Relaxed);
    if has_text_screen {
        screen::init();
    }
}

pub(crate) fn is_bios() -> bool {
    BY_BIOS.load(Ordering::Relaxed)
}
