// SPDX-License-Identifier: GPL-2.0-or-later
//! The monitor: an interactive prompt on the console.

mod bench;
mod measure;
mod show;

use alloc::format;

use chaos_ffi::{Engine, EngineError, Place};
use chaos_wire::{Parameter, Request};

use crate::command::{self, Command, HELP};
use crate::engine::{self, RunningEngine, WorkloadMemory};
use crate::line_editor::{Event, LineEditor};
use crate::platform::{Platform, say};
use crate::selftest;

/// Words for samples that are looked at together: a histogram of the largest size.
pub const BUFFER_WORDS: usize = command::HISTOGRAM_MAX;

const PROMPT: &str = "uchaos> ";

/// Why a session with one engine ended.
enum Next {
    Settings(Request),
    Bench,
    Exit,
}

/// Runs the monitor until `exit`. Each change of a setting starts a new engine.
pub fn run<P: Platform>(
    platform: &mut P,
    mut request: Request,
    memory: &mut WorkloadMemory,
    buffer: &mut [u64],
) {
    let mut editor = LineEditor::new(PROMPT);
    say!(platform, "µChaos on bare metal; `help` lists the commands");
    loop {
        let mut place = Place::new();
        let engine = engine::start(&request.params, &mut place, memory, platform);
        if let Err(failure) = &engine {
            say!(
                platform,
                "the engine did not start: {failure}; `health observe` lets it run all the same"
            );
        }
        let mut session = Session { request, engine, buffer: &mut *buffer, platform };
        match session.serve_until_next(&mut editor) {
            Next::Settings(changed) => request = changed,
            Next::Bench => bench::run(platform, &request.params, memory, buffer),
            Next::Exit => return,
        }
    }
}

struct Session<'a, P> {
    request: Request,
    engine: Result<RunningEngine<'a>, EngineError>,
    buffer: &'a mut [u64],
    platform: &'a mut P,
}

impl<'a, P: Platform> Session<'a, P> {
    /// Serves commands until one needs another engine, or none.
    fn serve_until_next(&mut self, editor: &mut LineEditor) -> Next {
        loop {
            let Some(line) = read_line(self.platform, editor) else { return Next::Exit };
            let done = match Command::parse(line) {
                Ok(None) => Ok(()),
                Ok(Some(Command::Bench)) => return Next::Bench,
                Ok(Some(Command::Exit)) => return Next::Exit,
                Ok(Some(Command::Set(key, value))) => match self.changed(key, value) {
                    Ok(request) => return Next::Settings(request),
                    Err(()) => Ok(()),
                },
                Ok(Some(command)) => self.serve(command),
                Err(error) => {
                    say!(self.platform, "{error}");
                    Ok(())
                }
            };
            if let Err(failure) = done {
                say!(self.platform, "{failure}");
            }
        }
    }

    fn serve(&mut self, command: Command<'_>) -> Result<(), EngineError> {
        match command {
            Command::Help => print_help(self.platform),
            Command::Raw(samples) => self.raw(samples)?,
            Command::Histogram(samples) => self.histogram(samples)?,
            Command::Rng(bytes) => self.bytes(bytes, Engine::stream)?,
            Command::Seed(bytes) => self.bytes(bytes, Engine::seed)?,
            Command::Health => self.health()?,
            Command::Restart => self.engine()?.restart()?,
            Command::Clock => show::clock(self.platform),
            Command::Cpu => show::cpu(self.platform),
            Command::Mem => self.platform.show_memory(self.buffer),
            Command::SelfTest => {
                let engine = self.engine.as_mut().map_err(|failure| *failure)?;
                selftest::run(P::CHECKS, engine, self.platform)?;
            }
            Command::Settings => say!(self.platform, "{}", self.request),
            Command::Fault(fault) => self.platform.raise(fault),
            Command::Reboot => self.platform.reboot(),
            // These end the session, one level up.
            Command::Bench | Command::Exit | Command::Set(..) => {}
        }
        Ok(())
    }

    fn engine(&mut self) -> Result<&mut Engine<'a>, EngineError> {
        self.engine.as_deref_mut().map_err(|failure| *failure)
    }

    /// The request with one key changed, checked by the grammar; a problem is printed.
    fn changed(&mut self, key: &str, value: &str) -> Result<Request, ()> {
        let change = format!("uchaos.{key}={value}");
        self.request.changed(&change).map_err(|problem| say!(self.platform, "{problem}"))
    }
}

fn print_help(platform: &mut impl Platform) {
    HELP.iter().for_each(|(form, what)| say!(platform, "  {form:<13} {what}"));
    for parameter in Parameter::ALL {
        say!(platform, "  {:<13} {}:", parameter.form(), parameter.meaning());
        say!(platform, "  {:<13} {}", "", parameter.allowed_text());
    }
}

/// A line typed on the console; `None` at the end of input.
fn read_line<'e>(platform: &mut impl Platform, editor: &'e mut LineEditor) -> Option<&'e str> {
    // The console's writes do not fail.
    let _ = editor.prompt(platform);
    loop {
        let byte = platform.receive();
        match editor.feed(byte, platform) {
            Ok(Some(Event::Line)) => return Some(editor.line()),
            Ok(Some(Event::End)) => return None,
            Ok(Some(Event::Cancelled)) => {
                let _ = editor.prompt(platform);
            }
            Ok(None) | Err(_) => {}
        }
    }
}
