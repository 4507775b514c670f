// SPDX-License-Identifier: GPL-2.0-or-later
//! The live view: repeatedly requests samples from a guest that takes commands, and shows them.
//!
//! [`guest`] asks and listens, [`figures`] counts, [`screen`] draws on a terminal, [`lines`] prints without one.

pub mod figures;
mod guest;
mod keys;
mod lines;
mod save;
mod screen;
mod terminal;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use chaos_wire::{Capture, GuestStatus, Job, Jobs, Request};
use guest_run::Live;
use guest_run::interrupt::Interrupted;

use guest_run::say;

use figures::Figures;
use guest::{Asked, Event};
use keys::Key;

/// Samples per request: 32 KiB, which fit in a socket, and which a guest takes in a few milliseconds.
const SAMPLES_AT_ONCE: u64 = 4096;
/// Bytes of the stream per request.
const STREAM_BYTES_AT_ONCE: u64 = 32;
/// Minimum time between requests: enough for a view, and it leaves the machine time for other work.
const PERIOD: Duration = Duration::from_millis(50);
/// A guest that is silent for this long will not answer again.
const PATIENCE: Duration = Duration::from_secs(60);

/// The limits at which a view ends by itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Until {
    pub samples: Option<u64>,
    pub seconds: Option<u64>,
}

/// The contents of a view, and the place for captures.
#[derive(Debug)]
pub struct Watch {
    pub guest_name: &'static str,
    /// Whether it has a timer setting, and a real-time clock to wait for.
    pub is_bare_metal: bool,
    pub accel: String,
    pub request: Request,
    pub runs: PathBuf,
    pub until: Until,
    pub json: bool,
}

/// The state of a view, shown in addition to the figures.
#[derive(Debug)]
pub struct State {
    pub watch: Watch,
    pub figures: Figures,
    pub paused: bool,
    /// The last event, for the status line.
    pub notice: String,
    pub saved: Vec<PathBuf>,
}

impl Watch {
    /// Shows the guest's data until the user leaves, a limit is reached, or an error occurs. Then the guest has ended
    /// and the terminal is restored.
    pub fn run(mut self, live: Live) -> Result<()> {
        let jobs = [
            Job::Raw { samples: SAMPLES_AT_ONCE },
            Job::Stream { len_bytes: STREAM_BYTES_AT_ONCE },
        ];
        self.request.jobs = Jobs::EMPTY;
        for job in jobs {
            self.request.jobs.push(job).ok().context("two jobs of one kind")?;
        }
        let on_terminal = !self.json && guest_run::is_terminal() && can_draw();
        let mut state = State {
            figures: Figures::default(),
            paused: false,
            notice: String::new(),
            saved: Vec::new(),
            watch: self,
        };
        if !on_terminal {
            let mut lines = lines::Lines::new(state.watch.json);
            return follow(&mut state, &mut Asked::start(live)?, |state| lines.show(state));
        }
        let mut asked = Asked::start(live)?;
        let mut screen = terminal::Screen::open(asked.sender())?;
        let followed = follow(&mut state, &mut asked, |state| screen.draw(state));
        drop(screen);
        // The alternate screen disappears; print the last figures again.
        lines::Lines::new(false).show(&state)?;
        for place in &state.saved {
            say!("saved {}", place.display())?;
        }
        followed
    }
}

/// Whether the terminal supports more than lines.
fn can_draw() -> bool {
    std::env::var_os("TERM").is_some_and(|kind| !kind.is_empty() && kind != "dumb")
}

/// Sends requests, handles answers and keys, and calls `show` after each.
fn follow(
    state: &mut State,
    asked: &mut Asked,
    mut show: impl FnMut(&State) -> Result<()>,
) -> Result<()> {
    let begun = Instant::now();
    let end = state.watch.until.seconds.map(|seconds| begun + Duration::from_secs(seconds));
    loop {
        let now = Instant::now();
        let enough = state.watch.until.samples.is_some_and(|most| state.figures.taken() >= most);
        if enough || end.is_some_and(|end| end <= now) {
            return show(state);
        }
        if !state.paused && asked.may_ask(now, PERIOD) {
            asked.ask(&state.watch.request, now);
        }
        // A view that is paused only waits for keys.
        let wake = match (asked.waits_since(), state.paused) {
            (Some(since), _) => Some(since + PATIENCE),
            (None, true) => None,
            (None, false) => Some(asked.last_asked() + PERIOD),
        };
        let wake = [wake, end].into_iter().flatten().min();
        let Some(event) = asked.next_event(wake) else {
            if asked.waits_since().is_some_and(|since| since + PATIENCE <= Instant::now()) {
                return asked.silent(PATIENCE);
            }
            continue;
        };
        match event {
            Event::Answer(answer) => take(state, &answer)?,
            Event::Ended(fault) => return asked.ended(fault),
            Event::Interrupted | Event::Key(Key::Interrupt) => return Err(Interrupted.into()),
            Event::Redraw => {}
            Event::Key(Key::Quit) => return Ok(()),
            Event::Key(Key::Pause) => {
                state.paused = !state.paused;
                state.notice.clear();
            }
            Event::Key(Key::Save) => {
                state.notice = match save::save(state) {
                    Ok(place) => {
                        let notice = format!("saved {}", place.display());
                        state.saved.push(place);
                        notice
                    }
                    Err(error) => format!("not saved: {error:#}"),
                };
            }
            Event::Key(Key::Change(change)) => match change.of(&state.watch) {
                Some(request) => {
                    state.watch.request = request;
                    state.figures.start_again();
                    state.notice.clear();
                }
                None => {
                    "only the bare-metal guest has a timer setting".clone_into(&mut state.notice);
                }
            },
        }
        show(state)?;
    }
}

/// Handles an answer. An answer to a request from before the settings changed is ignored.
fn take(state: &mut State, answer: &Capture) -> Result<()> {
    if answer.status == GuestStatus::BadCommandLine {
        bail!("the guest did not understand '{}'", state.watch.request);
    }
    let Some(taken) = answer.targets.first() else {
        bail!("the guest answers only with {}", answer.status);
    };
    if taken.meta.get("request") != Some(state.watch.request.to_string().as_str()) {
        return Ok(());
    }
    state.figures.take(taken, Instant::now());
    Ok(())
}
