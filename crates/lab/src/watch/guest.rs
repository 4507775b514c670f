// SPDX-License-Identifier: GPL-2.0-or-later
//! The guest of a live view: one request at a time, and all events in one queue.

use std::io::{BufReader, Write as _};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use chaos_wire::{Capture, CaptureError, Request};
use guest_run::interrupt::{self, Subscription};
use guest_run::{Live, Session};

use super::keys::Key;
use guest_run::ExitKind;

/// Something that a view must react to.
#[derive(Debug)]
pub(super) enum Event {
    Answer(Box<Capture>),
    /// No more answers come: the port is closed, or the data is not an answer.
    Ended(Option<CaptureError>),
    Key(Key),
    Redraw,
    /// A signal asks this program to stop.
    Interrupted,
}

/// A guest that answers requests.
pub(super) struct Asked {
    session: Option<Session>,
    control: std::os::unix::net::UnixStream,
    sender: Sender<Event>,
    events: Receiver<Event>,
    asked: Option<Instant>,
    answered: bool,
    _subscription: Subscription,
    /// The guest's sockets, dropped last.
    _sockets: tempfile::TempDir,
}

impl Asked {
    /// Listens to a guest that is ready.
    pub(super) fn start(live: Live) -> Result<Self> {
        let (sender, events) = channel();
        let Live { session, data, control, folder } = live;
        let answers = sender.clone();
        let listen = move || {
            let mut data = BufReader::with_capacity(1 << 16, data);
            loop {
                let event = match Capture::read_next(&mut data, Path::new("the guest's data port"))
                {
                    Ok(Some(answer)) => Event::Answer(Box::new(answer)),
                    Ok(None) => Event::Ended(None),
                    Err(error) => Event::Ended(Some(error)),
                };
                let last = matches!(event, Event::Ended(_));
                if answers.send(event).is_err() || last {
                    return;
                }
            }
        };
        thread::Builder::new().name("answers".to_owned()).spawn(listen).context("listening")?;
        let interrupted = sender.clone();
        Ok(Self {
            session: Some(session),
            control,
            sender,
            events,
            asked: None,
            answered: true,
            _subscription: interrupt::subscribe(move || drop(interrupted.send(Event::Interrupted))),
            _sockets: folder,
        })
    }

    /// A sender for events.
    pub(super) fn sender(&self) -> Sender<Event> {
        self.sender.clone()
    }

    /// Whether the last answer has arrived, and the last request is old enough.
    pub(super) fn may_ask(&self, now: Instant, period: Duration) -> bool {
        self.answered && self.asked.is_none_or(|asked| asked + period <= now)
    }

    /// Sends the request.
    pub(super) fn ask(&mut self, request: &Request, now: Instant) {
        // If the guest does not read, it has ended, which is the next event.
        let _ = self.control.write_all(format!("{request}\n").as_bytes());
        self.asked = Some(now);
        self.answered = false;
    }

    /// When the unanswered request was sent.
    pub(super) fn waits_since(&self) -> Option<Instant> {
        self.asked.filter(|_| !self.answered)
    }

    /// When the last request was sent; now, if there was none.
    pub(super) fn last_asked(&self) -> Instant {
        self.asked.unwrap_or_else(Instant::now)
    }

    /// The next event, or `None` at `until`.
    pub(super) fn next_event(&mut self, until: Option<Instant>) -> Option<Event> {
        let event = match until {
            // `self` holds a sender, so the queue is never closed.
            None => self.events.recv().ok(),
            Some(until) => {
                self.events.recv_timeout(until.saturating_duration_since(Instant::now())).ok()
            }
        };
        self.answered |= matches!(event, Some(Event::Answer(_)));
        event
    }

    /// The error of a guest from which no more answers come.
    pub(super) fn ended(&mut self, fault: Option<CaptureError>) -> Result<()> {
        // A running guest has sent an invalid answer; one that has ended left it incomplete.
        let cut = matches!(&fault, Some(error) if !error.fault.is_cut());
        match (fault, self.session.take()) {
            (Some(error), _) if cut => Err(error.into()),
            (_, Some(session)) => {
                let outcome = session.finish()?;
                outcome.verdict()?;
                Err(anyhow!(ExitKind::Guest(format!("the guest has ended\n{}", outcome.scene))))
            }
            (fault, None) => Err(fault.map_or_else(|| anyhow!("the guest is gone"), Into::into)),
        }
    }

    /// The error of a guest that does not answer.
    pub(super) fn silent(&self, after: Duration) -> Result<()> {
        let text = format!("the guest has not answered for {} s, and was killed", after.as_secs());
        Err(ExitKind::Guest(text).into())
    }
}
