// SPDX-License-Identifier: GPL-2.0-or-later
//! The terminal of a live view: its state is restored however the program ends.

use std::io::stdout;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event as Input};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};

use super::guest::Event;
use super::keys::Key;
use super::{State, screen};

/// Minimum time between redraws, unless a key was pressed.
const PERIOD: Duration = Duration::from_millis(100);

/// A terminal in raw mode with the view on its alternate screen. Restored when dropped; a panic restores it before
/// it is reported.
pub(super) struct Screen {
    terminal: DefaultTerminal,
    drawn: Option<Instant>,
}

impl Screen {
    /// Sets up the terminal. Keys and size changes become events.
    pub(super) fn open(events: Sender<Event>) -> Result<Self> {
        let terminal = ratatui::try_init().context("setting up the terminal")?;
        let screen = Self { terminal, drawn: None };
        // It waits for a key, which cannot be interrupted, and ends with the program at the latest.
        let read = move || {
            while let Ok(input) = event::read() {
                let event = match input {
                    Input::Key(key) => Key::of(key).map(Event::Key),
                    Input::Resize(..) => Some(Event::Redraw),
                    _ => None,
                };
                if event.is_some_and(|event| events.send(event).is_err()) {
                    return;
                }
            }
        };
        thread::Builder::new().name("keys".to_owned()).spawn(read).context("reading keys")?;
        Ok(screen)
    }

    /// Draws the view. Only changed cells are written, between two marks that keep terminals which support
    /// them from showing a partial redraw.
    pub(super) fn draw(&mut self, state: &State) -> Result<()> {
        let now = Instant::now();
        let changed = state.paused || !state.notice.is_empty();
        if !changed && self.drawn.is_some_and(|drawn| now < drawn + PERIOD) {
            return Ok(());
        }
        self.drawn = Some(now);
        let failed = "drawing on the terminal";
        execute!(stdout(), BeginSynchronizedUpdate).context(failed)?;
        self.terminal.draw(|frame| screen::draw(frame, state)).context(failed)?;
        execute!(stdout(), EndSynchronizedUpdate).context(failed)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A failure is printed on standard error; a closed terminal needs nothing.
        ratatui::restore();
    }
}
