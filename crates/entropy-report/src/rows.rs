// SPDX-License-Identifier: GPL-2.0-or-later
//! The comparison table, targets as columns and figures as rows: made once, shown in the terminal, in Markdown and
//! in the report.

use crate::format::{NONE, bytes, count, duration_us, option, real, ticks};
use crate::result::{CompareResult, Comparison, Sanity, TargetResult};
use crate::verdict::Status;

/// One row.
#[derive(Debug)]
pub(crate) struct Row {
    /// What it shows.
    pub label: &'static str,
    /// Its unit; empty for words.
    pub unit: &'static str,
    /// One cell per target.
    pub cells: Vec<Cell>,
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

/// Targets under one kind of condition, with their comparison where boots were compared.
pub(crate) struct Group<'a> {
    /// Heading.
    pub title: &'static str,
    /// Targets, in order, each with the comparison of its boots.
    pub targets: Vec<(&'a TargetResult, Option<&'a Comparison>)>,
}

/// Ordinary targets, then isolated ones, then made-up clocks; an empty group is left out.
pub(crate) fn groups(result: &CompareResult) -> Vec<Group<'_>> {
    let group = |title, wanted: Kind| Group {
        title,
        targets: result
            .targets
            .iter()
            .filter(|target| kind(target) == wanted)
            .map(|t| {
                let comparisons = if t.isolated { &result.isolation } else { &result.ordinary };
                let same = |c: &&Comparison| c.target == t.name && c.accel == t.accel;
                (t, comparisons.iter().find(same))
            })
            .collect(),
    };
    let groups = [
        group("Ordinary boots", Kind::Ordinary),
        group("Isolated boots: time is a count of instructions", Kind::Isolated),
        group("Synthetic clocks: made up, nothing was measured", Kind::Synthetic),
    ];
    groups.into_iter().filter(|group| !group.targets.is_empty()).collect()
}

/// What a target's time was.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Physical, or the emulator's.
    Ordinary,
    /// A count of instructions.
    Isolated,
    /// Made up for a lesson.
    Synthetic,
}

/// What the time of `target` was.
pub(crate) fn kind(target: &TargetResult) -> Kind {
    match target.accel.as_str() {
        "synthetic" => Kind::Synthetic,
        _ if target.isolated => Kind::Isolated,
        _ => Kind::Ordinary,
    }
}

/// The rows of one group.
pub(crate) fn rows(group: &Group<'_>) -> Vec<Row> {
    let targets = || group.targets.iter().map(|(target, _)| *target);
    let raw = |show: fn(&crate::result::RawResult) -> String| -> Vec<String> {
        targets().map(|t| t.raw.as_ref().map_or_else(none, show)).collect()
    };
    // Under a count of instructions a high figure is no merit and a time is no speed: nothing is marked.
    let isolated = targets().any(|target| target.isolated);
    let better = |which| if isolated { Better::Neither } else { which };
    let boot: Vec<_> = targets().map(|t| t.boot_us.map(|us| us as f64)).collect();
    let alone: Vec<_> =
        targets().map(|t| t.raw.as_ref().and_then(|r| r.min_entropy_bits_per_sample)).collect();
    let second: Vec<_> =
        group.targets.iter().map(|(_, c)| c.and_then(|c| c.min_entropy_bits_per_sample)).collect();
    let credited: Vec<_> = targets()
        .map(|t| t.restarts.as_ref().and_then(|r| r.min_entropy_bits_per_sample))
        .collect();
    let rate: Vec<_> = targets().map(|t| t.stream.as_ref().and_then(|s| s.mb_per_s)).collect();
    let fresh: Vec<_> =
        targets().map(|t| t.stream.as_ref().and_then(|s| s.fresh_bits_per_output_bit)).collect();
    let alone_label =
        if isolated { "min-entropy, one boot alone" } else { "min-entropy, single run, at most" };
    // Guessing from another boot is one attack among many, and a weak one where boots differ: no figure from it may
    // look like more than the single run's.
    let second_label = if isolated {
        "min-entropy a second boot cannot know"
    } else {
        "left over by guessing from another boot"
    };
    vec![
        words("accelerator", "", targets().map(|t| t.accel.clone()).collect()),
        Row {
            label: "boot to ready",
            unit: "",
            cells: targets()
                .zip(marks(&boot, better(Better::Lower)))
                .map(|(t, mark)| Cell { text: t.boot_us.map_or_else(none, duration_us), mark })
                .collect(),
        },
        words("raw samples", "", raw(|raw| count(raw.samples))),
        words("GCD of deltas", "ticks", raw(|raw| ticks(raw.gcd_ticks))),
        words("smallest delta", "ticks", raw(|raw| ticks(raw.min_delta_ticks))),
        words("median delta", "ticks", raw(|raw| ticks(raw.median_delta_ticks))),
        words("largest delta", "ticks", raw(|raw| ticks(raw.max_delta_ticks))),
        figures(alone_label, "bits/sample", &alone, better(Better::Higher)),
        words("estimator that binds", "", raw(binding)),
        figures(second_label, "bits/sample", &second, Better::Neither),
        words("restart sanity check", "", targets().map(sanity).collect()),
        figures("min-entropy after restarts", "bits/sample", &credited, better(Better::Higher)),
        words(
            "output stream",
            "",
            targets().map(|t| t.stream.as_ref().map_or_else(none, |s| bytes(s.bytes))).collect(),
        ),
        figures("stream rate", "MB/s", &rate, better(Better::Higher)),
        figures("fresh min-entropy, at most", "bits/output bit", &fresh, better(Better::Higher)),
        words("output tests passed (looks only)", "", targets().map(looks).collect()),
        words("boots compared", "", group.targets.iter().map(|(_, c)| boots(*c)).collect()),
    ]
}

/// Where the result comes from, name by name; what was not given is left out.
pub(crate) fn provenance(result: &CompareResult) -> Vec<(&'static str, String)> {
    let p = &result.provenance;
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
        ("engine object, SHA-256", result.engine_object_sha256.clone().unwrap_or_default()),
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

fn binding(raw: &crate::result::RawResult) -> String {
    raw.binding.as_deref().map_or_else(none, crate::analyse::estimator_title)
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

fn boots(comparison: Option<&Comparison>) -> String {
    let Some(comparison) = comparison else { return none() };
    let outcome = match comparison {
        c if c.identical => "identical",
        c if c.all_differ => "all differ",
        _ => "partly equal",
    };
    format!("{}, {outcome}", comparison.boots)
}

fn words(label: &'static str, unit: &'static str, texts: Vec<String>) -> Row {
    let cells = texts.into_iter().map(|text| Cell { text, mark: Mark::None }).collect();
    Row { label, unit, cells }
}

fn figures(label: &'static str, unit: &'static str, values: &[Option<f64>], better: Better) -> Row {
    let cells = values
        .iter()
        .zip(marks(values, better))
        .map(|(value, mark)| Cell { text: option(*value), mark })
        .collect();
    Row { label, unit, cells }
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
