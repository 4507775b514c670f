// SPDX-License-Identifier: GPL-2.0-or-later
//! The console: the firmware's screen and keyboard, and COM1, both at once.

use core::fmt::{self, Write};
use core::time::Duration;

use baremetal::byte_queue::ByteQueue;
use uchaos_uefi::escape::{Operation, Reader};
use uefi::boot::{self, EventType, TimerTrigger, Tpl};
use uefi::proto::console::text::{Color, Key, Output, ScanCode};
use uefi::{CStr16, Event, system};

use crate::serial::Serial;

/// Polling interval of the serial port.
const TICK: Duration = Duration::from_millis(5);
/// Characters per call to the screen.
const PIECE: usize = 80;

pub(crate) struct Console {
    serial: Serial,
    escapes: Reader,
    /// Unread input, as a terminal would send it.
    typed: ByteQueue,
    /// Events: a key, and the next poll of the serial port (absent if the firmware has no timer).
    events: Option<[Event; 2]>,
}

impl Console {
    pub(crate) fn take() -> Self {
        let console = Self {
            serial: Serial::take(),
            escapes: Reader::default(),
            typed: ByteQueue::new(),
            events: events(),
        };
        system::with_stdout(|screen| {
            // If the screen refuses, it is unchanged.
            let _ = screen.set_color(Color::LightGray, Color::Black);
            let _ = screen.clear();
            let _ = screen.enable_cursor(true);
        });
        console
    }

    pub(crate) fn give_back(&mut self) {
        self.serial.give_back();
    }

    /// Waits for a byte.
    pub(crate) fn receive(&mut self) -> u8 {
        loop {
            if let Some(byte) = self.try_receive() {
                return byte;
            }
            self.wait();
        }
    }

    /// Waits for a byte, up to about `limit`.
    pub(crate) fn receive_within(&mut self, limit: Duration) -> Option<u8> {
        let mut waited = Duration::ZERO;
        loop {
            let byte = self.try_receive();
            if byte.is_some() || waited >= limit {
                return byte;
            }
            boot::stall(TICK);
            waited += TICK;
        }
    }

    /// Whether Ctrl-C has come; keys typed before it are kept.
    pub(crate) fn interrupt_requested(&mut self) -> bool {
        const CTRL_C: u8 = 3;
        self.poll();
        let mut kept = ByteQueue::new();
        let mut found = false;
        while let Some(byte) = self.typed.take() {
            if byte == CTRL_C {
                found = true;
                kept.clear();
            } else {
                kept.put(byte);
            }
        }
        self.typed = kept;
        found
    }

    fn try_receive(&mut self) -> Option<u8> {
        self.poll();
        self.typed.take()
    }

    fn wait(&self) {
        let waited = self.events.as_ref().map(|events| boot::wait_for_event(events));
        if !matches!(waited, Some(Ok(_))) {
            boot::stall(TICK);
        }
    }

    /// Collects input from the keyboard and from the serial port.
    fn poll(&mut self) {
        let typed = &mut self.typed;
        system::with_stdin(|keyboard| {
            while typed.has_room() {
                let Ok(Some(key)) = keyboard.read_key() else { break };
                bytes_of(key).iter().for_each(|byte| typed.put(*byte));
            }
        });
        while typed.has_room() {
            let Some(byte) = self.serial.receive() else { break };
            typed.put(byte);
        }
    }
}

fn events() -> Option<[Event; 2]> {
    let key = system::with_stdin(|keyboard| keyboard.wait_for_key_event()).ok()?;
    // SAFETY: it has no function to be called back.
    let tick =
        unsafe { boot::create_event(EventType::TIMER, Tpl::APPLICATION, None, None) }.ok()?;
    boot::set_timer(&tick, TimerTrigger::Periodic(TICK)).ok()?;
    Some([key, tick])
}

/// A key as a terminal sends it; empty for unused keys.
fn bytes_of(key: Key) -> &'static [u8] {
    match key {
        Key::Printable(c) => {
            /// All single bytes, to point at.
            const ASCII: [u8; 128] = {
                let mut bytes = [0; 128];
                let mut index = 0;
                while index < 128 {
                    bytes[index] = index as u8;
                    index += 1;
                }
                bytes
            };
            let code = usize::from(u16::from(c));
            ASCII.get(code..=code).unwrap_or_default()
        }
        Key::Special(ScanCode::UP) => b"\x1b[A",
        Key::Special(ScanCode::DOWN) => b"\x1b[B",
        Key::Special(ScanCode::RIGHT) => b"\x1b[C",
        Key::Special(ScanCode::LEFT) => b"\x1b[D",
        Key::Special(ScanCode::HOME) => b"\x1b[H",
        Key::Special(ScanCode::END) => b"\x1b[F",
        Key::Special(ScanCode::DELETE) => b"\x1b[3~",
        Key::Special(_) => b"",
    }
}

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let escapes = &mut self.escapes;
        system::with_stdout(|screen| {
            let mut piece = Piece::default();
            for operation in text.chars().filter_map(|c| escapes.read(c)) {
                match operation {
                    Operation::Print(c) => piece.put(c, screen),
                    other => {
                        piece.show(screen);
                        // If the screen refuses, it shows less; the serial port has everything.
                        let _ = perform(other, screen);
                    }
                }
            }
            piece.show(screen);
        });
        // Second: input from the serial port is already on the screen.
        self.serial.send(text);
        Ok(())
    }
}

/// Characters on their way to the screen, with room for the NUL.
struct Piece {
    units: [u16; PIECE + 1],
    len: usize,
}

impl Default for Piece {
    fn default() -> Self {
        Self { units: [0; PIECE + 1], len: 0 }
    }
}

impl Piece {
    fn put(&mut self, c: char, screen: &mut Output) {
        if self.len == PIECE {
            self.show(screen);
        }
        self.units[self.len] = u16::try_from(u32::from(c)).unwrap_or(u16::from(b'?'));
        self.len += 1;
    }

    fn show(&mut self, screen: &mut Output) {
        self.units[self.len] = 0;
        if let Ok(text) = CStr16::from_u16_with_nul(&self.units[..=self.len]) {
            // The firmware replaces characters without a glyph.
            let _ = screen.output_string_lossy(text);
        }
        self.len = 0;
    }
}

fn perform(operation: Operation, screen: &mut Output) -> uefi::Result {
    let (column, row) = screen.cursor_position();
    match operation {
        Operation::LineFeed => screen.output_string(uefi::cstr16!("\r\n")),
        Operation::Return => screen.set_cursor_position(0, row),
        Operation::Left(columns) => screen.set_cursor_position(column.saturating_sub(columns), row),
        Operation::Go(row, column) => screen.set_cursor_position(column, row),
        Operation::EraseToLineEnd => {
            let columns = screen.current_mode()?.map_or(PIECE, |mode| mode.columns());
            // The last column is not used: after it the screen would scroll.
            for _ in column + 1..columns {
                screen.output_string(uefi::cstr16!(" "))?;
            }
            screen.set_cursor_position(column, row)
        }
        Operation::Erase => screen.clear(),
        Operation::Reverse(true) => screen.set_color(Color::Black, Color::LightGray),
        Operation::Reverse(false) => screen.set_color(Color::LightGray, Color::Black),
        // Collected by the caller.
        Operation::Print(_) => Ok(()),
    }
}
