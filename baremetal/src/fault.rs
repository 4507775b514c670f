// SPDX-License-Identifier: GPL-2.0-or-later
//! `fault`: raises an exception on purpose, so that a person and the tests can see its report.

use core::arch::asm;

use baremetal::command::Fault;

use crate::interrupts::{self, breakpoints_seen};
use crate::println;

/// Raises it. Only a breakpoint comes back.
pub(crate) fn raise(fault: Fault) {
    if fault == Fault::DoubleFault {
        interrupts::break_gate();
    }
    // SAFETY: each of these traps; the handlers report and end the machine, but for the breakpoint's, which
    // comes back with everything as it was. Nothing is written before the trap but the control registers of x87
    // and SSE in the last two, whose owner is this code.
    unsafe {
        match fault {
            Fault::DivideError | Fault::DoubleFault => {
                asm!("xor edx, edx", "div edx", out("eax") _, out("edx") _);
            }
            Fault::Breakpoint => asm!("int3"),
            Fault::InvalidOpcode => asm!("ud2"),
            Fault::SegmentNotPresent => asm!("mov ds, {0:x}", in(reg) interrupts::ABSENT_SEGMENT),
            Fault::StackFault => asm!("mov ss, {0:x}", in(reg) interrupts::ABSENT_SEGMENT),
            Fault::GeneralProtection => asm!("mov rax, [{0}]", in(reg) NOT_CANONICAL, out("rax") _),
            Fault::PageFault => asm!("mov rax, [{0}]", in(reg) 8_u64, out("rax") _),
            Fault::WriteToCode => asm!("mov byte ptr [{0}], 0", in(reg) raise as *const ()),
            Fault::ExecuteData => asm!("call {0}", in(reg) &raw const DATA),
            Fault::StackOverflow => asm!("2:", "push rax", "jmp 2b"),
            Fault::FloatingPoint => {
                asm!("fldcw [{0}]", "fld1", "fldz", "fdivp", "fwait", in(reg) &X87_UNMASKED);
            }
            Fault::Simd => asm!(
                "ldmxcsr [{0}]",
                "xorps xmm0, xmm0",
                "divss xmm0, xmm0",
                "ldmxcsr [{1}]",
                in(reg) &SSE_UNMASKED,
                in(reg) &SSE_MASKED,
                out("xmm0") _,
            ),
            Fault::Panic => panic!("asked for by `fault panic`"),
        }
    }
    match fault {
        Fault::Breakpoint => {
            let (count, rip) = breakpoints_seen();
            println!("breakpoint number {count}, back at {rip:#x}");
        }
        // QEMU's TCG computes with the exception masked, whatever MXCSR says.
        _ => println!("no exception came: this CPU or its emulator does not raise it"),
    }
}

/// Bits 63 to 47 of an address must be alike.
const NOT_CANONICAL: u64 = 1 << 63;
/// x87 control word with the division by zero unmasked.
static X87_UNMASKED: u16 = 0x037b;
/// MXCSR with the invalid operation unmasked.
static SSE_UNMASKED: u32 = 0x1f00;
/// MXCSR as after a reset.
static SSE_MASKED: u32 = 0x1f80;
/// `ret`, where no code may be.
static DATA: u8 = 0xc3;
