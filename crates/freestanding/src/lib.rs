// SPDX-License-Identifier: GPL-2.0-or-later
#![no_std]
//! The C functions that compiled code and the engine object call by themselves, which the stock toolchain expects from a C
//! library: for the microkernel and uchaosbox, which have none. A program links them with `use freestanding as _;`.
//!
//! Each is written in instructions, because a loop in Rust may be compiled into a call of the very function it is in. The
//! direction flag is clear on entry, by the ABI. Under test they are renamed, so that they do not clash with the C library's.

#[cfg(test)]
extern crate std;

use core::arch::naked_asm;

/// Copies `len` bytes forwards, eight at a time.
///
/// # Safety
/// As C's `memcpy`.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[unsafe(naked)]
pub unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    // rdi and rsi are as `rep movs` wants them.
    naked_asm!(
        "mov rax, rdi",
        "mov rcx, rdx",
        "shr rcx, 3",
        "rep movsq",
        "mov ecx, edx",
        "and ecx, 7",
        "rep movsb",
        "ret"
    )
}

/// Copies `len` bytes; the ranges may overlap.
///
/// # Safety
/// As C's `memmove`.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[unsafe(naked)]
pub unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    // Backwards only where the target begins inside the source.
    naked_asm!(
        "mov rax, rdi",
        "sub rax, rsi",
        "cmp rax, rdx",
        "jae {memcpy}",
        "mov rax, rdi",
        "mov rcx, rdx",
        "lea rdi, [rdi + rdx - 1]",
        "lea rsi, [rsi + rdx - 1]",
        "std",
        "rep movsb",
        "cld",
        "ret",
        memcpy = sym memcpy,
    )
}

/// Fills `len` bytes with the low byte of `value`, eight at a time.
///
/// # Safety
/// As C's `memset`.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[unsafe(naked)]
pub unsafe extern "C" fn memset(to: *mut u8, value: i32, len: usize) -> *mut u8 {
    naked_asm!(
        "mov r8, rdi",
        "movzx eax, sil",
        "mov rcx, 0x0101010101010101",
        "imul rax, rcx",
        "mov rcx, rdx",
        "shr rcx, 3",
        "rep stosq",
        "mov ecx, edx",
        "and ecx, 7",
        "rep stosb",
        "mov rax, r8",
        "ret"
    )
}

/// Compares `len` bytes: negative, zero or positive as the first differing byte of `a` is less or greater.
///
/// # Safety
/// As C's `memcmp`.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[unsafe(naked)]
pub unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, len: usize) -> i32 {
    // The first comparison is for `repe` over no bytes, which leaves the flags as they are.
    naked_asm!(
        "mov rcx, rdx",
        "xor eax, eax",
        "cmp eax, eax",
        "repe cmpsb",
        "je 2f",
        "movzx eax, byte ptr [rdi - 1]",
        "movzx ecx, byte ptr [rsi - 1]",
        "sub eax, ecx",
        "2:",
        "ret"
    )
}

/// Whether `len` bytes differ.
///
/// # Safety
/// As `bcmp`.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[unsafe(naked)]
pub unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, len: usize) -> i32 {
    naked_asm!("jmp {memcmp}", memcmp = sym memcmp)
}

/// Bytes before the first NUL.
///
/// # Safety
/// As C's `strlen`.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[unsafe(naked)]
pub unsafe extern "C" fn strlen(text: *const u8) -> usize {
    naked_asm!(
        "xor eax, eax",
        "2: cmp byte ptr [rdi + rax], 0",
        "je 3f",
        "inc rax",
        "jmp 2b",
        "3: ret"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    const LEN: usize = 64;

    fn pattern() -> [u8; LEN] {
        core::array::from_fn(|index| index as u8 ^ 0x5a)
    }

    /// Every length and overlap up to three words, and whether the function gives its target back.
    #[test]
    fn bytes_arrive_whatever_the_length_and_overlap() {
        for from in 0..20 {
            for to in 0..20 {
                for len in 0..25 {
                    let mut moved = pattern();
                    let place = moved.as_mut_ptr();
                    // SAFETY: both ranges are within the array.
                    let given = unsafe { memmove(place.add(to), place.add(from), len) };
                    assert_eq!(given, moved.as_mut_ptr().wrapping_add(to));
                    let mut right = pattern();
                    right.copy_within(from..from + len, to);
                    assert_eq!(moved, right, "{len} bytes from {from} to {to}");
                    let mut copied = [0; LEN];
                    // SAFETY: both ranges are within their arrays, which are two.
                    unsafe {
                        memcpy(copied.as_mut_ptr().add(to), pattern().as_ptr().add(from), len)
                    };
                    assert_eq!(copied[to..to + len], pattern()[from..from + len]);
                    assert_eq!(copied.iter().filter(|byte| **byte != 0).count(), len);
                }
            }
        }
    }

    #[test]
    fn a_range_is_filled_and_nothing_next_to_it() {
        for from in 0..20 {
            for len in 0..25 {
                let mut filled = pattern();
                // SAFETY: the range is within the array. Only the low byte of the value counts.
                unsafe { memset(filled.as_mut_ptr().add(from), 0x7ac3, len) };
                let mut right = pattern();
                right[from..from + len].fill(0xc3);
                assert_eq!(filled, right, "{len} bytes from {from}");
            }
        }
    }

    #[test]
    fn comparison_has_the_sign_of_the_first_difference() {
        for at in 0..LEN {
            for len in 0..=LEN {
                let (left, mut right) = (pattern(), pattern());
                right[at] ^= 0x80;
                let wanted = left[..len].cmp(&right[..len]);
                // SAFETY: both arrays have that many bytes.
                let (compared, differ) = unsafe {
                    (
                        memcmp(left.as_ptr(), right.as_ptr(), len),
                        bcmp(left.as_ptr(), right.as_ptr(), len),
                    )
                };
                assert_eq!(compared.cmp(&0), wanted, "{len} bytes, of which {at} differs");
                assert_eq!(differ != 0, wanted.is_ne());
            }
        }
    }

    #[test]
    fn a_text_ends_at_its_first_nul() {
        for len in 0..20 {
            let mut text: Vec<u8> = core::iter::repeat_n(b'x', len).collect();
            text.extend(b"\0more\0");
            // SAFETY: there is a NUL in it.
            assert_eq!(unsafe { strlen(text.as_ptr()) }, len);
        }
    }
}
