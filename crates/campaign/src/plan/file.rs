// SPDX-License-Identifier: GPL-2.0-or-later
//! A plan file: TOML, with errors that name the line.

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::Result;
use chaos_wire::{Job, Parameter, Problem, nearest};
use guest_run::ExitKind;
use serde::Deserialize;
use toml::Spanned;

use super::Plan;
use super::axis::{Axis, Value};

type Given = Spanned<toml::Value>;
type Axes = BTreeMap<Spanned<String>, Given>;

/// The value that omits a job.
const NONE: &str = "none";
const MOST_BOOTS: u64 = 1_000;
const MOST_SECONDS: u64 = 86_400;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    boots: Option<Given>,
    samples: Option<Given>,
    stream: Option<Given>,
    restarts: Option<Given>,
    deadline_s: Option<Given>,
    seconds_per_boot: Option<Spanned<f64>>,
    #[serde(default)]
    grid: Axes,
    #[serde(default)]
    exclude: Vec<Axes>,
}

/// The text, for errors that name their line.
struct Source<'a> {
    text: &'a str,
    name: &'a str,
}

pub(super) fn parse(text: &str, name: &str) -> Result<Plan> {
    let source = Source { text, name };
    let file: File = toml::from_str(text)
        .map_err(|error| ExitKind::Usage(format!("parsing the plan {name}: {error}")))?;
    let jobs = [
        ("raw", file.samples.as_ref(), "1000000", false),
        ("stream", file.stream.as_ref(), "1M", true),
        ("restart", file.restarts.as_ref(), "1000x1000", true),
    ];
    let jobs = jobs
        .into_iter()
        .filter_map(|(kind, given, default, may_lack)| {
            source.job(kind, given, default, may_lack).transpose()
        })
        .collect::<Result<_>>()?;
    let boots = source.number("boots", file.boots.as_ref(), 1, MOST_BOOTS)?;
    let deadline_s = source.number("deadline_s", file.deadline_s.as_ref(), 300, MOST_SECONDS)?;
    let seconds_per_boot = match file.seconds_per_boot {
        Some(given) if !(given.as_ref().is_finite() && *given.as_ref() > 0.0) => {
            return Err(source.wrong(given.span(), "seconds_per_boot must be more than 0"));
        }
        given => given.map(Spanned::into_inner),
    };
    let named = source.axes(&file.grid)?;
    let grid = Axis::all()
        .map(|axis| {
            let given = named.iter().find(|(of, _)| *of == axis);
            (axis, given.map_or_else(|| axis.default_values(), |(_, values)| values.clone()))
        })
        .collect();
    let health = Axis::Engine(Parameter::Health);
    Ok(Plan {
        // At most MOST_BOOTS.
        boots: boots as u32,
        jobs,
        deadline_s,
        seconds_per_boot,
        grid,
        exclude: file.exclude.iter().map(|axes| source.axes(axes)).collect::<Result<_>>()?,
        observe_isolated: named.iter().all(|(axis, _)| *axis != health),
    })
}

