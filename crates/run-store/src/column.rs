// SPDX-License-Identifier: GPL-2.0-or-later
//! The columns: one declaration, from which the row, the list of columns and the documentation are generated.

use std::borrow::Cow;

use chaos_vocab::{Allowed, Parameter};
use serde::{Deserialize, Serialize};

/// A time: microseconds since 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Utc(pub i64);

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Count,
    Real,
    Flag,
    Time,
}

/// One value of a row, or its absence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    Text(Option<&'a str>),
    Count(Option<i64>),
    Real(Option<f64>),
    Flag(Option<bool>),
    Time(Option<Utc>),
}

/// A column of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    /// Its meaning, with its unit.
    pub text: Cow<'static, str>,
}

trait Field {
    const KIND: Kind;
    fn value(&self) -> Value<'_>;
}

macro_rules! field {
    ($($type:ty => $kind:ident;)+) => {
        $(impl Field for Option<$type> {
            const KIND: Kind = Kind::$kind;
            fn value(&self) -> Value<'_> {
                Value::$kind(*self)
            }
        })+
    };
}

impl Field for Option<String> {
    const KIND: Kind = Kind::Text;
    fn value(&self) -> Value<'_> {
        Value::Text(self.as_deref())
    }
}

field! {
    i64 => Count;
    f64 => Real;
    bool => Flag;
    Utc => Time;
}

macro_rules! declare {
    ($(#[doc = $text:literal] $name:ident: $type:ty,)+) => {
        /// One target of one run, or one cell without a run.
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        pub struct Row {
            $(
                #[doc = $text]
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $name: Option<$type>,
            )+
            /// The engine's parameters, in the order of [`Parameter::ALL`].
            #[serde(default)]
            pub parameters: Vec<Option<String>>,
        }

        const DECLARED: &[(&str, Kind, &str)] =
            &[$((stringify!($name), <Option<$type> as Field>::KIND, $text),)+];

        impl Row {
            fn declared(&self) -> impl Iterator<Item = Value<'_>> {
                [$(Field::value(&self.$name),)+].into_iter()
            }
        }
    };
}

declare! {
    /// identity of the row: SHA-256 (128 bits of it) over result.json's SHA-256, target, accelerator and condition
    key: String,
    /// when the run was recorded
    recorded_utc: Utc,
    /// name of the run's folder
    run: String,
    /// label given to the run by a user
    label: String,
    /// name of the campaign
    campaign: String,
    /// number of the cell in its campaign
    cell: i64,
    /// the cell's coordinates in the plan, as a JSON object
    coordinates: String,
    /// SHA-256 of the campaign's plan
    plan_sha256: String,
    /// `done`, or `failed` for a cell without a run
    state: String,
    /// why a cell failed, or why there is no assessed min-entropy
    reason: String,
    /// the machine's name, where a campaign recorded it
    host: String,
    /// operating system and kernel of the host
    system: String,
    /// brand string of the processor
    cpu: String,
    /// the processor's vendor
    cpu_vendor: String,
    /// the processor's family
    cpu_family: String,
    /// the processor's model
    cpu_model: String,
    /// the processor's stepping
    cpu_stepping: String,
    /// revision of the microcode
    microcode: String,
    /// vendor and version of the firmware
    firmware: String,
    /// vendor and model of the board or computer
    board: String,
    /// `kvm`, `tcg`, `host`, `hardware`, `vm` or `synthetic`
    accelerator: String,
    /// the machine model of QEMU
    machine: String,
    /// the processor that the guest sees
    guest_cpu: String,
    /// QEMU's version
    qemu: String,
    /// memory of the guest, MiB
    memory_mib: i64,
    /// `baremetal`, `linux-module`, `linux-user`, `linux-crng`, `linux-hwrng`, `host-user`, ...
    target: String,
    /// whether only isolated boots were made
    isolated: bool,
    /// whether the boots were recorded by another run, which this one assessed again
    derived: bool,
    /// how the guest's kernel names itself
    kernel: String,
    /// boots
    boots: i64,
    /// raw samples of the first boot
    samples: i64,
    /// assessed min-entropy, median over boots, bits per sample
    h: f64,
    /// assessed min-entropy of the lowest boot, bits per sample
    h_min: f64,
    /// assessed min-entropy of the highest boot, bits per sample
    h_max: f64,
    /// informed min-entropy, bits per sample
    h_informed: f64,
    /// restart check: `passed`, `failed`, or none
    restarts: String,
    /// min-entropy after the restart check, bits per sample
    h_restarts: f64,
    /// isolated boots: `identical`, `different`, or none
    isolation: String,
    /// state of the engine's health tests
    health_state: String,
    /// failures that the health tests counted
    health_failures: i64,
    /// median delta, ticks
    median_delta_ticks: i64,
    /// output stream, median over boots, 10^6 bytes per second
    mb_per_s: f64,
    /// boot time, median over boots, microseconds
    boot_us: f64,
    /// the run's folder, relative to the runs folder of `origin`
    path: String,
    /// the runs folder of another store, for merged rows
    origin: String,
    /// SHA-256 of result.json
    result_sha256: String,
    /// length of result.json (of cell.json, where there is no run), bytes
    result_bytes: i64,
    /// time stamp of that file, nanoseconds since 1970
    result_mtime_ns: i64,
    /// the raw samples, relative to the run's folder
    raw_path: String,
    /// SHA-256 of the raw samples
    raw_sha256: String,
    /// SHA-256 of the output stream
    stream_sha256: String,
    /// SHA-256 of the restart matrix
    restarts_sha256: String,
    /// SHA-256 of the engine's object
    engine_sha256: String,
    /// revision of the checkout
    revision: String,
    /// version of the tool
    tool: String,
}

