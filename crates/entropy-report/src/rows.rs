// SPDX-License-Identifier: GPL-2.0-or-later
//! The comparison table, targets as columns and figures as rows: made once, shown in the terminal, in Markdown and
//! in the report.

use crate::format::{NONE, bytes, count, duration_us, option, real, ticks};
use crate::groups::{Group, Kind, kind};
use crate::provenance::Provenance;
use crate::result::{Comparison, RawResult, RestartResult, Sanity, StreamResult, TargetResult};
use crate::verdict::Status;

/// One row.
#[derive(Debug)]
pub(crate) struct Row {
    /// What it shows.
    pub label: &'static str,
    /// Its unit; empty for words.
    pub unit: &'static str,
    /// One cell per column.
    pub cells: Vec<Cell>,
    /// From the first of two columns to the second; empty where there are not two.
    pub change: String,
}

/// One figure of one target.
#[derive(Debug)]
pub(crate) struct Cell {
    /// As shown.
    pub text: String,
    /// How it stands among the others of its row.
    pub mark: Mark,
}

/// How a figure stands among those of the other targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Neither, or not a figure that can be better or worse.
    None,
    /// The best of its row.
    Best,
    /// The worst of its row.
    Worst,
}

impl Mark {
    /// A sign for it, so that no meaning hangs on colour.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Best => " ▲",
            Self::Worst => " ▼",
        }
    }
}

/// The rows of one group.
pub(crate) fn rows(group: &Group<'_>) -> Vec<Row> {
    let targets = || group.columns.iter().map(|column| column.target);
    let raw = |value: fn(&RawResult) -> u64| -> Vec<Option<u64>> {
        targets().map(|t| t.raw.as_ref().map(value)).collect()
    };
    let restarts = |value: fn(&RestartResult) -> Option<f64>| -> Vec<Option<f64>> {
        targets().map(|t| t.restarts.as_ref().and_then(value)).collect()
    };
    let stream = |value: fn(&StreamResult) -> Option<f64>| -> Vec<Option<f64>> {
        targets().map(|t| t.stream.as_ref().and_then(value)).collect()
    };
    let boots = || group.columns.iter().map(|column| column.boots);
    let words = |label, texts: Vec<String>| words(label, "", texts);
    // Under a count of instructions a high figure is no merit and a time is no speed, and a made-up clock has neither:
    // nothing is marked.
    let measured = targets().all(|target| kind(target) == Kind::Ordinary);
    let better = |which| if measured { which } else { Better::Neither };
    let isolated = targets().any(|target| target.isolated);
    let alone: Vec<_> =
        targets().map(|t| t.raw.as_ref().and_then(|r| r.min_entropy_bits_per_sample)).collect();
    let second: Vec<_> =
        boots().map(|boots| boots.and_then(|c| c.min_entropy_bits_per_sample)).collect();
    let alone_label =
        if isolated { "min-entropy, one boot alone" } else { "min-entropy, single run, at most" };
    // Guessing from another boot is one attack among many, and a weak one where boots differ: no figure from it may
    // look like more than the single run's.
    let second_label = if isolated {
        "min-entropy a second boot cannot know"
    } else {
        "left over by guessing from another boot"
    };
    let higher = better(Better::Higher);
    vec![
        words("accelerator", targets().map(|t| t.accel.clone()).collect()),
        counted(
            "boot to ready",
            "",
            targets().map(|t| t.boot_us).collect(),
            duration_us,
            better(Better::Lower),
        ),
        counted("raw samples", "", raw(|r| r.samples), count, Better::Neither),
        words("counter step (ticks)", targets().map(step).collect()),
        counted("smallest delta", "ticks", raw(|r| r.min_delta_ticks), ticks, Better::Neither),
        counted("median delta", "ticks", raw(|r| r.median_delta_ticks), ticks, Better::Neither),
        counted("largest delta", "ticks", raw(|r| r.max_delta_ticks), ticks, Better::Neither),
        figures(alone_label, "bits/sample", &alone, higher),
        words("estimator that binds", targets().map(binding).collect()),
        figures(second_label, "bits/sample", &second, Better::Neither),
        words("restart sanity check", targets().map(sanity).collect()),
        figures(
            "min-entropy after restarts",
            "bits/sample",
            &restarts(|r| r.min_entropy_bits_per_sample),
            higher,
        ),
        counted(
            "output stream",
            "",
            targets().map(|t| t.stream.as_ref().map(|s| s.bytes)).collect(),
            bytes,
            Better::Neither,
        ),
        figures("stream rate", "MB/s", &stream(|s| s.mb_per_s), higher),
        figures(
            "fresh min-entropy, at most",
            "bits/output bit",
            &stream(|s| s.fresh_bits_per_output_bit),
            higher,
        ),
        words("output tests passed (looks only)", targets().map(looks).collect()),
        words("boots compared", boots().map(compared).collect()),
    ]
}

