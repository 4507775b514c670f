// SPDX-License-Identifier: GPL-2.0-or-later
//! Measures cells in this process, and prints a line for each.

use anyhow::Result;
use campaign::{Campaign, CellState, Report, State, Waiting, images_sha256};
use guest_run::progress::{show_duration, spinner};
use guest_run::{CommandContext, Images, interrupt};

/// Measures all open cells, one at a time, in this process.
pub(super) fn run_here(
    context: &CommandContext,
    campaign: &Campaign,
    images: &Images,
) -> Result<()> {
    let all = 0..campaign.cell_count();
    run_cells(context, campaign, images, all, Waiting::Skip)
}

/// The same for some cells; cells claimed by another process are skipped or awaited.
pub(super) fn run_cells(
    context: &CommandContext,
    campaign: &Campaign,
    images: &Images,
    cells: impl IntoIterator<Item = usize>,
    waiting: Waiting,
) -> Result<()> {
    campaign.check_images(&images_sha256(images)?)?;
    let count = campaign.cell_count();
    let mut bar = None;
    let worked =
        campaign::work(context, campaign, images, cells, waiting, |number, report| match report {
            Report::Begun(cell) => {
                bar = Some(spinner(&format!(
                    "[{}/{count}] {}",
                    number + 1,
                    campaign.plan().label(cell)
                )));
            }
            Report::Finished(record) => {
                if let Some(bar) = bar.take() {
                    bar.finish_and_clear();
                }
                let label = campaign.plan().label(&record.coordinates);
                let took = show_duration(std::time::Duration::from_secs_f64(record.seconds));
                let ended = match record.state {
                    State::Done => took,
                    State::Failed => format!("failed after {took}: {}", record.short_reason()),
                };
                let left =
                    campaign.remaining(&campaign.cells()).map(show_duration).unwrap_or_default();
                eprintln!("[{}/{count}] {label} … {ended}; about {left} left", number + 1);
            }
            Report::Passed => {}
        });
    if worked.is_err() {
        let finished = campaign
            .cells()
            .iter()
            .filter(|cell| matches!(cell.state, CellState::Finished(_)))
            .count();
        let why = if interrupt::requested() { "interrupted" } else { "stopped" };
        eprintln!(
            "{why}: {finished} of {count} cells are finished; resume with: {} campaign resume {}",
            guest_run::program(),
            campaign.folder().display()
        );
    }
    worked
}
