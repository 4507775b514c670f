// SPDX-License-Identifier: GPL-2.0-or-later
//! Fuzzing that is the same on every run: good inputs are changed by a fixed pseudo-random sequence, and whatever is
//! still believed must hold together. Frames get good numbers and checksums after the change, so that it reaches what
//! lies behind the checksum. `FUZZ_ROUNDS` sets how many changes are tried.

mod common;

use chaos_wire::frame::{self, HEADER_BYTES, Header, Kind};
use chaos_wire::{Capture, GuestStatus, Job, Marker, Request, Target};
use common::{read, sample};

const REQUESTS: [&str; 6] = [
    "uchaos.job=raw:20,stream:100,restart:3x4,seed:16,selftest",
    "uchaos.job=stream:64,raw:9 uchaos.target=linux-module+linux-user+linux-crng uchaos.workload=flush",
    "uchaos.job=restart:2x2 uchaos.turns=7 uchaos.init_turns=63 uchaos.min_delta=255 uchaos.claim=4000",
    "uchaos.job=seed:1K,selftest uchaos.health=observe uchaos.timer=100",
    "console=ttyS0 name=\"a b\" uchaos.job=none uchaos.target=host-user",
    "uchaos.job=raw:1073741824,stream:64G,restart:4096x65536,seed:16M",
];

/// Xorshift: the point is that it is always the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end.max(1)
    }
}

fn rounds() -> usize {
    std::env::var("FUZZ_ROUNDS").ok().and_then(|given| given.parse().ok()).unwrap_or(20_000)
}

/// A frame as a test changes it.
#[derive(Clone)]
struct Frame {
    kind: Kind,
    target: Target,
    payload: Vec<u8>,
}

fn split(mut bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let Ok((header, payload, rest)) = frame::split_first(bytes) {
        frames.push(Frame { kind: header.kind, target: header.target, payload: payload.to_vec() });
        bytes = rest;
    }
    frames
}

fn join(frames: &[Frame], count_is_right: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (number, frame) in (0..).zip(frames) {
        let mut payload = frame.payload.clone();
        if let (Kind::Done, true, Some(count)) = (frame.kind, count_is_right, payload.get_mut(4..8))
        {
            count.copy_from_slice(&u32::to_le_bytes(number));
        }
        let header =
            Header::of(frame.kind, frame.target, number, &payload).expect("a short payload");
        bytes.extend(header.encode());
        bytes.extend(payload);
    }
    bytes
}

/// Changes one thing about a sequence of frames.
fn change(frames: &mut Vec<Frame>, dice: &mut Dice) {
    let (at, other) = (dice.below(frames.len()), dice.below(frames.len()));
    let Some(frame) = frames.get(at).cloned() else { return };
    match dice.below(8) {
        0 => drop(frames.remove(at)),
        1 => frames.insert(other, frame),
        2 => frames.swap(at, other),
        3 => frames[at].kind = Kind::ALL[dice.below(Kind::ALL.len())],
        4 => frames[at].target = Target::ALL[dice.below(Target::ALL.len())],
        5 => frames[at].payload.truncate(dice.below(frame.payload.len() + 1)),
        6 => {
            let begin = dice.below(frame.payload.len());
            let piece = frame.payload[begin..].to_vec();
            frames[other].payload.extend(piece);
        }
        _ => {
            if let Some(byte) = frames[at].payload.get_mut(other) {
                *byte = dice.below(256) as u8;
            }
        }
    }
}