/// Where the result comes from, name by name; what was not given is left out.
pub(crate) fn provenance(p: &Provenance) -> Vec<(&'static str, String)> {
    let parameters: Vec<String> = p.parameters.iter().map(|(k, v)| format!("{k} {v}")).collect();
    let artifacts: Vec<String> = p
        .artifacts
        .iter()
        .map(|a| format!("{}: {}, SHA-256 {}", a.name, bytes(a.bytes), a.sha256))
        .collect();
    let rows = [
        ("run", p.run.clone()),
        ("taken (UTC)", p.taken_utc.clone()),
        ("command", p.command_line.clone()),
        ("git revision", p.git_revision.clone()),
        ("tool", p.tool.clone()),
        ("engine object, SHA-256", p.engine_object_sha256.clone().unwrap_or_default()),
        ("engine parameters", parameters.join(", ")),
        ("accelerator", p.accelerator.clone()),
        ("why this accelerator", p.accelerator_reason.clone()),
        ("QEMU", p.qemu.clone()),
        ("processor", p.cpu_model.clone()),
        ("host", p.host.clone()),
        ("clock", p.clock.clone()),
        ("compiler", p.compiler.clone()),
        ("compiler flags", p.compiler_flags.clone()),
        ("images and sources", artifacts.join("; ")),
    ];
    rows.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

fn none() -> String {
    NONE.to_owned()
}

/// The step of the counter, and how many deltas are not multiples of it.
fn step(target: &TargetResult) -> String {
    let Some(raw) = &target.raw else { return NONE.to_owned() };
    let ticks = raw.step.step_ticks();
    match raw.step.exceptions {
        0 => ticks.to_string(),
        1 => format!("{ticks}, 1 exception"),
        more => format!("{ticks}, {} exceptions", count(more)),
    }
}

fn binding(target: &TargetResult) -> String {
    let binding = target.raw.as_ref().and_then(|raw| raw.binding.as_deref());
    binding.map_or_else(none, crate::analyse::estimator_title)
}

fn sanity(target: &TargetResult) -> String {
    let word = match target.restarts.as_ref().map(|restarts| restarts.sanity) {
        None => NONE,
        Some(Sanity::Passed) => "PASSED",
        Some(Sanity::Failed) => "FAILED",
        Some(Sanity::Invalid) => "INVALID",
        Some(Sanity::Skipped) => "SKIPPED",
    };
    word.to_owned()
}

fn looks(target: &TargetResult) -> String {
    let Some(stream) = &target.stream else { return none() };
    let made = stream.output_tests.iter().filter(|t| t.status != Status::Invalid).count();
    let passed = stream.output_tests.iter().filter(|t| t.status == Status::Passed).count();
    if made == 0 { "INVALID".to_owned() } else { format!("{passed} of {made}") }
}

fn compared(comparison: Option<&Comparison>) -> String {
    let Some(comparison) = comparison else { return none() };
    let outcome = match comparison {
        c if c.identical => "identical",
        c if c.all_differ => "all differ",
        _ => "partly equal",
    };
    format!("{}, {outcome}", comparison.boots)
}

fn words(label: &'static str, unit: &'static str, texts: Vec<String>) -> Row {
    let change = match texts.as_slice() {
        [first, second] if first == second => "same",
        [_, _] => "differs",
        _ => "",
    };
    let cells = texts.into_iter().map(|text| Cell { text, mark: Mark::None }).collect();
    Row { label, unit, cells, change: change.to_owned() }
}

fn figures(label: &'static str, unit: &'static str, values: &[Option<f64>], better: Better) -> Row {
    let cells = values
        .iter()
        .zip(marks(values, better))
        .map(|(value, mark)| Cell { text: option(*value), mark })
        .collect();
    Row { label, unit, cells, change: change(values, real) }
}

fn counted(
    label: &'static str,
    unit: &'static str,
    values: Vec<Option<u64>>,
    show: fn(u64) -> String,
    better: Better,
) -> Row {
    let real: Vec<Option<f64>> = values.iter().map(|value| value.map(|v| v as f64)).collect();
    let cells = values
        .into_iter()
        .zip(marks(&real, better))
        .map(|(value, mark)| Cell { text: value.map_or_else(none, show), mark })
        .collect();
    Row { label, unit, cells, change: change(&real, |size| show(size as u64)) }
}

/// From the first of two figures to the second: `+0.12 (+8.1 %)`. Nothing for any other number of figures.
fn change(values: &[Option<f64>], show: impl Fn(f64) -> String) -> String {
    let [first, second] = values else { return String::new() };
    let (Some(first), Some(second)) = (first, second) else {
        return if first.is_none() && second.is_none() { none() } else { "differs".to_owned() };
    };
    if first == second {
        return "same".to_owned();
    }
    let sign = if second > first { "+" } else { "−" };
    let by = show((second - first).abs());
    let part = ((second - first) / first * 100.0).abs();
    if part.is_finite() {
        format!("{sign}{by} ({sign}{} %)", real(part))
    } else {
        format!("{sign}{by}")
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Better {
    Higher,
    Lower,
    Neither,
}

/// Marks the best and the worst figure, where what is shown tells them apart.
fn marks(values: &[Option<f64>], better: Better) -> Vec<Mark> {
    let known = || values.iter().flatten().filter(|value| value.is_finite());
    let (low, high) = (
        known().copied().fold(f64::INFINITY, f64::min),
        known().copied().fold(f64::NEG_INFINITY, f64::max),
    );
    let apart = better != Better::Neither && known().count() > 1 && real(low) != real(high);
    let (best, worst) = if better == Better::Higher { (high, low) } else { (low, high) };
    // What several targets share singles none of them out.
    let alone = |figure: f64| known().filter(|value| real(**value) == real(figure)).count() == 1;
    let (best_alone, worst_alone) = (apart && alone(best), apart && alone(worst));
    let mark = |value: &Option<f64>| match value {
        Some(value) if best_alone && *value == best => Mark::Best,
        Some(value) if worst_alone && *value == worst => Mark::Worst,
        _ => Mark::None,
    };
    values.iter().map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_has_its_sign_and_its_share() {
        assert_eq!(change(&[Some(2.0), Some(1.5)], real), "−0.500 (−25 %)");
        assert_eq!(change(&[Some(0.0), Some(1.5)], real), "+1.50");
        assert_eq!(change(&[Some(1.0), Some(1.0)], real), "same");
        assert_eq!(change(&[Some(1.0), None], real), "differs");
        assert_eq!(change(&[Some(1.0), Some(1.0), Some(2.0)], real), "");
    }

    #[test]
    fn best_and_worst_are_marked_only_where_they_differ() {
        use Mark::{Best, None as Plain, Worst};
        let values = [Some(0.5), None, Some(0.1), Some(0.3)];
        assert_eq!(marks(&values, Better::Higher), [Best, Plain, Worst, Plain]);
        assert_eq!(marks(&values, Better::Lower), [Worst, Plain, Best, Plain]);
        assert_eq!(marks(&[Some(0.5), Some(0.5)], Better::Higher), [Plain, Plain]);
        assert_eq!(marks(&[Some(0.5), None], Better::Higher), [Plain, Plain]);
        let shared = [Some(0.5), Some(0.1), Some(0.1)];
        assert_eq!(marks(&shared, Better::Higher), [Best, Plain, Plain]);
    }
}
