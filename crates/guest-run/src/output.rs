// SPDX-License-Identifier: GPL-2.0-or-later
//! Standard output, where results go as text or as JSON (progress goes to standard error). `println!` panics when its
//! reader has gone, as `head` does; here that is an error like any other, so that guests are ended and folders removed
//! on the way out, and [`ExitKind::OutputClosed`] leaves without a word.

use std::fmt;
use std::io::{self, ErrorKind, Write};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::exit::ExitKind;

/// Prints a line, written as `println!` has it.
#[macro_export]
macro_rules! say {
    ($($text:tt)*) => { $crate::output::line(format_args!($($text)*)) };
}

/// Prints a line.
///
/// # Errors
/// [`ExitKind::OutputClosed`]; a disk that is full.
pub fn line(text: fmt::Arguments<'_>) -> Result<()> {
    line_to(&mut io::stdout(), text)
}

/// Prints a result for programs.
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
