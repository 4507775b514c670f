// SPDX-License-Identifier: GPL-2.0-or-later
//! No damage to a capture goes unseen, and no bytes make the reader panic.

mod common;

use chaos_wire::capture::CaptureFault;
use chaos_wire::frame::{self, FrameFault, HEADER_BYTES, Header, Kind};
use chaos_wire::{Capture, CaptureError, Target, crc32};
use common::{read, sample};
use proptest::prelude::*;

const SMALL: &str =
    "uchaos.job=raw:20,stream:100,restart:3x4,seed:16,selftest uchaos.target=baremetal+linux-crng";

fn header_of(frame: &[u8]) -> Header {
    let header = frame.first_chunk().expect("a whole header");
    Header::decode(header).expect("a good header")
}

/// The frames of a capture, each with its header.
fn split(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = bytes;
    let mut frames = Vec::new();
    while !rest.is_empty() {
        let (_, _, after) = frame::split_first(rest).expect("a good frame");
        frames.push(rest[..rest.len() - after.len()].to_vec());
        rest = after;
    }
    frames
}

/// Puts frames together again with good numbers, counts and checksums: only their story can be wrong.
fn renumber(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (number, frame) in (0..).zip(frames) {
        let header = header_of(frame);
        let mut payload = frame[HEADER_BYTES..].to_vec();
        if header.kind == Kind::Done {
            payload[4..8].copy_from_slice(&u32::to_le_bytes(number));
        }
        let header =
            Header::of(header.kind, header.target, number, &payload).expect("a short payload");
        bytes.extend(header.encode());
        bytes.extend(payload);
    }
    bytes
}

fn frame_of(kind: Kind, target: Target, payload: &[u8]) -> Vec<u8> {
    let mut bytes =
        Header::of(kind, target, 0, payload).expect("a short payload").encode().to_vec();
    bytes.extend_from_slice(payload);
    bytes
}

fn kind_of(frame: &[u8]) -> Kind {
    header_of(frame).kind
}

#[test]
fn every_truncation_is_seen() {
    let bytes = sample(SMALL);
    read(&bytes).unwrap();
    for len in 0..bytes.len() {
        let error = read(&bytes[..len]).unwrap_err();
        let fits = match len {
            0 => matches!(error.fault, CaptureFault::Empty),
            _ => matches!(error.fault, CaptureFault::NoDone | CaptureFault::Frame(FrameFault::Cut)),
        };
        assert!(fits, "cut to {len}: {error}");
    }
}

