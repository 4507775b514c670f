// SPDX-License-Identifier: GPL-2.0-or-later
//! Which targets stand side by side in one table: those under the same kind of condition; or, where several runs are
//! compared, one target as each run has it.

use crate::result::{CompareResult, Comparison, TargetResult};
use crate::taken::SYNTHETIC;

/// The columns of one table.
pub(crate) struct Group<'a> {
    /// Heading.
    pub title: String,
    /// Columns, in order.
    pub columns: Vec<Column<'a>>,
}

/// One column.
pub(crate) struct Column<'a> {
    /// Its head: the target, or the run.
    pub head: String,
    /// What it shows.
    pub target: &'a TargetResult,
    /// Its boots against each other, where there were two or more.
    pub boots: Option<&'a Comparison>,
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
        SYNTHETIC => Kind::Synthetic,
        _ if target.isolated => Kind::Isolated,
        _ => Kind::Ordinary,
    }
}

/// Every table of `result`, in order; none is empty.
pub(crate) fn groups(result: &CompareResult) -> Vec<Group<'_>> {
    let kinds = [
        (Kind::Ordinary, "Ordinary boots"),
        (Kind::Isolated, "Isolated boots: time is a count of instructions"),
        (Kind::Synthetic, "Synthetic clocks: made up, nothing was measured"),
    ];
    let mut groups = Vec::new();
    for (wanted, title) in kinds {
        let targets: Vec<&TargetResult> =
            result.targets.iter().filter(|target| kind(target) == wanted).collect();
        if result.runs.is_empty() {
            let columns = targets.iter().map(|target| (target.name.clone(), *target)).collect();
            groups.push(group(result, title.to_owned(), columns));
            continue;
        }
        // Runs of one target stand next to each other.
        for one in targets.chunk_by(|a, b| (&a.name, &a.accel) == (&b.name, &b.accel)) {
            let condition = title.split(':').next().unwrap_or_default().to_lowercase();
            let heading = format!("{} ({}), {condition}", one[0].name, one[0].accel);
            let columns =
                one.iter().map(|target| (format!("run {}", target.run), *target)).collect();
            groups.push(group(result, heading, columns));
        }
    }
    groups.retain(|group| !group.columns.is_empty());
    groups
}

fn group<'a>(
    result: &'a CompareResult,
    title: String,
    columns: Vec<(String, &'a TargetResult)>,
) -> Group<'a> {
    let columns = columns
        .into_iter()
        .map(|(head, target)| {
            let all = if target.isolated { &result.isolation } else { &result.ordinary };
            let boots = all.iter().find(|c| c.is_of(target));
            Column { head, target, boots }
        })
        .collect();
    Group { title, columns }
}
