// SPDX-License-Identifier: GPL-2.0-or-later
//! The health report: a C struct, and its text with one `key=value` a line, which every target writes alike.

use core::fmt;

/// One member of the report after state and error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportKey {
    pub key: &'static str,
    /// `u64` or `u32`.
    pub rust_type: &'static str,
    pub text: &'static str,
}

pub(crate) fn write(
    state: u32,
    last_error: i32,
    numbers: &[(&str, u64)],
    lines: &mut dyn fmt::Write,
) -> fmt::Result {
    let state = crate::State::from_number(state).map_or("unknown", crate::State::word);
    let text = crate::EngineError::of_code(last_error).text;
    writeln!(lines, "state={state}\nlast_error={last_error}\nlast_error_text={text}")?;
    numbers.iter().try_for_each(|(key, number)| writeln!(lines, "{key}={number}"))
}

/// Declares [`HealthReport`](crate::HealthReport).
macro_rules! health_report {
    ($(#[doc = $state_text:literal])* state: u32, $(#[doc = $error_text:literal])* last_error: i32,
     $($(#[doc = $text:literal])* $key:ident: $type:ident,)*) => {
        /// `struct uchaos_health`: what the health tests have counted since the last restart, and their cutoffs.
        #[repr(C)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct HealthReport {
            $(#[doc = $state_text])*
            pub state: u32,
            $(#[doc = $error_text])*
            pub last_error: i32,
            $($(#[doc = $text])* pub $key: $type,)*
        }

        impl HealthReport {
            /// The members after `state` and `last_error`.
            pub const KEYS: &'static [$crate::ReportKey] = &[$($crate::ReportKey {
                key: stringify!($key),
                rust_type: stringify!($type),
                text: concat!($($text),*).trim_ascii(),
            },)*];

            /// Whether the noise source is in this state.
            #[must_use]
            pub fn is(&self, state: State) -> bool {
                self.state == state.number()
            }

            /// Writes lines `key=value`.
            ///
            /// # Errors
            /// Returns an error if `lines` takes no more.
            pub fn write(&self, lines: &mut dyn core::fmt::Write) -> core::fmt::Result {
                let numbers = [$((stringify!($key), u64::from(self.$key)),)*];
                $crate::report::write(self.state, self.last_error, &numbers, lines)
            }
        }
    };
}
pub(crate) use health_report;

#[cfg(test)]
mod tests {
    use std::string::String;

    use crate::{HealthReport, State};

    #[test]
    fn a_report_begins_with_state_and_error_in_words() {
        let report =
            HealthReport { state: 1, last_error: -9, samples: 5, ..HealthReport::default() };
        let mut lines = String::new();
        report.write(&mut lines).unwrap();
        assert!(lines.starts_with(
            "state=healthy\nlast_error=-9\nlast_error_text=testing the noise source: the stuck"
        ));
        assert!(lines.contains("\nsamples=5\n"));
        assert_eq!(lines.lines().count(), 3 + HealthReport::KEYS.len());
        assert!(report.is(State::Healthy));
    }
}