#[test]
fn every_single_bit_flip_is_seen() {
    let mut bytes = sample(SMALL);
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(read(&bytes).is_err(), "bit {bit} of {}", bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    read(&bytes).unwrap();
}

#[test]
fn every_byte_after_done_is_seen() {
    let bytes = sample(SMALL);
    for last in 0..=255 {
        let error = read(&[bytes.as_slice(), &[last]].concat()).unwrap_err();
        assert!(matches!(error.fault, CaptureFault::AfterDone), "{error}");
        assert_eq!(error.offset_bytes, bytes.len() as u64);
    }
    let error = read(&[bytes.clone(), bytes].concat()).unwrap_err();
    assert!(
        matches!(error.fault, CaptureFault::AfterDone | CaptureFault::Sequence { .. }),
        "{error}"
    );
}

#[test]
fn a_frame_lost_or_sent_twice_or_swapped_is_a_gap() {
    let frames = split(&sample(SMALL));
    for index in 0..frames.len() - 1 {
        let mut lost = frames.clone();
        lost.remove(index);
        assert!(matches!(read(&lost.concat()).unwrap_err().fault, CaptureFault::Sequence { .. }));
        let mut twice = frames.clone();
        twice.insert(index, frames[index].clone());
        assert!(matches!(read(&twice.concat()).unwrap_err().fault, CaptureFault::Sequence { .. }));
        let mut swapped = frames.clone();
        swapped.swap(index, index + 1);
        assert!(matches!(
            read(&swapped.concat()).unwrap_err().fault,
            CaptureFault::Sequence { .. }
        ));
    }
}

#[test]
fn a_frame_that_is_lost_and_hidden_by_renumbering_is_still_seen() {
    let frames = split(&sample(SMALL));
    assert_eq!(renumber(&frames), frames.concat());
    for index in 0..frames.len() {
        // The lines of a self test are the one thing of which nothing says how many there are.
        if kind_of(&frames[index]) == Kind::SelfTest {
            continue;
        }
        let mut lost = frames.clone();
        lost.remove(index);
        let error = read(&renumber(&lost)).unwrap_err();
        assert!(!matches!(error.fault, CaptureFault::Frame(_)), "frame {index}: {error}");
    }
}

#[test]
fn frames_out_of_place_are_seen() {
    let frames = split(&sample("uchaos.job=raw:4"));
    let [meta, raw, health, report, done] = frames.as_slice() else { panic!("five frames") };
    let refuse = |frames: &[&Vec<u8>]| {
        let frames: Vec<_> = frames.iter().map(|frame| (*frame).clone()).collect();
        let error = read(&renumber(&frames)).unwrap_err();
        assert!(!matches!(error.fault, CaptureFault::Frame(_)), "{error}");
        error.to_string()
    };
    refuse(&[raw, health, report, done]);
    refuse(&[meta, meta, raw, health, report, done]);
    refuse(&[meta, raw, report, done]);
    refuse(&[meta, raw, health, done]);
    refuse(&[meta, raw, done]);
    refuse(&[meta, health, raw, report, done]);
    refuse(&[meta, raw, raw, health, report, done]);
    refuse(&[meta, raw, health, report, raw, health, report, done]);
    refuse(&[meta, raw, health, report, health, done]);
    let other = |kind, target, payload: &[u8]| frame_of(kind, target, payload);
    refuse(&[meta, &other(Kind::Raw, Target::LinuxUser, &[0; 32]), health, report, done]);
    refuse(&[meta, &other(Kind::Stream, Target::BareMetal, &[0; 32]), health, report, done]);
    refuse(&[meta, &other(Kind::Raw, Target::BareMetal, &[0; 31]), health, report, done]);
    refuse(&[&other(Kind::Meta, Target::None, b""), done]);
    refuse(&[&other(Kind::Meta, Target::BareMetal, b"no key\n"), raw, health, report, done]);
    refuse(&[&other(Kind::Meta, Target::BareMetal, b"\xff=1\n"), raw, health, report, done]);
    refuse(&[meta, raw, health, &other(Kind::Report, Target::BareMetal, b"job=raw:4\n"), done]);
    refuse(&[meta, raw, health, report, &other(Kind::Done, Target::BareMetal, &[0; 8])]);
    refuse(&[
        meta,
        raw,
        health,
        report,
        &other(Kind::Done, Target::None, &[9, 0, 0, 0, 0, 0, 0, 0]),
    ]);
    let short = [
        frames[..4].concat(),
        Header::of(Kind::Done, Target::None, 4, &[0; 7]).unwrap().encode().to_vec(),
        vec![0; 7],
    ];
    assert!(matches!(read(&short.concat()).unwrap_err().fault, CaptureFault::Done { .. }));
}

#[test]
fn rows_of_a_restart_matrix_must_follow_each_other() {
    let frames = split(&sample("uchaos.job=restart:3x2"));
    let mut swapped = frames.clone();
    swapped.swap(1, 2);
    let error = read(&renumber(&swapped)).unwrap_err();
    assert!(error.to_string().contains("is not the row that follows"), "{error}");
    for payload in
        [vec![], vec![0; 8], vec![0, 0, 0, 0, 2, 0, 0, 0], [0, 0, 0, 0, 1, 0, 0, 0].repeat(3)]
    {
        let mut wrong = frames.clone();
        wrong[1] = frame_of(Kind::RestartRow, Target::BareMetal, &payload);
        assert!(read(&renumber(&wrong)).is_err(), "{payload:?}");
    }
}

#[test]
fn success_after_a_failed_job_is_not_believed() {
    let mut frames = split(&sample("uchaos.job=raw:4"));
    let report =
        b"job=raw:4\nbegin_ticks=1\nend_ticks=2\nfill_ticks=1\nchunks=1\nfailed=yes\nfailure=no\n";
    frames[3] = frame_of(Kind::Report, Target::BareMetal, report);
    assert!(
        read(&renumber(&frames)).unwrap_err().to_string().contains("success after a failed job")
    );
}

#[test]
fn an_error_names_the_file_the_place_and_what_to_do() {
    let mut bytes = sample("uchaos.job=raw:4");
    let meta_bytes = split(&bytes)[0].len();
    bytes[meta_bytes + HEADER_BYTES] ^= 1;
    let text = read(&bytes).unwrap_err().to_string();
    assert!(text.starts_with(&format!(
        "reading the capture a/data.frames, frame 1 at byte {meta_bytes}: its CRC-32 does not fit"
    )));
    assert!(text.contains("Take the capture again"), "{text}");
    let missing: CaptureError =
        Capture::read(std::path::Path::new("/no such folder/data.frames")).unwrap_err();
    assert!(missing.to_string().contains("No such file"), "{missing}");
}

#[test]
fn a_capture_file_is_read_from_disk() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), sample(SMALL)).unwrap();
    assert_eq!(Capture::read(file.path()).unwrap(), read(&sample(SMALL)).unwrap());
}

