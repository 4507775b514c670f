// SPDX-License-Identifier: GPL-2.0-or-later
//! Median figure over two dimensions of the plan.

use std::collections::{BTreeMap, BTreeSet};

use entropy_report::format::{NONE, count, real};
use entropy_report::scroll;
use maud::{Markup, html};

use crate::campaign::Campaign;
use crate::parts::table_head;
use crate::stats::Sorted;

/// Shades of the style sheet, `h0` to `h5`.
const SHADES: f64 = 6.0;
/// A dimension with more values would make the map unreadable.
const MOST_VALUES: usize = 40;

/// A dimension of the plan that has several values.
#[derive(Debug, PartialEq)]
struct Dimension {
    name: String,
    values: Vec<String>,
    /// Difference of the highest and the lowest median over its values.
    effect: f64,
}

pub(crate) fn section(campaign: &Campaign) -> Markup {
    let dimensions = dimensions(campaign);
    html! {
        section id="map" {
            h2 { "Over the plan" }
            @match dimensions.as_slice() {
                [rows, columns, ..] => {
                    p {
                        "Median assessed min-entropy, bits per sample, over the two dimensions of the plan that change it most: "
                        b { (rows.name) } " and " b { (columns.name) } ". Other dimensions are pooled. "
                        (NONE) " marks a combination without a figure."
                    }
                    (map(campaign, rows, columns))
                    (effects(&dimensions))
                },
                _ => p { "A map needs two dimensions of the plan with several values each." },
            }
        }
    }
}

/// Those with at least two values, the largest effect first.
fn dimensions(campaign: &Campaign) -> Vec<Dimension> {
    let names: BTreeSet<&String> =
        campaign.items.iter().flat_map(|item| item.coordinates.keys()).collect();
    let mut found: Vec<Dimension> = names
        .into_iter()
        .filter(|name| *name != "boot")
        .filter_map(|name| {
            let mut by: BTreeMap<&String, Vec<f64>> = BTreeMap::new();
            for item in &campaign.items {
                by.entry(item.coordinates.get(name)?).or_default().extend(item.h);
            }
            let medians = Sorted::of(
                by.values().filter_map(|h| Some(Sorted::of(h.iter().copied())?.median())),
            );
            let effect = medians.map_or(0.0, |medians| medians.high() - medians.low());
            let mut values: Vec<String> = by.into_keys().cloned().collect();
            // Numbers sort numerically, text alphabetically.
            values.sort_by(|one, other| match (one.parse::<f64>(), other.parse::<f64>()) {
                (Ok(one), Ok(other)) => one.total_cmp(&other),
                _ => one.cmp(other),
            });
            let several = (2..=MOST_VALUES).contains(&values.len());
            several.then(|| Dimension { name: name.clone(), values, effect })
        })
        .collect();
    found.sort_by(|one, other| other.effect.total_cmp(&one.effect));
    found
}

fn map(campaign: &Campaign, rows: &Dimension, columns: &Dimension) -> Markup {
    let mut cells: BTreeMap<(&str, &str), Vec<f64>> = BTreeMap::new();
    for item in &campaign.items {
        let (Some(row), Some(column), Some(h)) =
            (item.coordinates.get(&rows.name), item.coordinates.get(&columns.name), item.h)
        else {
            continue;
        };
        cells.entry((row, column)).or_default().push(h);
    }
    let medians: BTreeMap<(&str, &str), f64> = cells
        .into_iter()
        .filter_map(|(place, figures)| Some((place, Sorted::of(figures)?.median())))
        .collect();
    let range = Sorted::of(medians.values().copied());
    let (low, high) = range.map_or((0.0, 0.0), |range| (range.low(), range.high()));
    let shade = |h: f64| {
        let part = if high > low { (h - low) / (high - low) } else { 0.0 };
        format!("h{}", (part * SHADES).min(SHADES - 1.0) as u32)
    };
    let table = html! {
        table.heat {
            caption { (rows.name) " down, " (columns.name) " across" }
            thead { tr {
                td {}
                @for value in &columns.values { th scope="col" { (value) } }
            } }
            tbody {
                @for row in &rows.values {
                    tr {
                        th scope="row" { (row) }
                        @for column in &columns.values {
                            @match medians.get(&(row.as_str(), column.as_str())) {
                                Some(h) => td class=(shade(*h)) { (real(*h)) },
                                None => td { (NONE) },
                            }
                        }
                    }
                }
            }
        }
    };
    scroll("Heat map", &table)
}

fn effects(dimensions: &[Dimension]) -> Markup {
    html! {
        details {
            summary { "How much each dimension changes the median" }
            (scroll("Effect of each dimension", &html! {
                table.figures {
                    (table_head(&["dimension", "values", "highest minus lowest median, bits per sample"]))
                    tbody {
                        @for one in dimensions {
                            tr {
                                th scope="row" { (one.name) }
                                td { (count(one.values.len() as u64)) }
                                td { (real(one.effect)) }
                            }
                        }
                    }
                }
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::Item;

    #[test]
    fn the_map_is_over_the_dimensions_that_matter_most() {
        let item = |workload: &str, memory: u32, boot: u32, h: f64| Item {
            coordinates: [
                ("workload", workload),
                ("memory_mib", &memory.to_string()),
                ("boot", &boot.to_string()),
                ("fixed", "1"),
            ]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
            h: Some(h),
            ..Item::default()
        };
        let items = vec![
            item("dram", 64, 1, 2.0),
            item("dram", 128, 2, 2.2),
            item("pause", 64, 1, 0.5),
            item("pause", 128, 2, 0.6),
        ];
        let campaign = Campaign { items, ..Campaign::default() };
        let found = dimensions(&campaign);
        let names: Vec<&str> = found.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["workload", "memory_mib"]);
        assert_eq!(found[1].values, ["64", "128"]);
        let page = map(&campaign, &found[0], &found[1]).into_string();
        assert!(
            page.contains("<td class=\"h5\">2.20</td>")
                && page.contains("<td class=\"h0\">0.500</td>"),
            "{page}"
        );
    }
}