/// Every column, in order: the declared ones, then the engine's parameters.
#[must_use]
pub fn columns() -> Vec<Column> {
    let declared = DECLARED.iter().map(|(name, kind, text)| Column {
        name,
        kind: *kind,
        text: Cow::from(text.trim()),
    });
    let parameters = Parameter::ALL.iter().map(|parameter| Column {
        name: parameter.report_key(),
        kind: parameter_kind(*parameter),
        text: format!("engine parameter: {}", parameter.meaning()).into(),
    });
    declared.chain(parameters).collect()
}

fn parameter_kind(parameter: Parameter) -> Kind {
    match parameter.allowed() {
        Allowed::Words(_) => Kind::Text,
        _ => Kind::Count,
    }
}

impl Row {
    /// A value for each of [`columns`].
    pub fn values(&self) -> impl Iterator<Item = Value<'_>> {
        let parameters = Parameter::ALL.iter().enumerate().map(|(index, parameter)| {
            let text = self.parameters.get(index).and_then(Option::as_deref);
            match parameter_kind(*parameter) {
                Kind::Count => Value::Count(text.and_then(|text| text.parse().ok())),
                _ => Value::Text(text),
            }
        });
        self.declared().chain(parameters)
    }

    /// A parameter of the engine by its key in reports.
    #[must_use]
    pub fn parameter(&self, key: &str) -> Option<&str> {
        let index = Parameter::ALL.iter().position(|parameter| parameter.report_key() == key)?;
        self.parameters.get(index)?.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_name_of_its_own_a_text_and_a_value_of_its_kind() {
        let columns = columns();
        let row = Row::default();
        let kind = |value| match value {
            Value::Text(_) => Kind::Text,
            Value::Count(_) => Kind::Count,
            Value::Real(_) => Kind::Real,
            Value::Flag(_) => Kind::Flag,
            Value::Time(_) => Kind::Time,
        };
        let kinds: Vec<Kind> = row.values().map(kind).collect();
        assert_eq!(kinds, columns.iter().map(|column| column.kind).collect::<Vec<_>>());
        for (at, column) in columns.iter().enumerate() {
            assert!(!column.text.is_empty(), "{}", column.name);
            assert!(columns[..at].iter().all(|other| other.name != column.name), "{}", column.name);
        }
    }

    #[test]
    fn parameters_are_columns_under_the_names_that_reports_use() {
        let mut row = Row { parameters: vec![None; Parameter::ALL.len()], ..Row::default() };
        row.parameters[Parameter::Workload as usize] = Some("dram".into());
        row.parameters[Parameter::Claim as usize] = Some("125".into());
        let of = |name| {
            let at = columns().iter().position(|column| column.name == name).unwrap();
            row.values().nth(at).unwrap()
        };
        assert_eq!(of("workload"), Value::Text(Some("dram")));
        assert_eq!(of("claim_millibits"), Value::Count(Some(125)));
        assert_eq!(row.parameter("workload"), Some("dram"));
        assert_eq!(row.parameter("no_such"), None);
    }
}
