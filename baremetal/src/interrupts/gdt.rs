// SPDX-License-Identifier: GPL-2.0-or-later
//! Segments, and the task state segment with the handlers' stacks.

use spin::Once;
use x86_64::instructions::segmentation::{CS, DS, ES, SS, Segment as _};
use x86_64::instructions::tables::load_tss;
use x86_64::structures::gdt::{
    Descriptor, DescriptorFlags, GlobalDescriptorTable, SegmentSelector,
};
use x86_64::structures::tss::TaskStateSegment;

use crate::memory::stack::{HANDLER_STACK_BYTES, Stack};

/// Which stack a handler runs on. A kind that can occur while another is being handled has its own stack.
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
pub(super) enum HandlerStack {
    Fault = 0,
    DoubleFault = 1,
    NonMaskable = 2,
    MachineCheck = 3,
    Breakpoint = 4,
    Interrupt = 5,
}

const STACKS: usize = 6;

#[unsafe(link_section = ".bss.noinit.handler_stacks")]
static HANDLER_STACKS: [Stack<HANDLER_STACK_BYTES>; STACKS] = [const { Stack::new() }; STACKS];

/// The guard pages of the handlers' stacks.
pub(crate) fn handler_stack_guards() -> impl Iterator<Item = u64> {
    HANDLER_STACKS.iter().map(Stack::guard)
}

/// The selector of a data segment that is not present: the monitor's `fault` provokes exceptions with it.
pub(crate) const ABSENT_SEGMENT: u16 = 3 << 3;

struct Segments {
    gdt: GlobalDescriptorTable,
    code: SegmentSelector,
    data: SegmentSelector,
    tss: SegmentSelector,
}

/// Loads segments and the task register.
pub(super) fn init() {
    static TSS: Once<TaskStateSegment> = Once::new();
    static SEGMENTS: Once<Segments> = Once::new();
    let tss = TSS.call_once(|| {
        let mut tss = TaskStateSegment::new();
        // By value: the segment is packed, so that its fields cannot be referred to.
        let mut stacks = tss.interrupt_stack_table;
        for (slot, stack) in stacks.iter_mut().zip(&HANDLER_STACKS) {
            *slot = stack.top();
        }
        tss.interrupt_stack_table = stacks;
        tss
    });
    let segments = SEGMENTS.call_once(|| {
        let mut gdt = GlobalDescriptorTable::new();
        let code = gdt.append(Descriptor::kernel_code_segment());
        let data = gdt.append(Descriptor::kernel_data_segment());
        gdt.append(Descriptor::UserSegment(
            (DescriptorFlags::KERNEL_DATA - DescriptorFlags::PRESENT).bits(),
        ));
        let tss = gdt.append(Descriptor::tss_segment(tss));
        Segments { gdt, code, data, tss }
    });
    segments.gdt.load();
    // SAFETY: the selectors are those of the table that was just loaded, and it stays.
    unsafe {
        CS::set_reg(segments.code);
        SS::set_reg(segments.data);
        DS::set_reg(segments.data);
        ES::set_reg(segments.data);
        load_tss(segments.tss);
    }
}
