// SPDX-License-Identifier: GPL-2.0-or-later
//! Commands as typed in a shell.

use std::ffi::OsStr;
use std::process::Command;

/// The program and its arguments, quoted for a POSIX shell where needed.
#[must_use]
pub fn quoted(command: &Command) -> String {
    let words: Vec<_> =
        std::iter::once(command.get_program()).chain(command.get_args()).map(quoted_word).collect();
    words.join(" ")
}

/// One argument, quoted if needed.
pub(crate) fn quoted_word(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_every_word() {
        let words = ["a b", "it's", "", "$HOME", "*", "plain=1,x", "new\nline", "\\", "\"", "é"];
        let shown = quoted(Command::new("printf").arg("%s\\0").args(words));
        let output = Command::new("sh").args(["-c", &shown]).output().unwrap();
        let expected: String = words.iter().map(|word| format!("{word}\0")).collect();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    }
}
