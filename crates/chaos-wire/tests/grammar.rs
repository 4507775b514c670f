// SPDX-License-Identifier: GPL-2.0-or-later
//! The grammar takes what it says and nothing else, and each refusal names what is wrong.

use chaos_vocab::{CLAIMS_MILLIBITS, Parameter};
use chaos_wire::{
    Job, JobKind, KEYS, OnFailure, Params, Request, Target, Targets, Timer, Workload,
};
use proptest::prelude::*;

fn refuse(command_line: &str) -> String {
    Request::parse(command_line).expect_err(command_line).to_string()
}

#[test]
fn every_key_is_understood() {
    let request = Request::parse(
        "console=ttyS0 uchaos.job=raw:1000000,stream:16M,restart:1000x1000,seed:4096,selftest \
         uchaos.target=linux-module+linux-user uchaos.workload=flush uchaos.turns=7 uchaos.init_turns=63 \
         uchaos.min_delta=255 uchaos.claim=4000 uchaos.health=observe uchaos.timer=1000 quiet",
    )
    .unwrap();
    assert_eq!(
        request.jobs.iter().collect::<Vec<_>>(),
        [
            Job::Raw { samples: 1_000_000 },
            Job::Stream { len_bytes: 16 << 20 },
            Job::Restart { rows: 1000, columns: 1000 },
            Job::Seed { len_bytes: 4096 },
            Job::SelfTest,
        ]
    );
    assert_eq!(request.targets, Targets::EMPTY.with(Target::LinuxUser).with(Target::LinuxModule));
    let mut params = Params::DEFAULT;
    params.workload = Workload::Flush;
    params.turns = 7;
    params.init_turns = 63;
    params.min_delta = 255;
    params.claim_millibits = 4000;
    params.on_failure = OnFailure::Observe;
    assert_eq!(request.params, params);
    assert_eq!(request.timer, Timer::Hz1000);
}

#[test]
fn no_key_means_interactive_with_the_defaults() {
    for command_line in
        ["", "   \t\n", "console=ttyS0 panic=-1", "uchaos", "xuchaos.job=raw:1", "-- uchaos"]
    {
        assert_eq!(Request::parse(command_line).unwrap(), Request::default(), "{command_line:?}");
    }
    assert!(Request::default().jobs.is_empty());
    assert_eq!(
        Request::default().targets.or(Target::BareMetal).collect::<Vec<_>>(),
        [Target::BareMetal]
    );
}

#[test]
fn the_command_line_overrides_the_defaults_key_by_key() {
    let defaults =
        "# what both guests do\nuchaos.job=raw:10  uchaos.turns=2 # two\r\n\n  uchaos.min_delta=9";
    let request = Request::parse_over(defaults, "uchaos.turns=3").unwrap();
    assert_eq!(request.jobs.iter().collect::<Vec<_>>(), [Job::Raw { samples: 10 }]);
    assert_eq!((request.params.turns, request.params.min_delta), (3, 9));
    assert!(Request::parse_over(defaults, "uchaos.job=none").unwrap().jobs.is_empty());
    let error = Request::parse_over("\n\nuchaos.turns=9", "").unwrap_err();
    assert_eq!(
        error.to_string(),
        "number `9` in `uchaos.turns` must be 1 to 7 in /etc/uchaos.conf, line 3"
    );
    let error = Request::parse_over("turns=2", "").unwrap_err();
    assert!(error.to_string().contains("unknown key `turns`"), "{error}");
}

#[test]
fn an_unknown_key_or_word_names_the_nearest_known_one() {
    assert_eq!(
        refuse("uchaos.jop=raw:1"),
        "unknown key `uchaos.jop` on the kernel command line; did you mean `uchaos.job`?"
    );
    assert!(refuse("uchaos.init-turns=3").contains("`uchaos.init_turns`?"));
    assert!(refuse("uchaos.job=rwa:1").contains("did you mean `raw`?"));
    assert!(refuse("uchaos.job=RAW:1").contains("did you mean `raw`?"));
    assert!(refuse("uchaos.workload=flsuh").contains("did you mean `flush`?"));
    assert!(refuse("uchaos.target=linux-modul").contains("did you mean `linux-module`?"));
    assert!(!refuse("uchaos.job=elephant:1").contains("did you mean"));
    assert!(!refuse("uchaos.elephantine=1").contains("did you mean"));
}

