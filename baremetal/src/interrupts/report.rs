// SPDX-License-Identifier: GPL-2.0-or-later
//! The end of a kernel that met an exception: what, where, every register, and a non-zero exit.

use chaos_wire::GuestStatus;
use x86_64::registers::control::{Cr0, Cr2, Cr3, Cr4};

use super::handler_stack_guards;
use crate::end;
use crate::memory::stack;
use crate::println;

const PAGE_FAULT: u64 = 14;

/// Lies on the handler's stack, from the last register pushed by the stub to the first word pushed by the CPU.
#[derive(Debug)]
#[repr(C)]
pub(super) struct TrapFrame {
    /// r15 to r8, rbp, rdi, rsi, rdx, rcx, rbx, rax: as the stub pushed them, last first.
    pub(super) registers: [u64; 15],
    pub(super) vector: u64,
    /// 0 for vectors that have none.
    pub(super) error_code: u64,
    pub(super) rip: u64,
    pub(super) cs: u64,
    pub(super) rflags: u64,
    pub(super) rsp: u64,
    pub(super) ss: u64,
}

/// The names of [`TrapFrame::registers`].
const REGISTER_NAMES: [&str; 15] = [
    "r15", "r14", "r13", "r12", "r11", "r10", "r9", "r8", "rbp", "rdi", "rsi", "rdx", "rcx", "rbx",
    "rax",
];

/// Mnemonic and name of each exception (Intel SDM, volume 3, table 6-1; AMD APM, volume 2, table 8-1).
const EXCEPTIONS: [(&str, &str); 32] = [
    ("#DE", "divide error"),
    ("#DB", "debug"),
    ("NMI", "non-maskable interrupt"),
    ("#BP", "breakpoint"),
    ("#OF", "overflow"),
    ("#BR", "bound range exceeded"),
    ("#UD", "invalid opcode"),
    ("#NM", "device not available"),
    ("#DF", "double fault"),
    ("", "coprocessor segment overrun"),
    ("#TS", "invalid TSS"),
    ("#NP", "segment not present"),
    ("#SS", "stack segment fault"),
    ("#GP", "general protection fault"),
    ("#PF", "page fault"),
    ("", "reserved"),
    ("#MF", "x87 floating-point error"),
    ("#AC", "alignment check"),
    ("#MC", "machine check"),
    ("#XM", "SIMD floating-point error"),
    ("#VE", "virtualization exception"),
    ("#CP", "control protection exception"),
    ("", "reserved"),
    ("", "reserved"),
    ("", "reserved"),
    ("", "reserved"),
    ("", "reserved"),
    ("", "reserved"),
    ("#HV", "hypervisor injection"),
    ("#VC", "VMM communication"),
    ("#SX", "security exception"),
    ("", "reserved"),
];

/// Reports and ends QEMU.
pub(super) fn die(frame: &TrapFrame) -> ! {
    end::begin_crash();
    let (mnemonic, name) =
        EXCEPTIONS.get(frame.vector as usize).copied().unwrap_or(("", "interrupt"));
    println!(
        "\n[uchaos] error: exception {mnemonic} {name} (vector {}, error code {:#x}) at rip {:#x}",
        frame.vector, frame.error_code, frame.rip
    );
    if frame.vector == PAGE_FAULT {
        explain_page_fault(frame.error_code);
    }
    let names = REGISTER_NAMES.iter().copied().zip(frame.registers).rev();
    let control = [
        ("rsp", frame.rsp),
        ("rip", frame.rip),
        ("rfl", frame.rflags),
        ("cs", frame.cs),
        ("ss", frame.ss),
        ("cr0", Cr0::read_raw()),
        ("cr2", Cr2::read_raw()),
        ("cr3", Cr3::read_raw().0.start_address().as_u64()),
        ("cr4", Cr4::read_raw()),
    ];
    for (index, (name, value)) in names.chain(control).enumerate() {
        let end = if index % 4 == 3 { "\n" } else { "" };
        crate::print!("  {name:>3} {value:016x}{end}");
    }
    end::leave(GuestStatus::Panic)
}

/// Intel SDM, volume 3, §4.7: bit 0 present, 1 write, 4 fetch.
fn explain_page_fault(error_code: u64) {
    let addr = Cr2::read_raw();
    let access = match error_code & 0b1_0010 {
        0b1_0000 => "executing",
        0b0_0010 => "writing",
        _ => "reading",
    };
    let page = addr & !0xfff;
    let why =
        if page == stack::boot_stack_guard() || handler_stack_guards().any(|guard| guard == page) {
            "the stack ran over into its guard page"
        } else if page == 0 {
            "null pointer"
        } else if error_code & 1 == 1 {
            "the page is protected"
        } else {
            "no such page"
        };
    println!("  {access} {addr:#x}: {why}");
}
