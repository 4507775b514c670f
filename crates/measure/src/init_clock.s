# SPDX-License-Identifier: GPL-2.0-or-later
# The first process of a guest that is timed: it reads the time-stamp counter before anything else, writes it to COM1
# and ends QEMU with success. Where time is a count of instructions, the counter is that count.

	.intel_syntax noprefix
	.globl	_start
_start:
	rdtsc
	shl	rdx, 32
	or	rax, rdx
	mov	r12, rax
	mov	eax, 172		# iopl(3): ports for a process
	mov	edi, 3
	syscall
	lea	rsi, [text]
1:	lodsb
	test	al, al
	jz	2f
	call	put
	jmp	1b
2:	mov	ebx, 16			# hexadecimal digits
3:	rol	r12, 4
	mov	al, r12b
	and	al, 15
	cmp	al, 10
	jb	4f
	add	al, 'a' - '0' - 10
4:	add	al, '0'
	call	put
	dec	ebx
	jnz	3b
	mov	al, '\n'
	call	put
	mov	dx, 0xf4		# isa-debug-exit
	mov	eax, 0x10		# success
	out	dx, eax
5:	jmp	5b

put:	mov	ah, al
	mov	dx, 0x3fd		# the line's status
6:	in	al, dx
	test	al, 0x20		# ready for a byte
	jz	6b
	mov	al, ah
	mov	dx, 0x3f8
	out	dx, al
	ret

	.section .rodata
text:	.asciz	"\n[tsc at init] "
