// SPDX-License-Identifier: GPL-2.0-or-later
//! The terminal of a live view: taken over and given back as it was found, on every way out.

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

/// From one picture to the next, at the least, unless a key was pressed.
const PERIOD: Duration = Duration::from_millis(100);

/// A terminal in raw mode with the view on its alternate screen. Given back when dropped; a panic gives it back before
/// it is reported.
pub(super) struct Screen {
    terminal: DefaultTerminal,
    drawn: Option<Instant>,
}

impl Screen {
    /// Takes the terminal over. Keys and changes of its size become events.
    pub(super) fn open(events: Sender<Event>) -> Result<Self> {
        let terminal = ratatui::try_init().context("taking the terminal over")?;
        let screen = Self { terminal, drawn: None };
        // It waits for a key, which nothing can hurry, and ends with the program at the latest.
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
        thread::Builder::new().name("keys".to_owned()).spawn(read).context("listening to keys")?;
        Ok(screen)
    }

    /// Draws the view. Only cells that have changed are written, between two marks that keep a terminal which knows
    /// them from showing half a picture.
    pub(super) fn draw(&mut self, state: &State) -> Result<()> {
        let now = Instant::now();
        let changed = state.paused || !state.notice.is_empty();
        if !changed && self.drawn.is_some_and(|drawn| now < drawn + PERIOD) {
            return Ok(());
        }
        self.drawn = Some(now);
        let gone = "drawing on the terminal";
        execute!(stdout(), BeginSynchronizedUpdate).context(gone)?;
        self.terminal.draw(|frame| screen::draw(frame, state)).context(gone)?;
        execute!(stdout(), EndSynchronizedUpdate).context(gone)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Says so on standard error where it fails; a terminal that has gone needs nothing.
        ratatui::restore();
    }
}
