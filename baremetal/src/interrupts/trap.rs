// SPDX-License-Identifier: GPL-2.0-or-later
//! What happens at an exception or an interrupt, after its stub has saved the registers.

use super::frame::TrapFrame;
use super::{breakpoint, local_apic, pic, pit, report};
use crate::devices::serial;

const BREAKPOINT: u64 = 3;

/// Called by every stub.
pub(super) extern "C" fn trap(frame: &mut TrapFrame) {
    const TIMER: u64 = pic::TIMER_VECTOR as u64;
    const SERIAL: u64 = pic::SERIAL_VECTOR as u64;
    const SPURIOUS_LOW: u64 = pic::SPURIOUS_LOW_VECTOR as u64;
    const SPURIOUS_HIGH: u64 = pic::SPURIOUS_HIGH_VECTOR as u64;
    const SPURIOUS_APIC: u64 = local_apic::SPURIOUS_VECTOR as u64;
    match frame.vector {
        TIMER => {
            pit::count_interrupt();
            pic::end_of_interrupt();
        }
        SERIAL => {
            serial::receive_interrupt();
            pic::end_of_interrupt();
        }
        SPURIOUS_LOW | SPURIOUS_HIGH => pic::spurious(frame.vector == SPURIOUS_HIGH),
        SPURIOUS_APIC => {}
        BREAKPOINT => breakpoint::note(frame.rip),
        _ => report::die(frame),
    }
}
