// SPDX-License-Identifier: GPL-2.0-or-later
//! Writes `report.html`, `report.md`, `result.json` and the terminal's table of made-up guests, and of real deltas
//! of this host's clock, to look at: `cargo run --release -p entropy-report --example sample_report -- FOLDER`.

#[path = "../tests/common/mod.rs"]
mod common;

use std::hint::{black_box, spin_loop};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder =
        std::path::PathBuf::from(std::env::args().nth(1).ok_or("name a folder to write to")?);
    let mut runs = common::whole(common::Sizes { raw: 1_000_000, stream: 4 << 20, side: 1_000 });
    for run in runs.iter_mut().filter(|run| run.target == "host-user") {
        run.raw = host_deltas(1_000_000);
    }
    let lesson = common::Sizes { raw: 0, stream: 4 << 20, side: 0 };
    let mut lesson = common::run("synthetic-period-16", false, 1, 11, lesson);
    lesson.accel = "synthetic".into();
    lesson.raw = (0..1_000_000).map(|i| 500 + 3 * (i * 5 % 16)).collect();
    runs.push(lesson);
    let result = common::together(vec![(common::provenance(), runs)])?;
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("result.json"), entropy_report::to_json(&result)?)?;
    std::fs::write(folder.join("report.html"), entropy_report::to_html(&result)?)?;
    std::fs::write(folder.join("report.md"), entropy_report::to_markdown(&result))?;
    for columns in [80, 120] {
        println!("{}", entropy_report::to_terminal(&result, columns));
    }
    Ok(())
}

/// Nanoseconds that a spin takes here, again and again: real timing noise, and no unsafe code.
fn host_deltas(samples: usize) -> Vec<u64> {
    let mut last = Instant::now();
    std::iter::repeat_with(|| {
        spin_loop();
        let now = black_box(Instant::now());
        let delta_ns = now.duration_since(last).as_nanos() as u64;
        last = now;
        delta_ns
    })
    .take(samples)
    .collect()
}