#[test]
fn what_is_not_in_the_grammar_is_refused() {
    for (command_line, says) in [
        ("uchaos.=1", "unknown key `uchaos.`"),
        ("uchaos.job", "`uchaos.job` without a value"),
        ("uchaos.job=", "`uchaos.job` without a value"),
        ("uchaos.job=,", "unknown job ``"),
        ("uchaos.job=raw:1,", "unknown job ``"),
        ("uchaos.job=none,raw:1", "unknown job `none`"),
        ("uchaos.job=raw", "must be written `raw:SAMPLES`"),
        ("uchaos.job=raw:", "plain decimal number"),
        ("uchaos.job=raw:0", "must be 1 to 1073741824"),
        ("uchaos.job=raw:1073741825", "must be 1 to 1073741824"),
        ("uchaos.job=raw:1M", "plain decimal number"),
        ("uchaos.job=raw:-1", "plain decimal number"),
        ("uchaos.job=raw:1:2", "plain decimal number"),
        ("uchaos.job=raw:1,raw:2", "`raw` given twice"),
        ("uchaos.job=stream:0", "must be 1 to"),
        ("uchaos.job=stream:65G", "must be 1 to 68719476736"),
        ("uchaos.job=stream:99999999999999999999G", "must be 1 to 68719476736"),
        ("uchaos.job=stream:16m", "plain or with K, M or G"),
        ("uchaos.job=seed:17M", "must be 1 to 16777216"),
        ("uchaos.job=restart:1000", "must be written `restart:ROWSxCOLUMNS`"),
        ("uchaos.job=restart:x", "plain decimal number"),
        ("uchaos.job=restart:1x", "plain decimal number"),
        ("uchaos.job=restart:1x2x3", "`2x3`"),
        ("uchaos.job=restart:4097x1", "must be 1 to 4096"),
        ("uchaos.job=restart:1x65537", "must be 1 to 65536"),
        ("uchaos.job=restart:0x1", "must be 1 to 4096"),
        ("uchaos.job=selftest:1", "must be written `selftest`"),
        ("uchaos.target=none", "unknown value `none`"),
        ("uchaos.target=baremetal+", "unknown value ``"),
        ("uchaos.target=baremetal+baremetal", "`baremetal` given twice"),
        ("uchaos.turns=0", "must be 1 to 7"),
        ("uchaos.turns=8", "must be 1 to 7"),
        ("uchaos.turns=4294967297", "must be 1 to 7"),
        ("uchaos.init_turns=64", "must be 1 to 63"),
        ("uchaos.min_delta=256", "must be 1 to 255"),
        ("uchaos.claim=126", "must be 31, 62, 125, 250, 500, 1000, 2000 or 4000"),
        ("uchaos.claim=0.125", "plain decimal number"),
        ("uchaos.health=off", "known: observe, enforce"),
        ("uchaos.timer=50", "known: off, 100, 1000"),
        ("uchaos.turns=1 uchaos.turns=1", "`uchaos.turns` given twice"),
        ("uchaos.workload=\"pause\"", "unknown value `\"pause\"`"),
    ] {
        let text = refuse(command_line);
        assert!(text.contains(says), "{command_line}: {text}");
    }
    let most = "uchaos.job=restart:4096x65536,raw:1073741824,stream:64G,seed:16M";
    assert_eq!(Request::parse(most).unwrap().jobs.iter().map(Job::len_bytes).max(), Some(64 << 30));
}

/// The parser and the engine know the same limits: both take them from the vocabulary, and this is where they meet.
#[test]
fn exactly_what_the_engine_accepts_is_in_the_grammar() {
    for &parameter in Parameter::ALL {
        let key = parameter.command_line_key();
        let accepted = (0..=8001).filter(|number| {
            let engine = Params::default().with(parameter, *number);
            let parsed = Request::parse(&format!("{key}={}", parameter.value(*number)));
            assert_eq!(parsed.is_ok(), engine.is_ok(), "{key}={number}");
            if let (Ok(parsed), Ok(engine)) = (parsed, engine) {
                assert_eq!(parsed.params, engine);
            }
            engine.is_ok()
        });
        assert!(accepted.count() >= 2, "{key}");
    }
    let claims =
        (1..=8000).filter(|claim| Request::parse(&format!("uchaos.claim={claim}")).is_ok());
    assert_eq!(claims.collect::<Vec<u32>>(), CLAIMS_MILLIBITS);
}

