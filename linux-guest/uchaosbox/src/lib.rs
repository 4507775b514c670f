// SPDX-License-Identifier: GPL-2.0-or-later
//! The engine in userland, and the job runner of the Linux guest: the parts that need no machine, and are tested
//! on the host. The program itself is `main.rs` and the files next to it (feature `guest`).
//!
//! Data flow: words of the command line -> [`Command`] -> a `chaos_wire::Request` -> the shared job loop -> frames.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod applet;
mod command;
mod fat;
mod help;

pub use applet::{APPLETS, Applet, View};
pub use command::{Command, Misuse};
pub use fat::{is_called, root_folder};
pub use help::{EXIT_HELP, USAGE, write_engine_help};

/// The value of the first line `key=value`, or with another separator, whose key is `key`, without blanks around it.
#[must_use]
pub fn field<'a>(text: &'a str, separator: char, key: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (name, value) = line.split_once(separator)?;
        (name.trim_end() == key).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_proc_files_are_found() {
        assert_eq!(field("turns=1\ninit_turns=7\n", '=', "init_turns"), Some("7"));
        assert_eq!(field("turns=1\n", '=', "turn"), None);
        let cpuinfo = "processor\t: 0\nmodel name\t: QEMU Virtual CPU: 2.5+\n";
        assert_eq!(field(cpuinfo, ':', "model name"), Some("QEMU Virtual CPU: 2.5+"));
        assert_eq!(field("MemAvailable:   18856 kB", ':', "MemAvailable"), Some("18856 kB"));
    }
}
