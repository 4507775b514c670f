// SPDX-License-Identifier: GPL-2.0-or-later
//! The macros that make types and tables of the declarations in `vocabulary.rs`.

/// Declares [`Parameter`] and [`Params`].
macro_rules! parameters {
    ($($(#[doc = $text:literal])* $name:ident {
        $member:ident: $type:ty = $default:expr, key: $key:literal, unit: $unit:literal, allowed: $kind:ident $allowed:tt
    })*) => {
        /// An engine parameter; its number is its index in the C struct.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Parameter { $($(#[doc = $text])* $name,)* }

        impl Parameter {
            /// Every parameter, in the order of the C struct.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name in the job grammar, as a module parameter and as an option.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// The same for C.
            #[must_use]
            pub const fn key_c(self) -> &'static core::ffi::CStr {
                match self { $(Self::$name => const { $crate::text::c_text(concat!($key, "\0")) },)* }
            }

            /// The key on a kernel command line: `uchaos.turns`.
            #[must_use]
            pub const fn command_line_key(self) -> &'static str {
                match self { $(Self::$name => concat!("uchaos.", $key),)* }
            }

            /// The option of uchaosbox: `--turns`.
            #[must_use]
            pub const fn option(self) -> &'static str {
                match self { $(Self::$name => concat!("--", $key),)* }
            }

            /// How it is written with a value: `turns N` for a number, `workload W` for a word.
            #[must_use]
            pub const fn form(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($key, " ", $crate::declare::placeholder!($kind)),)*
                }
            }

            /// The name of the member in the Rust and C structs.
            #[must_use]
            pub const fn member(self) -> &'static str {
                match self { $(Self::$name => stringify!($member),)* }
            }

            pub(crate) const fn text(self) -> &'static str {
                match self { $(Self::$name => concat!($($text),*).trim_ascii(),)* }
            }

            pub(crate) const fn unit(self) -> &'static str {
                match self { $(Self::$name => $unit,)* }
            }

            #[must_use]
            pub const fn allowed(self) -> $crate::Allowed {
                match self { $(Self::$name => $crate::Allowed::$kind $allowed,)* }
            }

            /// What is allowed, for C: "1 to 7".
            #[must_use]
            pub const fn allowed_text_c(self) -> &'static core::ffi::CStr {
                match self { $(Self::$name => const { $crate::text::text!(&$crate::Allowed::$kind $allowed) },)* }
            }

            /// What is allowed: "1 to 7".
            #[must_use]
            pub const fn allowed_text(self) -> &'static str {
                match self { $(Self::$name => const {
                    $crate::text::rust_text($crate::text::text!(&$crate::Allowed::$kind $allowed))
                },)* }
            }

            /// The number of the default value.
            #[must_use]
            pub fn default_number(self) -> u32 {
                match self { $(Self::$name => $crate::Number::number($default),)* }
            }
        }

        /// The engine's parameters as numbers: `struct uchaos_params`, which has nothing but 32-bit members.
        pub type RawParams = [u32; Parameter::ALL.len()];

        /// The parameters of one engine.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Params { $($(#[doc = $text])* pub $member: $type,)* }

        impl Params {
            pub const DEFAULT: Self = Self { $($member: $default,)* };

            /// As the C ABI has them.
            #[must_use]
            pub fn numbers(&self) -> RawParams {
                [$($crate::Number::number(self.$member),)*]
            }

            /// From numbers, or the first that is not allowed.
            pub(crate) fn of_allowed(numbers: &RawParams) -> Result<Self, (Parameter, u32)> {
                let [$($member,)*] = *numbers;
                $(let $member = if ($crate::Allowed::$kind $allowed).contains($member) {
                    $crate::Number::from_number($member)
                } else {
                    None
                }
                .ok_or((Parameter::$name, $member))?;)*
                Ok(Self { $($member,)* })
            }
        }

        impl Default for Params {
            fn default() -> Self {
                Self::DEFAULT
            }
        }
    };
}
pub(crate) use parameters;

/// What a value looks like in a usage text.
macro_rules! placeholder {
    (Words) => {
        "W"
    };
    ($number:ident) => {
        "N"
    };
}
pub(crate) use placeholder;

/// Declares [`ErrorCode`].
macro_rules! errors {
    ($($name:ident = $number:literal $text:literal,)*) => {
        /// What every function of the engine returns.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(i32)]
        pub enum ErrorCode { $(#[doc = $text] $name = $number,)* }

        impl ErrorCode {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The number in the C ABI.
            #[must_use]
            pub const fn number(self) -> i32 {
                self as i32
            }

            #[must_use]
            pub const fn from_number(number: i32) -> Option<Self> {
                match number { $($number => Some(Self::$name),)* _ => None }
            }

            /// What was being done, what went wrong, and what to do next.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The same for C.
            #[must_use]
            pub const fn text_c(self) -> &'static core::ffi::CStr {
                match self { $(Self::$name => const { $crate::text::c_text(concat!($text, "\0")) },)* }
            }
        }
    };
}
pub(crate) use errors;
