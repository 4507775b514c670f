// SPDX-License-Identifier: GPL-2.0-or-later
//! Load options: the boot loader entry's request to the program.

chaos_vocab::words! {
    /// The first action.
    Begin {
        /// shows the menu
        Menu = 0 "menu",
        /// runs the jobs of the configuration at once
        Run = 1 "run",
        /// shows what was recorded so far
        Recorded = 2 "recorded",
    }
}

impl Begin {
    /// Parses the load options, which may start with the program's own path (as passed by a UEFI shell).
    ///
    /// # Errors
    /// Returns an error with the first unknown argument, or with any argument after a known one.
    pub fn parse(options: &str) -> Result<Self, &str> {
        let mut words = options.split_ascii_whitespace().peekable();
        let is_path = |word: &&str| {
            word.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("efi"))
        };
        let _ = words.next_if(is_path);
        let begin = match words.next() {
            None => return Ok(Self::Menu),
            Some(word) => Self::from_word(word).ok_or(word)?,
        };
        words.next().map_or(Ok(begin), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_with_and_without_the_path_are_read() {
        for (options, begin) in [
            ("", Ok(Begin::Menu)),
            ("  run ", Ok(Begin::Run)),
            ("\\EFI\\uchaos.efi recorded", Ok(Begin::Recorded)),
            ("uchaos.EFI", Ok(Begin::Menu)),
            ("rnu", Err("rnu")),
            ("run menu", Err("menu")),
            ("µ.efi", Ok(Begin::Menu)),
            ("aµefi", Err("aµefi")),
        ] {
            assert_eq!(Begin::parse(options), begin, "{options:?}");
        }
    }
}
