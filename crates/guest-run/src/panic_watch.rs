// SPDX-License-Identifier: GPL-2.0-or-later
//! Watches a console for the line of a kernel panic.

use std::time::{Duration, Instant};

use crate::console::ConsoleLine;
use crate::outcome;

/// After a panic line the guest may still print details and end by itself.
const GRACE: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(crate) struct PanicWatch {
    checked_lines: usize,
    seen: Option<(String, Instant)>,
}

impl PanicWatch {
    /// Checks the lines that are new since the last call.
    pub(crate) fn look_at(&mut self, lines: &[ConsoleLine]) {
        let mut new = lines.iter().skip(self.checked_lines).map(|line| &line.text);
        let found = new.find(|text| outcome::is_panic(text)).cloned();
        self.checked_lines = lines.len();
        if let (None, Some(line)) = (&self.seen, found) {
            self.seen = Some((line, Instant::now() + GRACE));
        }
    }

    /// When to stop waiting for a guest that has panicked.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.seen.as_ref().map(|(_, until)| *until)
    }

    /// Takes the panic line.
    pub(crate) fn take(&mut self) -> Option<String> {
        self.seen.take().map(|(line, _)| line)
    }
}