#[test]
fn what_stands_in_quotes_belongs_to_its_own_key() {
    let request = Request::parse("name=\"a uchaos.job=raw:1\" uchaos.turns=2").unwrap();
    assert!(request.jobs.is_empty());
    assert_eq!(request.params.turns, 2);
}

#[test]
fn a_strange_command_line_cannot_garble_the_console() {
    let text = refuse("uchaos.job=\u{1b}[2J\u{7}");
    assert!(!text.chars().any(char::is_control), "{text:?}");
    let long = refuse(&format!("uchaos.{}=1", "x".repeat(5000)));
    assert!(long.len() < 150, "{long}");
}

fn any_params() -> impl Strategy<Value = Params> {
    let allowed = |parameter: Parameter| {
        let numbers = (0..=8000).filter(move |number| parameter.allowed().contains(*number));
        prop::sample::select(numbers.collect::<Vec<u32>>())
    };
    let numbers: Vec<_> = Parameter::ALL.iter().map(|parameter| allowed(*parameter)).collect();
    numbers.prop_map(|numbers| {
        Params::from_numbers(&numbers.try_into().expect("one for each")).expect("allowed")
    })
}

fn any_request() -> impl Strategy<Value = Request> {
    let jobs = (
        prop::option::of(1..=1u64 << 30),
        prop::option::of(1..=64u64 << 30),
        prop::option::of((1..=4096u32, 1..=65536u32)),
        prop::option::of(1..=16u64 << 20),
        any::<bool>(),
    );
    let words = (
        prop::sample::select(Timer::ALL.to_vec()),
        prop::sample::subsequence(Target::ALL.to_vec(), 0..=7),
    );
    (jobs, any_params(), words).prop_map(
        |((raw, stream, restart, seed, self_test), params, words)| {
            let mut request = Request {
                params,
                timer: words.0,
                targets: words.1.into_iter().fold(Targets::EMPTY, Targets::with),
                ..Request::default()
            };
            let jobs = [
                seed.map(|len_bytes| Job::Seed { len_bytes }),
                raw.map(|samples| Job::Raw { samples }),
                stream.map(|len_bytes| Job::Stream { len_bytes }),
                self_test.then_some(Job::SelfTest),
                restart.map(|(rows, columns)| Job::Restart { rows, columns }),
            ];
            for job in jobs.into_iter().flatten() {
                request.jobs.push(job).expect("one job of each kind");
            }
            request
        },
    )
}

proptest! {
    #[test]
    fn a_request_comes_back_from_its_text(request in any_request()) {
        let text = request.to_string();
        prop_assert_eq!(Request::parse(&text).unwrap(), request, "{}", text);
        prop_assert_eq!(Request::parse_over(&text, "").unwrap(), request);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>(), defaults in any::<String>()) {
        let _ = Request::parse_over(&defaults, &text).map_err(|error| error.to_string());
    }

    #[test]
    fn no_text_that_looks_right_makes_the_parser_panic(
        key in prop::sample::select(KEYS.to_vec()),
        value in "(raw|stream|restart|seed|selftest|none|linux-module|[:,x+=\"KMG]|[0-9]{1,22}){0,8}",
    ) {
        if let Ok(request) = Request::parse(&format!("{key}={value}")) {
            prop_assert_eq!(Request::parse(&request.to_string()).unwrap(), request);
        }
    }

    #[test]
    fn no_job_is_out_of_its_limits(word in "[a-z]{0,3}(raw|stream|seed):[0-9]{1,24}[KMG]?") {
        if let Ok(job) = Job::parse(&word) {
            prop_assert!(job.len_bytes() >= 1 && job.len_bytes() <= 64 << 30);
            prop_assert!(JobKind::ALL.contains(&job.kind()));
        }
    }
}
