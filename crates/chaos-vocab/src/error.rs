// SPDX-License-Identifier: GPL-2.0-or-later
//! Error codes of the C ABI, and the error of a target that could not do its job.

use core::ffi::CStr;
use core::fmt;

use crate::text::rust_text;
use crate::vocabulary::ErrorCode;

/// Why a target could not do its job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineError {
    /// The number of an [`ErrorCode`], a negative error number of the system, or 0.
    pub code: i32,
    pub text: &'static str,
}

impl EngineError {
    /// The error for a code of the C ABI.
    #[must_use]
    pub fn of_code(code: i32) -> Self {
        Self { code, text: rust_text(error_text(code)) }
    }

    /// An error that has no code.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        Self { code: 0, text }
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (code {})", self.text, self.code)
    }
}

impl core::error::Error for EngineError {}

/// The text for a code of the C ABI, also for one that does not exist.
#[must_use]
pub fn error_text(code: i32) -> &'static CStr {
    ErrorCode::from_number(code).map_or(
        c"a code that this engine does not have; was another engine linked?",
        ErrorCode::text_c,
    )
}

#[cfg(test)]
mod tests {
    use std::string::ToString as _;

    use super::*;

    #[test]
    fn every_code_comes_back_and_has_its_own_text() {
        for (index, code) in ErrorCode::ALL.iter().enumerate() {
            assert_eq!(code.number(), -i32::try_from(index).unwrap(), "codes have no holes");
            assert_eq!(ErrorCode::from_number(code.number()), Some(*code));
            assert_eq!(code.text_c().to_str(), Ok(code.text()));
            let before = ErrorCode::ALL.get(..index).unwrap();
            assert!(before.iter().all(|other| other.text() != code.text()), "{}", code.text());
        }
        assert!(EngineError::of_code(-99).to_string().contains("another engine"));
        assert!(EngineError::of_code(-4).to_string().ends_with("(code -4)"));
    }
}
