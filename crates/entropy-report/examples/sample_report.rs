// SPDX-License-Identifier: GPL-2.0-or-later
//! Writes `report.html`, `report.md`, `result.json` and the terminal's table of made-up guests, and of real deltas
//! of this host's clock, to look at: `cargo run --release -p entropy-report --example sample_report -- FOLDER`. With a `result.json` as a second
//! argument, the pages of that result.

#[path = "../tests/common/mod.rs"]
mod common;

use std::hint::{black_box, spin_loop};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = std::path::PathBuf::from(arguments.next().ok_or("name a folder to write to")?);
    let result = match arguments.next() {
        Some(file) => entropy_report::from_json(&std::fs::read_to_string(file)?)?,
        None => made_up()?,
    };
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("result.json"), entropy_report::to_json(&result)?)?;
    std::fs::write(folder.join("report.html"), entropy_report::to_html(&result)?)?;
    std::fs::write(folder.join("report.md"), entropy_report::to_markdown(&result))?;
    for columns in [80, 120] {
        println!("{}", entropy_report::to_terminal(&result, columns));
    }
    Ok(())
}

/// Five boots of each target, and a clock for the lesson.
fn made_up() -> Result<entropy_report::CompareResult, Box<dyn std::error::Error>> {
    let sizes = common::Sizes { raw: 1_000_000, stream: 4 << 20, side: 1_000 };
    let mut runs = common::whole(sizes);
    for boot in 3..6u32 {
        for (at, target) in
            ["baremetal", "linux-module", "linux-user", "linux-crng"].iter().enumerate()
        {
            let seed = 100 * at as u64 + u64::from(boot);
            runs.push(common::run(target, false, boot, seed, common::Sizes { side: 0, ..sizes }));
        }
        runs.push(common::run("host-user", false, boot, 900 + u64::from(boot), sizes));
    }
    for run in runs.iter_mut().filter(|run| run.target == "host-user") {
        run.raw = host_deltas(1_000_000);
    }
    let mut lesson = common::run(
        "synthetic-period-16",
        false,
        1,
        11,
        common::Sizes { raw: 0, side: 0, ..sizes },
    );
    lesson.accel = "synthetic".into();
    lesson.raw = (0..1_000_000).map(|i| 500 + 3 * (i * 5 % 16)).collect();
    runs.push(lesson);
    Ok(common::together(vec![(common::provenance(), runs)])?)
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
