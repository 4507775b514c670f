// SPDX-License-Identifier: GPL-2.0-or-later
//! What a `no_std` object must have and must never use: the build fails if anything in the object leads here, which
//! it detects by a reference to a function that is not defined anywhere.

unsafe extern "C" {
    safe fn uchaos_panic() -> !;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    uchaos_panic()
}
