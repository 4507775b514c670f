// SPDX-License-Identifier: GPL-2.0-or-later
// From the entry (32-bit protected mode, paging off, ebx = start info) to `start` in long mode. PVH and Multiboot2 loaders
// enter at the same place, and in eax the latter say that they are one.
// AT&T syntax: the far jump has no Intel spelling that LLVM accepts in 32-bit code.
//
// Xen, docs/misc/pvh.pandoc: the boot ABI. The note's descriptor is the entry's physical address.

    .section .note.pvh, "a", @note
    .balign 4
    .long 4                         // length of the name
    .long 8                         // length of the descriptor
    .long 18                        // XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .quad pvh_entry

    .section .text.pvh_entry, "ax", @progbits
    .code32
    .globl pvh_entry
pvh_entry:
    cld
    cli
    movl %ebx, %ebp                 // the start info's address, kept in a register that nothing below uses
    movl %eax, %esi                 // and the loader's magic number

    // A machine that reboots may leave old contents here.
    movl $__bss_start, %edi
    movl $__bss_end, %ecx
    subl %edi, %ecx
    shrl $2, %ecx
    xorl %eax, %eax
    rep stosl

    // Without long mode (`-cpu qemu32`) say so instead of dying of a triple fault.
    movl $0x80000001, %eax
    cpuid
    btl $29, %edx
    jnc no_long_mode

    // The first 4 GiB are mapped as they are: 2 MiB pages, but 4 KiB pages below 2 MiB, where the image lies
    // and paging.rs sets what each page may be used for.
    movl $PAGE_MAP_LEVEL_4, %edi
    movl $PAGE_DIRECTORY_POINTERS + 3, (%edi)
    movl $PAGE_DIRECTORY_POINTERS, %edi
    movl $PAGE_DIRECTORIES + 3, %eax
    movl $4, %ecx
1:  movl %eax, (%edi)
    addl $4096, %eax
    addl $8, %edi
    loop 1b

    movl $PAGE_DIRECTORIES, %edi
    movl $0x83, %eax                // present, writable, 2 MiB
    movl $2048, %ecx
2:  movl %eax, (%edi)
    movl $0, 4(%edi)
    addl $0x200000, %eax
    addl $8, %edi
    loop 2b
    movl $FIRST_PAGE_TABLE + 3, PAGE_DIRECTORIES

    movl $FIRST_PAGE_TABLE, %edi
    movl $3, %eax
    movl $512, %ecx
3:  movl %eax, (%edi)
    movl $0, 4(%edi)
    addl $4096, %eax
    addl $8, %edi
    loop 3b

    movl $0x620, %eax               // PAE, OSFXSR, OSXMMEXCPT: the prebuilt core uses SSE from its first line
    movl %eax, %cr4
    movl $PAGE_MAP_LEVEL_4, %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx          // EFER
    rdmsr
    orl $0x900, %eax                // LME, NXE
    wrmsr
    movl $0x80010033, %eax          // PG, WP, NE, ET, MP, PE; caches on, no emulation
    movl %eax, %cr0
    lgdt boot_gdt_pointer
    ljmp $0x08, $long_mode

// No stack yet: the text goes to COM1, the status to isa-debug-exit.
no_long_mode:
    movl $no_long_mode_text, %esi
4:  movw $0x3fd, %dx
5:  inb %dx, %al
    testb $0x20, %al
    jz 5b
    lodsb
    testb %al, %al
    jz 6f
    movw $0x3f8, %dx
    outb %al, %dx
    jmp 4b
6:  movl $0x15, %eax
    movw $0xf4, %dx
    outl %eax, %dx
7:  hlt
    jmp 7b

    .code64
long_mode:
    xorl %eax, %eax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw %ax, %fs
    movw %ax, %gs
    movl $BOOT_STACK + {boot_stack_end}, %esp
    movl %ebp, %edi
    movl %esi, %esi
    xorl %ebp, %ebp
    call start
    ud2

    // Multiboot2 Specification 2.0, §3.1: within the first 32 KiB of the file. It asks for the memory map, and for
    // no framebuffer: the screen stays in the text mode that it is in.
    .balign 8
multiboot_header:
    .long 0xe85250d6                // magic
    .long 0                         // i386, protected mode
    .long multiboot_header_end - multiboot_header
    .long -(0xe85250d6 + (multiboot_header_end - multiboot_header))
    .short 1                        // note type: PVH entry point
    .short 0
    .long 12
    .long 6                         // the memory map
    .balign 8
    .short 6                        // modules begin on pages
    .short 0
    .long 8
    .short 0                        // the last tag
    .short 0
    .long 8
multiboot_header_end:

    .section .rodata.pvh_entry, "a", @progbits
    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00209b0000000000        // 64-bit code, ring 0
boot_gdt_end:
boot_gdt_pointer:
    .short boot_gdt_end - boot_gdt - 1
    .long boot_gdt
no_long_mode_text:
    .asciz "\r\n[uchaos] error: this CPU has no 64-bit mode; start QEMU with another -cpu (qemu64, max)\r\n"
