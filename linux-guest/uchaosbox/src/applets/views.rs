// SPDX-License-Identifier: GPL-2.0-or-later
//! Samples and bytes on standard output: as they are, or as one of the views.

use core::fmt::{self, Write as _};

use chaos_view::bits::BitCounts;
use chaos_view::dump::{DUMP_BYTES, hex_line};
use chaos_view::histogram::{Histogram, Summary};
use chaos_wire::GuestStatus;
use uchaosbox::View;

use crate::applets::{Stop, system};
use crate::run::map;
use crate::run::output::Stdout;

/// Most samples of a histogram, which has to have them all at once.
pub(crate) const HISTOGRAM_SAMPLES: usize = 1_000_000;

/// What is shown piece by piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// 64-bit little-endian ticks.
    Samples,
    /// Anything.
    Bytes,
}

/// Shows pieces in a row.
pub(crate) struct Shown {
    content: Content,
    view: Option<View>,
    done_bytes: u64,
    counts: BitCounts,
}

impl Shown {
    /// Of nothing yet. A histogram does not come in pieces: see [`histogram`].
    pub(crate) const fn new(content: Content, view: Option<View>) -> Self {
        Self { content, view, done_bytes: 0, counts: BitCounts::new() }
    }

    /// Shows the next piece, or counts it in.
    pub(crate) fn piece(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        match (self.view, self.content) {
            (Some(View::Text), Content::Samples) => {
                samples(bytes).try_for_each(|delta_ticks| writeln!(Stdout, "{delta_ticks}"))
            }
            (Some(View::Text), Content::Bytes) => (self.done_bytes..)
                .step_by(DUMP_BYTES)
                .zip(bytes.chunks(DUMP_BYTES))
                .try_for_each(|(offset, line)| hex_line(&mut Stdout, offset, line)),
            (Some(View::Bits), Content::Samples) => {
                self.counts.add(samples(bytes));
                Ok(())
            }
            (Some(View::Bits), Content::Bytes) => {
                self.counts.add(bytes.iter().map(|byte| (*byte).into()));
                Ok(())
            }
            (None | Some(View::Histogram), _) => Stdout.write(bytes).map_err(|_| fmt::Error),
        }
        .map_err(unwritten)?;
        self.done_bytes += bytes.len() as u64;
        Ok(())
    }

    /// Shows what was only counted.
    pub(crate) fn end(self) -> Result<(), Stop> {
        match (self.view, self.content) {
            (Some(View::Bits), Content::Samples) => self.counts.draw(&mut Stdout, "samples", 64),
            (Some(View::Bits), Content::Bytes) => self.counts.draw(&mut Stdout, "bytes", 8),
            _ => Ok(()),
        }
        .map_err(unwritten)
    }
}

fn samples(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.as_chunks().0.iter().map(|sample| u64::from_le_bytes(*sample))
}

/// Room for so many samples at once, where the machine has it.
pub(crate) fn room(samples: usize) -> Result<&'static mut [u64], Stop> {
    let room = map::words_at_most(samples, 1).map_err(system("mapping a buffer"))?;
    if room.len() < samples {
        return Err(Stop::new(
            GuestStatus::TooLittleMemory,
            format_args!(
                "there is memory for {} samples at once, and {samples} are asked for",
                room.len()
            ),
        ));
    }
    Ok(room)
}

/// Draws samples by their size, and what they come to.
pub(crate) fn histogram(deltas: &[u64]) -> Result<(), Stop> {
    let Some(summary) = Summary::of(deltas) else {
        return Err(Stop::new(GuestStatus::JobFailed, "there are no samples to show"));
    };
    writeln!(Stdout, " {:>10} {:>9}", "ticks", "samples")
        .and_then(|()| Histogram::of(deltas, &summary).draw(&mut Stdout))
        .and_then(|()| writeln!(Stdout, "{summary}"))
        .map_err(unwritten)
}

/// Standard output took no more.
pub(crate) fn unwritten(_: fmt::Error) -> Stop {
    Stop::new(GuestStatus::NoDataPort, "writing to standard output failed")
}