/// A frame of any kind, with a payload that is seldom right but has a good checksum.
fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let payload = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..64),
        "[a-z_]{1,8}=[ -~]{0,20}\n".prop_map(String::into_bytes),
        Just(
            b"job=raw:4\nbegin_ticks=1\nend_ticks=2\nfill_ticks=1\nchunks=1\nfailed=no\n".to_vec()
        ),
        (0..3u32, 0..3u32, 0..4usize).prop_map(|(row, columns, words)| {
            [row.to_le_bytes().to_vec(), columns.to_le_bytes().to_vec(), vec![7; words * 8]]
                .concat()
        }),
    ];
    let kind = prop::sample::select(Kind::ALL.to_vec());
    let target = prop::sample::select(Target::ALL.to_vec());
    (kind, target, payload).prop_map(|(kind, target, payload)| frame_of(kind, target, &payload))
}

proptest! {
    #[test]
    fn any_bytes_are_an_error_and_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(read(&bytes).is_err());
        let _ = frame::split_first(&bytes);
    }

    #[test]
    fn any_header_after_good_magic_is_an_error_and_no_panic(rest in prop::collection::vec(any::<u8>(), 0..100)) {
        let bytes = [b"UCHA\x01".as_slice(), &rest].concat();
        prop_assert!(read(&bytes).is_err());
    }

    #[test]
    fn any_sequence_of_good_frames_is_a_capture_or_names_what_is_out_of_place(
        frames in prop::collection::vec(any_frame(), 0..12),
    ) {
        let bytes = renumber_any(&frames);
        let done = frames.iter().position(|frame| kind_of(frame) == Kind::Done);
        match read(&bytes) {
            Ok(_) => prop_assert_eq!(done, frames.len().checked_sub(1)),
            Err(error) => {
                prop_assert!(!matches!(error.fault, CaptureFault::Frame(_)), "{}", error);
                prop_assert!(error.offset_bytes <= bytes.len() as u64, "{}", error);
                let fault_of_done = matches!(error.fault, CaptureFault::NoDone | CaptureFault::Empty);
                prop_assert!(!fault_of_done || done.is_none(), "{}", error);
            }
        }
    }

    #[test]
    fn a_burst_of_damage_is_seen(at in 0.0..1.0f64, damage in prop::collection::vec(1..=255u8, 1..9)) {
        let mut bytes = sample("uchaos.job=raw:5000,stream:32K,restart:30x40");
        let begin = (at * (bytes.len() - damage.len()) as f64) as usize;
        for (byte, change) in bytes[begin..].iter_mut().zip(&damage) {
            *byte ^= change;
        }
        prop_assert!(read(&bytes).is_err());
    }

    #[test]
    fn any_truncation_of_a_larger_capture_is_seen(at in 0.0..1.0f64) {
        let bytes = sample("uchaos.job=raw:5000,stream:32K,restart:30x40");
        prop_assert!(read(&bytes[..(at * bytes.len() as f64) as usize]).is_err());
    }

    #[test]
    fn a_bit_flip_in_a_larger_capture_is_seen(at in 0.0..1.0f64, bit in 0..8) {
        let mut bytes = sample("uchaos.job=raw:5000,stream:32K,restart:30x40");
        let index = (at * bytes.len() as f64) as usize;
        bytes[index] ^= 1u8 << bit;
        prop_assert!(read(&bytes).is_err());
    }

    #[test]
    fn a_frame_comes_back_from_its_bytes(
        kind in prop::sample::select(Kind::ALL.to_vec()),
        target in prop::sample::select(Target::ALL.to_vec()),
        sequence in any::<u32>(),
        payload in prop::collection::vec(any::<u8>(), 0..500),
        after in prop::collection::vec(any::<u8>(), 0..30),
    ) {
        let header = Header::of(kind, target, sequence, &payload).unwrap();
        let bytes = [header.encode().as_slice(), &payload, &after].concat();
        let covered = [&bytes[..16], &payload].concat();
        prop_assert_eq!(crc32(&covered), header.crc);
        let (back, back_payload, rest) = frame::split_first(&bytes).unwrap();
        prop_assert_eq!(back, header);
        prop_assert_eq!(back_payload, payload.as_slice());
        prop_assert_eq!(rest, after.as_slice());
    }
}

/// As [`renumber`], for frames whose `done` may have any payload.
fn renumber_any(frames: &[Vec<u8>]) -> Vec<u8> {
    (0..)
        .zip(frames)
        .flat_map(|(number, frame)| {
            let header = header_of(frame);
            let payload = &frame[HEADER_BYTES..];
            let header =
                Header::of(header.kind, header.target, number, payload).expect("a short payload");
            [header.encode().as_slice(), payload].concat()
        })
        .collect()
}
