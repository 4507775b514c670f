// SPDX-License-Identifier: GPL-2.0-or-later
//! Which vector goes where. Every exception that x86 has is reported; two interrupt lines are served.

use spin::Mutex;
use x86_64::VirtAddr;
use x86_64::structures::idt::{Entry, EntryOptions, InterruptDescriptorTable};

use super::gdt::HandlerStack;
use super::{pic, trap};

/// Filled at boot rather than in the image: a table of unused gates is not zero, and costs 4 KiB of file.
static TABLE: Mutex<Option<InterruptDescriptorTable>> = Mutex::new(None);

/// Fills the table and loads it.
pub(super) fn init() {
    let mut table = TABLE.lock();
    let idt = table.insert(InterruptDescriptorTable::new());

    let fault = HandlerStack::Fault;
    set(&mut idt.divide_error, trap::plain::<0>, fault);
    set(&mut idt.debug, trap::plain::<1>, fault);
    set(&mut idt.non_maskable_interrupt, trap::plain::<2>, HandlerStack::NonMaskable);
    set(&mut idt.breakpoint, trap::plain::<3>, HandlerStack::Breakpoint);
    set(&mut idt.overflow, trap::plain::<4>, fault);
    set(&mut idt.bound_range_exceeded, trap::plain::<5>, fault);
    set(&mut idt.invalid_opcode, trap::plain::<6>, fault);
    set(&mut idt.device_not_available, trap::plain::<7>, fault);
    set(&mut idt.double_fault, trap::with_code::<8>, HandlerStack::DoubleFault);
    set(&mut idt.invalid_tss, trap::with_code::<10>, fault);
    set(&mut idt.segment_not_present, trap::with_code::<11>, fault);
    set(&mut idt.stack_segment_fault, trap::with_code::<12>, fault);
    set(&mut idt.general_protection_fault, trap::with_code::<13>, fault);
    set(&mut idt.page_fault, trap::with_code::<14>, fault);
    set(&mut idt.x87_floating_point, trap::plain::<16>, fault);
    set(&mut idt.alignment_check, trap::with_code::<17>, fault);
    set(&mut idt.machine_check, trap::plain::<18>, HandlerStack::MachineCheck);
    set(&mut idt.simd_floating_point, trap::plain::<19>, fault);
    set(&mut idt.virtualization, trap::plain::<20>, fault);
    set(&mut idt.cp_protection_exception, trap::with_code::<21>, fault);
    set(&mut idt.hv_injection_exception, trap::plain::<28>, fault);
    set(&mut idt.vmm_communication_exception, trap::with_code::<29>, fault);
    set(&mut idt.security_exception, trap::with_code::<30>, fault);

    let interrupt = HandlerStack::Interrupt;
    set(&mut idt[pic::TIMER_VECTOR], trap::plain::<{ pic::TIMER_VECTOR }>, interrupt);
    set(&mut idt[pic::SERIAL_VECTOR], trap::plain::<{ pic::SERIAL_VECTOR }>, interrupt);
    set(&mut idt[pic::SPURIOUS_LOW_VECTOR], trap::plain::<{ pic::SPURIOUS_LOW_VECTOR }>, interrupt);
    set(
        &mut idt[pic::SPURIOUS_HIGH_VECTOR],
        trap::plain::<{ pic::SPURIOUS_HIGH_VECTOR }>,
        interrupt,
    );

    set(
        &mut idt[pic::SPURIOUS_APIC_VECTOR],
        trap::plain::<{ pic::SPURIOUS_APIC_VECTOR }>,
        interrupt,
    );

    // SAFETY: the table is a static and stays; handlers and their stacks are set.
    unsafe { idt.load_unsafe() };
}

fn set<F>(entry: &mut Entry<F>, stub: extern "C" fn(), stack: HandlerStack) {
    // SAFETY: the stub is a handler: it returns by `iretq` and keeps every register. The stack's index is
    // one that gdt.rs fills.
    unsafe {
        let options: &mut EntryOptions =
            entry.set_handler_addr(VirtAddr::from_ptr(stub as *const ()));
        options.set_stack_index(stack as u16);
    }
}

/// Makes the divide error's gate unusable, so that a division by zero becomes a double fault. For the
/// monitor's `fault` command; it cannot be undone.
pub(crate) fn break_gate() {
    if let Some(idt) = &mut *TABLE.lock() {
        idt.divide_error = Entry::missing();
    }
}
