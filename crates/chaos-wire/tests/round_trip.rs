// SPDX-License-Identifier: GPL-2.0-or-later
//! What a machine gives is what the host reads, through the job loop, the frames and the reader.

mod common;

use chaos_wire::frame::MAX_PAYLOAD_BYTES;
use chaos_wire::{
    FrameWriter, GuestStatus, Job, JobKind, JobsError, Request, Target, finish, run_jobs,
};
use common::{Counter, Memory, read, sample, take};
use proptest::prelude::*;

#[test]
fn all_jobs_of_one_target_come_back() {
    let request = "uchaos.job=raw:1000,stream:9K,restart:5x300,seed:64,selftest";
    let mut machine = Counter::default();
    let (bytes, status) =
        take(&Request::parse(request).unwrap(), &mut machine, Target::BareMetal, 700);
    assert_eq!(status, GuestStatus::Success);
    let capture = read(&bytes).unwrap();
    assert_eq!(capture.status, GuestStatus::Success);
    assert_eq!(capture.len_bytes, bytes.len() as u64);
    let taken = capture.target(Target::BareMetal).unwrap();
    assert_eq!(taken.raw, (0..1000).collect::<Vec<u64>>());
    assert_eq!(taken.stream, (1000..1000 + 9216).map(|n| n as u8).collect::<Vec<u8>>());
    let matrix = taken.restarts.as_ref().unwrap();
    assert_eq!((matrix.rows, matrix.columns), (5, 300));
    assert_eq!(matrix.delta_ticks, (10216..11716).collect::<Vec<u64>>());
    assert_eq!(matrix.iter().count(), 5);
    assert_eq!(taken.seed, (11716..11780).map(|n| n as u8).collect::<Vec<u8>>());
    assert_eq!(taken.self_test, ["ok first", "ok second"]);
    assert_eq!(machine.restarts, 5);
    assert_eq!(taken.meta.get("clock"), Some("counter"));
    assert_eq!(taken.meta.number("buffer_words"), Some(700));
    // 1000 samples in a buffer of 700; rows of 301 words, two at a time.
    assert_eq!(taken.report(JobKind::Raw).unwrap().chunks, 2);
    assert_eq!(taken.report(JobKind::Restart).unwrap().chunks, 3);
    let report = taken.report(JobKind::Raw).unwrap();
    assert_eq!(report.health.number("samples"), Some(1000));
    assert!(report.fill_ticks > 0 && report.fill_ticks < report.end_ticks - report.begin_ticks);
    assert_eq!(machine.console.len(), 11);
    assert_eq!(machine.console[0], "[uchaos] begin baremetal raw:1000");
    assert_eq!(machine.console[3], "[uchaos] end baremetal stream:9K");
    assert_eq!(machine.console[10], "[uchaos] done status=0");
}

#[test]
fn each_target_does_what_it_can() {
    let request = "uchaos.job=raw:9,stream:10,restart:2x2 uchaos.target=linux-crng+linux-hwrng+linux-module+linux-user";
    let capture = read(&sample(request)).unwrap();
    let targets: Vec<_> = capture.targets.iter().map(|taken| taken.target).collect();
    let generators = [Target::LinuxCrng, Target::LinuxHwrng];
    assert_eq!(targets, [[Target::LinuxModule, Target::LinuxUser], generators].concat());
    for target in generators {
        let taken = capture.target(target).unwrap();
        assert_eq!((taken.raw.len(), taken.stream.len(), &taken.restarts), (0, 10, &None));
        let skipped: Vec<_> = taken.meta.iter().filter(|(key, _)| *key == "skipped").collect();
        assert_eq!(skipped, [("skipped", "raw:9"), ("skipped", "restart:2x2")]);
    }
    assert_eq!(capture.target(Target::LinuxUser).unwrap().meta.get("skipped"), None);
}

#[test]
fn large_pieces_are_cut_into_frames() {
    let request = Request::parse("uchaos.job=raw:300000,stream:3M").unwrap();
    let (bytes, _) = take(&request, &mut Counter::default(), Target::BareMetal, 1 << 20);
    let capture = read(&bytes).unwrap();
    assert_eq!(capture.targets[0].raw.len(), 300_000);
    assert_eq!(capture.targets[0].report(JobKind::Raw).unwrap().chunks, 1);
    assert_eq!(capture.targets[0].stream.len(), 3 * MAX_PAYLOAD_BYTES);
    // meta; 3 of raw, health, report; 3 of stream, health, report; done.
    assert_eq!(capture.frames, 12);
}

#[test]
fn a_failed_job_ends_its_target_and_says_so() {
    let request = Request::parse("uchaos.job=raw:2000,stream:16").unwrap();
    let mut machine = Counter { fails_at: Some(1500), ..Counter::default() };
    let (bytes, status) = take(&request, &mut machine, Target::BareMetal, 600);
    assert_eq!(status, GuestStatus::JobFailed);
    let capture = read(&bytes).unwrap();
    assert_eq!(capture.status, GuestStatus::JobFailed);
    let taken = &capture.targets[0];
    assert_eq!(taken.raw.len(), 1200, "the piece that failed is not sent");
    assert!(taken.stream.is_empty());
    let failure = taken.report(JobKind::Raw).unwrap().failure.as_deref();
    assert_eq!(failure, Some("the repetition count test failed (code -4)"));
    let [.., error, done] = machine.console.as_slice() else { panic!("no console") };
    assert!(
        error.starts_with("[uchaos] error: job raw:2000 of baremetal: the repetition"),
        "{error}"
    );
    assert_eq!(done, "[uchaos] done status=1");
}

