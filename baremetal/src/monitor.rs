// SPDX-License-Identifier: GPL-2.0-or-later
//! The monitor: an interactive prompt on COM1, if no job was given.

mod bench;
mod fault;
mod measure;
mod show;

use alloc::format;

use baremetal::command::{Command, HELP};
use baremetal::line_editor::{Event, LineEditor};
use chaos_ffi::{Engine, EngineError, Place};
use chaos_wire::{GuestStatus, Parameter, Request};

use crate::console::Console;
use crate::devices::{reset, serial};
use crate::end::leave;
use crate::engine::{self, WorkloadMemory};
use crate::memory::buffer;
use crate::{println, selftest};

/// Words for samples that are looked at together: a histogram of the largest size.
const BUFFER_WORDS: usize = baremetal::command::HISTOGRAM_MAX;

const PROMPT: &str = "uchaos> ";

/// Why a session with one engine ended.
enum Next {
    Settings(Request),
    Bench,
}

/// Runs the monitor until the machine ends. Each change of a setting starts a new engine.
pub(crate) fn run(mut request: Request) -> ! {
    // First the workload's share, then whatever is left.
    let mut memory = WorkloadMemory::reserved();
    let buffer = buffer::take(BUFFER_WORDS).unwrap_or_default();
    let mut editor = LineEditor::new(PROMPT);
    println!("µChaos on bare metal; `help` lists the commands");
    loop {
        let mut place = Place::new();
        let engine = engine::start(&request.params, &mut place, &mut memory);
        if let Err(failure) = &engine {
            println!(
                "the engine did not start: {failure}; `health observe` lets it run all the same"
            );
        }
        let mut session = Session { request, engine, buffer: &mut *buffer };
        match session.serve_until_next(&mut editor) {
            Next::Settings(changed) => request = changed,
            Next::Bench => bench::run(&request.params, &mut memory, buffer),
        }
    }
}

struct Session<'a> {
    request: Request,
    engine: Result<Engine<'a>, EngineError>,
    buffer: &'a mut [u64],
}

impl<'a> Session<'a> {
    /// Serves commands until one needs another engine.
    fn serve_until_next(&mut self, editor: &mut LineEditor) -> Next {
        loop {
            let done = match Command::parse(read_line(editor)) {
                Ok(None) => Ok(()),
                Ok(Some(Command::Bench)) => return Next::Bench,
                Ok(Some(Command::Set(key, value))) => match self.changed(key, value) {
                    Ok(request) => return Next::Settings(request),
                    Err(()) => Ok(()),
                },
                Ok(Some(command)) => self.serve(command),
                Err(error) => {
                    println!("{error}");
                    Ok(())
                }
            };
            if let Err(failure) = done {
                println!("{failure}");
            }
        }
    }

    fn serve(&mut self, command: Command<'_>) -> Result<(), EngineError> {
        match command {
            Command::Help => print_help(),
            Command::Raw(samples) => self.raw(samples)?,
            Command::Histogram(samples) => self.histogram(samples)?,
            Command::Rng(bytes) => self.bytes(bytes, Engine::stream)?,
            Command::Seed(bytes) => self.bytes(bytes, Engine::seed)?,
            Command::Health => show::health(self.engine()?),
            Command::Restart => self.engine()?.restart()?,
            Command::Clock => show::clock(),
            Command::Cpu => show::cpu(),
            Command::Mem => show::memory(self.buffer),
            Command::SelfTest => selftest::run(self.engine()?, &mut Console)?,
            Command::Settings => println!("{}", self.request),
            Command::Fault(fault) => fault::raise(fault),
            Command::Reboot => reset::reset(),
            Command::Exit => leave(GuestStatus::Success),
            // These end the session, one level up.
            Command::Bench | Command::Set(..) => {}
        }
        Ok(())
    }

    fn engine(&mut self) -> Result<&mut Engine<'a>, EngineError> {
        self.engine.as_mut().map_err(|failure| *failure)
    }

    /// The request with one key changed, checked by the grammar; a problem is printed.
    fn changed(&self, key: &str, value: &str) -> Result<Request, ()> {
        let change = format!("uchaos.{key}={value}");
        self.request.changed(&change).map_err(|problem| println!("{problem}"))
    }
}

fn print_help() {
    HELP.iter().for_each(|(form, what)| println!("  {form:<13} {what}"));
    for parameter in Parameter::ALL {
        println!("  {:<13} {}:", parameter.form(), parameter.meaning());
        println!("  {:<13} {}", "", parameter.allowed_text());
    }
}

/// A line typed on COM1.
fn read_line(editor: &mut LineEditor) -> &str {
    // The console's writes do not fail.
    let _ = editor.prompt(&mut Console);
    loop {
        match editor.feed(serial::receive(), &mut Console) {
            Ok(Some(Event::Line)) => return editor.line(),
            Ok(Some(Event::End)) => leave(GuestStatus::Success),
            Ok(Some(Event::Cancelled)) => {
                let _ = editor.prompt(&mut Console);
            }
            Ok(None) | Err(_) => {}
        }
    }
}
