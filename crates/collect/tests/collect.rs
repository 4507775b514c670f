// SPDX-License-Identifier: GPL-2.0-or-later
//! Sticks, images and files become runs; damaged captures are reported and never used.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use chaos_stick::MachineFact;
use collect::{Found, Machine, find, group};
use common::{capture, image};
use proptest::prelude::*;

const LAPTOP: &str = "cpu=Fast CPU\nhypervisor=none\nboard_vendor=Acme\nboard_model=Book 3\n";
const TOWER: &str = "cpu=Big CPU\nhypervisor=none\nboard_vendor=Acme\nboard_model=Tower\n";

fn found(path: &Path) -> Found {
    find(&[path.to_owned()]).expect("captures")
}

fn machines(path: &Path) -> Vec<Machine> {
    let (machines, refused) = group(found(path));
    assert!(refused.is_empty(), "{refused:?}");
    machines
}

fn write(folder: &Path, files: &[(&str, Vec<u8>)]) {
    fs::create_dir_all(folder).expect("a folder");
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).expect("a file");
    }
}

#[test]
fn a_stick_an_image_of_it_and_its_files_give_the_same() {
    let stick = tempfile::tempdir().unwrap();
    let files = [
        ("0001-bare.cap", capture("uchaos.turns=1", LAPTOP, &[5, 6, 7])),
        ("0002-bare.cap", capture("uchaos.turns=1", LAPTOP, &[8, 9])),
        ("readme.txt", b"not a capture".to_vec()),
    ];
    let captures = stick.path().join("uchaos/captures");
    write(&captures, &files);
    let disk = stick.path().join("usb.img");
    fs::write(&disk, image(&files)).unwrap();
    for path in [stick.path(), captures.as_path(), disk.as_path()] {
        let machines = machines(path);
        let [machine] = machines.as_slice() else { panic!("{machines:?}") };
        let raw: Vec<(u32, &[u64])> =
            machine.boots.iter().map(|boot| (boot.boot, boot.raw.as_slice())).collect();
        assert_eq!(raw, [(1, &[5, 6, 7][..]), (2, &[8, 9][..])], "{}", path.display());
        assert_eq!(machine.slug(), "book-3");
        assert_eq!(machine.boots[0].accel, "hardware");
        assert_eq!(machine.facts.get(MachineFact::BoardVendor), Some("Acme"));
    }
    let before = fs::read(&disk).unwrap();
    assert_eq!(before, image(&files), "collecting changed the image");
}

#[test]
fn machines_and_parameters_are_kept_apart() {
    let stick = tempfile::tempdir().unwrap();
    write(
        stick.path(),
        &[
            ("0001-bare.cap", capture("uchaos.turns=1", LAPTOP, &[1])),
            ("0002-bare.cap", capture("uchaos.turns=1", TOWER, &[2])),
            ("0003-bare.cap", capture("uchaos.turns=2", LAPTOP, &[3])),
            ("0004-bare.cap", capture("uchaos.turns=1", LAPTOP, &[4])),
        ],
    );
    let machines = machines(stick.path());
    let raw: Vec<Vec<u64>> = machines
        .iter()
        .map(|machine| machine.boots.iter().flat_map(|boot| boot.raw.clone()).collect())
        .collect();
    assert_eq!(raw, [vec![1, 4], vec![2], vec![3]]);
}

#[test]
fn a_series_becomes_the_matrix_of_restarts_of_the_long_run() {
    let stick = tempfile::tempdir().unwrap();
    let mut files =
        vec![("0009-bare.cap".to_owned(), capture("uchaos.turns=1", LAPTOP, &[1, 2, 3, 4]))];
    for boot in 1..=12_u64 {
        let name = format!("0007-bare-r{boot:04}.cap");
        files.push((name, capture("uchaos.turns=1", LAPTOP, &[boot, boot + 100])));
    }
    for (name, bytes) in &files {
        fs::write(stick.path().join(name), bytes).unwrap();
    }
    let machines = machines(stick.path());
    let [machine] = machines.as_slice() else { panic!("{machines:?}") };
    let [boot] = machine.boots.as_slice() else { panic!("{:?}", machine.boots) };
    assert_eq!(boot.raw, [1, 2, 3, 4]);
    let starts = boot.starts.as_ref().unwrap();
    assert_eq!((starts.rows, starts.columns), (12, 2));
    let expected: Vec<u64> = (1..=12).flat_map(|boot| [boot, boot + 100]).collect();
    assert_eq!(starts.delta_ticks, expected);
}

