// SPDX-License-Identifier: GPL-2.0-or-later
//! Enums whose values have a word (for texts) and a number (for the C ABI and for frames).

/// A value that crosses the C ABI as a number.
pub trait Number: Copy {
    /// The number that stands for it.
    fn number(self) -> u32;
    /// The value with this number, if there is one.
    fn from_number(number: u32) -> Option<Self>;
}

impl Number for u32 {
    fn number(self) -> u32 {
        self
    }

    fn from_number(number: u32) -> Option<Self> {
        Some(number)
    }
}

/// Declares an enum with a word and a number for each value.
#[macro_export]
macro_rules! words {
    ($(#[doc = $doc:literal])* $name:ident { $($(#[doc = $text:literal])* $value:ident = $number:literal $word:literal,)* }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[doc = $text])* $value = $number,)* }

        impl $name {
            /// Every value, in the order of the declaration.
            pub const ALL: &'static [Self] = &[$(Self::$value,)*];
            /// The words for [`Self::ALL`].
            pub const WORDS: &'static [&'static str] = &[$($word,)*];

            /// The word in the job grammar and in reports.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$value => $word,)* }
            }

            /// What it means, in a few words.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$value => concat!($($text),*).trim_ascii(),)* }
            }

            /// The value that a word stands for.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$value),)* _ => None }
            }

            /// The number in the C ABI and in frames.
            #[must_use]
            pub const fn number(self) -> u32 {
                self as u32
            }

            /// The value with this number.
            #[must_use]
            pub const fn from_number(number: u32) -> Option<Self> {
                match number { $($number => Some(Self::$value),)* _ => None }
            }
        }

        impl $crate::Number for $name {
            fn number(self) -> u32 {
                Self::number(self)
            }

            fn from_number(number: u32) -> Option<Self> {
                Self::from_number(number)
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.word())
            }
        }
    };
}