#[test]
fn a_failed_self_test_still_shows_its_lines() {
    let mut machine = Counter { fails_at: Some(0), ..Counter::default() };
    let request = Request::parse("uchaos.job=selftest").unwrap();
    let (bytes, status) = take(&request, &mut machine, Target::BareMetal, 600);
    assert_eq!(status, GuestStatus::JobFailed);
    assert_eq!(read(&bytes).unwrap().targets[0].self_test, ["ok first", "FAILED second"]);
}

#[test]
fn a_port_that_is_full_ends_the_run_with_its_own_status() {
    let request = Request::parse("uchaos.job=raw:2000").unwrap();
    for limit in [0, 10, 100, 9000] {
        let mut memory = Memory { bytes: Vec::new(), limit };
        let mut frames = FrameWriter::new(&mut memory);
        let mut machine = Counter::default();
        let mut buffer = [0; 600];
        let result = run_jobs(&request, Target::BareMetal, &mut machine, &mut frames, &mut buffer);
        assert!(matches!(result, Err(JobsError::Port(error)) if error.code == -28), "{result:?}");
        assert_eq!(finish(result, &mut machine, &mut frames), GuestStatus::NoDataPort);
        assert!(machine.console.iter().any(|line| line.contains("no space left")));
        assert!(read(&memory.bytes).is_err());
    }
}

#[test]
fn a_row_that_does_not_fit_the_buffer_is_too_little_memory() {
    let request = Request::parse("uchaos.job=restart:2x600").unwrap();
    let mut machine = Counter::default();
    let (bytes, status) = take(&request, &mut machine, Target::BareMetal, 600);
    assert_eq!(status, GuestStatus::TooLittleMemory);
    assert!(
        machine
            .console
            .iter()
            .any(|line| line.contains("4808 bytes are needed and 4800 are there"))
    );
    assert_eq!(read(&bytes).unwrap().status, GuestStatus::TooLittleMemory);
    let (_, status) = take(&request, &mut machine, Target::BareMetal, 601);
    assert_eq!(status, GuestStatus::Success);
    let (_, status) = take(&request, &mut machine, Target::BareMetal, 511);
    assert_eq!(status, GuestStatus::TooLittleMemory);
}

fn any_jobs() -> impl Strategy<Value = Vec<Job>> {
    let each = vec![
        (1..3000u64).prop_map(|samples| Job::Raw { samples }).boxed(),
        (1..20_000u64).prop_map(|len_bytes| Job::Stream { len_bytes }).boxed(),
        (1..20u32, 1..500u32).prop_map(|(rows, columns)| Job::Restart { rows, columns }).boxed(),
        (1..200u64).prop_map(|len_bytes| Job::Seed { len_bytes }).boxed(),
        Just(Job::SelfTest).boxed(),
    ];
    (Just(each).prop_shuffle(), 1..=5usize).prop_flat_map(|(mut jobs, count)| {
        jobs.truncate(count);
        jobs
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_jobs_with_any_buffer_come_back(jobs in any_jobs(), words in 512..4000usize) {
        let mut request = Request::default();
        for job in &jobs {
            request.jobs.push(*job).unwrap();
        }
        let (bytes, status) = take(&request, &mut Counter::default(), Target::HostUser, words);
        prop_assert_eq!(status, GuestStatus::Success);
        let capture = read(&bytes).unwrap();
        let taken = capture.target(Target::HostUser).unwrap();
        prop_assert_eq!(taken.reports.iter().map(|report| report.job).collect::<Vec<_>>(), jobs.clone());
        let mut next = 0;
        for job in jobs {
            let count = match job {
                Job::Raw { samples } => {
                    prop_assert!(taken.raw.iter().copied().eq(next..next + samples));
                    samples
                }
                Job::Stream { len_bytes } => {
                    prop_assert!(taken.stream.iter().copied().eq((next..next + len_bytes).map(|n| n as u8)));
                    len_bytes
                }
                Job::Seed { len_bytes } => {
                    prop_assert!(taken.seed.iter().copied().eq((next..next + len_bytes).map(|n| n as u8)));
                    len_bytes
                }
                Job::Restart { rows, columns } => {
                    let matrix = taken.restarts.as_ref().unwrap();
                    prop_assert_eq!((matrix.rows, matrix.columns), (rows, columns));
                    let count = u64::from(rows) * u64::from(columns);
                    prop_assert!(matrix.delta_ticks.iter().copied().eq(next..next + count));
                    count
                }
                Job::SelfTest => 0,
            };
            next += count;
        }
    }
}