impl Source<'_> {
    fn wrong(&self, at: Range<usize>, what: &str) -> anyhow::Error {
        let before = self.text.get(..at.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        ExitKind::Usage(format!("{}, line {line}: {what}", self.name)).into()
    }

    /// Axes with their values, each a list or a single value.
    fn axes(&self, axes: &Axes) -> Result<Vec<(Axis, Vec<Value>)>> {
        axes.iter()
            .map(|(key, given)| {
                let axis = Axis::of_key(key.as_ref())
                    .ok_or_else(|| self.wrong(key.span(), &unknown_axis(key.as_ref())))?;
                let list = match given.as_ref() {
                    toml::Value::Array(list) => list.as_slice(),
                    single => std::slice::from_ref(single),
                };
                let mut values: Vec<Value> = Vec::new();
                for one in list {
                    let value = axis.parse(one).map_err(|text| self.wrong(given.span(), &text))?;
                    if values.contains(&value) {
                        let text = format!("{} = {value} is listed twice", axis.key());
                        return Err(self.wrong(given.span(), &text));
                    }
                    values.push(value);
                }
                if values.is_empty() {
                    let text =
                        format!("{} has no values: it must be {}", axis.key(), axis.allowed());
                    return Err(self.wrong(given.span(), &text));
                }
                Ok((axis, values))
            })
            .collect()
    }

    fn job(
        &self,
        kind: &str,
        given: Option<&Given>,
        default: &str,
        may_lack: bool,
    ) -> Result<Option<Job>> {
        let text = match given.map(Spanned::as_ref) {
            None => default.to_owned(),
            Some(toml::Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        if may_lack && text == NONE {
            return Ok(None);
        }
        let span = given.map(Spanned::span).unwrap_or_default();
        let job = Job::parse(&format!("{kind}:{text}"));
        job.map(Some).map_err(|problem| self.wrong(span, &problem_text(problem, may_lack)))
    }

    fn number(&self, key: &str, given: Option<&Given>, default: u64, most: u64) -> Result<u64> {
        let Some(given) = given else { return Ok(default) };
        match given.as_ref() {
            toml::Value::Integer(number) if (1..=most as i64).contains(number) => {
                Ok(*number as u64)
            }
            other => {
                Err(self.wrong(given.span(), &format!("{key} = {other}: must be 1 to {most}")))
            }
        }
    }
}

fn problem_text(problem: Problem, may_lack: bool) -> String {
    let or_none = if may_lack { format!(" (or \"{NONE}\")") } else { String::new() };
    format!("{problem}{or_none}")
}

fn unknown_axis(key: &str) -> String {
    let keys: Vec<&'static str> = Axis::all().map(Axis::key).collect();
    let meant = nearest(key, keys.iter().copied());
    let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
    format!("unknown axis `{key}` (known: {}){meant}", keys.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        format!("{:#}", Plan::parse(text, "plan.toml").unwrap_err())
    }

    #[test]
    fn a_plan_is_the_product_of_its_axes_and_boots() {
        let plan = "boots = 2\n[grid]\nmachine = [\"q35\", \"pc\"]\ncondition = [\"ordinary\", \"isolated\"]\n\
                    workload = [\"pause\", \"dram\"]\n";
        let plan = Plan::parse(plan, "plan.toml").unwrap();
        let cells = plan.cells();
        assert_eq!(cells.len(), 2 * 2 * 2 * 2 * 2);
        assert!(cells[..16].iter().all(|cell| cell.to_string().ends_with("boot 1")), "{cells:?}");
        let distinct: std::collections::BTreeSet<_> = cells.iter().collect();
        assert_eq!(distinct.len(), cells.len());
        let health = Axis::Engine(Parameter::Health);
        for cell in &cells {
            let expected = if cell.is_isolated() { "observe" } else { "enforce" };
            assert_eq!(cell.text(health), expected);
        }
        assert_eq!(plan.varying().len(), 4);
    }

    #[test]
    fn an_error_names_line_key_and_what_is_allowed() {
        let text = error("boots = 2\n\n[grid]\nturns = [1, 8]\n");
        assert_eq!(text, "plan.toml, line 4: turns = 8: must be 1 to 7");
        let text = error("[grid]\nworkload = [\"dram\", \"flsuh\"]\n");
        assert!(text.contains("line 2") && text.contains("known: pause, dram, flush"), "{text}");
        let text = error("[grid]\nworklod = [\"dram\"]\n");
        assert!(text.contains("line 2") && text.contains("did you mean `workload`?"), "{text}");
        let text = error("boot = 2\n");
        assert!(text.contains("line 1") && text.contains("unknown field `boot`"), "{text}");
        assert!(error("boots = 0\n").contains("line 1: boots = 0: must be 1 to 1000"));
        assert!(
            error("samples = \"many\"\n").contains("line 1"),
            "{}",
            error("samples = \"many\"\n")
        );
        assert!(error("[grid]\nmachine = []\n").contains("machine has no values"));
        assert!(error("[grid]\nclaim = [125, 125]\n").contains("listed twice"));
        assert!(error("seconds_per_boot = -1.0\n").contains("more than 0"));
    }

    #[test]
    fn what_no_machine_can_be_is_refused_unless_it_is_excluded() {
        let grid = "[grid]\nguest = [\"baremetal\", \"linux\"]\ntimer = [\"off\", \"1000\"]\n";
        let text = error(grid);
        assert!(text.contains("guest = linux, timer = 1000 cannot be measured"), "{text}");
        let excluded =
            format!("{grid}[[exclude]]\nguest = \"linux\"\ntimer = [\"100\", \"1000\"]\n");
        assert_eq!(Plan::parse(&excluded, "plan.toml").unwrap().settings().len(), 3);
        let kvm = "[grid]\naccel = \"kvm\"\ncondition = \"isolated\"\n";
        assert!(error(kvm).contains("always run by TCG"), "{}", error(kvm));
        let clock = "[grid]\nguest = \"linux\"\nworkload = \"rtc\"\n";
        assert!(error(clock).contains("only bare metal"), "{}", error(clock));
        let all = "[grid]\nguest = \"linux\"\n[[exclude]]\nguest = \"linux\"\n";
        assert!(error(all).contains("no cell is left"));
    }

    #[test]
    fn comments_order_and_estimates_are_no_change_and_values_are() {
        let plan = |text: &str| Plan::parse(text, "plan.toml").unwrap();
        let one = plan("boots = 2\nsamples = 5000\n[grid]\nturns = [1, 2]\n");
        let same = plan(
            "# again\nsamples = 5000\nseconds_per_boot = 3.0\nboots = 2\n[grid]\naccel = \"tcg\"\nturns = [1, 2]\n",
        );
        assert_eq!(one.sha256().unwrap(), same.sha256().unwrap());
        assert!(one.differences(&same).is_empty());
        let other = plan("boots = 3\nsamples = 5000\n[grid]\nturns = [1, 3]\n");
        assert_ne!(one.sha256().unwrap(), other.sha256().unwrap());
        assert_eq!(
            one.differences(&other),
            ["boots: 2 became 3", "grid.turns: [1, 2] became [1, 3]"]
        );
    }
}
