// SPDX-License-Identifier: GPL-2.0-or-later
//! The experiments, each in its own file, and their texts, which are pages of the book.

mod absolute_zero;
mod blind;
mod clones;
mod early_boot;
mod health_test;
mod interrupts;
mod known_sources;
mod neighbour;
mod restarts;
mod tick;
mod two_keys;
mod two_machines;
mod watchdogs;
mod whitening;
mod workloads;

use super::{Experiment, Needs};

/// Every experiment, sorted by number.
pub const EXPERIMENTS: &[Experiment] = &[
    Experiment {
        number: 1,
        topic: "counter, step, fence",
        seconds: 2,
        text: include_str!("../../../docs/lab/1-tick.md"),
        needs: Needs::BareMetal,
        run: tick::run,
    },
    Experiment {
        number: 2,
        topic: "operating system, min-entropy",
        seconds: 8,
        text: include_str!("../../../docs/lab/2-two-machines.md"),
        needs: Needs::BothGuests,
        run: two_machines::run,
    },
    Experiment {
        number: 3,
        topic: "interrupts, long samples",
        seconds: 13,
        text: include_str!("../../../docs/lab/3-interrupts.md"),
        needs: Needs::BareMetal,
        run: interrupts::run,
    },
    Experiment {
        number: 4,
        topic: "workloads, bits per second",
        seconds: 7,
        text: include_str!("../../../docs/lab/4-workloads.md"),
        needs: Needs::BareMetal,
        run: workloads::run,
    },
    Experiment {
        number: 5,
        topic: "isolation, /dev/random",
        seconds: 110,
        text: include_str!("../../../docs/lab/5-absolute-zero.md"),
        needs: Needs::BothGuests,
        run: absolute_zero::run,
    },
    Experiment {
        number: 6,
        topic: "mixing, output tests",
        seconds: 3,
        text: include_str!("../../../docs/lab/6-whitening.md"),
        needs: Needs::Engine,
        run: whitening::run,
    },
    Experiment {
        number: 7,
        topic: "health tests",
        seconds: 1,
        text: include_str!("../../../docs/lab/7-watchdogs.md"),
        needs: Needs::Engine,
        run: watchdogs::run,
    },
    Experiment {
        number: 8,
        topic: "restarts, keys at power-on",
        seconds: 84,
        text: include_str!("../../../docs/lab/8-restarts.md"),
        needs: Needs::BareMetal,
        run: restarts::run,
    },
    Experiment {
        number: 9,
        topic: "snapshots, keys in common",
        seconds: 80,
        text: include_str!("../../../docs/lab/9-clones.md"),
        needs: Needs::BothGuests,
        run: clones::run,
    },
    Experiment {
        number: 10,
        topic: "first seed, getrandom",
        seconds: 14,
        text: include_str!("../../../docs/lab/10-early-boot.md"),
        needs: Needs::BothGuests,
        run: early_boot::run,
    },
    Experiment {
        number: 11,
        topic: "estimators, bias",
        seconds: 7,
        text: include_str!("../../../docs/lab/11-known-sources.md"),
        needs: Needs::Engine,
        run: known_sources::run,
    },
    Experiment {
        number: 12,
        topic: "shared hosts, claims",
        seconds: 5,
        text: include_str!("../../../docs/lab/12-neighbour.md"),
        needs: Needs::BareMetal,
        run: neighbour::run,
    },
    Experiment {
        number: 13,
        topic: "health tests, cutoffs",
        seconds: 11,
        text: include_str!("../../../docs/lab/13-health-test.md"),
        needs: Needs::Engine,
        run: health_test::run,
    },
    Experiment {
        number: 14,
        topic: "estimators, knowing the program",
        seconds: 11,
        text: include_str!("../../../docs/lab/14-blind-estimator.md"),
        needs: Needs::Engine,
        run: blind::run,
    },
    Experiment {
        number: 15,
        topic: "keys and names of a database server",
        seconds: 152,
        text: include_str!("../../../docs/lab/15-two-keys.md"),
        needs: Needs::Server,
        run: two_keys::run,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Text;

    #[test]
    fn every_page_of_the_book_is_whole_and_has_one_right_answer() {
        for (experiment, number) in EXPERIMENTS.iter().zip(1_u8..) {
            assert_eq!(experiment.number, number);
            let text = Text::parse(experiment.text);
            let text = text.unwrap_or_else(|| panic!("page {number} lacks a part"));
            assert!(text.title.starts_with(&format!("{number}. ")), "{}", text.title);
            assert!(experiment.text.contains(&format!("cargo xtask lab {number}\n")), "{number}");
            assert!(!text.before.is_empty() && !text.after.is_empty(), "{number}");
            assert!(text.question.ends_with('?'), "{}", text.question);
            let right = text.options.iter().filter(|answer| answer.is_right).count();
            assert_eq!((text.options.len(), right), (3, 1), "{number}");
            assert!(text.options.iter().all(|answer| answer.because.len() > 30), "{number}");
        }
        assert_eq!(EXPERIMENTS.len(), 15);
        assert!(EXPERIMENTS.iter().all(|one| one.seconds <= 180 && !one.topic.is_empty()));
    }

    #[test]
    fn right_answers_are_spread_over_the_letters() {
        let of = |letter: char| {
            let right = |one: &&Experiment| {
                Text::parse(one.text)
                    .and_then(|text| text.answer(letter).map(|answer| answer.is_right))
                    .unwrap_or_default()
            };
            EXPERIMENTS.iter().filter(right).count()
        };
        let counts = ['a', 'b', 'c'].map(of);
        assert_eq!(counts.iter().sum::<usize>(), EXPERIMENTS.len());
        assert!(counts.iter().all(|count| (3..=6).contains(count)), "{counts:?}");
    }

    #[test]
    fn the_book_lists_every_page() {
        let summary = include_str!("../../../docs/SUMMARY.md");
        // cargo runs tests in the folder of their crate.
        let folder = "../../docs/lab";
        let mut pages = 0;
        for entry in std::fs::read_dir(folder).expect("the pages").flatten() {
            let name = entry.file_name().into_string().expect("a plain name");
            assert!(summary.contains(&format!("(lab/{name})")), "{name} is not in SUMMARY.md");
            pages += usize::from(name != "README.md");
        }
        assert_eq!(pages, EXPERIMENTS.len());
    }
}
