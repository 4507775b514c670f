// SPDX-License-Identifier: GPL-2.0-or-later
//! Firmware handles interrupts on the program's stack, so data below the stack pointer is overwritten at any
//! time. Our code is compiled without a red zone; the prebuilt parts of Rust's core library are not, so the linked program
//! is checked.

use anyhow::{Result, bail};

/// Rejects code that reads or writes below the stack pointer.
pub(super) fn check(code: &str) -> Result<()> {
    let mut instructions = 0;
    let mut function = "";
    let mut found = Vec::new();
    for line in code.lines() {
        if line.ends_with(">:") {
            function = line;
        }
        if line.contains(":\t") {
            instructions += 1;
            // `lea` only computes; it sets up a stack frame.
            if is_below(line) && !line.contains("\tlea") {
                found.push(format!("{function} {}", line.trim()));
            }
        }
    }
    if instructions < 100 {
        bail!("objdump shows only {instructions} instructions: is it from binutils?");
    }
    if !found.is_empty() {
        bail!("it uses the red zone:\n{}", found.join("\n"));
    }
    Ok(())
}

/// Whether the line has an operand such as `-0x10(%rsp)`.
fn is_below(line: &str) -> bool {
    line.match_indices("(%rsp").any(|(at, _)| {
        let before = &line[..at];
        let number = before.rfind(|c: char| !c.is_ascii_hexdigit() && c != 'x');
        number.is_some_and(|sign| before.as_bytes()[sign] == b'-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_below_the_stack_pointer_are_found() {
        let harmless = "  10:\tmov 0x10(%rsp),%rax\n  14:\tlea -0x20(%rsp),%rsp\n".repeat(60);
        check(&harmless).unwrap();
        for line in ["  9:\tmov %rax,-0x8(%rsp)", "  9:\tmov -0x78(%rsp,%rcx,8),%rdx"] {
            let error = check(&format!("{harmless}0 <core::f>:\n{line}\n")).unwrap_err();
            assert!(error.to_string().contains("<core::f>"), "{error}");
        }
        assert!(check("").is_err());
    }
}
