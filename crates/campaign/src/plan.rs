// SPDX-License-Identifier: GPL-2.0-or-later
//! A plan: the values of each axis, what each boot records, and how often each setting is booted. It is fully checked
//! when read, so that nothing starts that the engine or the machine would refuse.

mod axis;
mod cells;
mod file;

#[cfg(test)]
pub(crate) use axis::CONDITIONS;
pub use axis::{Axis, Value};
pub(crate) use axis::{DEFAULT_CPU, GUESTS};
pub use cells::Coordinates;

use std::path::Path;

use anyhow::{Context, Result};
use chaos_wire::Job;
use fs_err as fs;
use guest_run::{ExitKind, hex};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// Cell folders have five digits.
const MOST_CELLS: usize = 99_999;

/// A checked plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Boots of each setting.
    pub boots: u32,
    /// What each boot records: raw samples, and stream and restart matrix if the plan has them.
    pub jobs: Vec<Job>,
    pub deadline_s: u64,
    /// The author's estimate for a boot and its assessment. Not part of the plan's identity.
    pub seconds_per_boot: Option<f64>,
    /// The values of every axis.
    grid: Vec<(Axis, Vec<Value>)>,
    /// Excluded combinations.
    exclude: Vec<Vec<(Axis, Vec<Value>)>>,
    /// Whether isolated settings only observe their health tests, as in every command: unless the plan names `health`.
    observe_isolated: bool,
}

/// The identity of a plan, key by key.
#[derive(Serialize)]
struct Identity(Vec<(String, String)>);

impl Plan {
    /// Reads and checks a plan file.
    ///
    /// # Errors
    /// Returns an error ([`ExitKind::Usage`]) with the line and what is allowed if the plan is invalid, has a value
    /// that an axis does not allow, or combines incompatible values.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path)
            .map_err(|error| ExitKind::Usage(format!("reading the plan: {error}")))?;
        Self::parse(&text, &path.display().to_string())
    }

    /// The same for a text, which errors call `name`.
    pub fn parse(text: &str, name: &str) -> Result<Self> {
        let plan = file::parse(text, name)?;
        let usage = |text: String| ExitKind::Usage(format!("{name}: {text}"));
        let settings = plan.settings();
        if let Some((setting, why)) =
            settings.iter().find_map(|setting| Some((setting, setting.impossible()?)))
        {
            let text = format!("{} cannot be measured: {}", setting.differing(&settings), why);
            return Err(usage(text).into());
        }
        let cells = settings.len() * plan.boots as usize;
        if cells == 0 {
            return Err(
                usage("no cell is left: [[exclude]] leaves out all settings".to_owned()).into()
            );
        }
        if cells > MOST_CELLS {
            let text = format!(
                "{cells} cells are too many for one campaign: at most {MOST_CELLS}; make several plans"
            );
            return Err(usage(text).into());
        }
        Ok(plan)
    }

    /// The SHA-256 of the plan's identity. Comments, order of keys, explicit defaults and the estimate do not
    /// change it.
    pub fn sha256(&self) -> Result<String> {
        let text = serde_json::to_vec(&self.identity()).context("hashing the plan")?;
        Ok(hex(&Sha256::digest(text)))
    }

    /// Each key with its readable value.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.identity().0.into_iter().map(|(key, value)| format!("{key}: {value}")).collect()
    }

    /// The differences of `other`, a line for each key.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let (one, two) = (self.identity().0, other.identity().0);
        one.iter()
            .zip(&two)
            .filter(|(one, two)| one.1 != two.1)
            .map(|((key, was), (_, is))| format!("{key}: {was} became {is}"))
            .collect()
    }

    /// The axes that take more than one value.
    #[must_use]
    pub fn varying(&self) -> Vec<Axis> {
        self.grid.iter().filter(|(_, values)| values.len() > 1).map(|(axis, _)| *axis).collect()
    }

    /// The values of an axis, in the order of the plan.
    #[must_use]
    pub fn values(&self, axis: Axis) -> &[Value] {
        let found = self.grid.iter().find(|(of, _)| *of == axis);
        found.map_or(&[], |(_, values)| values.as_slice())
    }

    /// The coordinates that identify a cell: its values on the axes that vary, and its boot.
    #[must_use]
    pub fn label(&self, cell: &Coordinates) -> String {
        let axes =
            self.varying().into_iter().map(|axis| format!("{} {}", axis.key(), cell.text(axis)));
        axes.chain(cell.boot().map(|boot| format!("boot {boot}"))).collect::<Vec<_>>().join(", ")
    }

    fn identity(&self) -> Identity {
        let Self { boots, jobs, deadline_s, seconds_per_boot: _, grid, exclude, observe_isolated } =
            self;
        let list = |values: &[Value]| {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            values.join(", ")
        };
        let jobs: Vec<String> = jobs.iter().map(ToString::to_string).collect();
        let excluded: Vec<String> = exclude
            .iter()
            .map(|axes| {
                let axes = axes.iter();
                axes.map(|(axis, values)| format!("{} = {}", axis.key(), list(values)))
                    .collect::<Vec<_>>()
                    .join(" and ")
            })
            .collect();
        let scalars = [
            ("boots", boots.to_string()),
            ("samples, stream, restarts", jobs.join(",")),
            ("deadline_s", deadline_s.to_string()),
            ("exclude", format!("[{}]", excluded.join("; "))),
            (
                "health of isolated settings",
                if *observe_isolated { "observe" } else { "as given" }.to_owned(),
            ),
        ];
        let axes = grid
            .iter()
            .map(|(axis, values)| (format!("grid.{}", axis.key()), format!("[{}]", list(values))));
        Identity(
            scalars.map(|(key, value)| (key.to_owned(), value)).into_iter().chain(axes).collect(),
        )
    }
}
