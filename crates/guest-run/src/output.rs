// SPDX-License-Identifier: GPL-2.0-or-later
//! Prints results to standard output as text or JSON (progress goes to standard error). `println!` panics when
//! the pipe is closed, as by `head`; here that is an ordinary error, so that guests are ended and folders removed
//! on the way out, and [`ExitKind::OutputClosed`] exits silently.

use std::fmt;
use std::io::{self, ErrorKind, Write};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::exit::ExitKind;

/// Prints a line; takes the arguments of `println!`.
#[macro_export]
macro_rules! say {
    ($($text:tt)*) => { $crate::output::line(format_args!($($text)*)) };
}

/// Prints a line.
///
/// # Errors
/// Returns an error if standard output is closed ([`ExitKind::OutputClosed`]) or cannot be written.
pub fn line(text: fmt::Arguments<'_>) -> Result<()> {
    line_to(&mut io::stdout(), text)
}

/// Prints a result as JSON.
pub fn json(result: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(result).context("writing JSON")?;
    line(format_args!("{text}"))
}

fn line_to(out: &mut impl Write, text: fmt::Arguments<'_>) -> Result<()> {
    match writeln!(out, "{text}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(ExitKind::OutputClosed.into()),
        written => written.context("writing to standard output"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_has_gone_is_told_from_a_disk_that_is_full() {
        let (reader, mut writer) = io::pipe().unwrap();
        line_to(&mut writer, format_args!("heard")).unwrap();
        drop(reader);
        let error = line_to(&mut writer, format_args!("not heard")).unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(ExitKind::OutputClosed)), "{error:#}");
        let mut full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let error = line_to(&mut full, format_args!("no room")).unwrap_err();
        assert!(format!("{error:#}").contains("No space left"), "{error:#}");
    }
}
