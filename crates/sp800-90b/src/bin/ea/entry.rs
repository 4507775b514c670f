// SPDX-License-Identifier: MIT OR Apache-2.0
//! One file of many: its assessment, or why there is none.

use crate::assess::{self, TrackName};
use crate::input::{How, load};
use crate::provenance::FileRecord;
use serde::{Deserialize, Serialize};
use sp800_90b::{Assessment, Status, Track, assess};
use std::cmp::Ordering;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// How every file is assessed.
#[derive(clap::Args, Clone)]
#[group(id = "each")]
pub(crate) struct Options {
    /// Which estimators are run.
    #[arg(short, long, value_enum, default_value = "non-iid")]
    track: TrackName,
    /// Only an upper bound by the fast estimators.
    #[arg(long, conflicts_with = "track")]
    quick: bool,
    /// Names the shuffles of the IID track.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    pub(crate) how: How,
}

impl Options {
    pub(crate) fn track(&self) -> Track {
        assess::track(self.quick, self.track, self.seed)
    }

    /// Two runs with the same fingerprint give the same result on the same file.
    pub(crate) fn fingerprint(&self) -> String {
        format!("{:?} {:?} {}", self.track(), self.how.plan(), env!("CARGO_PKG_VERSION"))
    }
}

/// One file's result.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The path as it was given.
    pub(crate) name: String,
    /// Length and time of change, by which a changed file is recognised.
    len_bytes: u64,
    modified_ns: i128,
    options: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<FileRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) assessment: Option<Assessment>,
    pub(crate) input_warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

impl Entry {
    /// Assesses one file; a file that cannot be assessed is an entry too.
    pub(crate) fn assess(file: &Path, options: &Options) -> Self {
        let (len_bytes, modified_ns) = stamp(file);
        let mut entry = Self {
            name: file.display().to_string(),
            len_bytes,
            modified_ns,
            options: options.fingerprint(),
            file: None,
            assessment: None,
            input_warnings: Vec::new(),
            error: None,
        };
        let made = load(file, &options.how, options.track()).and_then(|input| {
            entry.file = Some(input.record);
            entry.input_warnings = input.warnings;
            Ok(assess(&input.symbols, options.track())?)
        });
        match made {
            Ok(assessment) => entry.assessment = Some(assessment),
            Err(error) => entry.error = Some(format!("{error:#}")),
        }
        entry
    }

    /// Whether this is the result of a file as it is now.
    pub(crate) fn is_of(&self, file: &Path, options: &str) -> bool {
        self.name == file.display().to_string()
            && (self.len_bytes, self.modified_ns) == stamp(file)
            && self.options == options
    }

    pub(crate) fn stands(&self) -> bool {
        self.assessment.as_ref().is_some_and(assess::stands)
    }

    /// The result in a few words.
    pub(crate) fn result(&self) -> String {
        match (&self.error, &self.assessment) {
            (Some(error), _) => format!("error: {error}"),
            (None, None) => "not assessed".to_owned(),
            (None, Some(made)) => match made.status {
                Status::Assessed | Status::Partial => {
                    let bound = if made.status == Status::Partial { "at most; " } else { "" };
                    let binding = made.binding.as_ref().map_or_else(String::new, |binding| {
                        format!("{} on the {} data", binding.estimator, binding.on)
                    });
                    format!("{bound}binding: {binding}")
                }
                Status::Constant => "constant: no entropy is awarded".to_owned(),
                Status::NotIid => "NOT IID".to_owned(),
                _ => "INVALID: too few samples".to_owned(),
            },
        }
    }

    /// Files without a value first, then by entropy per bit.
    pub(crate) fn worst_first(&self, other: &Self) -> Ordering {
        let rank = |entry: &Self| {
            let per_bit = entry.assessment.as_ref().and_then(|made| {
                Some(made.min_entropy_bits_per_sample? / f64::from(made.bits_per_symbol))
            });
            (entry.error.is_none(), entry.stands(), per_bit.unwrap_or(-1.0))
        };
        let (a, b) = (rank(self), rank(other));
        (a.0, a.1)
            .cmp(&(b.0, b.1))
            .then(a.2.total_cmp(&b.2))
            .then_with(|| self.name.cmp(&other.name))
    }
}

fn stamp(file: &Path) -> (u64, i128) {
    file.metadata().map_or((0, 0), |data| {
        (data.len(), i128::from(data.mtime()) * 1_000_000_000 + i128::from(data.mtime_nsec()))
    })
}
