// SPDX-License-Identifier: GPL-2.0-or-later
//! The real-time clock of a PC (Motorola MC146818 and what followed), whose crystal of 32,768 Hz is not the one that the
//! time stamp counter is derived from. It is two ports of the machine, which an operating system keeps to itself.

use core::arch::asm;

const INDEX: u16 = 0x70;
const DATA: u16 = 0x71;
/// Register A: the rate is in bits 0 to 3.
const A: u8 = 0x0a;
const B: u8 = 0x0b;
/// Reading register C clears its flags.
const C: u8 = 0x0c;
const D: u8 = 0x0d;

const RATE: u8 = 0x0f;
/// 8,192 ticks a second, the fastest that every clock of this kind has.
const FASTEST: u8 = 3;
/// Register A: the date is being counted up. It clears within 2 ms.
const UPDATING: u8 = 1 << 7;
/// Register B: the periodic interrupt is enabled. QEMU counts the ticks only with it.
const PERIODIC: u8 = 1 << 6;
/// Register C: a tick came.
const TICKED: u8 = 1 << 6;
/// Register D: seven bits that read as 0; all ports without a device read as 1.
const RESERVED: u8 = 0x7f;

/// The second interrupt controller's mask, and the clock's line (IRQ 8) in it.
const MASK: u16 = 0xa1;
const LINE: u8 = 1 << 0;

/// Reads of register C for one tick: at a microsecond or more for each, thousands of times as long as a tick takes.
const READS_MAX: u32 = 1 << 20;

/// The clock ticking at its fastest rate. When this is dropped, it ticks as it did before.
#[derive(Debug)]
pub struct FastTicks {
    a: u8,
    b: u8,
    mask: u8,
}

impl FastTicks {
    /// Sets the rate. `None` where there is no such clock, or where this program is not the machine's only one: it
    /// does not run in ring 0.
    #[must_use]
    pub fn start() -> Option<Self> {
        if !in_ring_0() || register(D) & RESERVED != 0 {
            return None;
        }
        let (a, b) = (register(A) & !UPDATING, register(B));
        let mask = input(MASK);
        // The line is masked first: the interrupt is asked for by QEMU's model only, and nothing is to receive it.
        output(MASK, mask | LINE);
        set(A, a & !RATE | FASTEST);
        set(B, b | PERIODIC);
        Some(Self { a, b, mask })
    }
}

impl Drop for FastTicks {
    fn drop(&mut self) {
        set(B, self.b);
        set(A, self.a);
        // What is pending would come when the line is open again.
        register(C);
        output(MASK, self.mask);
    }
}

/// Whether [`FastTicks`] are on. The kernel module must not ask: the ports are the kernel's.
pub(crate) fn ticks_fast() -> bool {
    in_ring_0()
        && register(D) & RESERVED == 0
        && register(A) & RATE == FASTEST
        && register(B) & PERIODIC != 0
}

/// Waits for the next tick, and says whether it came.
#[inline(always)]
pub(crate) fn wait() -> bool {
    output(INDEX, C);
    (0..READS_MAX).any(|_| input(DATA) & TICKED != 0)
}

/// Whether the processor lets this program use ports.
fn in_ring_0() -> bool {
    let cs: u64;
    // SAFETY: reads a register.
    unsafe { asm!("mov {cs:r}, cs", cs = out(reg) cs, options(nomem, nostack, preserves_flags)) };
    cs & 3 == 0
}

fn register(number: u8) -> u8 {
    output(INDEX, number);
    input(DATA)
}

fn set(number: u8, value: u8) {
    output(INDEX, number);
    output(DATA, value);
}

/// For the ports above only.
#[inline(always)]
fn input(port: u16) -> u8 {
    let value: u8;
    // SAFETY: reading one of these ports touches no memory. Outside of ring 0 it is a fault, which ends the program.
    unsafe {
        asm!("in al, dx", in("dx") port, out("al") value, options(nomem, nostack, preserves_flags));
    }
    value
}

/// For the ports above only.
#[inline(always)]
fn output(port: u16, value: u8) {
    // SAFETY: as for `input`; what is written sets the clock's rate and masks its interrupt.
    unsafe {
        asm!("out dx, al", in("dx") port, in("al") value, options(nomem, nostack, preserves_flags));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_under_an_operating_system_does_not_get_it() {
        assert!(FastTicks::start().is_none());
        assert!(!ticks_fast());
    }
}
