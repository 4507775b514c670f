// SPDX-License-Identifier: GPL-2.0-or-later
//! What the tests of several crates share: trials that need a tool of the machine, and are skipped in plain sight where
//! it is missing.
#![forbid(unsafe_code)]

use libtest_mimic::{Arguments, Completion, Trial};
use std::process::ExitCode;

/// While this environment variable is set, a missing tool is a failure: `cargo xtask test` sets it where it has seen to
/// it that everything is there.
pub const NO_SKIPS: &str = "UCHAOS_NO_SKIPS";

/// Whatever a test needs and may not find.
pub type Found<T> = Result<T, String>;

/// A trial of `run` on what `find` finds. Without that it is skipped, with the reason.
pub fn trial<T: 'static>(
    name: &str,
    find: fn() -> Found<T>,
    run: impl FnOnce(&T) + Send + 'static,
) -> Trial {
    Trial::ignorable_test(name, move || match find() {
        Ok(found) => {
            run(&found);
            Ok(Completion::Completed)
        }
        Err(reason) if std::env::var_os(NO_SKIPS).is_some() => Err(reason.into()),
        Err(reason) => Ok(Completion::ignored_with(reason)),
    })
}

/// [`trial`]s of functions, named after them: `trials![qemu => guests::one, guests::two]`.
#[macro_export]
macro_rules! trials {
    ($find:path => $($run:path),+ $(,)?) => {
        vec![$($crate::trial(stringify!($run), $find, $run)),+]
    };
}

/// Runs trials as `cargo test` would.
#[must_use]
pub fn run(trials: Vec<Trial>) -> ExitCode {
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
