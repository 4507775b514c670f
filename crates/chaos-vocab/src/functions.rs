// SPDX-License-Identifier: GPL-2.0-or-later
//! The functions of the C ABI as data: from it come the header, and the list of symbols that the engine's object keeps.

/// A function, with its types as Rust spells them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Function {
    pub name: &'static str,
    pub text: &'static str,
    /// Name and type of each argument.
    pub arguments: &'static [(&'static str, &'static str)],
    /// The type of the result; empty for none.
    pub result: &'static str,
}

/// Turns [`engine_functions`](crate::engine_functions) into a list.
macro_rules! describe {
    ($($(#[doc = $text:literal])* pub $safety:tt fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)?;)*) => {
        /// The engine's functions.
        pub const FUNCTIONS: &[$crate::Function] = &[$($crate::Function {
            name: stringify!($name),
            text: concat!($($text),*).trim_ascii(),
            arguments: &[$((stringify!($argument), stringify!($type)),)*],
            result: concat!($(stringify!($result))?),
        },)*];

        /// Their names.
        pub const FUNCTION_NAMES: [&str; FUNCTIONS.len()] = [$(stringify!($name),)*];
    };
}
pub(crate) use describe;
