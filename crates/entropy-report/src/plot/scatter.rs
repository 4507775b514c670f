// SPDX-License-Identifier: GPL-2.0-or-later
//! "Looks random" against "is unpredictable", on one picture.

use super::{Fault, MARKED, SERIES, draw, framed, letters, px, short, styled};
use crate::error::ReportError;
use plotters::prelude::*;

/// One target under one condition.
#[derive(Debug)]
pub(crate) struct Point {
    /// The number that stands in the picture; the table below says whose it is.
    pub number: usize,
    /// Share of the output tests that its stream passed, 0 to 1.
    pub passed: f64,
    /// Fresh min-entropy per output bit, 0 to 1.
    pub fresh: f64,
    /// Whether its clock was made up: drawn as a square, so that no meaning hangs on colour.
    pub made_up: bool,
}

/// Fresh share across on a log axis with a place for 0, share of output tests passed upwards.
pub(crate) fn scatter(points: &[Point], label: &str) -> Result<String, ReportError> {
    draw("looks against unpredictability", label, |area| {
        let least = 1e-5;
        let mut chart = framed(area).build_cartesian_2d((least..2.0).log_scale(), -0.1..1.45)?;
        styled(&mut chart.configure_mesh())
            .x_labels(6)
            .y_labels(4)
            .x_desc("fresh min-entropy (bits per output bit, log; left edge is 0)")
            .y_desc("tests passed")
            .x_label_formatter(&|v| short(*v))
            .y_label_formatter(&|v| {
                if (-0.01..=1.01).contains(v) {
                    format!("{:.0}%", v * 100.0)
                } else {
                    String::new()
                }
            })
            .draw()?;
        let mut stacked: Vec<(f64, f64)> = Vec::new();
        for cluster in clusters(points, least * 1.5) {
            let x = cluster.fresh;
            let near = |other: &&(f64, f64)| {
                (other.0 - x.log10()).abs() < 0.3 && (other.1 - cluster.passed).abs() < 0.1
            };
            let above = stacked.iter().filter(near).count();
            stacked.push((x.log10(), cluster.passed));
            let at = (x, cluster.passed + above as f64 * 0.13);
            if cluster.made_up {
                let side = px(4) as i32;
                let square = EmptyElement::at(at)
                    + Rectangle::new([(-side, -side), (side, side)], MARKED.filled());
                chart.draw_series([square])?;
            } else {
                let colour = if cluster.nothing { MARKED } else { SERIES };
                chart.draw_series([Circle::new(at, px(5), colour.filled())])?;
            }
            let label = ranges(&cluster.numbers);
            let place = (px(8) as i32, -(px(6) as i32));
            chart.draw_series([EmptyElement::at(at) + Text::new(label, place, letters())])?;
        }
        Ok::<(), Fault>(())
    })
}

/// Points of one kind that are too near to be told apart: one mark with all their numbers.
struct Cluster {
    fresh: f64,
    passed: f64,
    made_up: bool,
    /// Whether nothing in them is fresh.
    nothing: bool,
    numbers: Vec<usize>,
}

fn clusters(points: &[Point], least: f64) -> Vec<Cluster> {
    let mut clusters: Vec<Cluster> = Vec::new();
    for point in points {
        let fresh = point.fresh.max(least);
        let nothing = point.fresh == 0.0;
        let same = |c: &&mut Cluster| {
            (c.made_up, c.nothing) == (point.made_up, nothing)
                && (c.fresh.log10() - fresh.log10()).abs() < 0.15
                && (c.passed - point.passed).abs() < 0.05
        };
        match clusters.iter_mut().find(same) {
            Some(cluster) => cluster.numbers.push(point.number),
            None => clusters.push(Cluster {
                fresh,
                passed: point.passed,
                made_up: point.made_up,
                nothing,
                numbers: vec![point.number],
            }),
        }
    }
    clusters
}

/// `1–3, 7` for 1, 2, 3 and 7.
fn ranges(numbers: &[usize]) -> String {
    let runs: Vec<String> = numbers
        .chunk_by(|a, b| a + 1 == *b)
        .map(|run| match run {
            [first, .., last] => format!("{first}–{last}"),
            _ => run.iter().map(ToString::to_string).collect(),
        })
        .collect();
    runs.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_on_one_place_are_one_mark_with_all_their_numbers() {
        let point = |number, fresh, made_up| Point { number, passed: 1.0, fresh, made_up };
        let points = [
            point(1, 0.010, false),
            point(2, 0.011, false),
            point(3, 0.5, false),
            point(4, 0.0105, false),
            point(5, 1e-9, true),
            point(6, 0.0, false),
        ];
        let labels: Vec<String> =
            clusters(&points, 1e-5).iter().map(|c| ranges(&c.numbers)).collect();
        assert_eq!(labels, ["1–2, 4", "3", "5", "6"]);
    }
}
