// SPDX-License-Identifier: GPL-2.0-or-later
//! Keys of a live view, and their effect on the request.

use chaos_wire::{Parameter, Request, Timer};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::Watch;

/// The keys and their actions for the help line; a narrow terminal shows the first ones.
pub(super) const HELP: &[(&str, &str)] = &[
    ("q", "quit"),
    ("p", "pause"),
    ("w", "workload"),
    ("t", "turns"),
    ("s", "save"),
    ("i", "interrupts"),
];

/// A key with an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Quit,
    /// Ctrl-C, which a raw terminal does not turn into a signal.
    Interrupt,
    Pause,
    Save,
    Change(Change),
}

/// A setting that a key turns to its next value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Workload,
    Turns,
    Timer,
}

impl Key {
    /// The action of a keyboard event.
    pub(super) fn of(event: KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        if event.modifiers.contains(KeyModifiers::CONTROL) {
            return (event.code == KeyCode::Char('c')).then_some(Self::Interrupt);
        }
        match event.code {
            KeyCode::Char('q') | KeyCode::Esc => Some(Self::Quit),
            KeyCode::Char('p' | ' ') => Some(Self::Pause),
            KeyCode::Char('s') => Some(Self::Save),
            KeyCode::Char('w') => Some(Self::Change(Change::Workload)),
            KeyCode::Char('t') => Some(Self::Change(Change::Turns)),
            KeyCode::Char('i') => Some(Self::Change(Change::Timer)),
            _ => None,
        }
    }
}

impl Change {
    /// The request with the next value; `None` if this guest does not have the setting.
    pub(super) fn of(self, watch: &Watch) -> Option<Request> {
        let request = watch.request;
        Some(match self {
            Self::Workload => {
                let mut params = request.params.next(Parameter::Workload);
                while !watch.is_bare_metal && params.workload.needs_whole_machine() {
                    params = params.next(Parameter::Workload);
                }
                Request { params, ..request }
            }
            Self::Turns => Request { params: request.params.next(Parameter::Turns), ..request },
            Self::Timer if watch.is_bare_metal => {
                Request { timer: next(Timer::ALL, request.timer), ..request }
            }
            Self::Timer => return None,
        })
    }
}

/// The value after `now`; wraps around at the end of the list.
fn next<T: Copy + PartialEq>(all: &[T], now: T) -> T {
    let mut values = all.iter().cycle().take(all.len() * 2).skip_while(|value| **value != now);
    values.nth(1).copied().unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Until;
    use chaos_wire::Workload;

    fn watch(is_bare_metal: bool) -> Watch {
        Watch {
            guest_name: "a guest",
            is_bare_metal,
            accel: "tcg".to_owned(),
            request: Request::default(),
            runs: "runs".into(),
            until: Until::default(),
            json: false,
        }
    }

    #[test]
    fn each_setting_goes_round() {
        let mut watch = watch(true);
        for (change, values) in [(Change::Workload, 5), (Change::Turns, 7), (Change::Timer, 3)] {
            let mut seen = Vec::new();
            for _ in 0..values {
                watch.request = change.of(&watch).unwrap();
                seen.push(watch.request.to_string());
            }
            assert_eq!(watch.request, Request::default(), "{change:?} comes round");
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), values, "{change:?}");
        }
    }

    #[test]
    fn only_bare_metal_has_a_timer_to_switch_and_a_clock_to_wait_for() {
        let mut linux = watch(false);
        assert!(Change::Timer.of(&linux).is_none());
        assert!(Change::Turns.of(&linux).is_some());
        for _ in Workload::ALL {
            linux.request = Change::Workload.of(&linux).unwrap();
            assert_ne!(linux.request.params.workload, Workload::Rtc);
        }
    }

    #[test]
    fn every_key_of_the_help_line_does_something() {
        for (key, _) in HELP {
            let code = KeyCode::Char(key.chars().next().unwrap());
            assert!(Key::of(KeyEvent::new(code, KeyModifiers::NONE)).is_some(), "{key}");
        }
        let ctrl_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(Key::of(ctrl_c), Some(Key::Interrupt));
        assert_eq!(Key::of(KeyEvent::new(KeyCode::Char('x'), KeyModifiers::NONE)), None);
    }
}