/// Whether a capture that was believed holds together.
fn holds(capture: &Capture) -> bool {
    capture.targets.iter().all(|taken| {
        let counts_fit = taken.reports.iter().all(|report| {
            let given = match report.job {
                Job::Raw { .. } => taken.raw.len() * 8,
                Job::Stream { .. } => taken.stream.len(),
                Job::Seed { .. } => taken.seed.len(),
                Job::Restart { .. } => {
                    taken.restarts.as_ref().map_or(0, |matrix| matrix.delta_ticks.len() * 8)
                }
                Job::SelfTest => 0,
            } as u64;
            given == report.job.len_bytes() || report.failure.is_some()
        });
        let matrix_fits = taken.restarts.as_ref().is_none_or(|matrix| {
            matrix.delta_ticks.len() as u64 == u64::from(matrix.rows) * u64::from(matrix.columns)
        });
        let all_done = capture.status != GuestStatus::Success || {
            let request = Request::parse(taken.meta.get("request").unwrap_or_default())
                .expect("a good request");
            request.jobs.iter().all(|job| {
                !taken.target.can(job)
                    || taken
                        .reports
                        .iter()
                        .any(|report| report.job == job && report.failure.is_none())
            })
        };
        counts_fit && matrix_fits && all_done
    })
}

#[test]
fn changed_frames_are_refused_or_hold_together() {
    let mut dice = Dice(0x5EED);
    let seeds: Vec<_> = REQUESTS[..4].iter().map(|request| split(&sample(request))).collect();
    let (mut believed, mut refused) = (0, 0);
    for _ in 0..rounds() {
        let mut frames = seeds[dice.below(seeds.len())].clone();
        for _ in 0..=dice.below(3) {
            change(&mut frames, &mut dice);
        }
        let count_is_right = dice.below(4) > 0;
        match read(&join(&frames, count_is_right)) {
            Ok(capture) => {
                assert!(holds(&capture), "{capture:?}");
                believed += 1;
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
        }
    }
    // Other samples of the same number are still a capture; most changes are not that harmless.
    assert!(believed > 0 && refused > believed, "{believed} believed, {refused} refused");
}

#[test]
fn changed_bytes_are_refused() {
    let mut dice = Dice(0xB17E5);
    let seeds: Vec<_> = REQUESTS[..4].iter().map(|request| sample(request)).collect();
    for _ in 0..rounds() {
        let seed = &seeds[dice.below(seeds.len())];
        let mut bytes = seed.clone();
        for _ in 0..=dice.below(4) {
            let (at, value) = (dice.below(bytes.len()), dice.below(256) as u8);
            match dice.below(4) {
                0 => bytes[at] = value,
                1 => bytes.insert(at, value),
                2 => drop(bytes.remove(at)),
                _ => {
                    let to = dice.below(bytes.len());
                    let piece: Vec<u8> = bytes[at..].iter().copied().take(HEADER_BYTES).collect();
                    bytes.splice(to..to, piece);
                }
            }
        }
        assert!(bytes == *seed || read(&bytes).is_err(), "{bytes:?}");
    }
}

#[test]
fn changed_command_lines_are_refused_or_come_back() {
    let mut dice = Dice(0x9A9A9);
    let pieces: Vec<&str> = REQUESTS
        .iter()
        .flat_map(|request| request.split_inclusive(['=', ':', ',', ' ', 'x', '+']))
        .collect();
    let (mut understood, mut refused) = (0, 0);
    for _ in 0..rounds() {
        let mut text = REQUESTS[dice.below(REQUESTS.len())].to_owned();
        for _ in 0..=dice.below(3) {
            let at = text.floor_char_boundary(dice.below(text.len() + 1));
            match dice.below(4) {
                0 => text.insert_str(at, pieces[dice.below(pieces.len())]),
                1 => text.truncate(at),
                2 => text.insert(at, ['0', '9', 'é', '\0', '"', '\u{7f}', 'G', '-'][dice.below(8)]),
                _ => text = text.replacen(pieces[dice.below(pieces.len())], "", 1),
            }
        }
        match Request::parse_over(&text, "").and(Request::parse(&text)) {
            Ok(request) => {
                assert_eq!(Request::parse(&request.to_string()), Ok(request), "{text:?}");
                understood += 1;
            }
            Err(error) => {
                assert!(!error.to_string().chars().any(char::is_control), "{text:?}");
                refused += 1;
            }
        }
        let _ = Marker::parse(&format!("[uchaos] {text}"));
    }
    assert!(understood > 0 && refused > 0, "{understood} understood, {refused} refused");
}
