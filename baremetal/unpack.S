// SPDX-License-Identifier: GPL-2.0-or-later
// The image that ships: the microkernel as an LZ4 block behind its own PVH entry, as a bzImage holds its kernel.
// xtask puts it together (crates/guest-build/src/baremetal/). It unpacks the kernel to where it is linked and jumps to
// the kernel's PVH entry with the machine as the firmware left it: ebx still holds the start info.
//
// The packed image lies above the kernel's (packed.ld), and is free memory once the kernel runs.

    .section .note.pvh, "a", @note
    .balign 4
    .long 4                         // length of the name
    .long 8                         // length of the descriptor
    .long 18                        // XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .quad unpack

    .section .text, "ax", @progbits
    .code32
    .globl unpack
unpack:
    cld
    movl $stack_end, %esp
    pushl %ebx
    movl $packed, %esi
    movl $KERNEL_START, %edi

    // LZ4 block format: token, literals, offset, match; the last sequence has literals only.
next:
    lodsb
    movzbl %al, %edx
    movl %edx, %ecx
    shrl $4, %ecx
    call length
    rep movsb
    cmpl $packed_end, %esi
    jae done
    xorl %eax, %eax
    lodsw
    movl %eax, %ebp                 // how far back the match lies
    movl %edx, %ecx
    andl $15, %ecx
    call length
    addl $4, %ecx
    movl %esi, %edx
    movl %edi, %esi
    subl %ebp, %esi
    rep movsb                       // byte by byte: a match may overlap what it makes
    movl %edx, %esi
    jmp next

// ecx is a length's four bits; 15 means that bytes follow which are added, up to one that is not 255.
length:
    cmpl $15, %ecx
    jne 2f
    xorl %eax, %eax
1:  lodsb
    addl %eax, %ecx
    cmpb $255, %al
    je 1b
2:  ret

done:
    popl %ebx
    movl $KERNEL_START, %eax
    jmp *%eax

    .section .rodata, "a", @progbits
packed:
    .incbin "kernel.lz4"
packed_end:

    .section .bss, "aw", @nobits
    .skip 16
stack_end:
