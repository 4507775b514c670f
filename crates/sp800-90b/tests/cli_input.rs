// SPDX-License-Identifier: MIT OR Apache-2.0
//! What `ea` reads: every format, slices, streams, and files that are not what was said.

// A test that cannot read its data has to fail.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const TOOL: &str = env!("CARGO_BIN_EXE_ea");

fn noise(count: usize) -> Vec<u64> {
    let mut state = 77_u64;
    (0..count)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state >> 40
        })
        .collect()
}

fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file.flush().unwrap();
    file
}

fn ea(path: &Path, options: &[&str]) -> Output {
    Command::new(TOOL).args(options).arg(path).output().unwrap()
}

fn json(bytes: &[u8], options: &[&str]) -> Value {
    let file = file(bytes);
    let output = ea(file.path(), &[options, &["--quick", "--json"]].concat());
    assert!(!output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Status 2, and what is said on standard error.
fn error(bytes: &[u8], options: &[&str]) -> String {
    let file = file(bytes);
    let output = ea(file.path(), options);
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

/// The figures of the most common value, which name the symbols' counts.
fn mcv(json: &Value) -> (u64, u64) {
    let estimators = &json["estimators"];
    let mcv = [&estimators["literal"]["mcv"], &estimators["bitstring"]["mcv"]];
    let mcv = mcv.into_iter().find(|mcv| !mcv.is_null()).unwrap();
    (json["samples"].as_u64().unwrap(), mcv["mode_count"].as_u64().unwrap())
}

#[test]
fn one_sequence_in_every_format_gives_one_answer() {
    let values: Vec<u64> = noise(4000).iter().map(|value| 3 + value % 200).collect();
    let joined = |separator: &str, radix: u32| {
        let number =
            |value: &u64| if radix == 16 { format!("{value:#x}") } else { value.to_string() };
        values.iter().map(number).collect::<Vec<_>>().join(separator).into_bytes()
    };
    let words = |len: usize, big: bool| -> Vec<u8> {
        values
            .iter()
            .flat_map(|value| {
                let mut bytes = value.to_le_bytes()[..len].to_vec();
                if big {
                    bytes.reverse();
                }
                bytes
            })
            .collect()
    };
    let expected = mcv(&json(&words(1, false), &[]));
    assert_eq!(expected.0, 4000);
    for (bytes, format) in [
        (words(2, false), "u16le"),
        (words(2, true), "u16be"),
        (words(4, false), "u32le"),
        (words(4, true), "u32be"),
        (words(8, false), "u64le"),
        (words(8, true), "u64be"),
        (joined("\n", 10), "dec"),
        (joined(" ", 10), "dec"),
        (joined("\r\n", 16), "hex"),
        (words(1, false), "packed"),
    ] {
        assert_eq!(mcv(&json(&bytes, &["--format", format])), expected, "{format}");
    }
    let mut reading = u64::from(u32::MAX) - 5000;
    let readings: Vec<u64> = std::iter::once(reading)
        .chain(values.iter().map(|value| {
            reading += value;
            reading
        }))
        .collect();
    let whole: Vec<u8> = readings.iter().flat_map(|reading| reading.to_le_bytes()).collect();
    assert_eq!(mcv(&json(&whole, &["--format", "u64le", "--counter"])), expected);
    // A 32-bit counter that wraps around.
    let wrapping: Vec<u8> =
        readings.iter().flat_map(|&reading| (reading as u32).to_le_bytes()).collect();
    assert_eq!(mcv(&json(&wrapping, &["--format", "u32le", "--counter"])), expected);
    let table: String = readings.iter().map(|reading| format!("x,{reading},7\n")).collect();
    let table = format!("name,ticks,other\n{table}");
    let columns = ["--format", "dec", "--column", "2", "--counter"];
    assert_eq!(mcv(&json(table.as_bytes(), &columns)), expected);
}

#[test]
fn bits_are_chosen_by_shift_mask_and_number() {
    let low_dead: Vec<u8> =
        noise(5000).iter().flat_map(|value| ((value % 64) << 4 | 5).to_le_bytes()).collect();
    let plain = json(&low_dead, &["--format", "u64le", "--bits", "8"]);
    let said = plain["input_warnings"].to_string();
    assert!(said.contains("never changes") && said.contains("--shift 4"), "{said}");
    let by = |options: &[&str]| {
        let json = json(&low_dead, &[&["--format", "u64le"], options].concat());
        assert_eq!(json["input_warnings"].as_array().unwrap().len(), 0, "{json}");
        (
            json["bits_per_symbol"].as_u64().unwrap(),
            json["alphabet_size"].as_u64().unwrap(),
            mcv(&json),
        )
    };
    let shifted = by(&["--shift", "4", "--bits", "6"]);
    assert_eq!((shifted.0, shifted.1), (6, 64));
    assert_eq!(by(&["--mask", "0x3f0"]), shifted);
    assert_eq!(by(&["--select", "9,8,7,6,5,4"]), shifted);
    assert_eq!(by(&["--select", "4,5"]).1, 4);
    let ones: Vec<u8> = noise(5000).iter().map(|value| (value & 0xF0) as u8).collect();
    assert_eq!(json(&ones, &["--shift", "4", "--bits", "4"])["alphabet_size"], 16);
    assert_eq!(json(&ones, &["--divide", "16", "--bits", "4"])["alphabet_size"], 16);
    assert!(error(&ones, &["--mask", "0xfff"]).contains("12 bits set"));
    assert!(error(&ones, &["--mask", "3", "--bits", "4"]).contains("contradicts"));
}

#[test]
fn slices_equal_files_that_were_cut_by_hand() {
    let bytes: Vec<u8> = noise(9000).iter().map(|&value| value as u8).collect();
    let part = json(&bytes, &["--from", "2000", "--count", "5000"]);
    let by_hand = json(&bytes[2000..7000], &[]);
    assert_eq!(part["estimators"], by_hand["estimators"]);
    let record = &part["provenance"]["files"][0];
    // The sum is that of the whole file, so that it can be compared with the laboratory's.
    let sum: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(record["sha256"], sum);
    assert_eq!(record["slice"]["from"], 2000);
    assert_eq!(part["samples"], 5000);
    assert!(error(&bytes, &["--from", "9000"]).contains("smaller --from"));
    let past = json(&bytes, &["--from", "8000", "--count", "5000"]);
    assert!(past["input_warnings"].to_string().contains("there are 1000"), "{past}");
    let limited = json(&bytes, &["--limit", "4000"]);
    assert_eq!(limited["samples"], 4000);
    assert_eq!(limited["provenance"]["files"][0]["limited"], true);
}

#[test]
fn a_file_that_is_not_what_was_said_is_an_error_that_names_the_option() {
    let deltas: Vec<u64> = noise(3000).iter().map(|value| 30 + value % 50).collect();
    let lines: String = deltas.iter().map(|delta| format!("{delta}\n")).collect();
    let bits: String = deltas.iter().map(|delta| if delta & 1 == 1 { '1' } else { '0' }).collect();
    let le: Vec<u8> = deltas.iter().flat_map(|delta| delta.to_le_bytes()).collect();
    let be: Vec<u8> = deltas.iter().flat_map(|delta| delta.to_be_bytes()).collect();
    let half: Vec<u8> = deltas.iter().flat_map(|&delta| (delta as u32).to_le_bytes()).collect();
    let said = [
        (lines.as_bytes(), &[][..], "--format dec"),
        (lines.as_bytes(), &["--format", "u64le"], "--format dec"),
        (bits.as_bytes(), &[], "--format bits"),
        (bits.as_bytes(), &["--format", "packed", "--bits", "1"], "--format bits"),
        (b"q83vEjRWeJq83vEjRWeJqzS83vEjRWeJq83vEjRWeJq83vEjRWeJqzS8\n", &[], "base64 -d"),
        (&le, &[], "--format u64le"),
        (&be, &[], "--format u64be"),
        (&be, &["--format", "u64le"], "swapped"),
        (&half, &["--format", "u64le"], "--format u32le"),
        (&half, &["--bits", "8"], "--format u32le"),
    ];
    for (bytes, options, expected) in said {
        let error = error(bytes, options);
        assert!(error.contains(expected), "{options:?}: {error}");
        assert!(error.contains("--force"), "{error}");
    }
    let forced = json(&le, &["--force"]);
    assert!(forced["input_warnings"].to_string().contains("u64le"), "{forced}");
    // Packed bits that are taken for symbols of one bit do not fit.
    let packed: Vec<u8> = deltas.iter().map(|&delta| delta as u8).collect();
    assert!(error(&packed, &["--bits", "1"]).contains("--format packed"));
    let odd = json(&packed[..100], &["--format", "packed", "--bits", "3"]);
    assert!(odd["input_warnings"].to_string().contains("2 bits at the end"), "{odd}");
    let huge: Vec<u8> =
        deltas.iter().flat_map(|delta| (delta << 50 | delta).to_le_bytes()).collect();
    assert!(json(&huge, &["--format", "u64le"])["input_warnings"].to_string().contains("1 GHz"));
}

#[test]
fn standard_input_is_read_and_endless_devices_are_bounded() {
    let bytes: Vec<u8> = noise(3000).iter().map(|&value| value as u8).collect();
    let mut child = Command::new(TOOL)
        .args(["--quick", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["samples"], 3000);
    assert_eq!(json["provenance"]["files"][0]["name"], "-");
    for device in ["/dev/zero", "/dev/urandom"] {
        let output = ea(Path::new(device), &["--quick"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && said.contains("--limit"), "{said}");
    }
    let bounded = ea(Path::new("/dev/urandom"), &["--quick", "--json", "--limit", "20000"]);
    let json: Value = serde_json::from_slice(&bounded.stdout).unwrap();
    assert_eq!((&json["samples"], bounded.status.code()), (&20_000.into(), Some(0)));
    let counted = ea(Path::new("/dev/urandom"), &["--quick", "--json", "--count", "30000"]);
    let json: Value = serde_json::from_slice(&counted.stdout).unwrap();
    assert_eq!(json["samples"], 30_000);
    let folder = ea(Path::new("/tmp"), &[]);
    assert!(String::from_utf8(folder.stderr).unwrap().contains("folder"));
}

#[test]
fn a_file_that_changes_while_it_is_read_is_an_error() {
    let path = tempfile::tempdir().unwrap();
    let path = path.path().join("growing.bin");
    let mut growing = std::fs::File::create(&path).unwrap();
    growing.write_all(&vec![1; 50_000_000]).unwrap();
    let mut child = Command::new(TOOL)
        .args(["--quick", "--force"])
        .arg(&path)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The writer continues until the reader has seen the file grow.
    while child.try_wait().unwrap().is_none() {
        growing.write_all(&[2; 4096]).unwrap();
    }
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(2) && said.contains("changed while it was read"),
        "{said}"
    );
}

#[test]
fn more_than_the_memory_holds_is_refused_before_the_work() {
    let path = tempfile::tempdir().unwrap();
    let path = path.path().join("sparse.bin");
    std::fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    let output = ea(&path, &[]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("MB of memory") && said.contains("--count"), "{said}");
}

#[test]
fn a_closed_standard_output_is_an_error_and_a_discarded_one_is_not() {
    let run = |arguments: &str, redirect: &str| {
        let command = format!("\"{TOOL}\" {arguments} {redirect}");
        Command::new("sh").args(["-c", &command]).output().unwrap()
    };
    for arguments in
        ["cutoffs --h 0.5", "--help", "--version", "nist-compat ea_conditioning -v 64 64 64 32"]
    {
        let closed = run(arguments, ">&-");
        let said = String::from_utf8(closed.stderr).unwrap();
        assert!(
            closed.status.code() == Some(2) && said.contains("standard output is closed"),
            "{arguments}: {said}"
        );
        assert_eq!(run(arguments, "> /dev/null").status.code(), Some(0), "{arguments}");
        assert_eq!(run(arguments, "<> /dev/null >&0 2>&0").status.code(), Some(0), "{arguments}");
        let full = run(arguments, "> /dev/full");
        let said = String::from_utf8(full.stderr).unwrap();
        assert!(
            full.status.code() == Some(2) && said.contains("writing to standard output"),
            "{arguments}: {said}"
        );
    }
}
