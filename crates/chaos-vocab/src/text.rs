// SPDX-License-Identifier: GPL-2.0-or-later
//! Texts put together at compile time and ended by NUL: the C ABI hands out pointers to static texts only.

use core::ffi::CStr;

use crate::allowed::Allowed;

/// A literal that ends with NUL as a C text.
pub(crate) const fn c_text(with_nul: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(with_nul.as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!("a text holds a NUL"),
    }
}

/// A C text as a Rust text; both are declared as UTF-8 literals.
pub(crate) const fn rust_text(text: &'static CStr) -> &'static str {
    match text.to_str() {
        Ok(text) => text,
        Err(_) => "",
    }
}

/// Room for one text.
pub(crate) struct Text {
    bytes: [u8; 64],
    len: usize,
}

impl Text {
    /// "1 to 7" or "observe or enforce".
    pub(crate) const fn of_allowed(allowed: &Allowed) -> Self {
        let mut text = Self { bytes: [0; 64], len: 0 };
        match *allowed {
            Allowed::Range { low, high } => text.number(low).str(" to ").number(high),
            Allowed::List(numbers) => {
                let mut index = 0;
                while index < numbers.len() {
                    text = text.separator(index, numbers.len()).number(numbers[index]);
                    index += 1;
                }
                text
            }
            Allowed::Words(words) => {
                let mut index = 0;
                while index < words.len() {
                    text = text.separator(index, words.len()).str(words[index]);
                    index += 1;
                }
                text
            }
        }
    }

    /// The text as C has it.
    pub(crate) const fn as_c(&'static self) -> &'static CStr {
        match CStr::from_bytes_until_nul(&self.bytes) {
            Ok(text) => text,
            Err(_) => panic!("a text fills its room: make it larger"),
        }
    }

    const fn separator(self, index: usize, count: usize) -> Self {
        if index == 0 {
            self
        } else if index + 1 == count {
            self.str(" or ")
        } else {
            self.str(", ")
        }
    }

    const fn str(mut self, text: &str) -> Self {
        let mut index = 0;
        while index < text.len() {
            self.bytes[self.len] = text.as_bytes()[index];
            self.len += 1;
            index += 1;
        }
        self
    }

    const fn number(mut self, number: u32) -> Self {
        if number >= 10 {
            self = self.number(number / 10);
        }
        self.bytes[self.len] = b'0' + (number % 10) as u8;
        self.len += 1;
        self
    }
}

/// The text of allowed values, in a constant expression.
macro_rules! text {
    ($allowed:expr) => {{
        const TEXT: &$crate::text::Text = &$crate::text::Text::of_allowed($allowed);
        TEXT.as_c()
    }};
}
pub(crate) use text;
