// SPDX-License-Identifier: GPL-2.0-or-later
//! Commands for a running guest: lines come in any pieces, and each is answered by one whole capture.

mod common;

use std::collections::VecDeque;
use std::path::Path;

use chaos_wire::{
    COMMAND_BYTES, Capture, CommandLines, Control, GuestStatus, PortError, Request, Target, answer,
};
use common::{Counter, Memory};
use proptest::prelude::*;

/// Hands out what it was given, piece by piece, and then says that the port is closed.
struct Pieces(VecDeque<Vec<u8>>);

impl Pieces {
    fn of(bytes: &[u8], piece: usize) -> Self {
        Self(bytes.chunks(piece).map(<[u8]>::to_vec).collect())
    }
}

impl Control for Pieces {
    fn read(&mut self, place: &mut [u8]) -> Result<usize, PortError> {
        let Some(piece) = self.0.pop_front() else { return Ok(0) };
        let (now, later) = piece.split_at(piece.len().min(place.len()));
        place[..now.len()].copy_from_slice(now);
        if !later.is_empty() {
            self.0.push_front(later.to_vec());
        }
        Ok(now.len())
    }
}

/// Serves `lines` as a guest does; returns the answers, the last request and the console.
fn serve(lines: &str) -> (Vec<Capture>, Request, Vec<String>) {
    let mut commands = CommandLines::new(Pieces::of(lines.as_bytes(), 7));
    let mut port = Memory { bytes: Vec::new(), limit: usize::MAX };
    let (mut machine, mut console, mut buffer) = (Counter::default(), Vec::new(), [0; 600]);
    let mut request = Request::default();
    let can = |request: &Request| match request.params.turns {
        7 => Err("this guest does not turn seven times"),
        _ => Ok(()),
    };
    while let Some(next) = commands
        .next_request(&request, can, &mut port, |marker| console.push(marker.to_string()))
        .expect("a port that works")
    {
        request = next;
        answer(&request, Target::BareMetal, &mut machine, &mut port, &mut buffer);
    }
    assert!(machine.console.is_empty(), "{:?}", machine.console);
    let mut bytes = &port.bytes[..];
    let mut answers = Vec::new();
    while let Some(answer) =
        Capture::read_next(&mut bytes, Path::new("port")).expect("a port that works")
    {
        answers.push(answer);
    }
    (answers, request, console)
}

#[test]
fn each_line_is_answered_by_a_capture_of_its_own() {
    let (answers, request, console) =
        serve("uchaos.job=raw:1000\n\nuchaos.turns=3 uchaos.job=raw:10,stream:5\n");
    let raw: Vec<_> = answers.iter().map(|answer| answer.targets[0].raw.len()).collect();
    assert_eq!(raw, [1000, 1000, 10]);
    // The machine continues from one answer to the next, and each answer counts its frames from 0.
    assert_eq!(answers[1].targets[0].raw[0], 1000);
    assert_eq!(answers[2].targets[0].stream.len(), 5);
    assert!(answers.iter().all(|answer| answer.status == GuestStatus::Success));
    assert_eq!(request.params.turns, 3);
    assert!(console.is_empty(), "{console:?}");
}

#[test]
fn what_cannot_be_done_is_answered_and_changes_nothing() {
    let (answers, request, console) = serve(
        "uchaos.job=raw:1\nuchaos.trns=2\nuchaos.turns=7\nuchaos.turns=2 uchaos.turns=3\n\nlast line without an end",
    );
    let status: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    let bad = GuestStatus::BadCommandLine;
    assert_eq!(status, [GuestStatus::Success, bad, bad, bad, GuestStatus::Success]);
    assert_eq!(request.params.turns, 1);
    assert_eq!(answers[4].targets[0].raw, [1]);
    assert!(
        console[0].contains("uchaos.trns") && console[1].contains("seven times"),
        "{console:?}"
    );
}

#[test]
fn a_line_without_end_is_an_error_and_one_that_is_no_text_is_refused() {
    let long = vec![b'x'; COMMAND_BYTES + 1];
    assert!(CommandLines::new(Pieces::of(&long, 100)).next_line().is_err());
    let mut just_fits = vec![b'x'; COMMAND_BYTES - 1];
    just_fits.extend(b"\nnext\n");
    let mut lines = CommandLines::new(Pieces::of(&just_fits, 4096));
    assert_eq!(lines.next_line().unwrap().unwrap().len(), COMMAND_BYTES - 1);
    assert_eq!(lines.next_line().unwrap(), Some("next"));
    assert_eq!(lines.next_line().unwrap(), None);
    let mut lines = CommandLines::new(Pieces::of(b"\xff\xfe\n", 9));
    assert!(Request::default().changed(lines.next_line().unwrap().unwrap()).is_err());
}

#[test]
fn an_engine_serves_another_request_where_only_jobs_and_interrupts_differ() {
    let now = Request::default();
    for (line, same) in [
        ("uchaos.job=raw:1 uchaos.timer=100", true),
        ("uchaos.workload=pause", false),
        ("uchaos.turns=2", false),
        ("uchaos.claim=250", false),
        ("uchaos.health=observe", false),
        ("uchaos.init_turns=8", false),
        ("uchaos.min_delta=4", false),
    ] {
        assert_eq!(now.same_engine(&now.changed(line).unwrap()), same, "{line}");
    }
}

proptest! {
    #[test]
    fn lines_come_whole_whatever_the_pieces(
        lines in prop::collection::vec("[a-z.=0-9 ]{0,60}", 0..20),
        piece in 1..200usize,
    ) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let mut commands = CommandLines::new(Pieces::of(text.as_bytes(), piece));
        for line in &lines {
            prop_assert_eq!(commands.next_line().unwrap(), Some(line.as_str()));
        }
        prop_assert_eq!(commands.next_line().unwrap(), None);
    }
}
