// SPDX-License-Identifier: MIT OR Apache-2.0
//! What all programs share: the options, the screen, and the record that `-o` writes.

use super::getopt::Call;
use super::json::Json;
use super::{FAILED, Outcome, VERSION, usage};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A run of a program.
pub(super) struct Run {
    program: super::Program,
    screen: String,
    /// Where `-o` writes the record.
    json_path: Option<String>,
    record: BTreeMap<&'static str, Json>,
    cases: Vec<Json>,
    error_level: i64,
    error_message: String,
}

impl Run {
    pub(super) fn new(program: super::Program, call: &Call, kind: &str, iid: bool) -> Self {
        let timestamp = jiff::ZonedDateTime::now().strftime("%Y%m%d%H%M%S").to_string();
        let record = BTreeMap::from([
            ("dateTimeStamp", Json::Text(timestamp)),
            ("commandline", Json::Text(call.command_line())),
            ("type", Json::Text(kind.to_owned())),
            ("toolVersion", Json::Text(VERSION.to_owned())),
            ("IID", Json::Bool(iid)),
        ]);
        Self {
            program,
            screen: String::new(),
            json_path: None,
            record,
            cases: Vec::new(),
            error_level: 0,
            error_message: String::new(),
        }
    }

    pub(super) fn write_json_to(&mut self, path: String) {
        self.json_path = Some(path);
    }

    pub(super) fn set_iid(&mut self, iid: bool) {
        self.record.insert("IID", Json::Bool(iid));
    }

    pub(super) fn set_file(&mut self, name: &str, sha256: Option<&str>) {
        self.record.insert("filename", Json::Text(name.to_owned()));
        if let Some(sum) = sha256 {
            self.record.insert("sha256", Json::Text(sum.to_owned()));
        }
    }

    /// A line on the screen.
    pub(super) fn say(&mut self, line: impl AsRef<str>) {
        self.screen.push_str(line.as_ref());
        self.screen.push('\n');
    }

    pub(super) fn push_case(&mut self, description: &str, fields: Vec<(&'static str, Json)>) {
        let mut case: BTreeMap<&'static str, Json> = fields.into_iter().collect();
        case.insert("testCaseDesc", Json::Text(description.to_owned()));
        self.cases.push(Json::Object(case));
    }

    /// A message that stands in the record only where the run fails.
    pub(super) fn note(&mut self, message: &str) {
        message.clone_into(&mut self.error_message);
    }

    /// Ends the run without a usage text.
    pub(super) fn fail(mut self, message: &str) -> Outcome {
        self.error_level = -1;
        message.clone_into(&mut self.error_message);
        self.end(FAILED)
    }

    /// Ends the run with the usage text.
    pub(super) fn refuse(mut self, message: Option<&str>) -> Outcome {
        let usage = usage::text(self.program);
        if let Some(message) = message {
            self.error_level = -1;
            message.clone_into(&mut self.error_message);
        } else {
            // No record is written of a command line that was not understood.
            self.json_path = None;
        }
        let mut outcome = self.end(FAILED);
        outcome.text.push_str(&usage);
        outcome
    }

    /// Ends the run because the samples could not be loaded.
    pub(super) fn unreadable(mut self, message: &str) -> Outcome {
        self.say("Error reading file.");
        self.refuse(Some(message))
    }

    /// Ends the run without a record.
    pub(super) fn abort(mut self) -> Outcome {
        self.json_path = None;
        self.end(FAILED)
    }

    /// Ends the run where an assertion of NIST's tool fails: it prints nothing if its output is not a terminal, writes
    /// no record, and is ended by SIGABRT, which a shell shows as 134.
    pub(super) fn fail_assertion(self, reason: &str) -> Outcome {
        eprintln!("{}: {reason}", self.program.name());
        Outcome { text: String::new(), status: 134 }
    }

    /// Ends the run well.
    pub(super) fn succeed(self) -> Outcome {
        self.end(0)
    }

    fn end(mut self, status: u8) -> Outcome {
        let mut outcome = Outcome { text: std::mem::take(&mut self.screen), status };
        let Some(path) = self.json_path else { return outcome };
        let mut record = self.record;
        record.insert("errorLevel", Json::Int(self.error_level));
        if self.error_level != 0 {
            record.insert("errorMessage", Json::Text(self.error_message));
        }
        record.insert("testCases", Json::List(self.cases));
        if let Err(error) = std::fs::write(&path, Json::Object(record).write()) {
            // NIST's tool loses the record silently.
            let _ = writeln!(outcome.text, "Error: could not write '{path}': {error}");
            outcome.status = FAILED;
        }
        outcome
    }
}

/// A number field, unless it is the tool's mark for a missing one.
pub(super) fn number(name: &'static str, value: Option<f64>) -> Option<(&'static str, Json)> {
    value.filter(|&value| value != -1.0).map(|value| (name, Json::Double(value)))
}
