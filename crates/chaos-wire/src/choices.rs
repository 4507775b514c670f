// SPDX-License-Identifier: GPL-2.0-or-later
//! The keys of the grammar whose value is one word of a short list.

use core::fmt;

/// Ties the values of a key to the words that stand for them.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $number:literal $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$value_doc])* $value = $number,)* }

        impl $name {
            /// Every value, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$value,)*];
            /// The words for [`Self::ALL`].
            pub const WORDS: &'static [&'static str] = &[$($word,)*];

            /// The word in the grammar.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$value => $word,)* }
            }

            /// The value that a word stands for.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$value),)* _ => None }
            }

            /// The number that stands for it in frames and in the engine's parameters.
            #[must_use]
            pub const fn number(self) -> u32 {
                self as u32
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}
pub(crate) use choice;

choice! {
    /// What the engine does between two readings of the clock; the numbers are those of the engine's C face.
    Workload {
        /// The processor's spin-wait hint, as uChaos does.
        Pause = 0 "pause",
        /// A walk through a buffer larger than the first cache.
        Memory = 1 "memory",
        /// A fixed count of mixer rounds.
        Hash = 2 "hash",
        /// All three.
        Combined = 3 "combined",
    }
}

choice! {
    /// What a failed health test does.
    Health {
        /// Failures are counted and reported; output goes on. For the study of sources that are known to be bad.
        Observe = 0 "observe",
        /// A permanent failure ends the output.
        Enforce = 1 "enforce",
    }
}

choice! {
    /// Timer interrupts that the bare-metal target takes while it samples, per second.
    Timer {
        /// None: nothing interrupts the noise source.
        Off = 0 "off",
        /// As a Linux kernel with HZ=100.
        Hz100 = 100 "100",
        /// As a Linux kernel with HZ=1000.
        Hz1000 = 1000 "1000",
    }
}