#[test]
fn damage_is_refused_by_name_and_the_rest_is_kept() {
    let stick = tempfile::tempdir().unwrap();
    let good = capture("uchaos.turns=1", LAPTOP, &[1, 2]);
    let mut flipped = good.clone();
    flipped[40] ^= 1;
    write(
        stick.path(),
        &[
            ("0001-bare.cap", good.clone()),
            ("0002-bare.cap", flipped),
            ("0003-bare.cap", good[..good.len() - 5].to_vec()),
            ("0004-bare.cap", Vec::new()),
            ("0005-bare.cap", [good.clone(), b"x".to_vec()].concat()),
            ("0006-bare.tmp", good[..30].to_vec()),
        ],
    );
    let found = found(stick.path());
    assert_eq!(found.unfinished, [stick.path().join("0006-bare.tmp")]);
    let (machines, refused) = group(found);
    assert_eq!(machines.len(), 1);
    assert_eq!(machines[0].boots.len(), 1);
    let names: Vec<PathBuf> = refused.iter().map(|refusal| refusal.path.clone()).collect();
    let expected: Vec<PathBuf> =
        (2..=5).map(|number| stick.path().join(format!("000{number}-bare.cap"))).collect();
    assert_eq!(names, expected);
}

#[test]
fn a_row_of_captures_from_a_serial_port_is_read_to_its_end() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("com2.bin");
    let one = capture("uchaos.turns=1", LAPTOP, &[1]);
    let two = capture("uchaos.turns=1", LAPTOP, &[2]);
    fs::write(&path, [one.clone(), two.clone()].concat()).unwrap();
    assert_eq!(machines(&path)[0].boots.len(), 2);
    fs::write(&path, [one, two[..20].to_vec()].concat()).unwrap();
    let (machines, refused) = group(found(&path));
    assert_eq!((machines[0].boots.len(), refused.len()), (1, 1));
}

#[test]
fn what_holds_no_captures_is_one_error_that_says_what_does() {
    let place = tempfile::tempdir().unwrap();
    let error = |path: &Path| format!("{:#}", find(&[path.to_owned()]).unwrap_err());
    assert!(error(place.path()).contains("holds no captures"), "{}", error(place.path()));
    let junk = place.path().join("junk.img");
    fs::write(&junk, vec![7; 100_000]).unwrap();
    assert!(error(&junk).contains("neither a capture nor an image"), "{}", error(&junk));
    assert!(error(Path::new("/nonexistent/stick")).contains("/nonexistent/stick"));
    let empty = place.path().join("empty.img");
    fs::write(&empty, image(&[])).unwrap();
    let (machines, refused) = group(found(&empty));
    assert!(machines.is_empty() && refused.is_empty());
}

/// However an image is damaged, only original captures are found.
fn only_what_went_in_comes_out(disk: &[u8], inside: &[Vec<u64>]) {
    let place = tempfile::tempdir().expect("a folder");
    let path = place.path().join("usb.img");
    fs::write(&path, disk).expect("a file");
    let Ok(found) = find(&[path]) else { return };
    for machine in group(found).0 {
        for boot in machine.boots {
            assert!(inside.contains(&boot.raw), "{:?}", boot.raw);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_damaged_image_gives_an_error_or_sound_captures(
        damage in prop::collection::vec((0.0..1.0f64, any::<u8>(), any::<bool>()), 1..40),
    ) {
        let inside = [vec![1, 2, 3], (0..5_000).collect::<Vec<u64>>()];
        let files = inside.each_ref().map(|raw| capture("uchaos.turns=1", LAPTOP, raw));
        let [one, two] = files;
        let mut disk = image(&[("0001-bare.cap", one), ("0002-bare.cap", two)]);
        // Most structures that direct a reader are at the beginning: partition table, boot sector, tables, folders.
        for (at, byte, anywhere) in damage {
            let (start, room) = if anywhere { (0, disk.len()) } else { (64 * 512, 64 * 1_024) };
            disk[start + ((room - 1) as f64 * at) as usize] = byte;
        }
        only_what_went_in_comes_out(&disk, &inside);
    }

    #[test]
    fn a_cut_image_gives_an_error_or_sound_captures(at in 0.0..1.0f64) {
        let inside = [vec![1, 2, 3]];
        let disk = image(&[("0001-bare.cap", capture("uchaos.turns=1", LAPTOP, &inside[0]))]);
        let len = (disk.len() as f64 * at) as usize;
        only_what_went_in_comes_out(&disk[..len], &inside);
    }
}
