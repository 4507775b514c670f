// SPDX-License-Identifier: GPL-2.0-or-later
//! The menu and its actions. After an error the menu is shown again.

use alloc::format;
use alloc::string::String;
use core::fmt::Write as _;

use baremetal::cpu;
use baremetal::engine::WorkloadMemory;
use baremetal::line_editor::keys::{Key, KeyReader};
use baremetal::monitor;
use chaos_stick::{After, Conf};
use chaos_wire::{GuestStatus, Request};
use uchaos_uefi::load_options::Begin;
use uchaos_uefi::selection::{Chosen, Selection};

use crate::computer::Computer;
use crate::failure::Failure;
use crate::pages::Pages;
use crate::series::Ended;
use crate::{jobs, power, recorded, series};

#[derive(Clone, Copy)]
enum Item {
    Run,
    Monitor,
    Recorded,
    Restart,
    PowerOff,
    Leave,
}

const ITEMS: [(Item, &str); 6] = [
    (Item::Run, "Run the jobs of uchaos.conf"),
    (Item::Monitor, "Monitor: commands by hand"),
    (Item::Recorded, "What was recorded so far"),
    (Item::Restart, "Restart the computer"),
    (Item::PowerOff, "Power off"),
    (Item::Leave, "Back to the boot menu"),
];

/// The row of the first item on the screen, from 1.
const FIRST_ROW: usize = 6;

pub(crate) struct App {
    pub(crate) computer: Computer,
    memory: WorkloadMemory,
}

impl App {
    pub(crate) fn new(computer: Computer) -> Self {
        Self { computer, memory: WorkloadMemory::default() }
    }

    /// Continues a series, performs the first action, and shows the menu until the user leaves it.
    pub(crate) fn run(&mut self, begin: Begin) {
        let pending = series::pending();
        let begun = match (pending, begin) {
            (Err(failure), _) => Err(failure),
            (Ok(Some(series)), _) => series::go_on(&mut self.computer, &mut self.memory, series)
                .and_then(|ended| match ended {
                    Ended::Complete => jobs::conf().map(|conf| self.after(&conf)),
                    Ended::Stopped => Ok(()),
                }),
            (Ok(None), Begin::Menu) => return self.menu(),
            (Ok(None), Begin::Run) => self.run_jobs(),
            (Ok(None), Begin::Recorded) => recorded::show(&mut self.computer),
        };
        self.finish_page(begun);
        self.menu();
    }

    fn menu(&mut self) {
        let mut selection = Selection::new(ITEMS.len());
        loop {
            self.draw(&selection);
            self.choose(&mut selection);
            let (item, _) = ITEMS[selection.index];
            // Below the menu, on an empty screen.
            let _ = self.computer.write_str("\x1b[2J\x1b[H");
            let done = match item {
                Item::Run => self.run_jobs(),
                Item::Monitor => {
                    self.monitor();
                    continue;
                }
                Item::Recorded => recorded::show(&mut self.computer),
                Item::Restart => power::restart(),
                Item::PowerOff => power::off(),
                Item::Leave => return,
            };
            self.finish_page(done);
        }
    }

    /// Shows an error until the user confirms it.
    fn finish_page(&mut self, done: Result<(), Failure>) {
        if let Err(failure) = done {
            self.computer.error(&failure);
        }
        self.computer.wait_for_enter();
    }

    fn run_jobs(&mut self) -> Result<(), Failure> {
        let conf = jobs::conf()?;
        if conf.boots > 1 {
            return series::begin(&mut self.computer, &conf);
        }
        let status = jobs::run(&mut self.computer, &mut self.memory, &conf)?;
        if status == GuestStatus::Success {
            self.after(&conf);
        }
        Ok(())
    }

    /// The configured action after all jobs.
    fn after(&mut self, conf: &Conf) {
        match conf.after {
            After::Menu => {}
            After::PowerOff => power::off(),
            After::Reboot => power::restart(),
        }
    }

    fn monitor(&mut self) {
        let request = jobs::conf().map_or_else(|_| Request::default(), |conf| conf.request);
        self.memory.reserve(&mut self.computer);
        let Some(mut buffer) = Pages::take(monitor::BUFFER_WORDS) else {
            self.computer.error(&"too little memory for the monitor's samples");
            return self.computer.wait_for_enter();
        };
        monitor::run(&mut self.computer, request, &mut self.memory, &mut buffer);
    }

    fn draw(&mut self, selection: &Selection) {
        let jobs = match jobs::conf() {
            Ok(conf) => described(&conf),
            Err(failure) => format!("{}: {}", failure.doing, failure.why),
        };
        let version = env!("CARGO_PKG_VERSION");
        let brand = cpu::brand();
        // The console's writes cannot fail.
        let _ = write!(
            self.computer,
            "\x1b[2J\x1b[HµChaos {version} on bare metal, by UEFI\n{}\n{jobs}\n",
            brand.as_str()
        );
        for index in 0..ITEMS.len() {
            self.draw_item(index, index == selection.index);
        }
        let _ = writeln!(
            self.computer,
            "\x1b[{};1HArrow keys and Enter, or a digit.",
            FIRST_ROW + ITEMS.len() + 1
        );
    }

    fn draw_item(&mut self, index: usize, selected: bool) {
        let (row, number, (_, text)) = (FIRST_ROW + index, index + 1, ITEMS[index]);
        let (mark, begin, end) = if selected { ('>', "\x1b[7m", "\x1b[0m") } else { (' ', "", "") };
        // As above.
        let _ = writeln!(self.computer, "\x1b[{row};1H{begin}{mark} {number}  {text:<32}{end}");
    }

    /// Handles keys until an item is chosen.
    fn choose(&mut self, selection: &mut Selection) {
        let mut keys = KeyReader::new();
        loop {
            let before = selection.index;
            let chosen =
                keys.feed(self.computer.console.receive()).map_or(Chosen::Nothing, |key| {
                    // Ctrl-L redraws the menu, for a terminal that was connected later.
                    if key == Key::ClearScreen {
                        self.draw(selection);
                    }
                    selection.take(key)
                });
            if selection.index != before {
                self.draw_item(before, false);
                self.draw_item(selection.index, true);
            }
            if chosen == Chosen::Done {
                return;
            }
        }
    }
}

fn described(conf: &Conf) -> String {
    let Conf { request, boots, after } = conf;
    let series =
        if *boots > 1 { format!(", after each of {boots} restarts") } else { String::new() };
    let after = match after {
        After::Menu => String::new(),
        other => format!(", then {other}"),
    };
    format!(
        "uchaos.conf: {} with workload {}{series}{after}",
        request.jobs, request.params.workload
    )
}
