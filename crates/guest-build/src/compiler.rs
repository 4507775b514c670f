// SPDX-License-Identifier: GPL-2.0-or-later
//! The C compiler and the linker of the guests: this machine's gcc and ld, by name. Their versions are an input of
//! every step that runs them; a user's choice of others is rejected, because the result would no longer be known.

use std::ffi::OsString;
use std::process::Command;

use anyhow::{Context, Result};
use guest_run::ExitKind;

/// The compiler with the language standard of all kernels from 5.15 to 6.18 and of busybox. From GCC 15 on the
/// default is C23, in which `bool` and `false` are keywords and `()` takes no arguments. The kernel's main makefile gives
/// the standard, but the makefiles of the boot code, of the real-mode code and of the build's own tools set their flags
/// from scratch and, in many versions, without it. A flag that follows on the command line wins, so those which ask for
/// another standard get it.
pub const GCC: &str = "gcc -std=gnu11";

/// `make` variables that carry the standard to every makefile: a variable from make's command line overrides each
/// assignment, in all sub-makes as well.
pub fn make_variables() -> [String; 2] {
    ["CC", "HOSTCC"].map(|name| format!("{name}={GCC}"))
}

/// Variables by which other builds select a compiler, a linker or flags, and the one value that changes nothing.
const CHOICES: [(&str, &str); 8] = [
    ("CC", "gcc"),
    ("HOSTCC", "gcc"),
    ("REALGCC", "gcc"),
    ("LD", "ld"),
    ("CROSS_COMPILE", ""),
    ("LLVM", ""),
    ("KCFLAGS", ""),
    ("KAFLAGS", ""),
];

/// Rejects a compiler, linker or kernel flags in the environment.
///
/// # Errors
/// Returns an error ([`ExitKind::Usage`]) if one is set to anything but the default.
pub fn reject_choices() -> Result<()> {
    reject(|name| std::env::var_os(name))
}

fn reject(variable: impl Fn(&str) -> Option<OsString>) -> Result<()> {
    for (name, ours) in CHOICES {
        let Some(value) = variable(name).filter(|value| !value.is_empty() && value != ours) else {
            continue;
        };
        return Err(ExitKind::Usage(format!(
            "{name}={} is set, but the guests are built only by `gcc` and `ld`, so that the same inputs give the same \
             bytes. Unset {name}; to use another version, put a folder with a link named gcc to it first in PATH",
            value.display()
        ))
        .into());
    }
    Ok(())
}

/// The versions of compiler and linker.
pub fn versions() -> Result<String> {
    let mut text = String::new();
    for tool in ["gcc", "ld"] {
        let output =
            Command::new(tool).arg("--version").env("LC_ALL", "C").output().with_context(|| {
                format!(
                    "starting `{tool} --version`: is it installed? (`cargo xtask doctor` shows what is missing)"
                )
            })?;
        text.extend(
            String::from_utf8_lossy(&output.stdout).lines().next().map(|line| format!("{line}\n")),
        );
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel;
    use crate::log::StepLog;
    use fs_err as fs;

    #[test]
    fn another_compiler_is_rejected_and_the_same_one_is_not() {
        let with = |name: &'static str, value: &'static str| {
            reject(move |asked| (asked == name).then(|| value.into()))
        };
        for (name, ours) in CHOICES {
            with(name, ours).unwrap();
            with(name, "").unwrap();
            let error = with(name, "clang-19 -m32").unwrap_err();
            let ExitKind::Usage(text) = error.downcast::<ExitKind>().unwrap() else {
                panic!("{name}: another kind of error")
            };
            assert!(text.starts_with(&format!("{name}=clang-19 -m32 is set")), "{text}");
            assert!(text.contains(&format!("Unset {name}")), "{text}");
        }
        with("CFLAGS_FOR_SOMETHING_ELSE", "-O3").unwrap();
    }

    /// A source tree like a kernel's: makefiles that name their compiler and set their flags from scratch.
    #[test]
    fn every_sub_make_compiles_by_the_standard() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let (tree, build) = (at("tree"), at("build"));
        fs::create_dir_all(tree.join("boot")).unwrap();
        fs::create_dir_all(&build).unwrap();
        // As include/linux/stddef.h and types.h; the standard is what GCC 15 no longer has by default.
        let source = "enum { false = 0, true = 1 };\ntypedef _Bool bool;\nint f();\nint g(void) { return f(1); }\n\
                      #if __STDC_VERSION__ != STANDARD\n#error another standard\n#endif\n";
        fs::write(tree.join("boot/code.c"), source).unwrap();
        fs::write(
            tree.join("Makefile"),
            "CC = gcc\nHOSTCC = gcc\nexport CC HOSTCC\nall:\n\t$(MAKE) -C boot HOSTCC=\"$(HOSTCC)\" O=$(O)\n",
        )
        .unwrap();
        fs::write(
            tree.join("boot/Makefile"),
            "CC := $(CROSS_COMPILE)gcc\nHOSTCC := gcc\nCFLAGS := -O2\nall:\n\
             \t$(CC) $(CFLAGS) -DSTANDARD=201112L -c code.c -o $(O)/target.o\n\
             \t$(HOSTCC) $(CFLAGS) -DSTANDARD=201112L -c code.c -o $(O)/host.o\n\
             \t$(CC) $(CFLAGS) -std=gnu99 -DSTANDARD=199901L -c code.c -o $(O)/own.o\n",
        )
        .unwrap();
        let mut log = StepLog::create(folder.path(), "standard", "standard").unwrap();
        log.run(kernel::make(&tree, &build).arg("all")).unwrap();
        assert!(["target.o", "host.o", "own.o"].iter().all(|name| build.join(name).exists()));
        let mut plain = Command::new("make");
        plain.arg("-C").arg(&tree).arg(format!("O={}", build.display()));
        let error = format!("{:#}", log.run(&mut plain).unwrap_err());
        assert!(error.contains("another standard"), "the tree does not depend on it: {error}");
    }
}
